"""Form reading: schemas, extraction, corrections; and the forms that came through the browser."""

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.types import DocumentLayout
from rag.access.types import Principal, require_curator
from rag.extraction import correcting, saving
from rag.extraction.examples import ExampleStore, squad
from rag.extraction.extractor import Extractor, as_corrected, with_values
from rag.extraction.page import read_form
from rag.extraction.protocol import FormDesk, OnProgress
from rag.extraction.schema import list_schemas, load_schema, schema_text
from rag.extraction.service import FormService
from rag.extraction.types import Extraction, FieldDraft, Form, SchemaInfo, WordPlace
from rag.reader.types import PairReader
from vectorstore.errors import UsageError


class Forms:
    """See ``rag.extraction.protocol.FormDesk``. Use as a context manager, or close it."""

    def __init__(self, home: Path, limits: Limits, open_reader: Callable[[], PairReader | None]) -> None:
        """The reader is opened when the first document is read: schemas and corrections need none."""
        self._home = home
        self._limits = limits
        self._open_reader = open_reader
        self._examples = ExampleStore(home)
        self._busy = threading.Lock()

    @functools.cached_property
    def _extractor(self) -> Extractor:
        return Extractor(self._limits, self._open_reader())

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
        if "_extractor" in vars(self):
            self._extractor.close()


class DeskForms:
    """Forms for a principal; see ``rag.desk.curator_protocols.Forms``."""

    def __init__(self, reading: FormDesk, open_service: Callable[[], FormService]) -> None:
        """``open_service`` begins to read what waits: what asks for schemas alone does without."""
        self._reading = reading
        self._open_service = open_service

    @functools.cached_property
    def _service(self) -> FormService:
        return self._open_service()

    def start(self) -> None:
        """Read what waits from the last time."""
        self._service.see_to()

    def schemas(self, principal: Principal) -> tuple[SchemaInfo, ...]:
        require_curator(principal)
        return self._reading.schemas()

    def used_schemas(self, principal: Principal) -> Sequence[str]:
        require_curator(principal)
        return self._service.schemas()

    def schema_text(self, principal: Principal, schema: str) -> str:
        require_curator(principal)
        return self._reading.schema_text(schema)

    def draft_field(self, principal: Principal, layout: DocumentLayout, place: WordPlace) -> FieldDraft:
        require_curator(principal)
        return self._reading.draft_field(layout, place)

    def save_schema(
        self, principal: Principal, name: str, description: str, fields: Sequence[FieldDraft]
    ) -> SchemaInfo:
        require_curator(principal)
        return self._reading.save_schema(name, description, fields)

    def delete_schema(self, principal: Principal, name: str) -> None:
        require_curator(principal)
        self._reading.delete_schema(name)

    def list(self, principal: Principal, schema: str | None = None) -> Sequence[Form]:
        require_curator(principal)
        return self._service.forms(schema)

    def get(self, principal: Principal, form: int) -> Form | None:
        require_curator(principal)
        return self._service.get(form)

    def picture(self, principal: Principal, form: int, page: int, width: int) -> bytes:
        require_curator(principal)
        path = self._service.path(form)
        if path is None:
            raise UsageError("This document was removed", where=str(form), remedy="Add it again.")
        return self._reading.page_picture(path, page, width)

    def place_for(self, principal: Principal, name: str, schema: str) -> Path:
        require_curator(principal)
        if schema and schema not in (known.name for known in self._reading.schemas()):
            raise UsageError("There is no such schema", where=schema, remedy="Choose another.")
        return self._service.place_for(name, schema)

    def add(self, principal: Principal, path: Path) -> int:
        require_curator(principal)
        return self._service.add(path)

    def read_again(self, principal: Principal, forms: Sequence[int]) -> None:
        require_curator(principal)
        self._service.read_again(forms)

    def try_on(self, principal: Principal, form: Form, schema: str) -> None:
        require_curator(principal)
        self._service.try_on(form, schema)

    def see_to(self, principal: Principal) -> None:
        require_curator(principal)
        self._service.see_to()

    def stop(self, principal: Principal) -> None:
        require_curator(principal)
        self._service.stop()

    def accept(self, principal: Principal, form: int, accepted: bool) -> None:
        require_curator(principal)
        self._service.accept(form, accepted)

    def correct(self, principal: Principal, form: Form, field: str, place: WordPlace | None, at: int = 0) -> None:
        require_curator(principal)
        self._service.correct(form, field, place, at)

    def remove(self, principal: Principal, forms: Sequence[int]) -> None:
        require_curator(principal)
        self._service.remove(forms)

    def corrections(self, principal: Principal, schema: str) -> int:
        require_curator(principal)
        return self._reading.corrections(schema)

    def forget_corrections(self, principal: Principal, schema: str) -> int:
        require_curator(principal)
        return self._reading.forget_corrections(schema)

    def squad(self, principal: Principal, schema: str) -> dict[str, Any]:
        require_curator(principal)
        return self._reading.squad(schema)

    def extract(
        self, principal: Principal, files: Sequence[Path], schema: str, on_progress: OnProgress
    ) -> Iterator[Extraction]:
        require_curator(principal)
        return self._reading.extract(files, schema, on_progress)

    def close(self) -> None:
        if "_service" in vars(self):
            self._service.close()
        else:
            self._reading.close()
