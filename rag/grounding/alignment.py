"""Which word of a passage each word of a claim stands on.

First equal words, in the cheapest order (a Viterbi search that would rather stay in place than jump), then words of
like meaning between them, in the spirit of MacCartney, Galley and Manning, "A phrase-based alignment model for natural
language inference", 2008.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.text.tokens import LEXICON, Kind, Token
from vectorstore.types import Embedder

_SKIP = 1.0
_GAP, _LONGEST_GAP = 0.04, 10
_BACK = 0.45
_LONGEST_RUN = 4
_SHORTEST_ROOT, _SAME_ROOT = 4, 0.6
SAME_MEANING = 0.8
"""Cosine of two words or short phrases from which on the embedding model finds hardly any that differ in meaning."""
_VECTORS_KEPT = 20_000


class Similarity:
    """Cosines between texts, by the embedding model; each text is embedded once. Safe to use from many threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, one: str, other: str) -> float:
        self.prepare((one, other))
        return float(self._vectors[one] @ self._vectors[other])

    def prepare(self, texts: Iterable[str]) -> None:
        """Embed what is not known yet, all at once."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
            if not new:
                return
            while len(self._vectors) + len(new) > _VECTORS_KEPT and self._vectors:
                self._vectors.popitem(last=False)
            self._vectors.update(zip(new, self._embedder.embed(new), strict=True))


@dataclass(slots=True)
class Alignment:
    """``places[i]`` is the index among the source's tokens for the claim's token ``i``; content words only.

    ``covered`` are all source tokens that a word of the claim stands on. ``nearest`` holds the best cosine for the
    words that are not the same; ``opposites`` says that one of them is opposed.
    """

    claim: Sequence[Token]
    source: Sequence[Token]
    places: dict[int, int]
    covered: set[int] = field(default_factory=set)
    nearest: dict[int, float] = field(default_factory=dict)
    opposites: bool = False

    @property
    def missing(self) -> list[int]:
        """The claim's content tokens that stand on nothing."""
        return [i for i, token in enumerate(self.claim) if token.is_content and i not in self.places]


def align(
    claim: Sequence[Token], source: Sequence[Token], similarity: Similarity, aside: frozenset[int] = frozenset()
) -> Alignment:
    """``aside`` are claim tokens that stand on something else."""
    alignment = Alignment(claim, source, _equal_words(claim, source, aside))
    alignment.covered.update(alignment.places.values())
    runs = list(_open_runs(alignment, aside))
    similarity.prepare(_phrases(claim, source, runs))
    for run, stretch in runs:
        _align_by_meaning(alignment, run, stretch, similarity)
    return alignment


def _equal_words(claim: Sequence[Token], source: Sequence[Token], aside: frozenset[int]) -> dict[int, int]:
    where: dict[str, list[int]] = {}
    order = [j for j, token in enumerate(source) if token.is_content]
    for rank, j in enumerate(order):
        where.setdefault(source[j].key, []).append(rank)
    # For each rank that the last aligned word may have: the cost so far and the path that led there.
    paths: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {-1: (0.0, ())}
    for i, token in enumerate(claim):
        if not token.is_content or i in aside:
            continue
        longer = {last: (cost + _SKIP, path) for last, (cost, path) in paths.items()}
        for rank in where.get(token.key, ()):
            cost, path = min(
                ((cost + _jump(last, rank), path) for last, (cost, path) in paths.items()), key=lambda item: item[0]
            )
            if rank not in longer or cost < longer[rank][0]:
                longer[rank] = (cost, (*path, (i, rank)))
        paths = longer
    _, best = min(paths.values(), key=lambda item: item[0])
    places: dict[int, int] = {}
    for i, rank in best:
        if order[rank] not in places.values():
            places[i] = order[rank]
    return places


def _jump(last: int, rank: int) -> float:
    if last < 0 or rank == last + 1:
        return 0.0
    return _GAP * min(rank - last, _LONGEST_GAP) if rank > last else _BACK


