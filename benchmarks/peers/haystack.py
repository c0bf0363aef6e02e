"""Haystack, which reads with code of its own."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.types import KEPT, SEARCHED, Ask, Found, Models, Stored

_LIKELY = "{{ documents | selectattr('score', 'gt', 0) | list }}"


def plain(passages: Sequence[Stored], models: Models) -> Ask:
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever

    pipeline, store = _pipeline(passages, models)
    pipeline.add_component("found", InMemoryEmbeddingRetriever(store, top_k=SEARCHED))
    pipeline.connect("embedder.embedding", "found.query_embedding")
    pipeline.connect("found.documents", "reader.documents")
    return _asking(pipeline, ["embedder.text", "reader.query"])


def best(passages: Sequence[Stored], models: Models) -> Ask:
    """BM25 and vectors joined by rank, then the cross-encoder; what is likelier than not to answer is read."""
    from haystack import Document
    from haystack.components.converters import OutputAdapter
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack_integrations.components.rankers.sentence_transformers import SentenceTransformersSimilarityRanker

    pipeline, store = _pipeline(passages, models)
    ranker = SentenceTransformersSimilarityRanker(model=models.reranker, top_k=KEPT, scale_score=False)
    pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=models.reranked))
    pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=models.reranked))
    pipeline.add_component("joined", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=models.reranked))
    pipeline.add_component("found", ranker)
    pipeline.add_component("likely", OutputAdapter(_LIKELY, output_type=list[Document], unsafe=True))
    pipeline.connect("embedder.embedding", "vectors.query_embedding")
    pipeline.connect("words", "joined")
    pipeline.connect("vectors", "joined")
    pipeline.connect("joined.documents", "found.documents")
    pipeline.connect("found.documents", "likely.documents")
    pipeline.connect("likely.output", "reader.documents")
    return _asking(pipeline, ["embedder.text", "words.query", "found.query", "reader.query"])


def _pipeline(passages: Sequence[Stored], models: Models) -> tuple[Any, Any]:
    """With an embedder and a reader, and the store that is searched."""
    from haystack import Document, Pipeline
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
    pipeline.add_component("reader", TransformersExtractiveReader(model=models.reader))
    return pipeline, store


def _asking(pipeline: Any, inputs: Sequence[str]) -> Ask:
    """``inputs`` are those that the question goes to, as ``component.name``."""

    def ask(question: str) -> Found:
        given: dict[str, dict[str, str]] = {}
        for path in inputs:
            component, name = path.split(".")
            given.setdefault(component, {})[name] = question
        result = pipeline.run(given, include_outputs_from={"found"})
        best = max(result["reader"]["answers"], key=lambda answer: answer.score, default=None)
        return Found(tuple(document.id for document in result["found"]["documents"]), best.data if best else None)

    return ask
