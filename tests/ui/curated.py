"""What the pages for curators find with the fake desk: two small runs, and trials on its documents."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from rag.calibration.numbers import shipped_calibration
from rag.evaluation.runs import store_run
from rag.evaluation.types import Evaluation, Item, Trial
from rag.evaluation.whatif import WhatIf
from rag.retrieval.hybrid import HybridRetriever
from tests.fakes import HashEmbedder, KeywordReader
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.types import Scope

Attempt = Callable[[str, Scope, Mapping[int, str]], Trial]
"""Tries a question within a scope, with the texts of some chunks replaced."""

CAUTION = 0.5
HOSTILE_QUESTION = "Who wrote <img src=x onerror=\"document.title='owned'\"> ![x](http://evil.example/pixel.png)?"


def fill(home: Path, documents: dict[int, tuple[str, str]]) -> Attempt:
    """Store the runs in ``home``, and give the trials on ``documents`` (titles and texts)."""
    _store(home, "small", 8, right=(True, False, False, False, True, False))
    _store(home, "large", 9, right=(True, False, True, False, True, True))
    knowledge = open_store(home, HashEmbedder())
    for number, (title, text) in documents.items():
        put_text(knowledge, f"{title}.txt", text, title=title, collection=f"shelf-{number}")
    reader, calibration = KeywordReader("eye drops"), shipped_calibration()
    what_if = WhatIf(knowledge, HybridRetriever, reader, calibration, passages=8, threshold=CAUTION)
    return what_if.attempt


def _store(home: Path, reader: str, hour: int, right: tuple[bool, ...]) -> None:
    questions = ("When was it built?", HOSTILE_QUESTION, "Who led the work?", "How high is it?", "Who sold it?", "Why?")
    items = tuple(
        Item(
            str(number),
            question,
            ("1889",),
            "1889" if hit else "1932",
            float(hit),
            {"f1": float(hit), "answered": 1.0},
            slices={"question word": question.split()[0].lower().strip("?")},
            details={"confidence": 0.9 - number / 10, "expected_text": "The tower was built in 1889."},
        )
        for number, (question, hit) in enumerate(zip(questions, right, strict=True))
    )
    share = sum(right) / len(right)
    curve = tuple(
        {"confidence": 0.9 - n / 10, "coverage": n / 6, "risk": n / 12, "answered": n / 6, "false_answers": n / 20}
        for n in range(1, 7)
    )
    setup = {
        "refdesk": "1",
        "data": {"name": "towers.json", "sha256": "a"},
        "settings": {"answering": {"caution": CAUTION}},
        "models": {"reader": {"model": reader}},
    }
    evaluation = Evaluation("answers", {"f1": share, "answered": 1.0, "questions": len(items)}, items, curve)
    store_run(home, evaluation, datetime(2026, 11, 22, hour, 30, tzinfo=UTC), setup)
