from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.answering.flow import AnswerFlow, Writer
from rag.retrieval.retriever import KnowledgeRetriever
from tests.fakes import FakeChat, HashEmbedder, KeywordReader
from tests.vectorstore.conftest import put_text
from vectorstore.sqlite.knowledge import KnowledgeBase

GLAUCOMA = (
    "Glaucoma is a group of diseases that damage the optic nerve.\n\nGlaucoma is treated with eye drops that lower "
    "the pressure in the "
    "eye. Surgery is done when drops fail."
)

MakeFlow = Callable[..., AnswerFlow]


@pytest.fixture
def knowledge(tmp_path: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase(tmp_path, HashEmbedder())
    put_text(base, "glaucoma.txt", GLAUCOMA, title="Glaucoma")
    put_text(base, "bones.txt", "Osteoporosis makes bones weak and brittle.", title="Osteoporosis")
    yield base
    base.close()


@pytest.fixture
def make_flow(knowledge: KnowledgeBase) -> MakeFlow:
    def make(reader: KeywordReader, chat: FakeChat | None = None, large: bool = False) -> AnswerFlow:
        writer = Writer(chat, "fake", 600, large) if chat else None
        return AnswerFlow(knowledge, KnowledgeRetriever(knowledge=knowledge, limit=5), reader, writer, caution=0.4)

    return make
