"""The peers, each as plain as its documentation shows it. Their libraries are imported only where one is built.

Each is given the same passages and models. LangChain and
LlamaIndex bring no extractive reader: behind their search stands Refdesk's, and its own score says when there is no
answer. txtai and Haystack read with code of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.reader.model import load_reader
from rag.reader.types import PassageText

DEPTH = 10
"""Passages that a search returns; the readers of LangChain, LlamaIndex and Haystack read them all."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage that can be found."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Models:
    """Folders in the form of sentence-transformers and of transformers. Spans with a margin up to
    ``no_answer_margin`` are none, to Refdesk's reader.
    """

    embedding: str
    reader: str
    no_answer_margin: float


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of what was found, best first, and the short answer; None says that there is none."""

    ids: tuple[str, ...]
    answer: str | None


Ask = Callable[[str], Found]
Build = Callable[[Sequence[Stored], Models], Ask]


def _langchain(passages: Sequence[Stored], models: Models) -> Ask:
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough
    from langchain_huggingface import HuggingFaceEmbeddings

    documents = [Document(id=passage.id, page_content=passage.text) for passage in passages]
    store = FAISS.from_documents(documents, HuggingFaceEmbeddings(model_name=models.embedding))
    read = _reading(models)

    def answer(given: dict[str, Any]) -> Found:
        texts = [document.page_content for document in given["documents"]]
        return Found(tuple(document.id for document in given["documents"]), read(given["question"], texts))

    retriever = store.as_retriever(search_kwargs={"k": DEPTH})
    chain = {"documents": retriever, "question": RunnablePassthrough()} | RunnableLambda(answer)
    return chain.invoke


def _llama_index(passages: Sequence[Stored], models: Models) -> Ask:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.base.response.schema import Response
    from llama_index.core.query_engine import CustomQueryEngine
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    read = _reading(models)

    class ExtractiveEngine(CustomQueryEngine):
        retriever: BaseRetriever

        def custom_query(self, query_str: str) -> Response:
            nodes = self.retriever.retrieve(query_str)
            return Response(read(query_str, [node.text for node in nodes]), source_nodes=nodes)

    nodes = [TextNode(id_=passage.id, text=passage.text) for passage in passages]
    index = VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=models.embedding))
    engine = ExtractiveEngine(retriever=index.as_retriever(similarity_top_k=DEPTH))

    def ask(question: str) -> Found:
        response = engine.query(question)
        return Found(tuple(node.node_id for node in response.source_nodes), response.response)

    return ask


def _txtai(hybrid: bool) -> Build:
    def build(passages: Sequence[Stored], models: Models) -> Ask:
        from txtai import RAG, Embeddings
        from txtai.pipeline import Questions

        embeddings = Embeddings(path=models.embedding, content=True, hybrid=hybrid)
        embeddings.index([(passage.id, passage.text, None) for passage in passages])
        extractor = RAG(embeddings, Questions(models.reader), output="flatten")

        def ask(question: str) -> Found:
            found = tuple(str(row["id"]) for row in embeddings.search(question, DEPTH))
            try:
                return Found(found, extractor(question))
            except TypeError:  # what it raises where the reader points at "no answer"
                return Found(found, None)

        return ask

    return build


def _haystack(passages: Sequence[Stored], models: Models) -> Ask:
    from haystack import Document, Pipeline
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )
    from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

    embedder = SentenceTransformersDocumentEmbedder(model=models.embedding, progress_bar=False)
    embedder.warm_up()
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    documents = [Document(id=passage.id, content=passage.text) for passage in passages]
    store.write_documents(embedder.run(documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=models.embedding, progress_bar=False))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    pipeline.add_component("reader", TransformersExtractiveReader(model=models.reader))
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    pipeline.connect("retriever.documents", "reader.documents")

    def ask(question: str) -> Found:
        given = {"embedder": {"text": question}, "reader": {"query": question}}
        result = pipeline.run(given, include_outputs_from={"retriever"})
        best = max(result["reader"]["answers"], key=lambda answer: answer.score)
        return Found(tuple(document.id for document in result["retriever"]["documents"]), best.data)

    return ask


def _reading(models: Models) -> Callable[[str, list[str]], str | None]:
    """The words of the surest span in any of the texts; None where the reader says that no text answers."""
    reader = load_reader(models.reader)

    def read(question: str, texts: list[str]) -> str | None:
        readings = reader.read(question, [PassageText("", text, ()) for text in texts])
        spans = [(span, text) for text, reading in zip(texts, readings, strict=True) for span in reading.spans]
        if not spans:
            return None
        span, text = max(spans, key=lambda pair: pair[0].margin)
        return text[span.start : span.end] if span.margin > models.no_answer_margin else None

    return read


SYSTEMS: dict[str, Build] = {
    "LangChain": _langchain,
    "LlamaIndex": _llama_index,
    "txtai, dense": _txtai(hybrid=False),
    "txtai, hybrid": _txtai(hybrid=True),
    "Haystack": _haystack,
}
