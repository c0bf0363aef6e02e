"""Rows that documents make of themselves: a heading asks for its section, an entry for what is said of its term, for
the term, and for its default; and the same are asked where the answer is not.

English documents alone: how they are asked is in ``documents.toml``.
"""

import functools
import math
import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingest.languages import is_english
from ingest.sentences import sentence_spans
from rag.text.tokens import content_stems
from rag.training.reader.rows import Row, Source
from vectorstore.types import HEADING_SEPARATOR, BlockKind, ParsedDocument, Span, innermost

DOCUMENTS = "asked of documents"
"""The name of their source."""
_FILE = Path(__file__).with_name("documents.toml")
_WORD = re.compile(r"\w[\w'’-]*")
_NUMBERED = re.compile(
    r"^(?:(?:chapter|part|appendix|section)\s+)?(?:\d+(?:\.\d+)*|[A-Z](?:\.\d+)+)\.?\s+", re.IGNORECASE
)
_DEFAULT = re.compile(
    r"(?:\b[Dd]efaults?(?: value)?(?: is|:| to|=)|\(default:?)\s*(?:to )?[“\"'‘`]?"
    r"(?P<value>[\w./:+-]*\w(?:\s(?:seconds|minutes|hours|days|weeks|bytes|[KMG]i?B|ms|%))?)"
)
_NO_VALUE = frozenset(("the", "a", "an", "this", "that", "to", "value", "is", "not", "used"))
_SHORTEST_SECTION, _SHORTEST_SENTENCE, _LONGEST_SENTENCE = 60, 4, 300
_MOST_WORDS_OF_HEADING, _MOST_WORDS_OF_TERM = 9, 5
_WINDOW = 900
"""Characters of a passage of several chunks, at most."""
_NOWHERE = 0.4
_OTHERS = 40


class Asked(StrEnum):
    """What of a document is asked for."""

    SECTION = "section"
    MEANING = "meaning"
    TERM = "term"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Item:
    """``name`` is a heading, or the term of an entry, that names what chunk ``chunk`` of a document says.

    ``said`` is the first sentence said of a term, ``value`` its default and ``term`` the term, as places in the text.
    """

    asked: Asked
    document: int
    chunk: int
    name: str
    term: tuple[int, int] = (0, 0)
    said: tuple[int, int] = (0, 0)
    value: tuple[int, int] = (0, 0)


