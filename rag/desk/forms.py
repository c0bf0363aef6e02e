"""Form reading for a face: schemas, extraction, corrections. Built from the settings by ``open_forms``."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.types import DocumentLayout
from rag.components import open_reader, reading_limits
from rag.extraction import correcting, saving
from rag.extraction.examples import ExampleStore, squad
from rag.extraction.extractor import Extractor, as_corrected, with_values
from rag.extraction.page import read_form
from rag.extraction.protocol import OnProgress
from rag.extraction.schema import list_schemas, load_schema, schema_text
from rag.extraction.types import Extraction, FieldDraft, SchemaInfo, WordPlace
from rag.reader.types import PairReader
from rag.settings.model import Settings
from vectorstore.errors import UsageError
from vectorstore.models import Confirm


class Forms:
    """See ``rag.extraction.protocol.FormDesk``. Use as a context manager, or close it."""

    def __init__(self, home: Path, limits: Limits, reader: PairReader | None) -> None:
        self._home = home
        self._examples = ExampleStore(home)
        self._extractor = Extractor(limits, reader)
        self._busy = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def schemas(self) -> tuple[SchemaInfo, ...]:
        return tuple(list_schemas(self._home))

    def extract(
        self, files: Sequence[Path], schema: str, on_progress: OnProgress | None = None
    ) -> Iterator[Extraction]:
        loaded = load_schema(schema, self._home)
        with self._busy:
            for found in self._extractor.extract(files, loaded, self._examples.all(loaded.name), on_progress):
                yield replace(found, schema=schema)

    def layout(self, document: Path) -> DocumentLayout:
        try:
            return self._extractor.layout(document)
        except Refused as refusal:
            raise UsageError("The document cannot be read", where=document.name, remedy=refusal.detail) from refusal

    def page_picture(self, document: Path, page: int, width: int) -> bytes:
        try:
            return self._extractor.page_picture(document, page, width)
        except Refused as refusal:
            raise UsageError("The page cannot be shown", where=str(document), remedy=refusal.detail) from refusal

    def correct(self, extraction: Extraction, field: str, place: WordPlace | None, at: int = 0) -> Extraction:
        schema = load_schema(extraction.schema, self._home)
        if field not in schema.shown or extraction.layout is None:
            raise UsageError("There is no such field", where=field, remedy=f"There are {', '.join(schema.shown)}.")
        wanted = schema.fields[field]
        places = correcting.corrected_places(extraction, field, wanted, place, at)
        examples = correcting.make_examples(extraction, field, wanted, places)
        self._examples.put(schema.name, examples)
        return with_values(extraction, schema, field, as_corrected(read_form(extraction.layout), examples))

    def forget_corrections(self, schema: str) -> int:
        return self._examples.clear(load_schema(schema, self._home).name)

    def corrections(self, schema: str) -> int:
        return len(self._examples.all(load_schema(schema, self._home).name))

    def squad(self, schema: str) -> dict[str, Any]:
        name = load_schema(schema, self._home).name
        return squad(name, self._examples.all(name))

    def draft_field(self, layout: DocumentLayout, place: WordPlace) -> FieldDraft:
        return correcting.draft_field(layout, place)

    def save_schema(self, name: str, description: str, fields: Sequence[FieldDraft]) -> SchemaInfo:
        return saving.save_schema(self._home, name, description, fields)

    def delete_schema(self, name: str) -> None:
        saving.delete_schema(self._home, name)
        self._examples.clear(name)

    def schema_text(self, schema: str) -> str:
        return schema_text(schema, self._home)[1]

    def close(self) -> None:
        self._extractor.close()


def open_forms(settings: Settings, confirm: Confirm | None = None) -> Forms:
    """Form reading with the reader that the settings name."""
    return build_forms(settings, open_reader(settings, confirm))


def build_forms(settings: Settings, reader: PairReader) -> Forms:
    """The same with a reader that is there already."""
    return Forms(settings.home, reading_limits(settings), reader)
