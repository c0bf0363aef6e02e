"""A layout as lines in reading order: tokens, and segments parted by wide gaps."""

import re
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.types import Box, DocumentLayout, PageLayout, Word
from rag.extraction.types import WordPlace

_SEGMENT_GAP = 1.0
"""A gap of so many line heights parts two segments of a line."""
_SPACE_GAP = 0.55
"""A wider one, within a segment, is more than a space between the digits of a number."""
_BETWEEN_SEGMENTS = "   "
_PIECE = re.compile(
    r"[^\W\d_]{3,}/(?=[^\W\d_]{3,})|(?i:(?<![a-z])(?:no|nr|num|n)[.°º]+)(?=\w)|[^\s:()\[\]|=;#°º№]*[#°º№](?=\w)|[^\s:()\[\]|=;]+[:;]?|[:()\[\]|=;]"
)


@dataclass(frozen=True, slots=True)
class FormToken:
    """A word or a piece of one: a label and its value may be written without a space. ``page`` counts from 0."""

    text: str
    box: Box
    page: int
    word: int
    recognised: bool
    start: int = 0
    """Its place in the form's text."""

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens ``first`` to before ``last`` of a form, which stand together on line ``line`` (counted over all pages).

    ``text`` is the form's text from ``start``.
    """

    number: int
    page: int
    line: int
    first: int
    last: int
    start: int
    text: str
    box: Box

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(slots=True)
class FormText:
    """A document to read fields from; ``segment_of`` holds for each token the number of its segment."""

    layout: DocumentLayout
    text: str = ""
    tokens: list[FormToken] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    lines: list[list[Segment]] = field(default_factory=list)
    segment_of: list[int] = field(default_factory=list)
    size: float = 1.0
    """The usual height of a line."""

    def tokens_between(self, start: int, end: int) -> range:
        """The tokens that a span of the text touches."""
        first = bisect_right(self.tokens, start, key=lambda token: token.end)
        last = bisect_left(self.tokens, end, key=lambda token: token.start)
        return range(first, last) if first < last else range(0)

    def box(self, tokens: range) -> Box:
        return around([self.tokens[n].box for n in tokens])

    def place(self, tokens: range) -> WordPlace:
        words = dict.fromkeys(self.tokens[n].word for n in tokens)
        return WordPlace(self.tokens[tokens.start].page, tuple(words))

    def box_on_page(self, place: WordPlace) -> Box:
        """Around the words as the page shows them; ``box`` is on the page turned upright."""
        words = self.layout.pages[place.page].words
        return around([words[n].box for n in place.words])

    def words_at(self, place: WordPlace) -> range:
        """The tokens of these words: those from the first to the last in reading order."""
        wanted = set(place.words)
        found = [n for n, token in enumerate(self.tokens) if token.page == place.page and token.word in wanted]
        return range(found[0], found[-1] + 1) if found else range(0)


def read_form(layout: DocumentLayout) -> FormText:
    form = FormText(layout)
    lines: list[str] = []
    at = 0  # the form's text so far
    for index, page in enumerate(layout.pages):
        for row in _lines(page):
            segments: list[Segment] = []
            for words in _split(row):
                segment = _segment(form, index, at, words)
                segments.append(segment)
                lines.append(segment.text + _BETWEEN_SEGMENTS)
                at += len(lines[-1])
            form.lines.append(segments)
            lines.append("\n")
            at += 1
        lines.append("\n")
        at += 1
    form.text = "".join(lines)
    form.size = statistics.median([token.height for token in form.tokens]) if form.tokens else 1.0
    return form


def _segment(form: FormText, page: int, start: int, words: "Sequence[_Placed]") -> Segment:
    """Add the words to the form as its next segment, whose text is to begin at ``start``."""
    first, text = len(form.tokens), ""
    for before, (number, box, word) in zip([None, *words], words, strict=False):
        if before is not None:
            text += "  " if box[0] - before[1][2] > _SPACE_GAP * (box[3] - box[1]) else " "
        for piece, part in _pieces(word.text, box):
            form.tokens.append(FormToken(piece, part, page, number, word.recognised, start + len(text)))
            text += piece
    last = len(form.tokens)
    box = around([box for _, box, _ in words])
    segment = Segment(len(form.segments), page, len(form.lines), first, last, start, text, box)
    form.segments.append(segment)
    form.segment_of += [segment.number] * (last - first)
    return segment


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def overlap(one: Box, other: Box) -> float:
    """How far two boxes are above each other, as a share of the narrower one."""
    shared = min(one[2], other[2]) - max(one[0], other[0])
    return max(0.0, shared) / max(1e-6, min(one[2] - one[0], other[2] - other[0]))


_Placed = tuple[int, Box, Word]
"""A word's number on its page, its box on the page turned upright, and itself."""


