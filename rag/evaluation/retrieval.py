"""Does the desk find the right document? Its own search and reranking, on a BEIR set."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from rag.calibration.numbers import Calibration
from rag.evaluation.beir import BeirSet
from rag.evaluation.figures import latency, means
from rag.evaluation.items import excerpt, slices_of
from rag.evaluation.ranking import ndcg, reciprocal_rank
from rag.evaluation.temporary_collection import TemporaryCollection
from rag.evaluation.types import Evaluation, Item
from rag.jobs.types import OnProgress
from rag.query.understanding import query_of
from rag.reader.types import Reader
from rag.retrieval.hybrid import HybridRetriever, retrieve_variants
from rag.retrieval.reranking import rerank
from rag.retrieval.variants import QueryVariant
from vectorstore.store import PassageView
from vectorstore.types import EVERYTHING

SCORES = ("hits@1", "hits@5", "hits@20", "ndcg@10", "mrr@10", "mean_judgement@1")
_DEPTH = 20
_DEEPER = 4

Hit = tuple[str, ...]
"""The ids of the document that a passage belongs to: several where the same text has several ids."""


def evaluate_retrieval(
    data: BeirSet,
    collection: TemporaryCollection,
    retriever_on: Callable[[PassageView], HybridRetriever],
    passages: int,
    reader: Reader,
    calibration: Calibration,
    on_progress: OnProgress,
) -> Evaluation:
    """Search every query of ``data``, whose documents are in ``collection``, and have so many ``passages`` read.

    Documents rank by their best passage, and passages in the order in which the answer flow would use them. A query
    without a relevant document counts in ``mean_judgement@1`` alone.
    """
    judge = _Judge(data, collection)
    items: list[Item] = []
    for key, query in data.queries.items():
        with collection.knowledge.view() as view:
            hits, seconds = _rank(query, collection.ids, retriever_on(view), passages, reader, calibration)
        items.append(judge.item(key, hits, seconds))
        on_progress("Searching", len(items), len(data.queries))
    seconds = sum(item.latency_ms or 0.0 for item in items) / 1000.0
    counted = sum("hits@1" in item.scores for item in items)
    figures = means(items, SCORES) | {
        "queries_per_second": len(items) / seconds,
        "latency": latency(item.latency_ms for item in items),
        "queries": counted,
        "queries_without_relevant_document": len(items) - counted,
        "documents": len(data.documents),
        "documents_without_text": collection.refused,
    }
    return Evaluation("retrieval", figures, tuple(items))


def _rank(
    query: str,
    ids: Mapping[int, Hit],
    retriever: HybridRetriever,
    passages: int,
    reader: Reader,
    calibration: Calibration,
) -> tuple[list[Hit], float]:
    """The best documents, and the seconds that the desk takes until it would quote or write."""
    started = time.perf_counter()
    view = retriever.view
    variants = query_of(query, (), view, retriever, EVERYTHING).variants
    query, found = retrieve_variants(retriever, variants, EVERYTHING, passages)
    asked = QueryVariant(query).weighed(view, EVERYTHING)
    scored = rerank([asked], found, reader, view.embedder, calibration.reranking)
    seconds = time.perf_counter() - started
    hits = dict.fromkeys(ids[item.chunk.document] for item in scored)
    for document in _left_unread(query, retriever):
        if len(hits) >= _DEPTH:
            break
        hits.setdefault(ids[document])
    return list(hits)[:_DEPTH], seconds


def _left_unread(query: str, retriever: HybridRetriever) -> Iterator[int]:
    """Documents in the order of the search alone, deeper and deeper: what is not read ranks behind what is."""
    candidates, stored = retriever.candidates, retriever.view.count(EVERYTHING)
    while True:
        deep = replace(retriever, candidates=candidates)
        yield from (passage.chunk.document for passage in deep.retrieve(query, EVERYTHING, 2 * candidates))
        if candidates >= stored:
            return
        candidates *= _DEEPER


class _Judge:
    def __init__(self, data: BeirSet, collection: TemporaryCollection) -> None:
        self._data = data
        self._hits = {key: hit for hit in collection.ids.values() for key in hit}
        self._texts = {document.id: document.text for document in data.documents}

    def item(self, key: str, hits: list[Hit], seconds: float) -> Item:
        grades = self._data.judgements[key]
        gains = [max(grades.get(document, 0.0) for document in hit) for hit in hits]
        # The same text under several ids is one document, so it is one in the best possible ranking too.
        judged: dict[Hit, float] = {}
        for document, grade in grades.items():
            hit = self._hits.get(document, (document,))
            judged[hit] = max(grade, judged.get(hit, grade))
        gold = tuple(document for document, grade in grades.items() if grade > 0)
        scores = {"mean_judgement@1": gains[0] if gains else 0.0}
        if gold:
            scores |= {f"hits@{depth}": float(any(gain > 0 for gain in gains[:depth])) for depth in (1, 5, 20)}
            scores |= {"ndcg@10": ndcg(gains, list(judged.values()), 10), "mrr@10": reciprocal_rank(gains, 10)}
        given = hits[0][0] if hits else ""
        return Item(
            key,
            self._data.queries[key],
            gold,
            given,
            quality=scores.get("mrr@10", 1.0),
            scores=scores,
            slices=slices_of(self._data.queries[key]),
            latency_ms=round(seconds * 1000.0, 1),
            details={
                "hits": hits,
                "grades": gains,
                "expected_text": excerpt(self._texts.get(gold[0], "")) if gold else "",
                "given_text": excerpt(self._texts[given]) if hits else "",
            },
        )
