"""The knowledge base as a LangChain ``VectorStore``, for chains of one's own. Texts that are added become documents
of a collection.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Self

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from vectorstore.store import KnowledgeStore
from vectorstore.types import FileState, Page, ParsedDocument, Scope, Span, Unit, embedding_input


class KnowledgeVectorStore(VectorStore):
    """LangChain's face of one collection. Searches are hybrid, as everywhere in Refdesk; scores are 0 to 1.

    Added texts are stored whole, one chunk each: split them to the embedding model's limit first.
    """

    def __init__(self, knowledge: KnowledgeStore, collection: str = "langchain") -> None:
        self._knowledge = knowledge
        self._collection = collection
        self._scope = Scope(collections=frozenset({collection}))

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Add or replace texts; the ids given back (or given in) name them for ``delete``."""
        listed = list(texts)
        names = ids or [hashlib.sha256(text.encode()).hexdigest()[:16] for text in listed]
        details = metadatas or [{} for _ in listed]
        titles = [str(detail.get("title", "")) for detail in details]
        embedder = self._knowledge.embedder
        vectors = embedder.embed([embedding_input(*pair) for pair in zip(titles, listed, strict=True)])
        with self._knowledge.change() as change:
            for name, text, title, detail, vector in zip(names, listed, titles, details, vectors, strict=True):
                metadata = {key: str(value) for key, value in detail.items()}
                span, unit = Span(0, len(text), title), Unit(0, len(text), title, metadata)
                parsed = ParsedDocument(title, (Page(None, 0, text),), (unit,), (span,), metadata)
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                recipe = f"langchain {hashlib.sha256(repr(sorted(metadata.items())).encode()).hexdigest()[:8]}"
                content = change.find_content(sha256, recipe)
                if content is None:
                    content = change.add_content(sha256, recipe, parsed, vector[None, :], embedder.fingerprint)
                state = FileState(len(text.encode()), 0)
                change.put_document(self._collection, name, title or name, content, state)
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        with self._knowledge.change() as change:
            for name in ids or []:
                known = change.find_file(self._collection, name)
                if known:
                    change.remove_document(known.document)
        return True

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k)]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The ``k`` best texts with their fused score, larger is nearer."""
        found = []
        for passage in self._knowledge.search(query, self._scope, limit=k):
            chunk = passage.chunk
            metadata = {"document": chunk.document, "title": chunk.title, "start": chunk.start, "end": chunk.end}
            found.append((Document(id=chunk.path, page_content=chunk.text, metadata=metadata), passage.score))
        return found

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Not offered: a knowledge base brings its own embedding model. Make one and use ``add_texts``."""
        raise NotImplementedError("Open a knowledge base, then KnowledgeVectorStore(knowledge).add_texts(texts)")

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        documents = []
        with self._knowledge.view() as view:
            for name in ids:
                for document in view.documents_at(name, self._scope):
                    text = "".join(page.text for page in view.pages(document.id, self._scope))
                    documents.append(Document(id=name, page_content=text, metadata={"document": document.id}))
        return documents
