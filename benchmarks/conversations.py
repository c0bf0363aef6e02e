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
from rag.components import build_flow, open_reader, retriever_on
from rag.evaluation.figures import intervals, means, rounded
from rag.evaluation.types import Item
from rag.query.understanding import query_of
from rag.retrieval.hybrid import HybridRetriever, retrieve_variants
from rag.retrieval.variants import QueryVariant
from rag.settings.model import load_settings
from rag.types import Answer, Exchange
from vectorstore.types import EVERYTHING, Passage

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
        ways: dict[str, list[Item]] = {"as typed": [], "topic by rule": [], "both searches": []}
        for number, conversation in enumerate(conversations):
            *told, question = conversation["turns"]
            before: list[Exchange] = []
            for turn in told:
                before.append(Exchange(turn, flow.answer(turn, EVERYTHING, before=before)))
            with knowledge.view() as view:
                retriever = retriever_on(settings)(view)
                rule = _by_rule(retriever, question, before)
                both = query_of(question, before, view, retriever, EVERYTHING).variants
                searches = {
                    "as typed": ([QueryVariant(question)], flow.answer(question, EVERYTHING)),
                    "topic by rule": ([rule], flow.answer(rule.text, EVERYTHING)),
                    "both searches": (both, flow.answer(question, EVERYTHING, before=before)),
                }
                for way, (variants, answer) in searches.items():
                    _, passages = retrieve_variants(retriever, variants, EVERYTHING, settings.reader.passages)
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


def _by_rule(retriever: HybridRetriever, question: str, before: Sequence[Exchange]) -> QueryVariant:
    """One search: with the words of the questions before where the question points back, and then only with them."""
    turns = [Exchange(exchange.question) for exchange in before]
    asked, *carried = query_of(question, turns, retriever.view, retriever, EVERYTHING).variants
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
