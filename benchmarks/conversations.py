"""Follow-up questions: fifty conversations, and whether their last question finds its passage.

Three ways to search for it: as it was typed; with the words of the questions before it where it points back; and as the
desk does, with and without the topic at once. A hit is a passage of the right document that holds the right words.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.data import ingested
from rag.answering.flow import AnswerFlow
from rag.components import build_flow, build_retriever, open_reader
from rag.evaluation.figures import intervals, means, rounded
from rag.evaluation.types import Item
from rag.query.rewriting import Formulator
from rag.retrieval.multi_query import Formulation, search_formulations
from rag.settings.model import load_settings
from rag.types import Answer, Done, Exchange
from vectorstore.types import Passage

ROOT = Path(__file__).parents[1]
CONVERSATIONS = ROOT / "tests/data/conversations.json"
DOCUMENTS = (ROOT / "docs/handbook", ROOT / "tests/data/conversations")
FIGURES = ("hits@1", "hits@3", "answered_rightly", "abstained")


def run() -> dict[str, Any]:
    """Ask every conversation of ``CONVERSATIONS`` over the handbook and the documents written for it."""
    conversations = json.loads(CONVERSATIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(Path(folder))
        knowledge = ingested(settings.home, DOCUMENTS)
        flow = build_flow(settings, knowledge, open_reader(settings), None)
        retriever = build_retriever(settings, knowledge)
        formulator = Formulator(retriever, knowledge)
        ways: dict[str, list[Item]] = {"as typed": [], "topic by rule": [], "both searches": []}
        for number, conversation in enumerate(conversations):
            before: list[Exchange] = []
            for question in conversation["turns"][:-1]:
                before.append(Exchange(question, _last(flow, question, before)))
            question = conversation["turns"][-1]
            rule = _by_rule(formulator, question, before)
            searches = {
                "as typed": ([Formulation(question)], _last(flow, question, [])),
                "topic by rule": ([rule], _last(flow, rule.text, [])),
                "both searches": (formulator.formulate(question, before), _last(flow, question, before)),
            }
            for way, (formulations, answer) in searches.items():
                _, passages = search_formulations(retriever, formulations)
                scores = _scores(passages, answer, conversation)
                item = Item(str(number), question, (conversation["words"],), answer.text, scores["hits@1"], scores)
                ways[way].append(replace(item, slices={"kind": conversation["kind"]}))
        knowledge.close()
    return {
        "conversations": len(conversations),
        "ways": {
            way: {"figures": rounded(means(items, FIGURES)), "intervals": intervals(items, FIGURES)}
            for way, items in ways.items()
        },
        "first_hits_by_kind": {
            kind: {
                way: sum(i.scores["hits@1"] for i in items if i.slices["kind"] == kind) for way, items in ways.items()
            }
            for kind in dict.fromkeys(conversation["kind"] for conversation in conversations)
        },
        "misses": [
            {"turns": conversations[int(item.id)]["turns"], "answer": item.given}
            for item in ways["both searches"]
            if not item.scores["hits@1"]
        ],
    }


def _last(flow: AnswerFlow, question: str, before: Sequence[Exchange]) -> Answer:
    *_, done = flow.events(question, before=before)
    assert isinstance(done, Done)
    return done.answer


def _by_rule(formulator: Formulator, question: str, before: Sequence[Exchange]) -> Formulation:
    """One search: with the words of the questions before where the question points back, and then only with them."""
    asked, *carried = formulator.formulate(question, [Exchange(exchange.question) for exchange in before])
    return carried[0] if carried and carried[0].weight == asked.weight else asked


def _scores(passages: Sequence[Passage], answer: Answer, conversation: dict[str, str]) -> dict[str, float]:
    right = [
        Path(passage.chunk.path).name == conversation["document"] and _holds(passage.chunk.text, conversation["words"])
        for passage in passages
    ]
    return {
        "hits@1": float(any(right[:1])),
        "hits@3": float(any(right[:3])),
        "answered_rightly": float(_holds(answer.text, conversation["words"])),
        "abstained": float(answer.kind == "abstained"),
    }


def _holds(text: str, words: str) -> bool:
    return words in " ".join(text.split())
