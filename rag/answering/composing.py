"""Composing an extract: the sentence that answers, with what the question also needs, word for word and in its form."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import is_finished
from rag.answering.document_text import LISTED, DocumentText, Piece
from rag.answering.selection import LEANS_ON_THE_ONE_BEFORE, SentenceCandidate
from rag.query.types import Shape
from rag.retrieval.types import ScoredPassage
from rag.text.tokens import content_stems
from vectorstore.types import Block, BlockKind, Chunk, innermost

WORDS_SHOWN = 120
"""About so many words answer at once; what an answer holds beyond is a click away."""
_WHOLE_PARAGRAPH = 50
"""A paragraph of so few words is quoted whole."""
_LEANING_SENTENCES = 2
_BELONGS = 0.0
"""The log-odds from which the reader takes a sentence for a part of the answer."""
_MOST_ENTRIES = 30
_AS_RELEVANT = 0.4
"""How much less relevant (log-odds) than the row that answers another one may be that answers too."""
_STANDS_OUT = 2.0
"""By so much (log-odds) are the rows of a table more relevant that answer, where the others do not."""

_EXPLAINING = frozenset({Shape.OPEN, Shape.SEVERAL, Shape.SUMMARY})


@dataclass(frozen=True, slots=True)
class Budget:
    """How many words an extract may have: in ``prose``, and in a ``listed`` group that is quoted whole."""

    prose: int
    listed: int


_BUDGETS = {
    Shape.ONE: Budget(60, 80),
    Shape.YES_NO: Budget(60, 80),
    Shape.COMPARISON: Budget(80, 120),
    Shape.SEVERAL: Budget(WORDS_SHOWN, 300),
    Shape.OPEN: Budget(WORDS_SHOWN, 300),
}
_OTHERWISE = Budget(WORDS_SHOWN, 2 * WORDS_SHOWN)


@dataclass(frozen=True, slots=True)
class Extract:
    """Verbatim pieces of the document of ``chunk``, in its order. ``label`` says whose they are where they do not say
    it, or where several things are told of.
    """

    chunk: Chunk
    pieces: tuple[Piece, ...]
    label: str = ""

    def overlaps(self, other: "Extract") -> bool:
        return self.chunk.document == other.chunk.document and any(
            one.start < two.end and two.start < one.end for one in self.pieces for two in other.pieces
        )


def extracts_of(
    candidate: SentenceCandidate,
    question: str,
    shape: Shape,
    document: DocumentText,
    read: Sequence[ScoredPassage] = (),
) -> tuple[Extract, ...]:
    """What answers a question of this shape, from the sentence that answers best: one extract, or one for each entry
    where a list of them is asked for. ``read`` are the passages that were read.
    """
    return tuple(_Composer(candidate, question, shape, document, read).extracts())


class _Composer:
    def __init__(
        self,
        candidate: SentenceCandidate,
        question: str,
        shape: Shape,
        document: DocumentText,
        read: Sequence[ScoredPassage],
    ) -> None:
        self._chosen = candidate
        self._chunk = candidate.passage.chunk
        self._asked = frozenset(content_stems(question))
        self._shape = shape
        self._budget = _BUDGETS.get(shape, _OTHERWISE)
        self._text = document
        of_document = [one for one in (*read, candidate.passage) if one.chunk.document == self._chunk.document]
        self._belonging = {
            one.chunk.start + sentence.start: sentence.belongs for one in of_document for sentence in one.sentences
        }
        self._relevant = {one.chunk.start: one.relevance for one in of_document}
        self._labels: dict[int, dict[int, str]] = {}

    def extracts(self) -> Iterator[Extract]:
        entry = self._text.entry(self._chosen.start)
        if entry is None:
            pieces = self._quoted()
            yield Extract(self._chunk, pieces, self._whose(pieces[0]))
            listed = self._text.entries_after(pieces[-1].end) if self._shape is Shape.SEVERAL else []
            for other in listed[:_MOST_ENTRIES]:
                yield from self._opening(other)
            return
        beside = self._text.entries_beside(entry)
        if self._shape is Shape.SEVERAL and 1 < len(beside) <= _MOST_ENTRIES and not self._names(entry):
            for other in beside:
                yield from self._opening(other)
            return
        yield Extract(self._chunk, self._quoted(), self._term(entry))
        within = self._text.entries_within(entry) if self._shape is Shape.SEVERAL else []
        for other in within[:_MOST_ENTRIES]:
            yield from self._opening(other)

    def _quoted(self) -> tuple[Piece, ...]:
        """What is quoted for the chosen sentence, with what else of its passage bears the name of what is asked for."""
        pieces = self._around(self._chosen.start)
        asked = self._asked_rows()
        if asked and self._block(self._text.place(self._chosen.start)).kind is BlockKind.ROW:
            return tuple(asked)
        return tuple(sorted({*asked, *pieces}, key=lambda piece: piece.start))

    def _asked_rows(self) -> list[Piece]:
        """The rows of the section, down to the passage's end, whose label the question names: "Default: 60"."""
        first, last = self._text.place(self._chunk.start), self._text.place(self._chunk.end - 1)
        while first > 0 and self._text.follows(first - 1):
            first -= 1
        return [
            self._text.pieces(place)[0]
            for place in range(max(first, 0), last + 1)
            if (label := content_stems(self._label(place))) and self._asked.issuperset(label)
        ]

    def _label(self, place: int) -> str:
        """What the row at ``place`` tells, where its table tells one thing in each row; else nothing."""
        block = self._block(place)
        if block.kind is not BlockKind.ROW:
            return ""
        if block.group not in self._labels:
            group = self._text.group(place)
            rows = {n: self._said(self._text.pieces(n)[0]).partition(":") for n in group}
            labels = {n: label for n, (label, colon, _) in rows.items() if colon}
            self._labels[block.group] = labels if len(set(labels.values())) == len(rows) > 1 else {}
        return self._labels[block.group].get(place, "")

    def _around(self, position: int) -> tuple[Piece, ...]:
        """What is quoted for the sentence at ``position``."""
        place = self._text.place(position)
        block = self._text.block(place)
        if block is None or position >= block.end:
            return (Piece(self._chosen.start, self._chosen.end, "prose"),)
        if whole := self._whole_entry(position):
            return tuple(whole)
        if block.kind in LISTED:
            return self._list(place)
        if block.kind is BlockKind.ROW:
            return self._rows(place)
        if block.kind is BlockKind.CODE:
            return (*self._introduction(place), *self._text.pieces(place))
        return self._prose(place, position)

    def _whole_entry(self, position: int) -> list[Piece]:
        """All that is said in the entry that holds ``position``, if it is short and holds no others; else nothing."""
        entry = self._text.entry(position)
        if entry is None or self._text.entries_within(entry):
            return []
        pieces = self._flat([self._text.pieces(place) for place in range(*self._text.body(entry))])
        return pieces if self._words(pieces) <= min(self._budget.listed, WORDS_SHOWN) else []

    def _prose(self, place: int, position: int) -> tuple[Piece, ...]:
        """The sentence with the one it leans on, and those after it that belong to the answer."""
        pieces = self._text.pieces(place)
        chosen = next((n for n, piece in enumerate(pieces) if position < piece.end), len(pieces) - 1)
        first, last = chosen, chosen
        if self._words(pieces) <= _WHOLE_PARAGRAPH:
            first, last = 0, len(pieces) - 1
        else:
            while first > max(0, chosen - _LEANING_SENTENCES) and self._leans(pieces[first]):
                first -= 1
            while last + 1 < len(pieces) and self._goes_on(pieces[first : last + 2]):
                last += 1
        quoted = pieces[first : last + 1]
        if self._shape is Shape.OPEN and self._chunk.begins and self._is_title(quoted):
            return (*quoted, *self._first_paragraph(place + 1))
        return tuple(quoted if last + 1 < len(pieces) else self._with_what_follows(quoted, place))

    def _is_title(self, pieces: Sequence[Piece]) -> bool:
        """Whether it only says in a line what its page is about: "cut - remove sections from each line"."""
        return len(pieces) == 1 and self._said(pieces[0])[-1].isalnum()

    def _first_paragraph(self, place: int) -> list[Piece]:
        """The next prose, wherever it stands, as far as there is room."""
        while (block := self._text.block(place)) and block.kind is not BlockKind.PROSE:
            place += 1
        pieces = self._text.pieces(place) if block else []
        return [piece for n, piece in enumerate(pieces) if self._words(pieces[: n + 1]) <= self._budget.prose]

    def _goes_on(self, pieces: Sequence[Piece]) -> bool:
        """Whether the last of ``pieces`` belongs to the answer too."""
        if self._words(pieces) > self._budget.prose:
            return False
        return self._shape in _EXPLAINING or self._belonging.get(pieces[-1].start, _BELONGS - 1) > _BELONGS

    def _with_what_follows(self, quoted: list[Piece], place: int) -> list[Piece]:
        """With the list, table or code that the last sentence introduces, or the paragraphs that explain more."""
        explaining = self._shape in _EXPLAINING
        entry = self._text.entry(quoted[-1].start)
        while self._text.follows(place):
            place += 1
            following = self._block(place)
            if entry and following.start >= entry.end:
                break
            introduced = self._introduces(quoted[-1])
            if following.kind is not BlockKind.PROSE:
                group = self._text.group(place)
                listed = [self._text.pieces(n) for n in group]
                fits = explaining and self._words([*quoted, *self._flat(listed)]) <= WORDS_SHOWN
                fits |= self._shape is Shape.OPEN and following.kind is BlockKind.STEP  # how it is done
                if not introduced and not fits:
                    break
                quoted = [*quoted, *self._within(listed, self._budget.listed)]
                place = group[-1]
                if not explaining or (introduced and self._shape is Shape.SEVERAL):
                    break
            elif not explaining:
                break
            else:
                pieces = self._text.pieces(place)
                room = [
                    piece for n, piece in enumerate(pieces) if self._words([*quoted, *pieces[: n + 1]]) <= WORDS_SHOWN
                ]
                quoted = [*quoted, *room]
                if len(room) < len(pieces):
                    break
            if self._words(quoted) >= WORDS_SHOWN:
                break
        return quoted

    def _list(self, place: int) -> tuple[Piece, ...]:
        """The list with its introduction; of one too long to quote, the item with what it belongs to."""
        group = self._text.group(place)
        introduction = self._introduction(group[0])
        items = [self._text.pieces(n) for n in group]
        whole = [piece for pieces in items for piece in pieces]
        steps = self._block(place).kind is BlockKind.STEP
        if self._words(whole) <= (self._budget.listed if steps or self._shape is not Shape.OPEN else WORDS_SHOWN):
            return (*introduction, *whole)
        if self._shape is Shape.SEVERAL or steps:
            first = (
                place - group[0] if self._words(self._flat(items[: place - group[0] + 1])) > self._budget.listed else 0
            )
            return (*introduction, *self._within(items[first:], self._budget.listed))
        kept = [*self._above(place, group), place, *self._below(place, group)]
        return (*introduction, *(piece for n in kept for piece in self._text.pieces(n)))

    def _above(self, place: int, group: range) -> list[int]:
        """The items that the one at ``place`` is nested in, outermost first."""
        above: list[int] = []
        depth = self._block(place).depth
        for n in range(place - 1, group[0] - 1, -1):
            if self._block(n).depth < depth:
                above.insert(0, n)
                depth = self._block(n).depth
        return above

    def _below(self, place: int, group: range) -> list[int]:
        """The items that are nested in the one at ``place``."""
        below = []
        for n in range(place + 1, group[-1] + 1):
            if self._block(n).depth <= self._block(place).depth:
                break
            below.append(n)
        return below

    def _rows(self, place: int) -> tuple[Piece, ...]:
        """The row, with those that were read alone and answer as well; where several things are asked for, those that
        stand out, or the whole table, or those of its rows that belong to it; of a thing that a table of labels and
        values describes, the table and what follows.
        """
        group = self._text.group(place)
        rows = [self._text.pieces(n) for n in group]
        if self._shape is Shape.OPEN and self._label(place) and self._words(self._flat(rows)) <= self._budget.prose:
            return tuple(self._with_what_follows(self._flat(rows), group[-1]))
        if self._shape not in (Shape.SEVERAL, Shape.COMPARISON):
            least = self._relevant.get(self._block(place).start, math.inf) - _AS_RELEVANT
            alike = [n for n in group if n == place or self._answers_alike(n, place, least)]
            answering = [self._text.pieces(n) for n in alike]
            fits = self._words(self._flat(answering)) <= self._budget.listed
            return tuple(self._flat(answering) if fits else self._text.pieces(place))
        told = self._standing_out(group) or group
        rows = [self._text.pieces(n) for n in told]
        introduction = self._introduction(group[0])
        if self._words(self._flat(rows)) <= self._budget.listed:
            return (*introduction, *self._flat(rows))
        belonging = [
            row for n, row in zip(told, rows, strict=True) if n == place or self._belongs(self._block(n)) > _BELONGS
        ]
        return (*introduction, *self._within(belonging, self._budget.listed))

    def _standing_out(self, group: range) -> list[int]:
        """The rows that answer, where those that were read alone do so or not, with nothing in between; else none."""
        read = {n: self._relevant[start] for n in group if (start := self._block(n).start) in self._relevant}
        best = max(read.values(), default=0.0)
        clear = [n for n, relevance in read.items() if relevance >= best - _STANDS_OUT / 2]
        others = [relevance for n, relevance in read.items() if n not in clear]
        return clear if best > 0.0 and others and max(others) < best - _STANDS_OUT else []

    def _answers_alike(self, n: int, place: int, least: float) -> bool:
        """Whether a row is as relevant as the one at ``place``, and holds all that this one holds of the question."""
        if self._relevant.get(self._block(n).start, -math.inf) < least:
            return False
        row, chosen = (frozenset(content_stems(self._text.of_block(one))) for one in (n, place))
        return self._asked & chosen <= row

    def _belongs(self, block: Block) -> float:
        told = [score for start, score in self._belonging.items() if block.start <= start < block.end]
        return max(told, default=_BELONGS - 1)

    def _introduction(self, place: int) -> list[Piece]:
        """The sentence before the group that begins at ``place``, where it introduces it."""
        before = self._text.block(place - 1)
        if before is None or before.kind is not BlockKind.PROSE or not self._text.follows(place - 1):
            return []
        pieces = self._text.pieces(place - 1)
        wanted = bool(pieces) and (self._introduces(pieces[-1]) or self._shape in _EXPLAINING)
        return pieces[-1:] if wanted else []

    def _introduces(self, piece: Piece) -> bool:
        """Whether it announces what follows: it ends with a colon, or without an end."""
        return not is_finished(self._said(piece))

    def _opening(self, entry: Block) -> Iterator[Extract]:
        """The first sentence of an entry under its term."""
        first, end = self._text.body(entry)
        pieces = self._text.pieces(first)[:1] if first < end else []
        if pieces:
            yield Extract(self._chunk, tuple(pieces), self._term(entry))

    def _term(self, entry: Block) -> str:
        first, end = self._text.body(entry)
        body = self._block(first).start if first < end else entry.end
        term = " ".join(self._text.said(entry.start, body).split()).rstrip(":")
        return term if any(map(str.isalnum, term)) else ""  # a list's mark is none

    def _names(self, entry: Block) -> bool:
        """Whether the question is about this entry: it holds a word of its term that not all terms beside it hold."""
        terms = [frozenset(content_stems(self._term(one))) for one in self._text.entries_beside(entry)]
        own = frozenset(content_stems(self._term(entry)))
        telling = own - frozenset.intersection(*terms) if len(terms) > 1 else own
        return not self._asked.isdisjoint(telling)

    def _whose(self, first: Piece) -> str:
        """The subject, where the first sentence leans on what is not quoted; above a table of labels and values, the
        heading under which it stands.
        """
        if first.form == "row" and self._label(self._text.place(first.start)):
            return innermost(self._chunk.heading)
        return self._chunk.subject if self._leans(first) else ""

    def _leans(self, piece: Piece) -> bool:
        return piece.form == "prose" and self._text.begins_with(LEANS_ON_THE_ONE_BEFORE, piece.start)

    def _within(self, groups: Sequence[Sequence[Piece]], words: int) -> list[Piece]:
        """The first of the groups of pieces, whole, that have so many words together; one at least."""
        kept: list[Piece] = []
        for pieces in groups:
            if kept and self._words([*kept, *pieces]) > words:
                break
            kept += pieces
        return kept

    def _block(self, place: int) -> Block:
        block = self._text.block(place)
        assert block is not None
        return block

    def _said(self, piece: Piece) -> str:
        return self._text.said(piece.start, piece.end)

    def _words(self, pieces: Sequence[Piece]) -> int:
        return sum(map(self._text.words, pieces))

    @staticmethod
    def _flat(groups: Sequence[Sequence[Piece]]) -> list[Piece]:
        return [piece for pieces in groups for piece in pieces]
