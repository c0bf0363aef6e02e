"""The stored text of a document and the pieces that keep their form in it: what an extract is cut from."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.text.tokens import word_count
from rag.types import Form
from vectorstore.store import PassageView
from vectorstore.types import Block, BlockKind, Page, Scope

_FORMS: dict[BlockKind, Form] = {
    BlockKind.PROSE: "prose",
    BlockKind.ITEM: "item",
    BlockKind.STEP: "step",
    BlockKind.ROW: "row",
    BlockKind.ENTRY: "entry",
    BlockKind.CODE: "code",
}
_STRETCH = 100_000
"""Characters; what an extract is cut from stands nearer to its passage than that."""
LISTED = frozenset({BlockKind.ITEM, BlockKind.STEP})
_BULLET = re.compile(r"\s*(?:[-*•–]\s+)?")
_TERM = re.compile(r"[^\n]+\n(?!\s*\n)")
"""An entry's term, where it has a line to itself: what is said of it follows at once."""
_PARAGRAPH = re.compile(r"\S.*?(?=\s*(?:\n\s*\n|\Z))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is quoted as one: a sentence of prose, or a whole item, step, row or block of code. Offsets count in the
    document's text.
    """

    start: int
    end: int
    form: Form


class DocumentText:
    """A document's text with its blocks, in order, or the stretch of a long one that was looked for; offsets count in
    the whole.
    """

    def __init__(self, pages: Sequence[Page], blocks: Sequence[Block]) -> None:
        self._text = "".join(page.text for page in pages)
        self._first = pages[0].start if pages else 0
        self._pages = pages
        self._entries = [block for block in blocks if block.kind is BlockKind.ENTRY]
        quoted = [block for block in blocks if block.kind is not BlockKind.ENTRY]
        quoted += _said_of_terms(blocks, self._text, self._first)
        self._blocks = list(_outermost(sorted(quoted, key=lambda block: block.start)))
        self._starts = [block.start for block in self._blocks]

    @classmethod
    def of(cls, document: int, stretch: int, view: PassageView, scope: Scope) -> "DocumentText":
        """A ``stretch`` of the document, with as much of it on either side; ``stretch_of`` tells which."""
        within = (max(0, stretch - 1) * _STRETCH, (stretch + 2) * _STRETCH)
        pages = view.pages(document, scope, within)
        end = pages[-1].end if pages else 0
        blocks = [
            block for block in view.blocks(document, scope, within) if within[0] <= block.start < block.end <= end
        ]
        return cls(pages, blocks)

    def said(self, start: int, end: int) -> str:
        """What stands between two places."""
        return self._text[max(0, start - self._first) : max(0, end - self._first)]

    def begins_with(self, pattern: re.Pattern[str], start: int) -> bool:
        """Whether what stands at ``start`` begins as the pattern says."""
        return pattern.match(self._text, start - self._first) is not None

    def page(self, position: int) -> int | None:
        """The number of the page that holds the character at ``position``."""
        return next((page.number for page in self._pages if page.start <= position < page.end), None)

    def place(self, position: int) -> int:
        """The place of the block that holds ``position``, among those that are no entries and in no item; of the one
        before it where there is none, -1 where there is none before it.
        """
        return bisect_right(self._starts, position) - 1

    def block(self, place: int) -> Block | None:
        return self._blocks[place] if 0 <= place < len(self._blocks) else None

    def of_block(self, place: int) -> str:
        """What the block at ``place`` says."""
        return self.said(self._blocks[place].start, self._blocks[place].end)

    def group(self, place: int) -> range:
        """The places of the blocks of the group of the one at ``place``, which stand in a row."""
        group = self._blocks[place].group
        first = last = place
        while first > 0 and self._blocks[first - 1].group == group:
            first -= 1
        while last + 1 < len(self._blocks) and self._blocks[last + 1].group == group:
            last += 1
        return range(first, last + 1)

    def follows(self, place: int) -> bool:
        """Whether the block at ``place + 1`` follows the one at ``place`` with no heading between."""
        here, after = self.block(place), self.block(place + 1)
        return bool(here and after) and self.nothing_between(here.end, after.start)  # type: ignore[union-attr]

    def nothing_between(self, end: int, start: int) -> bool:
        """Whether no word stands between two places."""
        return not any(map(str.isalnum, self.said(end, start)))

    def entry(self, position: int) -> Block | None:
        """The innermost entry that holds ``position``."""
        holding = [entry for entry in self._entries if entry.start <= position < entry.end]
        return max(holding, key=lambda entry: entry.start, default=None)

    def entries_after(self, end: int) -> list[Block]:
        """Those of the list of entries that begins right behind ``end``; none where something else does."""
        following = min((entry for entry in self._entries if entry.start >= end), key=lambda e: e.start, default=None)
        if following is None or not self.nothing_between(end, following.start):
            return []
        return self.entries_beside(following)

    def entries_beside(self, entry: Block) -> list[Block]:
        """Those of its group that are nested as deep, itself among them."""
        return [other for other in self._entries if (other.group, other.depth) == (entry.group, entry.depth)]

    def entries_within(self, entry: Block) -> list[Block]:
        """Those of the list in an entry."""
        return [
            other
            for other in self._entries
            if entry.start < other.start < entry.end and (other.group, other.depth) == (entry.group, entry.depth + 1)
        ]

    def body(self, entry: Block) -> tuple[int, int]:
        """The places of the first block of an entry's text and of the one after its last."""
        return self.place(entry.start - 1) + 1, self.place(entry.end - 1) + 1

    def pieces(self, place: int) -> list[Piece]:
        """Those of a block: the sentences of prose, or the whole."""
        block = self._blocks[place]
        if block.kind is BlockKind.PROSE:
            spans = sentence_spans(self.said(block.start, block.end))
            return [Piece(block.start + start, block.start + end, "prose") for start, end in spans]
        return list(self._whole(block))

    def _whole(self, block: Block) -> Iterator[Piece]:
        start, text = block.start, self.said(block.start, block.end)
        if block.kind is BlockKind.ITEM and (bullet := _BULLET.match(text)):
            start += bullet.end()
        end = block.start + len(text.rstrip())
        if start < end:
            yield Piece(start, end, _FORMS[block.kind])

    def words(self, piece: Piece) -> int:
        return word_count(self.said(piece.start, piece.end))


def _outermost(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks without those that an item or a step holds."""
    held = 0
    for block in blocks:
        if block.start >= held:
            yield block
        if block.kind in LISTED:
            held = max(held, block.end)


def stretch_of(position: int) -> int:
    """The number of the stretch of a document that holds a place in it."""
    return position // _STRETCH


def _said_of_terms(blocks: Sequence[Block], text: str, first: int) -> Iterator[Block]:
    """The prose of the entries, which is their own, as blocks: each paragraph is one, of a group of its own. The text
    begins at the place ``first``.
    """
    group = 0
    for number, entry in enumerate(blocks):
        if entry.kind is not BlockKind.ENTRY:
            continue
        place = entry.start
        for before in (_BULLET, _TERM):
            found = before.match(text, place - first, entry.end - first)
            place = found.end() + first if found else place
        spans = [(block.start, block.end) for block in _from(number + 1, blocks, entry.end)]
        for start, end in [*spans, (entry.end, entry.end)]:
            for paragraph in _PARAGRAPH.finditer(text, place - first, start - first):
                group -= 1  # no block that was stored has such a number
                yield Block(paragraph.start() + first, paragraph.end() + first, BlockKind.PROSE, group)
            place = max(place, end)


def _from(number: int, blocks: Sequence[Block], end: int) -> Iterator[Block]:
    """The blocks from the one of this ``number`` on that begin before ``end``."""
    while number < len(blocks) and blocks[number].start < end:
        yield blocks[number]
        number += 1
