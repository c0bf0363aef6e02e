"""What the generator writes, sentence by sentence: each is checked before anyone sees it, and cited where its
support stands.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.sentences import sentence_spans
from rag.generators.prompts import REFUSAL
from rag.grounding.types import GroundednessCheck, Place
from rag.types import Citation, Dropped, Sentence
from vectorstore.types import Chunk

_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_PREAMBLE = re.compile(r"(?:the )?answer(?: to (?:this|the) question)? is:\s*(?=[A-Z])|^answer:\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\A\d{1,3}[.)]\s+(?=\S)")
"""That of a list's item."""
_FINISHED = (".", "!", "?", ".)", '."', ".”")


@dataclass(frozen=True, slots=True)
class CheckedText:
    """The supported sentences so far, and those that were dropped.

    ``last`` is where the last of them is supported. ``first_token_ms`` is None until the generator has said anything.
    """

    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    last: Place | None = None
    first_token_ms: float | None = None


def write_checked(
    pieces: Iterable[str],
    chunks: Sequence[Chunk],
    check: GroundednessCheck,
    to_the_point: Callable[[str, Place], bool],
    stop: threading.Event | None,
    elapsed_ms: Callable[[], float],
) -> Iterator[CheckedText]:
    """Yield the text each time a sentence was finished and checked, and at the end.

    ``check`` is that of ``chunks``; ``to_the_point`` judges a sentence and a place that supports it. The
    generator's own markers are left out, and so is any sentence without support or beside the point; a refusal ends the
    text.
    """
    text = CheckedText()
    buffer = ""
    for piece in pieces:
        if text.first_token_ms is None and piece.strip():
            text = replace(text, first_token_ms=elapsed_ms())
        buffer += piece
        spans = sentence_spans(buffer)
        for start, end in spans[:-1]:
            text = _with_sentence(text, buffer[start:end], chunks, check, to_the_point)
            yield text
        if len(spans) > 1:
            buffer = buffer[spans[-1][0] :]
        if stop is not None and stop.is_set():
            break
        if REFUSAL.rstrip(".").lower() in buffer.lower():
            yield text
            return
    yield _with_sentence(text, buffer, chunks, check, to_the_point)


def _with_sentence(
    text: CheckedText,
    written: str,
    chunks: Sequence[Chunk],
    check: GroundednessCheck,
    to_the_point: Callable[[str, Place], bool],
) -> CheckedText:
    sentence = _NUMBER.sub("", _PREAMBLE.sub("", _MARKER.sub("", written).strip(), count=1))
    if not sentence.endswith(_FINISHED):  # cut off by the length limit
        return text
    if sentence in {*(kept.text for kept in text.sentences), *(dropped.text for dropped in text.dropped)}:
        return text
    verdict = check(sentence, text.last)
    if verdict.reason is not None:
        if not any(map(str.isalpha, sentence)):  # the number of a list's item
            return text
        return replace(text, dropped=(*text.dropped, Dropped(sentence, verdict.reason)))
    if not all(to_the_point(sentence, place) for place in verdict.places):
        return replace(text, dropped=(*text.dropped, Dropped(sentence, "beside the question")))
    citations = text.citations
    numbers: list[int] = []
    for place in verdict.places:
        chunk = chunks[place.passage]
        known = {(c.document, c.start, c.end): c.n for c in citations}
        n = known.get((chunk.document, place.start, place.end))
        if n is None:
            n = len(citations) + 1
            quote = chunk.text[place.start - chunk.start : place.end - chunk.start]
            where = (chunk.document, chunk.title, chunk.page, place.start, place.end)
            citations = (*citations, Citation(n, *where, quote, round(verdict.probability, 4)))
        numbers.append(n)
    return replace(
        text,
        sentences=(*text.sentences, Sentence(sentence, tuple(numbers))),
        citations=citations,
        last=verdict.places[-1],
    )
