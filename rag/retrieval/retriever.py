"""The knowledge base as a LangChain retriever."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import EVERYTHING, Chunk, Passage, Scope


class KnowledgeRetriever(BaseRetriever):
    """Hybrid search over a knowledge base within ``scope``.

    Each LangChain document carries the stored passage's place in its metadata, and the ``Passage`` itself as "passage".

    >>> retriever = KnowledgeRetriever(knowledge=knowledge, limit=5)  # doctest: +SKIP
    >>> retriever.invoke("How is glaucoma treated?")[0].metadata["title"]  # doctest: +SKIP
    'Glaucoma'
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge: KnowledgeBase
    scope: Scope = EVERYTHING
    limit: int = 12
    candidates: int = 50
    dense_weight: float = 0.5

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        passages = self.knowledge.search(
            query, self.scope, limit=self.limit, candidates=self.candidates, dense_weight=self.dense_weight
        )
        return [_to_document(passage) for passage in passages]


def _to_document(passage: Passage) -> Document:
    chunk: Chunk = passage.chunk
    return Document(
        id=str(chunk.id),
        page_content=chunk.text,
        metadata={
            "document": chunk.document,
            "title": chunk.title,
            "path": chunk.path,
            "page": chunk.page,
            "start": chunk.start,
            "end": chunk.end,
            "heading": chunk.heading,
            "score": passage.score,
            "passage": passage,
        },
    )
