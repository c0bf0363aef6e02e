"""The search as a LangChain retriever, for chains of one's own; Refdesk itself does not use it."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.retrieval.types import Retriever
from vectorstore.types import Passage, Scope


class LangChainRetriever(BaseRetriever):
    """The ``limit`` best passages of ``retriever`` within ``scope``, as LangChain documents with their place.

    >>> LangChainRetriever(retriever=retriever, scope=scope).invoke("How is glaucoma treated?")  # doctest: +SKIP
    [Document(id='17', metadata={'document': 7, 'title': 'Glaucoma', ...}, page_content='Glaucoma is treated ...')]
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    scope: Scope
    limit: int = 12

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_as_document(passage) for passage in self.retriever.retrieve(query, self.scope, self.limit)]


def _as_document(passage: Passage) -> Document:
    chunk = passage.chunk
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
        },
    )
