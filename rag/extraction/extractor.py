"""Documents to extractions, one after the other; the next one is read while this one is worked on."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self

from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.types import DocumentLayout
from ingest.worker.guard import ParseWorker
from rag.extraction.examples import Example
from rag.extraction.fields import Answers, ask, weigh
from rag.extraction.learned import Learned
from rag.extraction.page import FormText, read_form
from rag.extraction.protocol import OnProgress
from rag.extraction.schema import Schema
from rag.extraction.types import Extraction, FoundValue, Outcome
from rag.reader.types import PairReader

_NOT_OF_KIND = "This does not look like what the schema is for."


class Extractor:
    """Reads documents in a guarded process and finds fields in them. Use as a context manager.

    ``reader`` is asked about what labels and signals leave open; without one they decide alone.
    """

    def __init__(self, limits: Limits, reader: PairReader | None) -> None:
        self._worker = ParseWorker(limits)
        self._max_bytes = limits.max_file_mb * 1024**2
        self._reader = reader
        # The worker's pipe takes one request at a time: all go through the one thread.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="layout")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._worker.close()

    def extract(
        self, files: Sequence[Path], schema: Schema, examples: Sequence[Example], on_progress: OnProgress | None = None
    ) -> Iterator[Extraction]:
        """One extraction a file, in their order; a file that cannot be read is refused, and the others go on."""
        ahead: list[Future[DocumentLayout]] = [self._layout(files[0])] if files else []
        for number, path in enumerate(files):
            layout = ahead.pop()
            if number + 1 < len(files):
                ahead.append(self._layout(files[number + 1]))
            try:
                extraction = self._extraction(path, layout.result(), schema, examples)
            except Refused as refusal:
                extraction = refused(path, schema, refusal.detail)
            yield extraction
            if on_progress:
                on_progress(number + 1, len(files))

    def layout(self, path: Path) -> DocumentLayout:
        """Raises Refused."""
        return self._layout(path).result()

    def page_picture(self, path: Path, page: int, width: int) -> bytes:
        """Raises Refused."""
        return self._thread.submit(self._worker.page_picture, path, page, width).result()

    def _layout(self, path: Path, *, pictures: bool = False) -> "Future[DocumentLayout]":
        return self._thread.submit(self._guarded_layout, path, pictures)

    def _guarded_layout(self, path: Path, pictures: bool) -> DocumentLayout:
        try:
            if not path.is_file():
                raise Refused("unreadable", "It is not an ordinary file.")
            if path.stat().st_size > self._max_bytes:
                raise Refused("too large", f"The file is larger than {self._max_bytes // 1024**2} MB.")
            return self._worker.layout(path, pictures=pictures)
        except OSError as error:
            raise Refused("unreadable", f"The file cannot be read ({error.strerror}).") from error

    def _extraction(
        self, path: Path, layout: DocumentLayout, schema: Schema, examples: Sequence[Example]
    ) -> Extraction:
        form = read_form(layout)
        answers = weigh(form, schema, Learned.about(form, examples))
        required = {name for name, field in schema.shown.items() if field.required}
        if layout.unread_pictures and required.intersection(answers.open_fields):
            # A letterhead may be a picture; reading it takes a second, so only where something is missing.
            layout = self._layout(path, pictures=True).result()
            form = read_form(layout)
            answers = weigh(form, schema, Learned.about(form, examples))
        if self._reader and answers.open_fields:
            ask(answers, self._reader)
        return _finished(path, schema, form, answers, examples)


def _finished(path: Path, schema: Schema, form: FormText, answers: Answers, examples: Sequence[Example]) -> Extraction:
    corrected = [example for example in examples if example.text == form.text]
    notes = list(form.layout.notes)
    if not corrected and not answers.is_of_kind():
        missing = {name: FoundValue(None, None, 1.0) for name in schema.shown}
        detail = " ".join([_NOT_OF_KIND, *notes])
        return Extraction(path, schema.name, "other", missing, detail, layout=form.layout)
    fields = {name: answers.found(name) for name in schema.shown}
    repeated = {name: answers.all_found(name) for name, field in schema.shown.items() if field.repeated}
    for name in fields:
        if own := [example for example in corrected if example.field == name]:
            first, *_ = values = as_corrected(form, sorted(own, key=lambda example: example.number))
            fields[name] = first
            if name in repeated:
                repeated[name] = tuple(one for one in values if one.value is not None)
    outcome, said = _outcome(schema, fields)
    return Extraction(path, schema.name, outcome, fields, " ".join([*said, *notes]), repeated, form.layout)


def _outcome(schema: Schema, fields: Mapping[str, FoundValue]) -> tuple[Outcome, list[str]]:
    """Whether all that is required is there, and what is said where it is not."""
    missing = [name for name, field in schema.shown.items() if field.required and fields[name].value is None]
    return ("incomplete", [f"Not found: {', '.join(missing)}."]) if missing else ("complete", [])


def as_corrected(form: FormText, examples: Sequence[Example]) -> list[FoundValue]:
    """What a person said about one field of this very document."""
    return [_as_corrected(form, example) for example in examples]


def _as_corrected(form: FormText, example: Example) -> FoundValue:
    if example.value is None:
        return FoundValue(None, None, 1.0, corrected=True)
    tokens = form.tokens_between(example.start, example.start + len(example.value))
    place = form.place(tokens)
    page = form.layout.pages[place.page]
    box = form.box_on_page(place) if page.number is not None else None
    words = tuple(page.words[n].text for n in place.words)
    return FoundValue(example.value, example.normalised, 1.0, page.number, box, words, place, corrected=True)


def refused(path: Path, schema: Schema, detail: str) -> Extraction:
    fields = {name: FoundValue(None, None, 1.0) for name in schema.shown}
    return Extraction(path, schema.name, "refused", fields, detail)


def with_values(extraction: Extraction, schema: Schema, name: str, found: Sequence[FoundValue]) -> Extraction:
    """The extraction with other values for a field, and the outcome that follows."""
    fields = {**extraction.fields, name: found[0]}
    repeated = {
        other: tuple(one for one in found if one.value) if other == name else known
        for other, known in extraction.repeated.items()
    }
    outcome, said = _outcome(schema, fields)
    return replace(extraction, fields=fields, repeated=repeated, outcome=outcome, detail=" ".join(said))
