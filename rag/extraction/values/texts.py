"""Words: what stands beside or below a label, and what the reader proposes; choices by the words that say them."""

import re
from collections.abc import Iterator, Mapping, Sequence

from rag.extraction.labels import Hit, key
from rag.extraction.page import FormText, Segment, overlap
from rag.extraction.types import Candidate

_MOST_WORDS = 24
_BELOW = 2.5
"""A value is no further below its label, in line heights."""


def find_texts(form: FormText, hits: Sequence[Sequence[Hit]], field: str) -> Iterator[Candidate]:
    """What follows the field's labels: the rest of the segment, the next one to the right, the one below."""
    labelled = {hit.first for of in hits for hit in of}
    for of in hits:
        for hit in of:
            if hit.strength(field) == "not":
                continue
            segment = form.segments[hit.segment]
            rest = range(
                hit.last, min((n for n in labelled if n >= hit.last and n < segment.last), default=segment.last)
            )
            line = form.lines[segment.line]
            after = [other for other in line if other.first >= segment.last][:1]
            below = [other for other in form.segments if _is_below(segment, other)][:1]
            spans = [
                rest,
                *(range(other.first, other.last) for other in (*after, *below) if other.first not in labelled),
            ]
            for span in spans:
                if candidate := text_candidate(form, span):
                    yield candidate


def _is_below(segment: Segment, other: Segment) -> bool:
    gap = other.box[1] - segment.box[3]
    near = -0.3 * segment.height < gap < _BELOW * segment.height
    return other.page == segment.page and other.line > segment.line and near and overlap(segment.box, other.box) > 0.2


def text_candidate(form: FormText, tokens: range) -> Candidate | None:
    """The words of these tokens, without the punctuation around them."""
    while tokens and not any(character.isalnum() for character in form.tokens[tokens.start].text):
        tokens = tokens[1:]
    while tokens and form.tokens[tokens.stop - 1].text in {":", "|", "-", "–", "=", "(", "["}:
        tokens = tokens[:-1]
    if not tokens or len(tokens) > _MOST_WORDS:
        return None
    start, end = form.tokens[tokens.start].start, form.tokens[tokens.stop - 1].end
    value = form.text[start:end].strip(" :;|,")
    return Candidate(tokens, value, re.sub(r"\s+", " ", value), {"words": len(tokens) / _MOST_WORDS})


def find_choices(form: FormText, choices: Mapping[str, Sequence[str]]) -> Iterator[Candidate]:
    """Each place where the words of a choice stand."""
    named = {key(word): name for name, words in choices.items() for word in (name, *words)}
    for segment in form.segments:
        for first in range(segment.first, segment.last):
            joined = ""
            for last in range(first, min(segment.last, first + 6)):
                joined += key(form.tokens[last].text)
                if joined in named:
                    tokens = range(first, last + 1)
                    value = form.text[form.tokens[first].start : form.tokens[last].end].strip(" .,;:()")
                    yield Candidate(tokens, value, named[joined], {})
