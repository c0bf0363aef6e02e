"""What the catalogue knows of documents: names of files, dates, and which of several is the newest."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ingest.sentences import sentence_spans
from rag.query.types import Query
from rag.retrieval.types import QuestionView
from rag.text.lexicon import words
from rag.text.tokens import content_stems
from rag.types import Answer, Citation, Form, Sentence
from vectorstore.types import Chunk, Document, Scope

ENGINE = "catalogue"
_MOST_DOCUMENTS = 5
_OF_A_WORD = 50
_SEARCHED = 20
_MOST_LISTED = 5_000
"""Of a larger knowledge base the newest documents are not looked for."""
_PERSONS = words("who whom whose author authors wer wen verfasser autor qui auteur quién quien chi autore quem kto")
"""The catalogue knows no people."""
_FILES = words(
    """
    file files document documents datei dateien dokument dokumente fichier fichiers archivo archivos documento
    documentos documenti ficheiro ficheiros arquivo bestand bestanden documenten plik pliku plików dokumencie dokumenty
    """
)
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)")
_VERSION = re.compile(r"(?<![^\W_])(?:v|version|rev|edition)[ ._-]?(\d+(?:\.\d+)*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A document, when its file was last changed (None where that is not known), and the passage to cite."""

    document: Document
    changed: datetime | None
    passage: Chunk
    subject: str = ""

    @property
    def name(self) -> str:
        return _name(self.document.path)


def catalogue_answer(query: Query, view: QuestionView, scope: Scope) -> Answer | None:
    """What the catalogue tells of the documents within ``scope`` that a question of the shape METADATA names, newest
    first: by a date or a version in their names where all of them have one, else by their files' times.

    A document is named by its title or its file's name or, where a file is asked for, by what stands in it; without a
    subject the newest documents are told. None where no document is named, and where a person is asked for. Each
    sentence cites the opening of its document, or the passage that holds the subject.
    """
    asked = frozenset(map(str.lower, _WORD.findall(query.question)))
    if asked & _PERSONS:
        return None
    found = _named(query.subject, view, scope) if query.subject else []
    by_text = not found and bool(query.subject) and bool(asked & _FILES)
    entries = _telling(query.subject, view, scope) if by_text else [_entry(one, view, scope) for one in found]
    if not query.subject and asked & _FILES:
        return _overview(view, scope)
    known = _newest_first([entry for entry in entries if entry])[:_MOST_DOCUMENTS]
    return _answer([_line(entry) for entry in known], known) if known else None


def names_apart(documents: Sequence[int], view: QuestionView, scope: Scope) -> dict[int, str]:
    """What tells each of ``documents`` from the others: its title, with its file's name where they share the title or
    only the file is named after a year, or with the day on which the file was last changed, if no name has a year.
    """
    known = {one.id: one for document in documents if (one := view.document(document, scope))}
    titles = Counter(document.title for document in known.values())
    return {key: _apart(document, titles[document.title] == 1, view) for key, document in known.items()}


def newest_of(documents: Sequence[int], view: QuestionView, scope: Scope) -> int:
    """The newest of ``documents``, the first of them where nothing tells; see ``catalogue_answer``."""
    known = [one for document in documents if (one := view.document(document, scope))]
    entries = [entry for one in known if (entry := _entry(one, view, scope))]
    return _newest_first(entries)[0].document.id if entries else documents[0]


def are_versions(one: int, other: int, view: QuestionView, scope: Scope) -> bool:
    """Whether the names of two documents, or their files', are the same but for a date or a version."""
    known = [view.document(document, scope) for document in (one, other)]
    names = [(document.title, _stem(document.path)) for document in known if document]
    return len(names) == len(known) and any(
        first != second and _unversioned(first) == _unversioned(second) != ()
        for first, second in zip(*names, strict=True)
    )


def years_named(document: int, view: QuestionView, scope: Scope) -> frozenset[str]:
    """The years in the name of a document or its file."""
    known = view.document(document, scope)
    return frozenset(date[0] for date in _DATE.findall(f"{known.title} {_stem(known.path)}")) if known else frozenset()


def _overview(view: QuestionView, scope: Scope) -> Answer | None:
    """How many documents there are, and the newest."""
    count, _ = view.documents(scope, limit=1)
    if not 0 < count <= _MOST_LISTED:
        return None
    _, documents = view.documents(scope)
    dated = sorted(documents, key=lambda one: one.indexed_at, reverse=True)[:_MOST_DOCUMENTS]
    entries = [entry for one in dated if (entry := _entry(one, view, scope))]
    lines = [_line(entry) for entry in entries]
    if not entries:
        return None
    counted = "1 document is stored" if count == 1 else f"{count:,} documents are stored"
    return _answer([f"{counted}; taken in last: {lines[0]}", *lines[1:]], entries)


