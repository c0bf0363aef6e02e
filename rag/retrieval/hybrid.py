"""Hybrid search, for one query and for the variants of one question."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from rag.retrieval.types import Retriever
from rag.retrieval.variants import QueryVariant
from rag.text.asking import asking_in
from rag.text.tokens import content_stems
from vectorstore.blocks import cells_of, is_row
from vectorstore.identifiers import names_in
from vectorstore.store import PassageView
from vectorstore.types import Chunk, Passage, Scope, innermost

_REPEATED = 3
"""So many times as much is searched for as is wanted, for what is said more than once."""
_MOST_OPENINGS = 2
_MOST_BEARING = 3
_VALUE = re.compile(r"[=\[<]")


@dataclass(frozen=True, slots=True)
class HybridRetriever:
    """Dense and lexical search in one state of a knowledge base: each leg proposes ``candidates``, and a score is the
    mean of both legs', the dense one weighted by ``dense_weight``. What several documents say in the same words counts
    once, where it fits best. The opening of a document that is named comes along, and what bears a name of the query.
    """

    view: PassageView
    candidates: int = 50
    dense_weight: float = 0.5

    def retrieve(self, query: str, scope: Scope, limit: int) -> list[Passage]:
        """See ``rag.retrieval.types.Retriever``."""
        found = self.view.search(
            query,
            scope,
            words=_telling(query),
            limit=_REPEATED * limit,
            candidates=self.candidates,
            dense_weight=self.dense_weight,
        )
        once = {passage.chunk.text: passage for passage in reversed(found)}
        found = [passage for passage in found if once[passage.chunk.text] is passage]
        asked = frozenset(content_stems(query))
        openings = [passage for passage in found if _tells_what_is_asked(passage.chunk, asked)]
        openings = sorted(openings, key=lambda passage: not passage.chunk.begins)[:_MOST_OPENINGS]
        names = names_in(query)
        bearing = [passage for passage in found if passage not in openings and bears_name(passage.chunk, names)]
        first = [*openings, *bearing[:_MOST_BEARING]]
        others = [passage for passage in found if passage not in first]
        return sorted([*first, *others[: max(0, limit - len(first))]], key=lambda passage: -passage.score)[:limit]


def _tells_what_is_asked(chunk: Chunk, asked: frozenset[str]) -> bool:
    """Whether a document that half of the words asked for name begins with it, or tells it under its name alone."""
    opens = chunk.begins or not chunk.section
    return opens and 2 * len(asked.intersection(content_stems(chunk.subject))) >= len(asked) > 0


def bears_name(chunk: Chunk, names: Collection[str]) -> bool:
    """Whether the text stands under one of the ``names``, or is the row of it: "gc.auto", "--depth <n>", "KeepAlive
    Directive", "Part number: TP-400; Price: 2,750.00".
    """
    parts = innermost(chunk.section).partition("(")[0].split(",")
    terms = {_VALUE.split(part.split()[0].strip("<>"))[0] for part in parts if part.strip()}
    if is_row(chunk.text):
        terms.add(cells_of(chunk.text)[0][1])
    return not terms.isdisjoint(names)


def _telling(query: str) -> str:
    """The words of ``query`` that it does not share with other questions: where "how", "do" and "I" are rare, as they
    are in manuals, a heading that asks would be taken for what is asked about.
    """
    asking = asking_in(query)
    closed = asking.interrogatives | asking.auxiliaries | asking.pronouns | asking.articles | asking.prepositions
    return " ".join(word for word in query.split() if _bare(word) not in closed)


def _bare(word: str) -> str:
    return word.strip("\"'“”‘’.,;:!?()").lower()


def retrieve_variants(
    retriever: Retriever, variants: Sequence[QueryVariant], scope: Scope, limit: int
) -> tuple[str, list[Passage]]:
    """The text to read the passages with, and the passages of all searches, best first.

    A passage's score is the weighted mean of its scores (CombSUM: Fox and Shaw, TREC-2, 1994); a search that did not
    find it counts 0. The text is that of the variant whose cosine with the best passage, weighted, is highest; the
    passages keep its ``dense`` and ``lexical``.
    """
    rankings = [_search(retriever, variant.text, scope, limit) for variant in variants]
    if len(variants) == 1:
        return variants[0].text, list(rankings[0].values())
    weights = [variant.weight for variant in variants]
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for chunk, passage in ranking.items():
            scores[chunk] = scores.get(chunk, 0.0) + weight * passage.score / sum(weights)
    if not scores:
        return variants[0].text, []
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
    return variants[chosen].text, passages


def _search(retriever: Retriever, text: str, scope: Scope, limit: int) -> dict[int, Passage]:
    return {passage.chunk.id: passage for passage in retriever.retrieve(text, scope, limit)}
