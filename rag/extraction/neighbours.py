"""Key and value: which label of a form announces a candidate, and from where.

A label announces what follows it in its segment (``inline``), what stands right of it on its line (``row``), what
stands below it in its column (``column``), and now and then what stands right above it (``below``). Over a column of
several values a label names the column (``table``): it says what they are, and not which of them is meant.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.extraction.labels import Hit, key
from rag.extraction.page import FormText, Segment, around, overlap
from rag.extraction.values.currencies import money_sign

Relation = Literal["inline", "row", "column", "below", "table"]

_COLUMN_LINES = 40.0
"""A table's header may be so many line heights above."""
_BELOW_LINES = 1.6
_NEXT = 0.4
"""Values this close to the label above them stand right below it or each other."""
_WORD = 4
"""Letters that make a word of what stands before an amount, and no unit or currency."""
_STEP = 0.5
"""What each value of the same kind between label and candidate leaves of the closeness."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A label that announces a candidate; ``closeness`` is 1 where nothing stands between the two.

    ``beside_words`` of one over a column: words that are no label begin the candidate's line, as an item's do.
    ``qualified`` labels have such words, or another label, before them: "Packing list No." is no plain "No.".
    """

    relation: Relation
    hit: Hit
    closeness: float
    beside_words: bool = False
    qualified: bool = False

    def strength(self, field: str) -> str:
        """That of the label; a weak one with words before it is ``vague``."""
        strength = self.hit.strength(field)
        return "vague" if strength == "weak" and self.qualified else strength


