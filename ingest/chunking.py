"""Cutting a document into chunks: whole sentences, rows, items and steps, exact offsets, within the model's limit."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from pathlib import Path

from llama_index.core.node_parser import SentenceSplitter

from ingest.readers.base import ReadDocument
from ingest.sentences import sentence_spans
from vectorstore.blocks import is_row
from vectorstore.embedders.counting import open_counter
from vectorstore.types import HEADING_SEPARATOR, Block, BlockKind, ParsedDocument, Place, Span

_HEADING_TOKENS = 48
_SPECIAL_TOKENS = 2
_PIECE_OF_A_LONG_SENTENCE = r"(?s).+?(?:[,;.%](?=\s)|[。？！]|\s(?=[-*•–]\s)|\Z)"
"""Never inside a number: "7.5%" stays whole."""
_CHARACTERS_PER_TOKEN = 12  # a word of 10,000 letters is one unknown token to WordPiece, but no readable chunk
_PARTS_OF_A_TITLE = re.compile(r"\s+(?:[-–—|·»]|::)\s+")
_WORD = re.compile(r"\w+")
_LONGEST_LEAD = 300
_LEADS = (":", "：")
_LABELLED = re.compile(r"(?![-*•–] |\d+[.)] )[^:\n]{1,60}: [^\n]+")
_FEWEST_LABELS = 4
_WINDOW = 32_768
"""Characters that are cut at a time; the tokens of a whole book would take the memory of several."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Prose, or, with a ``group``, blocks of one list or table, which ``lead`` introduces."""

    group: int
    places: tuple[Place, ...]
    lead: Place | None

    @property
    def whole(self) -> Place:
        return (self.lead or self.places[0])[0], self.places[-1][1]

    def tells_by_rows(self, text: str) -> bool:
        """Whether it is rows of which each says by itself what it tells."""
        return bool(self.group) and all(is_row(text[start:end]) for start, end in self.places)

    def is_labelled(self, text: str) -> bool:
        """Whether it is labels with their values, a line each: "Tea: 16:00"."""
        return (
            bool(self.group)
            and len(self.places) >= _FEWEST_LABELS
            and all(_LABELLED.fullmatch(text, *place) for place in self.places)
        )


