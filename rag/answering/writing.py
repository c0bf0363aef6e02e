"""What the generator writes, sentence by sentence: each is checked before anyone sees it, and cited where its
support stands.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.answering.types import Citation, Sentence
from rag.generators.prompts import REFUSAL
from rag.grounding.checker import find_support
from vectorstore.types import Chunk

_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_FINISHED = (".", "!", "?", ".)", '."', ".”")


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The supported sentences so far. ``first_token_ms`` is None until the generator has said anything."""

    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    first_token_ms: float | None = None


def write_checked(
    pieces: Iterable[str], chunks: Sequence[Chunk], stop: threading.Event | None, elapsed_ms: Callable[[], float]
) -> Iterator[CheckedText]:
    """Yield the text each time a sentence was finished and checked, and at the end.

    The generator's own markers and any sentence without support in ``chunks`` are dropped; a refusal ends the text.
    """
    text = CheckedText()
    buffer, first_token = "", None
    for piece in pieces:
        if first_token is None and piece.strip():
            first_token = elapsed_ms()
            text = CheckedText(first_token_ms=first_token)
        buffer += piece
        spans = sentence_spans(buffer)
        for start, end in spans[:-1]:
            text = _with_sentence(text, buffer[start:end], chunks)
            yield text
        if len(spans) > 1:
            buffer = buffer[spans[-1][0] :]
        if (stop is not None and stop.is_set()) or REFUSAL.rstrip(".").lower() in buffer.lower():
            break
    yield _with_sentence(text, buffer, chunks)


def _with_sentence(text: CheckedText, written: str, chunks: Sequence[Chunk]) -> CheckedText:
    sentence = _MARKER.sub("", written).strip()
    if not sentence.endswith(_FINISHED):  # cut off by the length limit
        return text
    if any(sentence == before.text for before in text.sentences):
        return text
    support = find_support(sentence, chunks)
    if support is None:
        return text
    chunk = chunks[support.passage]
    places = {(c.document, c.start, c.end): c.n for c in text.citations}
    n = places.get((chunk.document, support.start, support.end))
    citations = text.citations
    if n is None:
        n = len(citations) + 1
        quote = chunk.text[support.start - chunk.start : support.end - chunk.start]
        citation = Citation(
            n, chunk.document, chunk.title, chunk.page, support.start, support.end, quote, round(support.strength, 4)
        )
        citations = (*citations, citation)
    return CheckedText((*text.sentences, Sentence(sentence, (n,))), citations, text.first_token_ms)
