"""What the documents name: as one thing, or apart from each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.retrieval.types import Retriever
from rag.text.tokens import LEXICON, content_stems
from vectorstore.types import HEADING_SEPARATOR, Chunk, Scope

_NEAREST = 5
_FIRST = 3
_WORD = re.compile(r"\w+(?:[.'’-]\w+)*")


@dataclass(frozen=True, slots=True)
class Naming:
    """Of the documents within ``scope``, as ``retriever`` finds them."""

    retriever: Retriever
    scope: Scope

    def nearest(self, text: str, limit: int = _NEAREST) -> list[Chunk]:
        return [passage.chunk for passage in self.retriever.retrieve(text, self.scope, limit)]

    def about(self, text: str) -> str:
        """What the passage that is found first for ``text`` is about; empty where nothing is found."""
        return next((chunk.subject for chunk in self.nearest(text, 1)), "")

    def apart(self, items: Sequence[str], questions: Sequence[str], joined: str, *, by_headings: bool) -> bool:
        """Whether each of ``items`` is told of by another passage: one of those found first for its question, under a
        heading of its own, or else the first, by its words, where no text has them ``joined``. What a heading names so
        ("Terms and conditions") is one thing.
        """
        spaced = r"\s+".join(map(re.escape, joined.split()))
        form = re.compile(rf"\b{spaced}\b", re.IGNORECASE)
        both = self.nearest(joined)
        if any(form.search(chunk.heading) for chunk in both):
            return False
        if not by_headings and any(form.search(chunk.text) for chunk in both):
            return False
        stems = [set(content_stems(item)) for item in items]
        common = set.intersection(*stems)
        told_by: set[int] = set()
        for own, question in zip(stems, questions, strict=True):
            telling = (
                chunk.id
                for chunk in self.nearest(question, _FIRST if by_headings else 1)
                if own - common <= set(content_stems(chunk.heading if by_headings else _all_of(chunk)))
            )
            told_by.add(next(telling, -1) if own - common else -1)
        return len(told_by - {-1}) == len(items)

    def subject_in(self, question: str) -> str:
        """The words of ``question``, as they stand, that name most of what one of the passages found for it is about;
        empty where none do.
        """
        named = (_named_by(chunk.subject, question) for chunk in self.nearest(question, _FIRST))
        return max(named, key=lambda text: len(text.split()), default="")

    def section_in(self, question: str) -> str:
        """The words of ``question`` that name the outermost of the sections that the passage found first stands in, of
        those that it names; empty where it names none: in a "Care sheet" the disease that is told of.
        """
        sections = (chunk.section.split(HEADING_SEPARATOR) for chunk in self.nearest(question, 1))
        return next((named for within in sections for one in within if (named := _named_by(one, question))), "")


def _all_of(chunk: Chunk) -> str:
    return f"{chunk.heading}\n{chunk.text}"


def _named_by(heading: str, question: str) -> str:
    """The words of ``question`` that name most of ``heading``, as they stand."""
    words = list(_WORD.finditer(question))
    known = set(content_stems(heading))
    naming = (
        place
        for place, word in enumerate(words)
        if word[0].lower() not in LEXICON.searched and known.intersection(content_stems(word[0]))
    )
    run = _longest_run(list(naming), words)
    return question[words[run[0]].start() : words[run[-1]].end()] if run else ""


def _longest_run(places: Sequence[int], words: Sequence[re.Match[str]]) -> list[int]:
    """Of ``places``, those that follow each other, with no more in between than one short word ("of")."""
    runs: list[list[int]] = []
    for place in places:
        between = words[runs[-1][-1] + 1 : place] if runs else []
        if runs and (not between or (len(between) == 1 and not content_stems(between[0][0]))):
            runs[-1].append(place)
        else:
            runs.append([place])
    return max(runs, key=len, default=[])