class Chunker:
    """Cuts prose with LlamaIndex's SentenceSplitter, and between the other blocks; counts with the embedding model's
    own tokenizer.

    ``limit`` is the number of tokens in a chunk and its heading together, special ones included.
    """

    def __init__(self, tokenizer_file: Path, limit: int) -> None:
        self._tokens = open_counter(tokenizer_file)
        self._limit = limit - _SPECIAL_TOKENS
        self._size = lru_cache(maxsize=64)(self._counted)  # of what is cut, the last few are asked for again
        self._size_of_heading = lru_cache(maxsize=64)(self._counted)
        self._splitter = SentenceSplitter(
            chunk_size=self._limit,
            chunk_overlap=0,
            paragraph_separator="\n\n",
            tokenizer=lambda text: list(range(self._size(text))),
            chunking_tokenizer_fn=_sentences,
            secondary_chunking_regex=_PIECE_OF_A_LONG_SENTENCE,
        )

    def cut(self, document: ReadDocument, name: str = "") -> ParsedDocument:
        """The document with its chunks; none crosses a page, a heading or a record. Those of a document without a title
        stand under its ``name``.
        """
        text = "".join(page.text for page in document.pages)
        named = _named_once(document.title or name, [section.headings for section in document.sections])
        sections = [
            Span(section.start, section.end, HEADING_SEPARATOR.join(path))
            for section, path in zip(document.sections, named, strict=True)
        ]
        chunks = tuple(self.chunks(text, sections, document.blocks))
        return ParsedDocument(
            document.title,
            document.pages,
            document.units,
            chunks,
            document.metadata,
            document.blocks,
            document.notes,
        )

    def chunks(self, text: str, sections: Iterable[Span], blocks: Sequence[Block]) -> Iterator[Span]:
        """Those of each of ``sections``, under its heading, which is shortened where it is long.

        A row that names its cells is a chunk of its own, as is each of the labels with values that a section is there
        for; of several lists of them, each may be the card of another thing. Rows, and the pieces of a list that is
        longer than a chunk, have what leads to it, or its caption, in their heading.
        """
        place = 0
        for section in sections:
            within: list[Block] = []
            while place < len(blocks) and blocks[place].start < section.end:
                if blocks[place].start >= section.start:
                    within.append(blocks[place])
                place += 1
            yield from self._cut(text, section, list(_runs(text, section, within)))

    def _cut(self, text: str, section: Span, runs: Sequence[_Run]) -> Iterator[Span]:
        heading = self._shortened(section.heading)
        filled: Place | None = None
        listed = _only_list(text, section, runs)
        for run in runs:
            if not run.group:
                pieces = list(self._split(text, run.places[0], heading))
            elif run.tells_by_rows(text) or run is listed:
                if run.lead and filled and self._fits(text, (filled[0], run.lead[1]), heading):
                    filled = filled[0], run.lead[1]
                elif run.lead:
                    if filled:
                        yield Span(*filled, heading)
                    filled = run.lead
                if filled:
                    yield Span(*filled, heading)
                    filled = None
                named = self._shortened(_led(section.heading, text, run.lead))
                for place in run.places:
                    for piece in [place] if self._fits(text, place, named) else self._split(text, place, named):
                        yield Span(*piece, named)
                continue
            elif self._fits(text, run.whole, heading):
                pieces = [run.whole]
            else:
                if filled:
                    yield Span(*filled, heading)
                    filled = None
                named = self._shortened(_led(section.heading, text, run.lead))
                for place in self._packed(text, run, named):
                    yield Span(*place, named)
                continue
            for piece in pieces:
                if filled and self._fit_together(text, filled, piece, heading):
                    piece = filled[0], piece[1]
                elif filled:
                    yield Span(*filled, heading)
                filled = piece
        if filled:
            yield Span(*filled, heading)

    def _packed(self, text: str, run: _Run, heading: str) -> Iterator[Place]:
        """As many of the run's places together as fit; what leads to them stays with the first one."""
        places = list(run.places)
        if run.lead:
            first = run.lead[0], places[0][1]
            places[:1] = [first] if self._fits(text, first, heading) else [run.lead, places[0]]
        filled: Place | None = None
        size, room = 0, self._limit - self._size_of_heading(heading)
        for place in places:
            for piece in [place] if self._fits(text, place, heading) else self._split(text, place, heading):
                own = self._size(text[piece[0] : piece[1]])
                if filled and size + own <= room:
                    filled, size = (filled[0], piece[1]), size + own
                    continue
                if filled:
                    yield filled
                filled, size = piece, own
        if filled:
            yield filled

    def _split(self, text: str, place: Place, heading: str) -> Iterator[Place]:
        """Between sentences or, where one is too long, within it; as much at a time as a window holds."""
        start, end = place
        while start < end:
            stop = min(start + _WINDOW, end)
            pieces = list(self._split_at_once(text, (start, stop), heading))
            if stop == end or not pieces:
                yield from pieces
                start = stop
            else:  # what the end of the window cut off begins the next one
                kept = pieces[:-1] or pieces
                yield from kept
                start = kept[-1][1]

    def _split_at_once(self, text: str, place: Place, heading: str) -> Iterator[Place]:
        body = text[place[0] : place[1]]
        position = 0
        for piece in self._splitter.split_text_metadata_aware(body, heading):
            # Without overlap the pieces follow each other, only white space between them is dropped.
            start = body.index(piece, position)
            position = start + len(piece)
            yield place[0] + start, place[0] + position

    def _fits(self, text: str, place: Place, heading: str) -> bool:
        return self._size(text[place[0] : place[1]]) + self._size_of_heading(heading) <= self._limit

    def _fit_together(self, text: str, one: Place, other: Place, heading: str) -> bool:
        """Whether two places between which nothing stands fit: no token reaches over a blank."""
        sizes = (self._size(text[start:end]) for start, end in (one, other))
        return sum(sizes) + self._size_of_heading(heading) <= self._limit

    def _counted(self, text: str) -> int:
        at_least = len(text) // _CHARACTERS_PER_TOKEN
        return at_least if at_least > self._limit else max(self._tokens.count(text), at_least)

    def _shortened(self, heading: str) -> str:
        """A heading that is too long loses what is between the outermost and the innermost first, which tell most."""
        parts = heading.split(HEADING_SEPARATOR)
        while len(parts) > 2 and self._size(HEADING_SEPARATOR.join(parts)) > _HEADING_TOKENS:
            del parts[1]
        if self._size(HEADING_SEPARATOR.join(parts)) <= _HEADING_TOKENS:
            return HEADING_SEPARATOR.join(parts)
        each = (_HEADING_TOKENS - len(parts)) // len(parts)
        return HEADING_SEPARATOR.join(self._cut_off(part, each) for part in parts)

    def _cut_off(self, heading: str, tokens: int) -> str:
        if self._size(heading) <= tokens:
            return heading
        end = self._tokens.end(heading, tokens - 1)
        return heading[: min(end, (tokens - 1) * _CHARACTERS_PER_TOKEN)].rsplit(" ", 1)[0] + "…"


