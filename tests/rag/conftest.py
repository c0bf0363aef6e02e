from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answering.flow import AnswerFlow
from rag.calibration.numbers import shipped_calibration
from rag.generators.types import Generator
from rag.grounding.rules import RuleChecker
from rag.query.smalltalk.topics import Recognise
from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.types import PassageStore
from tests.fakes import FakeChat, HashEmbedder, KeywordReader
from tests.vectorstore.conftest import put_text
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore

GLAUCOMA = (
    "Glaucoma is a group of diseases that damage the optic nerve.\n\nGlaucoma is treated with eye drops that lower "
    "the pressure in the "
    "eye. Surgery is done when drops fail."
)

MakeFlow = Callable[..., AnswerFlow]


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KnowledgeStore]:
    base = open_store(tmp_path, HashEmbedder())
    put_text(base, "glaucoma.txt", GLAUCOMA, title="Glaucoma")
    put_text(base, "bones.txt", "Osteoporosis makes bones weak and brittle.", title="Osteoporosis")
    yield base
    base.close()


@pytest.fixture
def make_flow(knowledge: KnowledgeStore) -> MakeFlow:
    def make(
        reader: KeywordReader,
        chat: FakeChat | None = None,
        large: bool = False,
        recognise: Recognise | None = None,
        store: PassageStore | None = None,
    ) -> AnswerFlow:
        calibration = shipped_calibration()
        return AnswerFlow(
            store or knowledge,
            HybridRetriever,
            reader,
            calibration,
            RuleChecker(knowledge.embedder, calibration.support),
            Generator(lambda: chat, "fake", 600, large) if chat else None,
            recognise,
            passages=5,
            threshold=0.3,
        )

    return make
