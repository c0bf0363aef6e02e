"""Where in a passage a claim may stand: a sentence that is no question, or a list with the line that introduces it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.text.tokens import LEXICON, QUALIFIERS, Token, tokens_of
from vectorstore.types import Chunk

_MAX_LIST_ITEMS = 16
_BULLETS = frozenset("-*•–")


@dataclass(frozen=True, slots=True)
class Source:
    """One such place: ``start`` to ``end`` of the text of ``chunk``, which is the passage number ``passage``.

    ``before`` is the one before it in the passage, ``after`` are the tokens of the sentence that follows.
    """

    passage: int
    chunk: Chunk
    start: int
    end: int
    tokens: tuple[Token, ...]
    before: "Source | None"
    after: tuple[Token, ...]

    @property
    def text(self) -> str:
        return self.chunk.text[self.start : self.end]

    @property
    def premise(self) -> str:
        """The place with what it is about, and with the one before it, to which a pronoun may point."""
        about = f"{self.chunk.subject}:" if self.chunk.subject else ""
        return " ".join(filter(None, (about, self.before.text if self.before else "", self.text)))

    @property
    def leans_back(self) -> bool:
        """Whether it begins with a word that stands for something named before it."""
        return bool(self.tokens) and self.tokens[0].word.lower() in LEXICON.pronouns

    def antecedent(self) -> "Source | None":
        """The nearest one before it that does not lean back itself."""
        before = self.before
        while before is not None and before.leans_back:
            before = before.before
        return before


def sources_of(passage: int, chunk: Chunk) -> list[Source]:
    """Every place in ``chunk`` where a claim may stand."""
    spans = list(_places(chunk.text))
    sources: list[Source] = []
    for n, (start, end) in enumerate(spans):
        after = tokens_of(chunk.text[slice(*spans[n + 1])]) if n + 1 < len(spans) else ()
        before = sources[-1] if sources else None
        sources.append(Source(passage, chunk, start, end, tokens_of(chunk.text[start:end]), before, after))
    return sources


def _places(text: str) -> Iterator[tuple[int, int]]:
    spans = sentence_spans(text)
    listed = 0
    for i, (start, end) in enumerate(spans):
        if introduces_list(text, spans, i):
            stop = list_end(text, spans, i)
            # An item alone would lose the "do not" or the "if" of its introduction.
            if any(token.kind in QUALIFIERS for token in tokens_of(text[start:end])):
                listed = stop
            yield start, stop
        elif start >= listed and not text[start:end].endswith("?"):
            yield start, end


def introduces_list(text: str, spans: Sequence[tuple[int, int]], sentence: int) -> bool:
    """Whether a list follows the sentence: it ends with a colon, or without an end before a bullet."""
    written = text[slice(*spans[sentence])]
    if written.endswith(":"):
        return True
    unfinished = not written.endswith((".", "!", "?"))
    return unfinished and not _bulleted(text, spans[sentence][0]) and _next_is_bulleted(text, spans, sentence)


def list_end(text: str, spans: Sequence[tuple[int, int]], introduction: int) -> int:
    """Where the list ends that the sentence ``spans[introduction]`` introduces.

    Items are the bulleted lines that follow it, or failing those the one sentence that does.
    """
    end = spans[introduction][1]
    following = spans[introduction + 1 : introduction + 1 + _MAX_LIST_ITEMS]
    for item, (start, stop) in enumerate(following):
        bulleted = _bulleted(text, start)
        if item and not bulleted:
            break
        end = stop
        if not bulleted:
            break
    return end


def _next_is_bulleted(text: str, spans: Sequence[tuple[int, int]], sentence: int) -> bool:
    return sentence + 1 < len(spans) and _bulleted(text, spans[sentence + 1][0])


def _bulleted(text: str, start: int) -> bool:
    return text[text.rfind("\n", 0, start) + 1 : start].strip() in _BULLETS