@functools.cache
def _english() -> Mapping[str, Sequence[str]]:
    patterns: Mapping[str, Sequence[str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["english"]
    return patterns


class DocumentRows:
    """What documents ask of themselves, by number: see ``rag.training.reader.rows.Source``."""

    def __init__(self, documents: Sequence[ParsedDocument]) -> None:
        self._documents = [document for document in documents if is_english(document.text)]
        self._texts = [document.text for document in self._documents]
        self._counts = Counter(word.lower() for text in self._texts for word in _WORD.findall(text))
        self.items = [
            item for number in range(len(self._documents)) for item in (*self._headings(number), *self._entries(number))
        ]

    def row(self, number: int, draw: random.Random) -> Row:
        """The question of an item beside its passage or, two times in five, beside one that does not answer it."""
        item = self.items[number]
        question = self._question(item, draw)
        other = self._near_miss(item, question, draw) if draw.random() < _NOWHERE else None
        return other or (
            self._section(item, question) if item.asked is Asked.SECTION else self._entry(item, question, draw)
        )

    def _headings(self, number: int) -> Iterator[Item]:
        """Those that ask for something, each once in a document."""
        seen = set()
        for place, chunk in enumerate(self._documents[number].chunks):
            name = _NUMBERED.sub("", innermost(chunk.heading)).strip(" .:")
            if (
                chunk.heading in seen
                or _is_general(name)
                or not _is_prose(self._texts[number][chunk.start : chunk.end])
            ):
                continue
            seen.add(chunk.heading)
            yield Item(Asked.SECTION, number, place, name)

    def _entries(self, number: int) -> Iterator[Item]:
        """What is said of the terms of definition lists; their defaults; terms that can be told by what they do."""
        text, chunks = self._texts[number], self._documents[number].chunks
        for block in self._documents[number].blocks:
            if block.kind is not BlockKind.ENTRY:
                continue
            name, _, said = text[block.start : block.end].partition("\n")
            begin = block.start + len(name) + 1
            place = next((n for n, chunk in enumerate(chunks) if chunk.start <= begin < chunk.end), None)
            sentence = next(iter(sentence_spans(said)), None)
            if place is None or sentence is None or not _is_term(name):
                continue
            first = begin + sentence[0], begin + sentence[1]
            if not len(text[slice(*first)].split()) >= _SHORTEST_SENTENCE or sentence[1] > _LONGEST_SENTENCE:
                continue
            term = block.start, block.start + len(name)
            yield Item(Asked.MEANING, number, place, name, term, first)
            if self._does(text[slice(*first)]):
                yield Item(Asked.TERM, number, place, name, term, first)
            default = _DEFAULT.search(text, begin, block.end)
            if default and default["value"].lower() not in _NO_VALUE:
                yield Item(Asked.DEFAULT, number, place, name, term, first, default.span("value"))

    def _question(self, item: Item, draw: random.Random) -> str:
        patterns = _english()
        if item.asked is Asked.SECTION:
            return self._question_of_heading(item.name, draw)
        if item.asked is Asked.TERM:
            does = self._does(self._texts[item.document][slice(*item.said)])
            return draw.choice(patterns["which_option" if item.name.startswith("-") else "which"]).format(v=does)
        return draw.choice(patterns["default" if item.asked is Asked.DEFAULT else "means"]).format(
            k=draw.choice(_names(item.name))
        )

    def _question_of_heading(self, heading: str, draw: random.Random) -> str:
        """How to delete one, of "Deleting a branch"."""
        patterns = _english()
        first, _, rest = heading.partition(" ")
        if heading.endswith("?"):
            return heading
        for opening in ("how to ", "how do i "):
            if heading.lower().startswith(opening):
                return draw.choice(patterns["how"]).format(v=_uncapitalised(heading[len(opening) :]))
        if first.lower() in patterns["asking"]:
            return f"{heading}?"
        if verb := self._infinitive(first):
            return draw.choice(patterns["how"]).format(v=f"{verb} {_uncapitalised(rest)}")
        return draw.choice(patterns["about"]).format(h=_uncapitalised(heading))

    def _infinitive(self, gerund: str) -> str | None:
        """The verb of a gerund, if the documents have it."""
        lowered = gerund.lower()
        found = [verb for verb in _stems(lowered.removesuffix("ing")) if self._counts[verb]]
        return max(found, key=self._counts.__getitem__) if lowered.endswith("ing") and found else None

    def _does(self, sentence: str) -> str:
        """What the sentence says of its term ("Sets the depth." as "sets the depth"); nothing where it does not begin
        with a verb that the documents have in another form, too.
        """
        first, _, rest = sentence.rstrip(" .:;").partition(" ")
        if not first.istitle() or not first.endswith("s") or not rest or not content_stems(first):
            return ""
        verbs = [first.lower()[:-1], first.lower().removesuffix("es"), f"{first.lower().removesuffix('ies')}y"]
        forms = [
            form for verb in verbs for form in (f"{verb}ing", f"{verb.removesuffix('e')}ing", f"{verb}{verb[-1:]}ing")
        ]
        return f"{first.lower()} {rest}" if any(map(self._counts.__getitem__, (*verbs, *forms))) else ""

    def _section(self, item: Item, question: str) -> Row:
        chunk = self._documents[item.document].chunks[item.chunk]
        text = self._texts[item.document][chunk.start : chunk.end]
        told = frozenset(content_stems(item.name)) <= frozenset(content_stems(text))
        return Row(question, text, chunk.heading, relevant=True, needs_heading=not told)

    def _entry(self, item: Item, question: str, draw: random.Random) -> Row:
        begin, end, heading = self._window(item.document, item.chunk, draw)
        text = self._texts[item.document]
        target = {Asked.MEANING: item.said, Asked.DEFAULT: item.value, Asked.TERM: item.term}[item.asked]
        is_named = begin <= item.term[0]
        if item.asked is Asked.TERM or innermost(heading) != item.name:
            begin, is_named = min(begin, item.term[0]), True
        end = max(end, target[1], item.said[1])
        passage = text[begin:end].rstrip()
        span = target[0] - begin, target[1] - begin
        chosen = tuple(sentence_spans(passage))
        said = target if item.asked is Asked.DEFAULT else item.said
        selected = frozenset(
            n for n, (first, last) in enumerate(chosen) if first < said[1] - begin and last > said[0] - begin
        )
        return Row(question, passage, heading, span, True, chosen, selected, relevant=True, needs_heading=not is_named)

    def _near_miss(self, item: Item, question: str, draw: random.Random) -> Row | None:
        """The question beside the passage of its document that says the most of what is asked, but does not bear the
        name; where there is none, beside one of another document.
        """
        others = [item.document, *draw.sample(range(len(self._texts)), min(3, len(self._texts)))]
        asked = frozenset(content_stems(question))
        for number in others:
            chunks = self._documents[number].chunks
            places = draw.sample(range(len(chunks)), min(_OTHERS, len(chunks)))
            fit = [place for place in places if self._says_nothing(item, number, chunks[place])]
            if fit:
                best = max(fit, key=lambda place: len(asked & self._stems(number, chunks[place])))
                chunk = chunks[best]
                passage = self._texts[number][chunk.start : chunk.end]
                return Row(question, passage, chunk.heading, None, True, relevant=False)
        return None

    def _says_nothing(self, item: Item, number: int, chunk: Span) -> bool:
        """Whether the chunk cannot be what is asked for."""
        text = self._texts[number][chunk.start : chunk.end]
        if len(text) < _SHORTEST_SECTION:
            return False
        if item.asked is Asked.TERM:
            said = frozenset(content_stems(self._texts[item.document][slice(*item.said)]))
            return item.name not in f"{chunk.heading}\n{text}" and 2 * len(said & self._stems(number, chunk)) <= len(
                said
            )
        if item.asked is not Asked.SECTION:
            return not any(name.lower() in f"{chunk.heading}\n{text}".lower() for name in _names(item.name))
        own = self._documents[item.document].chunks[item.chunk].heading
        asked = frozenset(content_stems(item.name))
        shared = asked & frozenset(content_stems(innermost(chunk.heading)))
        within = number == item.document and f"{chunk.heading}{HEADING_SEPARATOR}".startswith(
            f"{own}{HEADING_SEPARATOR}"
        )
        return not within and 2 * len(shared) <= len(asked) and item.name.lower() not in text.lower()

    def _stems(self, number: int, chunk: Span) -> frozenset[str]:
        return frozenset(content_stems(f"{chunk.heading}\n{self._texts[number][chunk.start : chunk.end]}"))

    def _window(self, number: int, place: int, draw: random.Random) -> tuple[int, int, str]:
        """The chunk, or half of the time it and its neighbours under the same heading: where a search finds entries,
        others stand beside them. Its start, its end and the heading of all of it.
        """
        chunks = self._documents[number].chunks
        first = last = place
        if draw.random() < 0.5:
            above = _above(chunks[place].heading)
            for _ in range(6):
                before = draw.random() < 0.5
                wider = (first - 1, last) if before else (first, last + 1)
                if (
                    wider[0] < 0
                    or wider[1] >= len(chunks)
                    or _above(chunks[wider[0 if before else 1]].heading) != above
                ):
                    continue
                if chunks[wider[1]].end - chunks[wider[0]].start <= _WINDOW:
                    first, last = wider
        heading = chunks[place].heading if first == last else _above(chunks[place].heading)
        return chunks[first].start, chunks[last].end, heading


def document_source(rows: DocumentRows, share: float, whole: float) -> Source:
    """The rows of documents: a ``share`` of all, where the others weigh ``whole``."""
    size = len(rows.items)
    return Source(DOCUMENTS, "", size, whole * share / (1 - share) if whole else math.sqrt(size), rows.row)


def _is_general(heading: str) -> bool:
    """Whether nobody would ask for it: of one word, of too many, or of those that stand in any document."""
    count = len(_WORD.findall(heading))
    return (
        not 1 < count <= _MOST_WORDS_OF_HEADING
        or heading.lower() in _english()["general"]
        or not content_stems(heading)
    )


def _is_prose(text: str) -> bool:
    """Whether it says something in a sentence, as pages of links do not."""
    if len(text) < _SHORTEST_SECTION or "»" in text:
        return False
    sentences = (text[slice(*span)] for span in sentence_spans(text))
    return any(len(said.split()) > _SHORTEST_SENTENCE and said.rstrip().endswith((".", ":", "!")) for said in sentences)


def _is_term(name: str) -> bool:
    return (
        1 < len(name) <= 60 and len(name.split()) <= _MOST_WORDS_OF_TERM and any(map(str.isalpha, name))
    ) and not re.search(r"\(|\"|\[source|:$", name[1:])


def _names(term: str) -> list[str]:
    """How a term may be called: "-d N, --depth=N" by either option."""
    found = []
    for form in re.split(r",\s+|\s\|\s", term):
        name = re.split(r"[=\[<]", form)[0].strip()
        found.append(name.split(" ")[0] if name.startswith("-") else name)
    return [name for name in found if len(name) > 1] or [term]


def _stems(stem: str) -> tuple[str, ...]:
    """What verbs a gerund without its "ing" may be of: "delet", "add", "runn"."""
    if len(stem) < 2:
        return ()
    return (stem, f"{stem}e", *([stem[:-1]] if len(stem) > 2 and stem[-1] == stem[-2] else []))


def _above(heading: str) -> str:
    return heading.rpartition(HEADING_SEPARATOR)[0]


def _uncapitalised(text: str) -> str:
    """But for names in capitals or with capitals inside."""
    first = text.split(" ")[0]
    return text if any(map(str.isupper, first[1:])) else text[:1].lower() + text[1:]
