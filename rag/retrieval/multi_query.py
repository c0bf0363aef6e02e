"""One question searched for in several wordings, and what they find fused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig

from vectorstore.types import Passage


@dataclass(frozen=True, slots=True)
class Formulation:
    """A wording of the question; ``weight`` is how much its search counts beside the others."""

    text: str
    weight: float = 1.0


def search_formulations(
    retriever: BaseRetriever, formulations: Sequence[Formulation], config: RunnableConfig | None = None
) -> tuple[str, list[Passage]]:
    """The wording to read the passages with, and the passages of all searches, best first.

    A passage's score is the weighted mean of its scores (CombSUM: Fox and Shaw, TREC-2, 1994); a search that did not
    find it counts 0. The wording is the one whose cosine with the best passage, weighted, is highest; the passages keep
    its ``dense`` and ``lexical``.
    """
    rankings = [_search(retriever, formulation.text, config) for formulation in formulations]
    if len(formulations) == 1:
        return formulations[0].text, list(rankings[0].values())
    weights = [formulation.weight for formulation in formulations]
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for chunk, passage in ranking.items():
            scores[chunk] = scores.get(chunk, 0.0) + weight * passage.score / sum(weights)
    if not scores:
        return formulations[0].text, []
    order = sorted(scores, key=lambda chunk: (-scores[chunk], chunk))[: max(map(len, rankings))]

    def nearness(place: int) -> float:
        found = rankings[place].get(order[0])
        return weights[place] * found.dense if found else 0.0

    chosen = max(range(len(rankings)), key=nearness)
    passages = []
    for chunk in order:
        passage = next(ranking[chunk] for ranking in rankings if chunk in ranking)
        own = rankings[chosen].get(chunk, replace(passage, dense=0.0, lexical=0.0))
        passages.append(replace(own, score=scores[chunk]))
    return formulations[chosen].text, passages


def _search(retriever: BaseRetriever, text: str, config: RunnableConfig | None) -> dict[int, Passage]:
    passages = (document.metadata["passage"] for document in retriever.invoke(text, config))
    return {passage.chunk.id: passage for passage in passages}