def _named_once(title: str, paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The headings of each section below the document's name, which is said once: where one heading stands above all
    others and holds the title, or what the title says beside the name of its site ("Log Files - Example Server 2.4"),
    it is that heading. Where it stands above most others, it has to be the same.
    """
    outermost = Counter(path[0] for path in paths if path)
    heading, below = outermost.most_common(1)[0] if outermost else ("", 0)
    parts = [_words(part) for part in (title, *_PARTS_OF_A_TITLE.split(title))]
    alone, most = len(outermost) == 1, 2 * below > outermost.total()
    if (alone and any(_holds(_words(heading), part) for part in parts)) or (most and _words(heading) in parts):
        title = heading
    return [tuple(dict.fromkeys(filter(None, (title, *path)))) for path in paths]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _holds(words: list[str], sought: list[str]) -> bool:
    """Whether ``sought``, of which there are some, stand in a row in ``words``."""
    return bool(sought) and any(words[n : n + len(sought)] == sought for n in range(len(words)))


def _runs(text: str, section: Span, blocks: Sequence[Block]) -> Iterator[_Run]:
    """What of a section may be cut within, prose, and what only between its places: a list, a table, a code."""
    outermost: list[tuple[int, Place]] = []
    end = section.start
    for block in blocks:
        if block.kind in (BlockKind.PROSE, BlockKind.ENTRY) or block.start < end:
            continue
        if text[end : block.start].strip():
            outermost.append((0, (end, block.start)))
        end = min(block.end, section.end)
        outermost.append((block.group, (block.start, end)))
    if text[end : section.end].strip():
        outermost.append((0, (end, section.end)))
    lead: Place | None = None
    for group, places in groupby(outermost, lambda one: one[0]):
        own = [place for _, place in places]
        before, lead = lead, None
        if not group and own[0][1] < section.end:
            lead = _lead(text, own[0])
            own = [(own[0][0], lead[0])] if lead else own
        if text[own[0][0] : own[0][1]].strip():
            yield _Run(group, tuple(own), before)


def _only_list(text: str, section: Span, runs: Sequence[_Run]) -> _Run | None:
    """The labels with values that a section is there for: its only ones, and most of it."""
    labelled = [run for run in runs if run.is_labelled(text)]
    if len(labelled) != 1:
        return None
    start, end = labelled[0].places[0][0], labelled[0].places[-1][1]
    return labelled[0] if 2 * (end - start) > section.end - section.start else None


def _lead(text: str, prose: Place) -> Place | None:
    """The end of a prose that leads to what stands below it: a caption, or a paragraph that ends with a colon."""
    body = text[prose[0] : prose[1]].rstrip()
    start = body.rfind("\n\n") + 1
    start += len(body[start:]) - len(body[start:].lstrip())
    if len(body) - start > _LONGEST_LEAD:
        looked_at = max(start, len(body) - 2 * _LONGEST_LEAD)
        sentences = sentence_spans(body[looked_at:])
        start = looked_at + sentences[-1][0] if sentences else start
    is_caption = text[prose[0] + len(body) : prose[1]].count("\n") == 1
    fits = len(body) - start <= _LONGEST_LEAD and (is_caption or body.endswith(_LEADS))
    return (prose[0] + start, prose[0] + len(body)) if fits else None


def _led(heading: str, text: str, lead: Place | None) -> str:
    """The heading of the pieces of what ``lead`` leads to."""
    said = " ".join(text[lead[0] : lead[1]].split()).rstrip(" :：") if lead else ""
    return heading if not said or heading.endswith(said) else HEADING_SEPARATOR.join(filter(None, [heading, said]))


def _sentences(text: str) -> list[str]:
    """Pieces that end where sentences end and together are ``text`` again, as the splitter needs them."""
    cuts = [0, *(start for start, _ in sentence_spans(text)[1:]), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]
