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
    pieces: Iterable[str],
    chunks: Sequence[Chunk],
    to_the_point: Callable[[str, int], bool],
    stop: threading.Event | None,
    elapsed_ms: Callable[[], float],
) -> Iterator[CheckedText]:
    """Yield the text each time a sentence was finished and checked, and at the end.

    ``to_the_point`` judges a sentence and the number of the chunk that supports it. The generator's own markers are
    dropped, and so is any sentence without support in ``chunks`` or beside the point; a refusal ends the text.
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
            text = _with_sentence(text, buffer[start:end], chunks, to_the_point)
            yield text
        if len(spans) > 1:
            buffer = buffer[spans[-1][0] :]
        if (stop is not None and stop.is_set()) or REFUSAL.rstrip(".").lower() in buffer.lower():
            break
    yield _with_sentence(text, buffer, chunks, to_the_point)


def _with_sentence(
    text: CheckedText, written: str, chunks: Sequence[Chunk], to_the_point: Callable[[str, int], bool]
) -> CheckedText:
    sentence = _MARKER.sub("", written).strip()
    if not sentence.endswith(_FINISHED):  # cut off by the length limit
        return text
    if any(sentence == before.text for before in text.sentences):
        return text
    support = find_support(sentence, chunks)
    if support is None or not to_the_point(sentence, support.passage):
        return text
    chunk = chunks[support.passage]
    places = {(c.document, c.start, c.end): c.n for c in text.citations}
    n = places.get((chunk.document, support.start, support.end))
    citations = text.citations
    if n is None:
        n = len(citations) + 1
        quote = chunk.text[support.start - chunk.start : support.end - chunk.start]
        place = (support.start, support.end, quote, 1.0)
        citation = Citation(n, chunk.document, chunk.title, chunk.page, *place)
        citations = (*citations, citation)
    return CheckedText((*text.sentences, Sentence(sentence, (n,))), citations, text.first_token_ms)
