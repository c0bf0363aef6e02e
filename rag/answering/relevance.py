"""Answer relevance: is what a generator writes to the point? That it is true, the groundedness check has seen to."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from rag.answering.selection import LEANS_ON_THE_ONE_BEFORE
from rag.grounding.types import Place
from rag.types import Answer
from vectorstore.types import Chunk

_LESS_CLOSE = 0.05
"""How much less close to the question than the quoted answer a text may be (cosine)."""


class AnswerRelevance:
    """Measures sentences and texts by the ``quoted`` answer, whose passage is the first of those that the generator is
    shown.

    ``closeness`` is a text's cosine with the question. Of a generator that is ``large`` it is enough; a small one
    writes true sentences that answer something else, so it must say what the reader found.
    """

    def __init__(
        self, quoted: Answer, shown: Sequence[Chunk], closeness: Callable[[str], float], *, large: bool
    ) -> None:
        self._citations = quoted.citations
        self._shown = shown
        self._found = _whole_words(quoted.short_answer) if quoted.short_answer else None
        self._closeness = closeness
        self._quoted = quoted.text
        self._large = large

    def of_sentence(self, sentence: str, place: Place) -> bool:
        """Whether a sentence that is supported at ``place`` may stand in the answer."""
        if self._large:
            return place.passage == 0 or self._close(sentence)
        return self._is_quoted(place) or self._says_it(sentence)

    def of_text(self, text: str) -> bool:
        """Whether a text of such sentences may replace the quote."""
        if self._large:
            return self._says_it(text) or self._close(text)
        if LEANS_ON_THE_ONE_BEFORE.match(text) and not LEANS_ON_THE_ONE_BEFORE.match(self._quoted):
            return False  # what "it" is has been left out
        return self._says_it(text) or self._found is None

    def _is_quoted(self, place: Place) -> bool:
        document = self._shown[place.passage].document
        return any(
            citation.document == document and place.start < citation.end and citation.start < place.end
            for citation in self._citations
        )

    def _says_it(self, text: str) -> bool:
        return self._found is not None and self._found.search(text) is not None

    def _close(self, text: str) -> bool:
        return self._closeness(text) >= self._enough

    @cached_property
    def _enough(self) -> float:
        return self._closeness(self._quoted) - _LESS_CLOSE  # a small generator is never asked, and saves the time


def _whole_words(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)
