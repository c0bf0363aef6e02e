"""How well small talk is told from questions: messages written apart from the training examples, and real questions of
which none may be taken for small talk.
"""

import json
import random
from pathlib import Path
from typing import Any

from benchmarks.data import medquad_questions, unpack_medquad
from rag.evaluation.squad import load_squad
from rag.query.smalltalk.classifier import QUESTION, SmallTalkClassifier
from rag.query.smalltalk.topics import Recognise, Topic
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model

MESSAGES = Path(__file__).parents[1] / "tests/data/smalltalk.json"
QUESTIONS_EACH = 700
SEED = 19


def run(data: Path, work: Path) -> dict[str, Any]:
    """Recall and right topics on ``MESSAGES``; false small talk there and among the questions of ``data``."""
    recognise = SmallTalkClassifier(LocalEmbedder(resolve_model(MINILM)))
    messages: dict[str, list[str]] = json.loads(MESSAGES.read_text(encoding="utf-8"))
    tricky = messages.pop(QUESTION)
    talk = [(topic, text, recognise(text)) for topic, texts in messages.items() for text in texts]
    questions = _questions(data, work)
    return {
        "small_talk": len(talk),
        "recognised": sum(given is not None for _, _, given in talk),
        "right_topic": sum(given == topic for topic, _, given in talk),
        "missed": [text for _, text, given in talk if given is None],
        "tricky_questions": len(tricky),
        "tricky_taken_for_small_talk": _not_searched(tricky, recognise),
        "questions": len(questions),
        "taken_for_small_talk": _not_searched(questions, recognise),
    }


def _not_searched(questions: list[str], recognise: Recognise) -> list[str]:
    return [text for text in questions if recognise(text) not in (None, Topic.REFDESK)]


def _questions(data: Path, work: Path) -> list[str]:
    """As many from each data set, drawn by seed."""
    sets = [
        sorted({q.text.strip() for q in load_squad(file).questions}) for file in sorted((data / "qa").glob("*.json"))
    ]
    sets.append(sorted({text for _, text in medquad_questions(unpack_medquad(data, work / "medquad"))}))
    chooser = random.Random(SEED)
    return [text for texts in sets for text in chooser.sample(texts, min(QUESTIONS_EACH, len(texts)))]
