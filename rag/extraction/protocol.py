"""What is asked of form reading; ``rag.desk.forms.Forms`` is what does it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ingest.types import DocumentLayout
from rag.extraction.types import Extraction, FieldDraft, SchemaInfo, WordPlace

OnProgress = Callable[[int, int], None]
"""Called with the number of documents done, and of all."""


class FormDesk(Protocol):
    """Reads fields from documents. For several threads; documents are read one at a time.

    ``schema`` is the name of a schema that came with Refdesk or was saved, or the path of a TOML file. A schema that
    does not exist or is wrong raises UsageError, which names the entry.
    """

    def schemas(self) -> tuple[SchemaInfo, ...]:
        """Those that come with Refdesk, then those saved in the home, by name."""
        ...

    def extract(
        self, files: Sequence[Path], schema: str, on_progress: OnProgress | None = None
    ) -> Iterator[Extraction]:
        """One extraction a file, in their order, each as soon as it is there; a bad file is refused and said so."""
        ...

    def layout(self, document: Path) -> DocumentLayout:
        """The words of a document with their places. Raises UsageError for one that cannot be read."""
        ...

    def page_picture(self, document: Path, page: int, width: int) -> bytes:
        """The page (from 1) as a PNG picture, ``width`` pixels wide; boxes scale with it.

        Raises UsageError for a document without pages, or one that can no longer be read.
        """
        ...

    def correct(self, extraction: Extraction, field: str, place: WordPlace | None, at: int = 0) -> Extraction:
        """Say which words hold the field, or with None that the document does not hold it.

        ``at`` counts a repeated field's values from 0: that one is replaced, or with None removed; one that is not
        there yet is added behind the others.

        It is kept in the home as an example for the schema, and the next documents of this sender or layout are read
        by it. Returns the extraction with the field as it is now. Raises UsageError where the words are none, or
        are nothing that the field may hold (a date field needs words that are a date).
        """
        ...

    def forget_corrections(self, schema: str) -> int:
        """Drop the examples of a schema; how many there were."""
        ...

    def corrections(self, schema: str) -> int:
        """How many examples are kept for a schema."""
        ...

    def squad(self, schema: str) -> dict[str, Any]:
        """The corrections as questions and answers in the form of SQuAD 2, for ``refdesk finetune reader``."""
        ...

    def draft_field(self, layout: DocumentLayout, place: WordPlace) -> FieldDraft:
        """A field whose value in an example document is these words: its type, and the label it was found by."""
        ...

    def save_schema(self, name: str, description: str, fields: Sequence[FieldDraft]) -> SchemaInfo:
        """Write a schema into the home, replacing one of the same name. Raises UsageError where it is not one.

        Also for the name of a schema that comes with Refdesk.
        """
        ...

    def delete_schema(self, name: str) -> None:
        """Delete a saved schema and the corrections kept for it. Raises UsageError for any other."""
        ...

    def schema_text(self, schema: str) -> str:
        """The schema's TOML file, to be read or taken along."""
        ...

    def close(self) -> None:
        """End the process that reads documents."""
        ...
