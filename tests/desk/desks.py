"""The desks that the contract is tried on: the real one with small stand-ins for its models, and the one in memory."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag.answering.flow import AnswerFlow
from rag.calibration.numbers import load_calibration, shipped_calibration
from rag.components import Components
from rag.desk.protocols import Desk
from rag.desk.service import LocalDesk
from rag.evaluation.whatif import WhatIf
from rag.generators.types import Generator
from rag.grounding.rules import RuleChecker
from rag.retrieval.hybrid import HybridRetriever
from rag.settings.model import Settings, load_settings
from tests.fakes import FakeChat, HashEmbedder, KeywordReader
from tests.ui.fake_desk import DOCUMENTS, DROPS, FakeDesk
from tests.vectorstore.conftest import put_text

ANSWERS = ("eye drops", "between 10 and 21")
"""Words of the first and of the second document."""


class Tried(Protocol):
    """A desk, whose answers can be held back."""

    @property
    def desk(self) -> Desk: ...

    def hold(self) -> None:
        """Let no answer be finished from now on."""
        ...

    def go_on(self) -> None: ...


class _SmallParts(Components):
    """Words instead of meanings, and a generator that says what it is told to."""

    embedder = HashEmbedder()
    reader = KeywordReader(*ANSWERS)

    def __init__(self, settings: Settings, gate: threading.Event) -> None:
        super().__init__(settings)
        self._gate = gate

    def generator(self, settings: Settings | None = None, *, alone: bool = False) -> Generator:
        chat = FakeChat(f"{DROPS} [1]", gate=self._gate)
        return Generator(lambda: chat, "fake", 600)

    def flow(self, generator: Generator | None) -> AnswerFlow:
        calibration = load_calibration(self.settings.home)
        checker = RuleChecker(self.embedder, calibration.support)
        parts = (self.knowledge, HybridRetriever, self.reader, calibration, checker, generator, None)
        return AnswerFlow(*parts, passages=5, threshold=0.02)

    def what_if(self) -> WhatIf:
        return WhatIf(self.knowledge, HybridRetriever, self.reader, shipped_calibration(), passages=5, threshold=0.02)


@dataclass
class RealDesk:
    """The real desk on a home with the documents of the fake one, each in a collection of its own."""

    desk: LocalDesk
    gate: threading.Event

    def hold(self) -> None:
        self.gate.clear()

    def go_on(self) -> None:
        self.gate.set()


@dataclass
class MemoryDesk:
    """The fake desk, which goes on when it is looked at."""

    desk: FakeDesk
    held: list[bool]

    def hold(self) -> None:
        self.held[0] = True

    def go_on(self) -> None:
        self.held[0] = False


def real_desk(home: Path) -> RealDesk:
    gate = threading.Event()
    gate.set()
    parts = _SmallParts(load_settings(home), gate)
    for number, (title, text) in DOCUMENTS.items():
        put_text(parts.knowledge, f"{number}.txt", text, collection=f"shelf-{number}", title=title)
    return RealDesk(LocalDesk(parts), gate)


def memory_desk(home: Path) -> MemoryDesk:
    held = [False]
    return MemoryDesk(FakeDesk(home=home, pace=lambda: not held[0], documents=len(DOCUMENTS)), held)
