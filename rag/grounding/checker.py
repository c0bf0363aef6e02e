"""Does a passage support a sentence? A strict, lexical first check: it would rather drop a true sentence than show a
false one.

A sentence is supported by a place in a passage when every word that carries its claim (stem, number, name) stands
there or
in the passage's heading, in the same order, with the same
negations and limits ("may", "some", "only"). What is recombined from several places, swapped,
turned round or added is not supported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ingest.sentences import sentence_spans
from rag.grounding.words import Words, words_of
from vectorstore.types import Chunk

_FEWEST_WORDS = 3
"""A fragment with fewer claim-carrying words (a list item, say) can stand anywhere: it is no claim that could be
checked."""
_ORDER = 0.9
"""Share of a sentence's words that must be aligned in the order of the source."""
_ORDER_ACROSS_SENTENCES = 0.95
_MAX_LIST_ITEMS = 16
_BULLETS = frozenset("-*•–")


@dataclass(frozen=True, slots=True)
class Support:
    """The place that supports a sentence: ``chunks[passage]``, characters ``start`` to ``end`` of its document's
    text.
    """

    passage: int
    start: int
    end: int
    strength: float


def find_support(sentence: str, chunks: Sequence[Chunk]) -> Support | None:
    """The best place among ``chunks`` that supports ``sentence``, or None.

    ``strength`` is the share of the place's words that the sentence uses: of two places, the tighter one wins.
    """
    claim = words_of(sentence)
    if len(claim.content) < _FEWEST_WORDS:
        return None
    best: Support | None = None
    for number, chunk in enumerate(chunks):
        heading = frozenset(words_of(chunk.heading).content)
        for start, end, order in _places(chunk.text):
            strength = _strength(claim, words_of(chunk.text[start:end]), heading, order)
            if strength > (best.strength if best else 0.0):
                best = Support(number, chunk.start + start, chunk.start + end, strength)
    return best


def _strength(claim: Words, source: Words, heading: frozenset[str], order: float) -> float:
    """Between 0 (not supported) and 1."""
    in_source = frozenset(source.content)
    if any(word not in in_source and word not in heading for word in claim.content):
        return 0.0
    positions = [i for i, word in enumerate(claim.content) if word in in_source]
    if not positions:
        return 0.0
    blocks = SequenceMatcher(
        None, [claim.content[i] for i in positions], source.content, autojunk=False
    ).get_matching_blocks()
    aligned = [block.b + i for block in blocks for i in range(block.size)]
    if len(aligned) < order * len(positions):
        return 0.0
    said = sorted(qualifier.word for qualifier in claim.qualifiers)
    meant = sorted(q.word for q in source.qualifiers if any(place in q.about for place in aligned))
    if said != meant:
        return 0.0
    return len(aligned) / len(source.content)


def _places(text: str) -> Iterator[tuple[int, int, float]]:
    """Where a claim may stand: a sentence, a list with the line that introduces it, or two sentences in a row."""
    spans = sentence_spans(text)
    for i, (start, end) in enumerate(spans):
        yield start, end, _ORDER
        if text[start:end].endswith(":"):
            yield start, list_end(text, spans, i), _ORDER
        elif i + 1 < len(spans):
            yield start, spans[i + 1][1], _ORDER_ACROSS_SENTENCES


def list_end(text: str, spans: Sequence[tuple[int, int]], introduction: int) -> int:
    """Where the list ends that the sentence ``spans[introduction]`` introduces with a colon.

    Items are the bulleted lines that follow it, or failing those the one sentence that does.
    """
    end = spans[introduction][1]
    following = spans[introduction + 1 : introduction + 1 + _MAX_LIST_ITEMS]
    for item, (start, stop) in enumerate(following):
        bulleted = text[text.rfind("\n", 0, start) + 1 : start].strip() in _BULLETS
        if item and not bulleted:
            break
        end = stop
        if not bulleted:
            break
    return end
