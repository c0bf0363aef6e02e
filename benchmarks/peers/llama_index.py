"""LlamaIndex, which brings no extractive reader: behind its search stands Refdesk's."""

from collections.abc import Sequence
from typing import Any

from benchmarks.peers.types import KEPT, SEARCHED, Ask, Found, Models, Stored, reading


def plain(passages: Sequence[Stored], models: Models) -> Ask:
    return _engine(_index(_nodes(passages), models).as_retriever(similarity_top_k=SEARCHED), [], models)


def best(passages: Sequence[Stored], models: Models) -> Ask:
    """BM25 and vectors joined by rank, then the cross-encoder."""
    from llama_index.core.llms import MockLLM
    from llama_index.core.postprocessor import SentenceTransformerRerank
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = _nodes(passages)
    joined = QueryFusionRetriever(
        [
            _index(nodes, models).as_retriever(similarity_top_k=models.reranked),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=models.reranked),
        ],
        mode="reciprocal_rerank",
        similarity_top_k=models.reranked,
        num_queries=1,  # no question is written anew, which needs a language model
        llm=MockLLM(),
        use_async=False,
    )
    return _engine(joined, [SentenceTransformerRerank(model=models.reranker, top_n=KEPT)], models)


def _engine(found_by: Any, rerankers: list[Any], models: Models) -> Ask:
    from llama_index.core.base.response.schema import Response
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.query_engine import CustomQueryEngine
    from llama_index.core.retrievers import BaseRetriever

    read = reading(models)

    class ExtractiveEngine(CustomQueryEngine):
        retriever: BaseRetriever
        postprocessors: list[BaseNodePostprocessor]

        def custom_query(self, query_str: str) -> Response:
            nodes = self.retriever.retrieve(query_str)
            for postprocessor in self.postprocessors:
                nodes = postprocessor.postprocess_nodes(nodes, query_str=query_str)
            return Response(read(query_str, [node.text for node in nodes]), source_nodes=nodes)

    engine = ExtractiveEngine(retriever=found_by, postprocessors=rerankers)

    def ask(question: str) -> Found:
        response = engine.query(question)
        return Found(tuple(node.node_id for node in response.source_nodes), response.response)

    return ask


def _nodes(passages: Sequence[Stored]) -> list[Any]:
    from llama_index.core.schema import TextNode

    return [TextNode(id_=passage.id, text=passage.text) for passage in passages]


def _index(nodes: list[Any], models: Models) -> Any:
    from llama_index.core import VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return VectorStoreIndex(nodes, embed_model=HuggingFaceEmbedding(model_name=models.embedding))
