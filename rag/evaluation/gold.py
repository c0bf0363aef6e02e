"""Where the right answer of a question stands in the stored text."""

from ingest.sentences import sentence_spans
from rag.evaluation.squad import GoldAnswer


class GoldText:
    """A paragraph of a question file and the text that was stored of it; white space and signs may differ."""

    def __init__(self, paragraph: str, stored: str) -> None:
        self._stored = stored
        self._letters = [place for place, character in enumerate(stored) if character.isalnum()]
        self._paragraph = paragraph
        own = "".join(filter(str.isalnum, paragraph))
        self._first = "".join(stored[place] for place in self._letters).rfind(own)  # behind the heading
        self._sentences = sentence_spans(stored)

    def sentences(self, answer: GoldAnswer) -> list[tuple[int, int]]:
        """The stored sentences that hold words of ``answer``; empty where it is in the paragraph nowhere."""
        place = self._place(answer)
        if place is None:
            return []
        return [(start, end) for start, end in self._sentences if start < place[1] and place[0] < end]

    def _place(self, answer: GoldAnswer) -> tuple[int, int] | None:
        letters = _letters(answer.text)
        if answer.start is None or self._first < 0 or not letters:
            start = self._stored.find(answer.text)
            return (start, start + len(answer.text)) if start >= 0 else None
        first = self._first + _letters(self._paragraph[: answer.start])
        return self._letters[first], self._letters[first + letters - 1] + 1


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))