def _open_runs(alignment: Alignment, aside: frozenset[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Runs of claim words that stand on nothing, each with the source's unused words at the same place."""
    content = [i for i, token in enumerate(alignment.claim) if token.is_content and i not in aside]
    used = set(alignment.places.values())
    at = 0
    while at < len(content):
        if content[at] in alignment.places:
            at += 1
            continue
        first = at
        while at < len(content) and content[at] not in alignment.places:
            at += 1
        before = alignment.places[content[first - 1]] if first else -1
        after = alignment.places[content[at]] if at < len(content) else len(alignment.source)
        if before < after:
            free = [j for j in range(before + 1, after) if alignment.source[j].is_content and j not in used]
            yield content[first:at], free


def _phrase(tokens: Sequence[Token], run: list[int]) -> str:
    return " ".join(tokens[i].word.lower() for i in run)


def _comparable(tokens: Sequence[Token], run: list[int]) -> bool:
    """Whether a run is a phrase of plain words: nothing between them that limits them, no numbers and no names."""
    return 0 < len(run) <= _LONGEST_RUN and all(
        token.kind in (Kind.WORD, Kind.FUNCTION) for token in tokens[run[0] : run[-1] + 1]
    )


def _phrases(claim: Sequence[Token], source: Sequence[Token], runs: list[tuple[list[int], list[int]]]) -> Iterator[str]:
    for run, stretch in runs:
        if stretch:
            for tokens, part in ((claim, run), (source, stretch)):
                yield from (_phrase(tokens, [i]) for i in part if tokens[i].kind is Kind.WORD)
                if _comparable(tokens, part):
                    yield _phrase(tokens, part)


def _align_by_meaning(alignment: Alignment, run: list[int], stretch: list[int], similarity: Similarity) -> None:
    claim, source = alignment.claim, alignment.source
    alignment.opposites |= any(opposed(claim[i], source[j]) for i in run for j in stretch)
    if len(run) > 1 or len(stretch) > 1:
        alike = _cosine(claim, run, source, stretch, similarity)
        if alike >= SAME_MEANING:
            for i, j in zip(run, [*stretch, *stretch[-1:] * len(run)], strict=False):
                alignment.places[i] = j
            alignment.covered.update(stretch)
            return
    last = -1
    for i in run:
        scored = [(_cosine(claim, [i], source, [j], similarity), j) for j in stretch if j > last]
        best, j = max(scored, default=(0.0, -1))
        alignment.nearest[i] = best
        if best >= SAME_MEANING:
            alignment.places[i] = last = j
            alignment.covered.add(j)


def _cosine(
    claim: Sequence[Token], run: list[int], source: Sequence[Token], stretch: list[int], similarity: Similarity
) -> float:
    """Of two phrases of plain words; 0 for any others, and for opposites."""
    if not _comparable(claim, run) or not _comparable(source, stretch):
        return 0.0
    if any(opposed(claim[i], source[j]) for i in run for j in stretch):
        return 0.0
    alike = similarity(_phrase(claim, run), _phrase(source, stretch))
    if len(run) > 1 or len(stretch) > 1:
        return alike
    one, other = sorted((claim[run[0]].key, source[stretch[0]].key), key=len)
    same_root = len(one) >= _SHORTEST_ROOT and other.startswith(one) and alike >= _SAME_ROOT
    return 1.0 if same_root or frozenset((one, other)) in _same_stems() else alike


@functools.cache
def _same_stems() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(LEXICON.stem(word) for word in pair) for pair in LEXICON.synonyms)


def opposed(a: Token, b: Token) -> bool:
    """Whether two words exclude each other: known opposites, or the same word after another prefix."""
    if frozenset((a.word.lower(), b.word.lower())) in LEXICON.antonyms or frozenset((a.key, b.key)) in LEXICON.antonyms:
        return True
    shorter, longer = sorted((a.key, b.key), key=len)
    if longer.endswith(shorter):
        return longer != shorter and len(shorter) >= 4
    shared = 0
    while shorter[-1 - shared] == longer[-1 - shared]:
        shared += 1
    return shared >= 4 and shorter[0] != longer[0]