class Neighbours:
    """The labels around the candidates of one kind, whose tokens are ``spans``."""

    def __init__(self, form: FormText, hits: Sequence[Sequence[Hit]], spans: Sequence[range]) -> None:
        self._form = form
        self._hits = hits
        self._spans = spans
        self._taken = {n: span for span in spans for n in span}

    def announcements(self, *, tables: bool) -> list[list[Announcement]]:
        """For each candidate the nearest label of each relation, if there is one; ``tables`` tells their columns."""
        found = [[self._with_words(one) for one in self._of(span)] for span in self._spans]
        lines: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for span, of in zip(self._spans, found, strict=True):
            for one in of:
                if one.relation == "column" and one.closeness > _NEXT:
                    line = self._form.segments[self._form.segment_of[span.start]].line
                    lines[one.hit.segment, one.hit.first].add(line)
        columns = {label for label, of in lines.items() if tables and len(of) > 1}
        return [
            [
                replace(one, relation="table")
                if one.relation == "column" and (one.hit.segment, one.hit.first) in columns
                else one
                for one in of
            ]
            for of in found
        ]

    def _with_words(self, one: Announcement) -> Announcement:
        before = [hit for hit in self._hits[one.hit.segment] if hit.last <= one.hit.first]
        first = before[-1].last if before else self._form.segments[one.hit.segment].first
        words = (key(self._form.tokens[n].text) for n in range(first, one.hit.first) if self._is_word(n))
        after_label = bool(before) and first == one.hit.first and not self._form.tokens[first - 1].text.endswith(":")
        return replace(one, qualified=after_label or any(map(str.isalpha, words)))

    def _is_word(self, n: int) -> bool:
        """Whether a token is neither punctuation, nor a candidate, nor the currency beside one."""
        text = self._form.tokens[n].text
        return bool(key(text)) and n not in self._taken and not re.fullmatch(money_sign(), text.rstrip(":"))

    def _of(self, span: range) -> list[Announcement]:
        form = self._form
        segment = form.segments[form.segment_of[span.start]]
        found = (
            self._inline(segment, span),
            self._row(segment, span),
            self._column(segment, span),
            self._below(segment, span),
        )
        return [one for one in found if one]

    def _inline(self, segment: Segment, span: range) -> Announcement | None:
        before = [hit for hit in self._hits[segment.number] if hit.last <= span.start]
        if not before:
            return None
        hit = before[-1]
        between = range(hit.last, span.start)
        values = self._values(between)
        words = sum(map(self._is_word, between))
        return Announcement("inline", hit, _STEP**values / (1 + 0.4 * words))

    def _row(self, segment: Segment, span: range) -> Announcement | None:
        """The nearest label to the left on the line, unless words that are none come after it."""
        values = self._values(range(segment.first, span.start))
        if any(map(self._is_word, range(segment.first, span.start))):
            return None
        for other in reversed([other for other in self._form.lines[segment.line] if other.last <= segment.first]):
            of = self._hits[other.number]
            tail = range(of[-1].last, other.last) if of else range(other.first, other.last)
            values += self._values(tail)
            words = sum(map(self._is_word, tail))
            if of:
                return Announcement("row", of[-1], _STEP**values / (1 + 0.4 * words))
            if words > 2:
                return None
        return None

    def _column(self, segment: Segment, span: range) -> Announcement | None:
        """The nearest label above that is over the candidate."""
        form = self._form
        box = around([form.tokens[n].box for n in span])
        size = max(form.size, 1e-6)
        values = others = 0
        for number in range(segment.line - 1, -1, -1):
            line = form.lines[number]
            gap = (box[1] - line[0].box[3]) / size
            if line[0].page != segment.page or gap > _COLUMN_LINES:
                return None
            for other in line:
                for hit in self._hits[other.number]:
                    over = around([form.tokens[n].box for n in range(hit.first, hit.last)])
                    if overlap(over, box) > 0.25 or (hit.first == other.first and abs(over[0] - box[0]) < 0.8 * size):
                        distance = max(0.0, gap - 1.5 * values)
                        close = _STEP ** (0.5 * values + others) / (1 + 0.15 * distance)
                        return Announcement("column", hit, close, self._is_beside_words(segment, span))
                if overlap(other.box, box) > 0.25:
                    inside = [n for n in range(other.first, other.last) if overlap(form.tokens[n].box, box) > 0.25]
                    if any(n in self._taken for n in inside):
                        values += 1
                    elif inside:
                        others += 1
        return None

    def _is_beside_words(self, segment: Segment, span: range) -> bool:
        """Whether the nearest words left of the candidate on its line are no label."""
        for other in reversed([other for other in self._form.lines[segment.line] if other.first <= segment.first]):
            if self._hits[other.number]:
                return False
            before = range(other.first, min(other.last, span.start))
            words = (self._form.tokens[n].text for n in before if self._is_word(n))
            if any(sum(map(str.isalpha, word)) >= _WORD for word in words):
                return True
        return False

    def _below(self, segment: Segment, span: range) -> Announcement | None:
        form = self._form
        if segment.line + 1 >= len(form.lines) or form.lines[segment.line + 1][0].page != segment.page:
            return None
        box = around([form.tokens[n].box for n in span])
        for other in form.lines[segment.line + 1]:
            gap = (other.box[1] - box[3]) / max(form.size, 1e-6)
            of = self._hits[other.number]
            alone = of and of[0].first == other.first and of[-1].last == other.last
            if alone and gap < _BELOW_LINES and overlap(other.box, box) > 0.5:
                return Announcement("below", of[0], 1 / (1 + max(0.0, gap)))
        return None

    def _values(self, tokens: range) -> int:
        """How many candidates of the kind stand there."""
        return len({(self._taken[n].start, self._taken[n].stop) for n in tokens if n in self._taken})


def closeness(announcements: Sequence[Announcement], field: str) -> Mapping[str, float]:
    """Signals: how close a label is, by relation and strength ("inline_strong"), and by strength alone ("strong").

    ``first_strong`` and the like say which strength the closest of all labels has. The name of a table's column counts
    by its relation alone.
    """
    signals: dict[str, float] = {}
    for one in announcements:
        strength = one.strength(field)
        signals[f"{one.relation}_{strength}"] = one.closeness
        if one.beside_words:
            signals["beside_words"] = 1.0
        if one.relation != "table":
            signals[strength] = max(signals.get(strength, 0.0), one.closeness)
    own = [one for one in announcements if one.relation != "table"]
    if own:
        closest = max(own, key=lambda one: one.closeness)
        signals[f"first_{closest.strength(field)}"] = 1.0
    return signals
