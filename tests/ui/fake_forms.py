"""A form desk that behaves: real layouts and pictures of pages, and a value behind each label that it knows.

A correction is kept by the word before it, and the next document is read by that.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fpdf import FPDF

from ingest.limits import Limits
from ingest.readers.base import Refused
from ingest.types import DocumentLayout
from ingest.worker.guard import ParseWorker
from rag.extraction.protocol import OnProgress
from rag.extraction.types import (
    Extraction,
    FieldDraft,
    FieldInfo,
    FieldType,
    FoundValue,
    Outcome,
    SchemaInfo,
    WordPlace,
)
from vectorstore.errors import UsageError

INVOICE = SchemaInfo(
    "invoice",
    "What is to be paid, to whom, and when it was asked for.",
    (
        FieldInfo("issuer", "Who asks to be paid.", "organisation", required=True, repeated=False),
        FieldInfo("invoice_number", "The number of the invoice.", "identifier", required=True, repeated=False),
        FieldInfo("date", "The day of the invoice.", "date", required=True, repeated=False),
        FieldInfo("amount", "The total to pay.", "amount", required=True, repeated=False),
        FieldInfo("vat_number", "The issuer's VAT number.", "vat_number", required=False, repeated=False),
    ),
    builtin=True,
)
RECEIPT = SchemaInfo(
    "receipt",
    "What was paid in a shop.",
    (
        FieldInfo("amount", "What was paid.", "amount", required=True, repeated=False),
        FieldInfo("article", "What was bought.", "text", required=False, repeated=True),
    ),
    builtin=True,
)
LABELS = {"article": "Art.:", "invoice_number": "No.:", "date": "Date:", "amount": "Total:", "vat_number": "VAT:"}
ISO = re.compile(r"\d{4}-\d\d-\d\d")


def invoice_pdf(
    path: Path, number: str, *, issuer: str = "Nordlicht Lampen GmbH", total: str = "119.00", pages: int = 1
) -> Path:
    """A page as a small shop would send it."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 18)
    pdf.cell(text=issuer, new_x="LMARGIN", new_y="NEXT", h=14)
    pdf.set_font("Helvetica", size=11)
    lines = ("Hafenstrasse 12, 20457 Hamburg", "", f"Invoice No.: {number}", "Date: 2026-03-04", "Due: 2026-04-03", "")
    for line in lines:
        pdf.cell(w=0, text=line, new_x="LMARGIN", new_y="NEXT", h=7)
    for item, price in (("Desk lamp, brass", "70.00"), ("Shade, green glass", "30.00"), ("VAT 19%", "19.00")):
        pdf.cell(120, 8, item, border="B")
        pdf.cell(40, 8, price, border="B", align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    pdf.cell(text=f"Total: {total}", new_x="LMARGIN", new_y="NEXT", h=8)
    for page in range(1, pages):
        pdf.add_page()
        pdf.cell(text=f"Terms of delivery, part {page}")
    pdf.output(str(path))
    return path


class FakeFormDesk:
    def __init__(self) -> None:
        self._worker = ParseWorker(Limits())
        self._lock = threading.RLock()
        self._saved: dict[str, tuple[SchemaInfo, Sequence[FieldDraft]]] = {}
        self._examples: dict[str, dict[str, str | None]] = {}
        self._corrected: list[tuple[Extraction, str]] = []

    def schemas(self) -> tuple[SchemaInfo, ...]:
        return (INVOICE, RECEIPT, *(info for info, _ in self._saved.values()))

    def extract(
        self, files: Sequence[Path], schema: str, on_progress: OnProgress | None = None
    ) -> Iterator[Extraction]:
        known = next((one for one in self.schemas() if one.name == schema), None)
        if known is None:
            raise UsageError("There is no such schema", where=schema, remedy="Choose another.")
        for path in files:
            try:
                with self._lock:
                    layout = self._worker.layout(path, pictures=False)
            except Refused as error:
                nothing = {field.name: FoundValue(None, None, 1.0) for field in known.fields}
                yield Extraction(path, schema, "refused", nothing, error.detail)
                continue
            yield self._read(path, known, layout)

    def _read(self, path: Path, schema: SchemaInfo, layout: DocumentLayout) -> Extraction:
        labels = dict(LABELS)
        if schema.name in self._saved:
            labels = {draft.name: draft.labels[-1] for draft in self._saved[schema.name][1] if draft.labels}
        labels |= {name: label for name, label in self._examples.get(schema.name, {}).items() if label}
        found = {field.name: self._find(layout, field, labels.get(field.name)) for field in schema.fields}
        fields = {name: values[0] for name, values in found.items()}
        repeated = {
            field.name: tuple(one for one in found[field.name] if one.value)
            for field in schema.fields
            if field.repeated
        }
        missing = [field.name for field in schema.fields if field.required and fields[field.name].value is None]
        if len(missing) > 2:
            fields = {name: FoundValue(None, None, 1.0) for name in fields}
            return Extraction(path, schema.name, "other", fields, "This does not look like an invoice.", layout=layout)
        outcome: Outcome = "incomplete" if missing else "complete"
        return Extraction(path, schema.name, outcome, fields, repeated=repeated, layout=layout)

    def _find(self, layout: DocumentLayout, field: FieldInfo, label: str | None) -> list[FoundValue]:
        words = layout.pages[0].words
        if field.name == "issuer":
            line = tuple(place for place, word in enumerate(words) if abs(word.box[1] - words[0].box[1]) < 1)
            return [found_at(layout, WordPlace(0, line), 0.62)]
        after = [place + 1 for place, word in enumerate(words[:-1]) if word.text == label]
        return [found_at(layout, WordPlace(0, (place,)), 0.97) for place in after] or [FoundValue(None, None, 0.93)]

    def layout(self, document: Path) -> DocumentLayout:
        try:
            with self._lock:
                return self._worker.layout(document, pictures=False)
        except Refused as error:
            raise UsageError("The document cannot be read", where=document.name, remedy=error.detail) from error

    def page_picture(self, document: Path, page: int, width: int) -> bytes:
        try:
            with self._lock:
                return self._worker.page_picture(document, page, width)
        except Refused as error:
            raise UsageError("There is no such page", where=document.name, remedy=error.detail) from error

    def correct(self, extraction: Extraction, field: str, place: WordPlace | None, at: int = 0) -> Extraction:
        assert extraction.layout is not None
        if place is None:
            said = FoundValue(None, None, 1.0, corrected=True)
            label = None
        else:
            said = replace(found_at(extraction.layout, place, 1.0), corrected=True)
            if field == "date" and not ISO.fullmatch(said.value or ""):
                raise UsageError(
                    "These words are no date", where=said.value or "", remedy="Choose the words of a date."
                )
            before = place.words[0] - 1
            label = extraction.layout.pages[place.page].words[before].text if before >= 0 else None
        self._examples.setdefault(extraction.schema, {})[field] = label
        before_and_after = extraction.repeated.get(field, ())
        values = (*before_and_after[:at], *([said] if place else []), *before_and_after[at + 1 :]) or (said,)
        repeated = {**extraction.repeated, field: values} if field in extraction.repeated else extraction.repeated
        first = values[0] if field in extraction.repeated else said
        corrected = replace(extraction, fields={**extraction.fields, field: first}, repeated=repeated)
        self._corrected.append((corrected, field))
        return corrected

    def forget_corrections(self, schema: str) -> int:
        count = self.corrections(schema)
        self._corrected = [one for one in self._corrected if one[0].schema != schema]
        self._examples.pop(schema, None)
        return count

    def corrections(self, schema: str) -> int:
        return sum(extraction.schema == schema for extraction, _ in self._corrected)

    def squad(self, schema: str) -> dict[str, Any]:
        asked = [
            {"question": f"What is the {field}?", "answers": [{"text": extraction.fields[field].value}]}
            for extraction, field in self._corrected
            if extraction.schema == schema
        ]
        return {"version": "v2.0", "data": [{"title": schema, "paragraphs": [{"qas": asked}]}]}

    def draft_field(self, layout: DocumentLayout, place: WordPlace) -> FieldDraft:
        words = layout.pages[place.page].words
        before = words[place.words[0] - 1].text if place.words[0] else ""
        kind: FieldType = "date" if ISO.fullmatch(words[place.words[0]].text) else "text"
        name = re.sub(r"\W+", "_", before.strip(" .:").lower()) or "field"
        return FieldDraft(name, kind, (before,) if before else (), f"What is the {name}?")

    def save_schema(self, name: str, description: str, fields: Sequence[FieldDraft]) -> SchemaInfo:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or name in ("invoice", "receipt"):
            raise UsageError("A schema cannot have this name", where=name, remedy="Use small letters and hyphens.")
        infos = tuple(FieldInfo(one.name, one.description, one.type, one.required, repeated=False) for one in fields)
        self._saved[name] = SchemaInfo(name, description, infos, builtin=False), fields
        return self._saved[name][0]

    def delete_schema(self, name: str) -> None:
        del self._saved[name]
        self.forget_corrections(name)

    def schema_text(self, schema: str) -> str:
        info = next(one for one in self.schemas() if one.name == schema)
        return "\n".join(f'[fields.{field.name}]\ntype = "{field.type}"' for field in info.fields)

    def close(self) -> None:
        self._worker.close()


def found_at(layout: DocumentLayout, place: WordPlace, confidence: float) -> FoundValue:
    """The value that these words are."""
    page = layout.pages[place.page]
    words = [page.words[one] for one in place.words]
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    box = (min(lefts), min(tops), max(rights), max(bottoms))
    value = " ".join(word.text for word in words)
    texts = tuple(word.text for word in words)
    return FoundValue(value, value, confidence, page.number, box if page.number else None, texts, place)
