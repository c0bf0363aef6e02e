"""Does a passage support a sentence? A strict, lexical first check.

It would rather drop a true sentence than show a false one. A sentence is supported by a place in a passage when it
says what that place says, and all of it: the same words that carry the claim (stems, numbers, names), in the same
order, with the same negations and limits at the same words. A part of a sentence may claim what the whole denies ("It
is a myth that ..."), so parts do not count. Only a pronoun that begins the source may be replaced, by words of the
passage's heading.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.grounding.words import Words, words_of
from vectorstore.types import Chunk

_FEWEST_WORDS = 3
"""A fragment with fewer claim-carrying words can stand anywhere: it is no claim that could be checked."""
_MAX_LIST_ITEMS = 16
_BULLETS = frozenset("-*•–")
_PRONOUN = re.compile(r"(?:it|they|this|these)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Support:
    """The place that supports a sentence: ``chunks[passage]``, ``start`` to ``end`` of its document's text."""

    passage: int
    start: int
    end: int


def find_support(sentence: str, chunks: Sequence[Chunk]) -> Support | None:
    """The first place among ``chunks`` that supports ``sentence``, or None."""
    claim = words_of(sentence)
    if len(claim.content) < _FEWEST_WORDS or sentence.rstrip().endswith("?"):
        return None
    for number, chunk in enumerate(chunks):
        heading = frozenset(words_of(chunk.heading).content)
        for start, end in _places(chunk.text):
            source = chunk.text[start:end]
            if _says_the_same(claim, words_of(source), heading if _PRONOUN.match(source) else frozenset()):
                return Support(number, chunk.start + start, chunk.start + end)
    return None


def _says_the_same(claim: Words, source: Words, subject: frozenset[str]) -> bool:
    """Whether ``claim`` is ``source``, with at most words of ``subject`` put before it."""
    added = len(claim.content) - len(source.content)
    if added < 0 or not source.content or claim.content[added:] != source.content:
        return False
    if not all(word in subject for word in claim.content[:added]):
        return False
    return claim.qualifiers == tuple((word, place + added) for word, place in source.qualifiers)


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where a claim may stand: a sentence that is no question, or a list with the line that introduces it."""
    spans = sentence_spans(text)
    for i, (start, end) in enumerate(spans):
        if introduces_list(text, spans, i):
            yield start, list_end(text, spans, i)
        elif not text[start:end].endswith("?"):
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
