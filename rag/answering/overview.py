"""Answers about documents as wholes: which of them tell of something, and what one tells in short."""

from collections.abc import Iterator, Sequence
from functools import cache

from ingest.sentences import sentence_spans
from rag.answering.composing import WORDS_SHOWN, Extract
from rag.answering.document_text import DocumentText, Piece, stretch_of
from rag.retrieval.types import QuestionView
from rag.text.tokens import content_stems
from vectorstore.types import BlockKind, Chunk, Document, Scope

_SEARCHED = 50
_MOST_DOCUMENTS = 10
_MOST_CHUNKS = 2_000
"""Of a longer document the first parts are told."""
_MOST_WORDS = 2 * WORDS_SHOWN
_MOST_LISTED = WORDS_SHOWN // 2
"""A list or a table of more words is too long to be told whole among others."""


def mentions(subject: str, view: QuestionView, scope: Scope) -> tuple[Extract, ...]:
    """Of each document that tells of ``subject``, best first, the sentence that does; each under its title."""
    asked = frozenset(content_stems(subject))
    found: dict[int, Extract] = {}
    for passage in view.search(subject, scope, limit=_SEARCHED, candidates=_SEARCHED):
        chunk = passage.chunk
        if len(found) == _MOST_DOCUMENTS:
            break
        if (
            not asked
            or chunk.document in found
            or not asked <= frozenset(content_stems(f"{chunk.heading} {chunk.text}"))
        ):
            continue
        found[chunk.document] = Extract(chunk, (_telling(chunk, asked),), chunk.title)
    return tuple(found.values())


def _telling(chunk: Chunk, asked: frozenset[str]) -> Piece:
    """The sentence with most of the stems that are asked for, the first of several."""
    spans = sentence_spans(chunk.text) or [(0, len(chunk.text))]
    start, end = max(spans, key=lambda span: len(asked.intersection(content_stems(chunk.text[slice(*span)]))))
    return Piece(chunk.start + start, chunk.start + end, "prose")


def summary(subject: str, view: QuestionView, scope: Scope) -> tuple[Extract, ...]:
    """The opening of the document that ``subject`` names, and the first sentence of each of its further sections under
    the section's name; nothing where no document, or more than one, bears the name.
    """
    document = _named(subject, view, scope)
    if document is None:
        return ()
    text = cache(lambda stretch: DocumentText.of(document.id, stretch, view, scope))
    extracts: list[Extract] = []
    words = 0
    for chunk in _openings(view.chunks(document.id, scope, _MOST_CHUNKS)):
        around = text(stretch_of(chunk.start))
        pieces = _first(chunk, around, 1 if extracts else 3, _MOST_WORDS - words)
        words += sum(map(around.words, pieces))
        if extracts and words > _MOST_WORDS:
            break
        label = chunk.section.rpartition(" > ")[2] if extracts else ""
        extracts.append(Extract(chunk, pieces, label))
    return tuple(extracts)


def _named(subject: str, view: QuestionView, scope: Scope) -> Document | None:
    words = subject.split()
    _, documents = view.documents(scope, words, limit=2) if words else (0, [])
    exact = [one for one in documents if one.title.lower() == subject.lower()]
    candidates = exact or documents
    return candidates[0] if len(candidates) == 1 else None


def _openings(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """The first chunk of each section."""
    told: set[str] = set()
    for chunk in chunks:
        if chunk.heading not in told:
            told.add(chunk.heading)
            yield chunk


def _first(chunk: Chunk, text: DocumentText, sentences: int, room: int) -> tuple[Piece, ...]:
    """The first sentences of a section; of a list or a table all, where there is room for so many words."""
    place = text.place(chunk.start)
    block = text.block(place)
    if block is None:
        return (Piece(chunk.start, chunk.end, "prose"),)
    if block.kind is not BlockKind.PROSE:
        group = tuple(piece for n in text.group(place) for piece in text.pieces(n))
        if sum(map(text.words, group)) <= min(room, _MOST_LISTED):
            return group
    return tuple(text.pieces(place)[:sentences])
