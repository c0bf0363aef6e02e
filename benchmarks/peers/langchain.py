"""LangChain, which brings no extractive reader: behind its search stands Refdesk's."""

import re
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.types import KEPT, SEARCHED, Ask, Found, Models, Stored, reading


def plain(passages: Sequence[Stored], models: Models) -> Ask:
    return _chain(_vectors(passages, models).as_retriever(search_kwargs={"k": SEARCHED}), models)


def best(passages: Sequence[Stored], models: Models) -> Ask:
    """BM25 and FAISS joined by rank, then the cross-encoder."""
    from langchain_classic.retrievers import ContextualCompressionRetriever, EnsembleRetriever
    from langchain_classic.retrievers.document_compressors import CrossEncoderReranker
    from langchain_community.cross_encoders import HuggingFaceCrossEncoder
    from langchain_community.retrievers import BM25Retriever
    from langchain_core.runnables import RunnableLambda

    words = BM25Retriever.from_documents(_documents(passages), preprocess_func=_words, k=models.reranked)
    vectors = _vectors(passages, models).as_retriever(search_kwargs={"k": models.reranked})
    joined = EnsembleRetriever(retrievers=[words, vectors])
    reranker = CrossEncoderReranker(model=HuggingFaceCrossEncoder(model_name=models.reranker), top_n=KEPT)
    first = joined | RunnableLambda(lambda documents: documents[: models.reranked])
    return _chain(ContextualCompressionRetriever(base_compressor=reranker, base_retriever=first), models)


def _chain(retriever: Any, models: Models) -> Ask:
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    read = reading(models)

    def answer(given: dict[str, Any]) -> Found:
        texts = [document.page_content for document in given["documents"]]
        return Found(tuple(document.id for document in given["documents"]), read(given["question"], texts))

    chain = {"documents": retriever, "question": RunnablePassthrough()} | RunnableLambda(answer)
    return chain.invoke


def _vectors(passages: Sequence[Stored], models: Models) -> Any:
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    return FAISS.from_documents(_documents(passages), HuggingFaceEmbeddings(model_name=models.embedding))


def _documents(passages: Sequence[Stored]) -> list[Any]:
    from langchain_core.documents import Document

    return [Document(id=passage.id, page_content=passage.text) for passage in passages]


def _words(text: str) -> list[str]:
    """LangChain cuts at spaces unless told otherwise, and tells one to do better."""
    return re.findall(r"\w+", text.lower())
