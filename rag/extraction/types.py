"""What is read from forms: values with their places, and what became of each document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingest.types import Box, DocumentLayout
from rag.jobs.types import JobState

FieldType = Literal[
    "text",
    "identifier",
    "organisation",
    "date",
    "amount",
    "currency",
    "iban",
    "vat_number",
    "email",
    "choice",
]
"""What a field may hold. ``identifier`` is a number or code, ``organisation`` whoever a document comes from."""

Outcome = Literal["complete", "incomplete", "other", "refused"]
"""Every required field was found; some were not; the document is of another kind; or it cannot be read at all."""


@dataclass(frozen=True, slots=True)
class WordPlace:
    """Words of one page: ``page`` counts the layout's pages from 0, ``words`` the page's words."""

    page: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundValue:
    """One field of one document, as it was found.

    ``value`` is words of the document, as they stand there, or None where the document does not hold the field;
    ``normalised`` is what they mean: ISO 8601 for a date, a plain decimal for an amount, ISO 4217 for a currency, the
    compact form of an IBAN or VAT number, the name of a choice, else the value with single spaces.
    ``confidence`` is the probability, 0 to 1, that this is right: for a missing value, that the field is missing.
    ``page`` (from 1) and ``box`` say where it stands; both are None in a document without pages.
    ``words`` are the single words it came from, and ``place`` is where they are in the layout.
    ``corrected`` values were said by a person.
    """

    value: str | None
    normalised: str | None
    confidence: float
    page: int | None = None
    box: Box | None = None
    words: tuple[str, ...] = ()
    place: WordPlace | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Extraction:
    """One document's fields by name, in the schema's order. A repeated field has further values in ``repeated``.

    ``schema`` is what the schema was asked for by. ``detail`` is a sentence for people: why the document was refused,
    or what to look at. ``layout`` is None for a refused document.
    """

    document: Path
    schema: str
    outcome: Outcome
    fields: Mapping[str, FoundValue]
    detail: str = ""
    repeated: Mapping[str, tuple[FoundValue, ...]] = field(default_factory=dict)
    layout: DocumentLayout | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field of a schema, for people."""

    name: str
    description: str
    type: FieldType
    required: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class SchemaInfo:
    """A schema, for people. ``builtin`` ones come with Refdesk and are not changed."""

    name: str
    description: str
    fields: tuple[FieldInfo, ...]
    builtin: bool


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """What a field of a new schema may be like, told from its value in an example document.

    ``labels`` are the words beside or above it that announce it.
    """

    name: str
    type: FieldType
    labels: tuple[str, ...] = ()
    question: str = ""
    description: str = ""
    required: bool = True
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tokens of a form, as they stand there and as what they mean; ``traits`` are signals of its own, 0 to 1.

    A ``stand_in`` only hints at the value, as an address does at a name; it is shown where nothing says it.
    """

    tokens: range
    value: str
    normalised: str
    traits: Mapping[str, float] = field(default_factory=dict)
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form. One without a ``schema`` is the example for a new one: its layout is read, and no fields.

    ``state`` is that of the reading: "stopped" is a form that was not read, and that nobody is to read.
    ``error`` says why reading failed that had nothing to do with the file.

    An ``extraction`` from an earlier reading stays until the next one is there. Its layout comes with
    ``FormStore.get``.
    """

    id: int
    path: Path
    schema: str
    state: JobState
    extraction: Extraction | None
    accepted: bool
    error: str

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_read(self) -> bool:
        """Whether ``extraction`` is what the file holds, and not what an earlier reading made of it."""
        return self.state == "done" and self.extraction is not None

    @property
    def ended(self) -> bool:
        """Whether there is something to be seen: what was read, or why nothing was."""
        return self.is_read or self.state == "failed"

    @property
    def is_refused(self) -> bool:
        return self.extraction is not None and self.extraction.outcome == "refused"

    @property
    def unfinished(self) -> bool:
        return self.state in ("waiting", "working")
