"""Rows of sections, and near misses: the same section of another subject, another section of the same subject, and the
section under another subject's name.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest.sentences import sentence_spans
from rag.text.tokens import content_stems
from rag.training.data.reading import Section
from rag.training.reader.rows import Row, Source, words

_SECTION_CHARACTERS = 1_200
_OTHERS = 6


class SectionRows:
    """Sections beside the questions that they answer, and beside questions that they do not."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = [replace(section, text=_cut(section.text)) for section in sections]
        self._names = [words(" ".join((section.subject, *section.names))) for section in sections]
        self._of_document: defaultdict[str, list[int]] = defaultdict(list)
        self._of_kind: defaultdict[str, list[int]] = defaultdict(list)
        self._of_word: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, section in enumerate(sections):
            self._of_document[section.document].append(number)
            self._of_kind[section.kind].append(number)
            for word in words(section.subject):
                self._of_word[section.kind, word].append(number)

    def row(self, number: int, draw: random.Random) -> Row:
        return self._beside(number, number, draw, relevant=True)

    def other_subject(self, number: int, draw: random.Random) -> Row | None:
        """The same section of another subject, one that shares a word of the name where there is one."""
        own = self._sections[number]
        shared = [word for word in sorted(words(own.subject)) if len(word) > 3]
        near = self._of_word[own.kind, draw.choice(shared)] if shared else []
        for numbers in (near, self._of_kind[own.kind]):
            for other in draw.sample(numbers, min(_OTHERS, len(numbers))):
                if self._is_of_another(number, other):
                    return self._beside(number, other, draw, relevant=False)
        return None

    def other_section(self, number: int, draw: random.Random) -> Row | None:
        """Another section of the subject that has none of the words that the question asks for, beside its names."""
        own = self._sections[number]
        asked = frozenset(content_stems(own.question)) - self._stems_of_names(number)
        others = [
            other
            for other in self._of_document[own.document]
            if self._sections[other].kind != own.kind
            and self._sections[other].text != own.text
            and not asked & frozenset(content_stems(self._sections[other].text))
        ]
        return self._beside(number, draw.choice(others), draw, relevant=False) if asked and others else None

    def other_heading(self, number: int, draw: random.Random) -> Row | None:
        """The section, if it does not name its subject, under the name of another one."""
        other = draw.choice(self._of_kind[self._sections[number].kind])
        if (
            self._names[number] & words(self._sections[number].text)
            or words(self._sections[other].subject) & (self._names[number])
        ):
            return None
        heading = self._heading(other, draw)
        return replace(self._beside(number, number, draw, relevant=False), heading=heading)

    def _beside(self, asked: int, shown: int, draw: random.Random, *, relevant: bool) -> Row:
        heading = self._heading(shown, draw)
        text = self._sections[shown].text
        return Row(self._sections[asked].question, text, heading, relevant=relevant, needs_heading=True)

    def _heading(self, number: int, draw: random.Random) -> str:
        section = self._sections[number]
        return section.subject if draw.random() < 0.5 else f"{section.subject} > {section.kind.capitalize()}"

    def _is_of_another(self, number: int, other: int) -> bool:
        own, its = words(self._sections[number].subject), words(self._sections[other].subject)
        return not (own <= self._names[other] or its <= self._names[number]) and not own <= words(
            self._sections[other].text
        )

    def _stems_of_names(self, number: int) -> frozenset[str]:
        section = self._sections[number]
        return frozenset(content_stems(" ".join((section.subject, *section.names))))


def section_sources(name: str, sections: Sequence[Section], near_misses: float) -> list[Source]:
    """The rows of sections; ``near_misses`` of each kind come to each section beside its own question."""
    rows = SectionRows(sections)
    count, weight = len(sections), math.sqrt(len(sections))
    made: dict[str, tuple[float, Callable[[int, random.Random], Row | None]]] = {
        "": (1.0, rows.row),
        "another subject": (near_misses, rows.other_subject),
        "another section": (near_misses, rows.other_section),
        "headings": (near_misses / 4, rows.other_heading),
    }
    return [Source(name, kind, count, share * weight, row) for kind, (share, row) in made.items() if count and share]


def _cut(text: str) -> str:
    """The first sentences of a long text, or its first words."""
    if len(text) <= _SECTION_CHARACTERS:
        return text
    whole = [end for _, end in sentence_spans(text) if end <= _SECTION_CHARACTERS]
    return text[: whole[-1]] if whole else text[:_SECTION_CHARACTERS].rsplit(" ", 1)[0]