def _named(subject: str, view: QuestionView, scope: Scope) -> list[Document]:
    """The documents whose title or file's name has all words of ``subject``, or all of whose title is in it."""
    asked = _stems(subject)
    terms = [word for word in _WORD.findall(subject) if content_stems(word)]
    candidates = {one.id: one for word in terms for one in view.documents(scope, [word], limit=_OF_A_WORD)[1]}
    return [
        one
        for one in candidates.values()
        if asked <= _stems(f"{one.title} {one.path}") or (_stems(one.title) and _stems(one.title) <= asked)
    ]


def _telling(subject: str, view: QuestionView, scope: Scope) -> list[_Entry | None]:
    """The documents that a passage with all words of ``subject`` is in."""
    asked = _stems(subject)
    passages: dict[int, Chunk] = {}
    for found in view.search(subject, scope, limit=_SEARCHED):
        chunk = found.chunk
        if asked <= _stems(f"{chunk.heading} {chunk.text}"):
            passages.setdefault(chunk.document, chunk)
    documents = ((view.document(one, scope), chunk) for one, chunk in passages.items())
    return [_Entry(one, _changed(one, view), chunk, subject) for one, chunk in documents if one]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem for word in _WORD.findall(text) for stem in content_stems(word.lower()))


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _entry(document: Document, view: QuestionView, scope: Scope) -> _Entry | None:
    first = next(iter(view.chunks(document.id, scope, 1)), None)
    return _Entry(document, _changed(document, view), first) if first else None


def _changed(document: Document, view: QuestionView) -> datetime | None:
    file = view.find_file(document.collection, document.path)
    return datetime.fromtimestamp(file.state.mtime_ns / 1e9, UTC) if file and file.state.mtime_ns else None


def _newest_first(entries: list[_Entry]) -> list[_Entry]:
    names = {id(entry): f"{entry.document.title} {entry.name}" for entry in entries}
    dates = {key: max(map("".join, _DATE.findall(name)), default="") for key, name in names.items()}
    versions = {key: _version(name) for key, name in names.items()}

    def newness(entry: _Entry) -> tuple[str, tuple[int, ...], datetime]:
        by_date = dates[id(entry)] if all(dates.values()) else ""
        by_version = versions[id(entry)] if all(versions.values()) else ()
        return by_date, by_version, entry.changed or datetime.min.replace(tzinfo=UTC)

    return sorted(entries, key=newness, reverse=True)


def _apart(document: Document, is_titled: bool, view: QuestionView) -> str:
    dated, title = _DATE.search(_stem(document.path)), document.title
    if _DATE.search(title) and is_titled:
        return title
    if dated or not is_titled:
        return f"{title} ({_name(document.path)})"
    changed = _changed(document, view)
    return f"{title} ({_day(changed.date())})" if changed else title


def _stem(path: str) -> str:
    return _name(path).partition(".")[0]


def _unversioned(name: str) -> tuple[str, ...]:
    """The words of a name without dates and versions."""
    without = _VERSION.sub(" ", _DATE.sub(" ", name))
    return tuple(word.casefold() for word in _WORD.findall(without) if not word.isdigit())


def _version(name: str) -> tuple[int, ...]:
    found = _VERSION.search(name)
    return tuple(map(int, found[1].split("."))) if found else ()


def _line(entry: _Entry) -> str:
    """The entry as a sentence.

    >>> _line(entry)  # doctest: +SKIP
    'Travel policy: travel.pdf, changed on 3 May 2026, taken in on 30 November 2026.'
    """
    changed = f", changed on {_day(entry.changed.date())}" if entry.changed else ""
    taken = _day(datetime.fromisoformat(entry.document.indexed_at).date())
    return f"{entry.document.title}: {entry.name}{changed}, taken in on {taken}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _answer(lines: list[str], entries: list[_Entry]) -> Answer:
    citations = tuple(_citation(n, entry) for n, entry in enumerate(entries, start=1))
    form: Form = "item" if len(entries) > 1 else "prose"
    sentences = tuple(Sentence(line, (n,), form) for n, line in enumerate(lines, start=1))
    return Answer("extractive", ENGINE, sentences, citations)


def _citation(n: int, entry: _Entry) -> Citation:
    chunk = entry.passage
    start, end = next(_places(chunk, _stems(entry.subject)), (0, len(chunk.text)))
    place = (chunk.start + start, chunk.start + end, chunk.text[start:end])
    return Citation(n, chunk.document, chunk.title, chunk.page, *place, 1.0)


def _places(chunk: Chunk, subject: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The sentences of a passage, those with most of the subject first."""
    yield from sorted(
        sentence_spans(chunk.text), key=lambda span: -len(subject & _stems(chunk.text[span[0] : span[1]]))
    )