def _lines(page: PageLayout) -> list[list[_Placed]]:
    """The words of each line from left to right, lines from the top.

    From the left, each word goes to the line whose last word is most nearly level with it, so that a slanted line of a
    scan stays one.
    """
    placed = _without_copies(_upright(page))
    lines: list[list[_Placed]] = []
    for item in sorted(placed, key=lambda item: item[1][0]):
        middle, height = _middle(item[1]), item[1][3] - item[1][1]
        best, least = None, 0.5
        for line in lines:
            last = line[-1][1]
            off = abs(middle - _middle(last)) / max(1e-6, min(height, last[3] - last[1]))
            if off < least and item[1][0] > last[0]:
                best, least = line, off
        if best is None:
            lines.append([item])
        else:
            best.append(item)
    return sorted(lines, key=lambda line: statistics.fmean(_middle(box) for _, box, _ in line))


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _upright(page: PageLayout) -> list[_Placed]:
    """The words with their boxes on a page turned so that most text runs from left to right."""
    steps = {0: 0, 90: 0, 180: 0, 270: 0}
    for before, word in pairwise(page.words):
        across = (word.box[0] + word.box[2] - before.box[0] - before.box[2]) / 2
        down = (word.box[1] + word.box[3] - before.box[1] - before.box[3]) / 2
        tall = word.box[3] - word.box[1] > 1.3 * (word.box[2] - word.box[0]) and len(word.text) > 2
        wide = word.box[2] - word.box[0] > 1.3 * (word.box[3] - word.box[1])
        if tall and abs(down) > abs(across):
            steps[90 if down > 0 else 270] += 1
        elif wide and abs(across) > abs(down):
            steps[0 if across > 0 else 180] += 1
    turned = max(steps, key=lambda angle: steps[angle])
    width, height = page.width, page.height

    def turn(box: Box) -> Box:
        left, top, right, bottom = box
        match turned:
            case 90:
                return top, width - right, bottom, width - left
            case 180:
                return width - right, height - bottom, width - left, height - top
            case 270:
                return height - bottom, left, height - top, right
            case _:
                return box

    return [(number, turn(word.box), word) for number, word in enumerate(page.words)]


def _without_copies(words: list[_Placed]) -> list[_Placed]:
    """Some programs draw bold type twice, a hair apart."""
    seen: set[tuple[str, int, int]] = set()
    kept = []
    for item in words:
        key = (item[2].text, round(item[1][0] / 2), round(item[1][1] / 2))
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


def _split(line: list[_Placed]) -> Iterator[list[_Placed]]:
    """The words of a line, parted where a gap is wide."""
    part = [line[0]]
    for before, item in pairwise(line):
        height = max(before[1][3] - before[1][1], item[1][3] - item[1][1])
        if item[1][0] - before[1][2] > _SEGMENT_GAP * height:
            yield part
            part = []
        part.append(item)
    yield part


def _pieces(text: str, box: Box) -> Iterator[tuple[str, Box]]:
    """The pieces of a word, each with its share of the box."""
    left, top, right, bottom = box
    step = (right - left) / len(text)
    for found in _PIECE.finditer(text):
        yield found.group(), (left + step * found.start(), top, left + step * found.end(), bottom)
