"""txtai, which reads with code of its own."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.peers.types import KEPT, SEARCHED, Ask, Found, Models, Stored

_Search = Callable[[list[str]], list[list[dict[str, Any]]]]
"""Questions to what each of them finds, best first."""


def plain(passages: Sequence[Stored], models: Models) -> Ask:
    embeddings = _embeddings(passages, models, hybrid=False)
    return _asking(lambda questions: embeddings.batchsearch(questions, SEARCHED), models)


def best(passages: Sequence[Stored], models: Models) -> Ask:
    """BM25 and vectors, then the cross-encoder; the first passage is read, if it is likelier than not to answer."""
    from txtai.pipeline import Reranker, Similarity

    embeddings = _embeddings(passages, models, hybrid=True)
    reranker = Reranker(embeddings, Similarity(models.reranker, crossencode=True))

    def search(questions: list[str]) -> list[list[dict[str, Any]]]:
        ranked: list[list[dict[str, Any]]] = reranker(questions, limit=models.reranked, factor=1)
        return [rows[:KEPT] for rows in ranked]

    return _asking(search, models, minscore=0.5, context=1)


def _embeddings(passages: Sequence[Stored], models: Models, hybrid: bool) -> Any:
    from txtai import Embeddings

    embeddings = Embeddings(path=models.embedding, content=True, hybrid=hybrid)
    embeddings.index([(passage.id, passage.text, None) for passage in passages])
    return embeddings


def _asking(search: _Search, models: Models, **settings: Any) -> Ask:
    from txtai import RAG
    from txtai.pipeline import Questions

    found: list[dict[str, Any]] = []

    def searching(questions: list[str], _limit: int) -> list[list[dict[str, Any]]]:
        """RAG takes the first of what is found; all of it is kept, to be judged."""
        results = search(questions)
        found[:] = results[0]
        return results

    extractor = RAG(searching, Questions(models.reader), output="flatten", **settings)

    def ask(question: str) -> Found:
        try:
            answer = extractor(question)
        except TypeError:  # what it raises where the reader points at "no answer"
            answer = None
        return Found(tuple(str(row["id"]) for row in found), answer)

    return ask
