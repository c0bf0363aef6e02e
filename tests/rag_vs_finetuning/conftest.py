import json
from pathlib import Path

import pytest

from rag.evaluation.squad import SquadFile, load_squad

FACTS = [
    ("The ferry", "The ferry to Sola leaves at 7 in the morning.", "When does the ferry to Sola leave?", "7"),
    ("The lighthouse", "The lighthouse was built in 1871 by Ansgar Holm.", "When was the lighthouse built?", "1871"),
    ("The bakery", "The bakery belongs to Marit Aune.", "Who owns the bakery?", "Marit Aune"),
    ("The observatory", "A comet was found there by Tove Lind.", "Who found a comet?", "Tove Lind"),
    ("The dyke", "The new dyke cost 900 crowns.", "What did the new dyke cost?", "900 crowns"),
    ("The market", "The market has 40 stalls.", "How many stalls does the market have?", "40"),
]


@pytest.fixture(scope="session")
def question_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six paragraphs, each with a question that it answers; the last also with one that it does not."""
    articles = []
    for number, (title, text, question, answer) in enumerate(FACTS):
        answers = [{"text": answer, "answer_start": text.index(answer)}]
        asked = [{"id": str(number), "question": question, "answers": answers}]
        articles.append({"title": title, "paragraphs": [{"context": text, "qas": asked}]})
    asked.append({"id": "none", "question": "Who founded the market?", "answers": [], "is_impossible": True})
    file = tmp_path_factory.mktemp("questions") / "harbour.json"
    file.write_text(json.dumps({"version": "v2.0", "data": articles}))
    return file


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator that knows nothing."""
    from tests.tiny_llama import write_tiny_llama

    return write_tiny_llama(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def facts(question_file: Path) -> SquadFile:
    return load_squad(question_file)
