"""Value types that cross folders. All are frozen; offsets count characters in the document's stored text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape ``(n, dimension)``, rows of unit length."""

Place = tuple[int, int]
"""Start and end in a document's text."""

HEADING_SEPARATOR = " > "
"""Between the parts of a chunk's heading: the document's title, then the headings above the chunk, outermost first."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of stored text, or the whole text where the format has no pages (``number`` is then None)."""

    number: int | None
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Unit:
    """A record (a row, a question-answer pair) or, in prose, the whole document."""

    start: int
    end: int
    heading: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A chunk's place in its document, before it is stored: ``text[start:end]`` under ``heading``."""

    start: int
    end: int
    heading: str


class BlockKind(StrEnum):
    """What a block is to whoever reads it; a caption is prose."""

    PROSE = "prose"
    ITEM = "item"
    STEP = "step"
    ROW = "row"
    ENTRY = "entry"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's stored text that keeps its form.

    The items and steps of a list, the rows of a table and the entries of a definition list share a ``group``, whose
    number is unique in the document; each other block has a group of its own. ``depth`` is 0 for the items of a list
    and grows for the lists within it, which share its group.

    An ENTRY is a term in its own line, which is a heading, and what is said of it. ENTRY, ITEM and STEP hold the blocks
    within them, which follow them, but prose, which is their own; items of an inner list are not in the outer item.
    """

    start: int
    end: int
    kind: BlockKind
    group: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a reader and the chunker make of one file. The stored text is the pages' texts, joined without separator.

    Where there are no ``blocks``, they are told from the text. ``notes`` say, in sentences for people, what of the file
    is not in it, and why.
    """

    title: str
    pages: tuple[Page, ...]
    units: tuple[Unit, ...]
    chunks: tuple[Span, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(page.text for page in self.pages)


@dataclass(frozen=True, slots=True)
class StoredText:
    """What a content's chunks are cut from. No chunk crosses a section, which ``heading`` stands above."""

    text: str
    sections: tuple[Span, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file in a collection, or a part of one, as the catalogue knows it.

    A part, such as what is attached to a mail, is at the path of its file, a slash, and its name: no file can be there.
    ``part_of`` is its file's document. ``notes`` say what of it was not read.
    """

    id: int
    collection: str
    path: str
    title: str
    sha256: str
    size: int
    indexed_at: str
    chunks: int
    units: int
    notes: tuple[str, ...] = ()
    part_of: int | None = None


@dataclass(frozen=True, slots=True)
class SoftDeletedDocument:
    """A document that no search finds and that can be restored. ``deleted_at`` is ISO 8601 in UTC."""

    id: int
    collection: str
    path: str
    title: str
    size: int
    deleted_at: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of what a person sees: documents (files and their parts), their units, the different contents, passages,
    and the documents of which something was not read.
    """

    documents: int
    contents: int
    units: int
    chunks: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class FileState:
    """What is known of a file without reading it: enough to tell that it has not changed."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A document, for deciding what an ingestion has to do with its file."""

    document: int
    content: int
    sha256: str
    recipe: str
    state: FileState
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that could not be read as it is now: its state, what was tried on it, and why it was refused."""

    path: str
    state: FileState
    recipe: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A part of the knowledge base. ``size`` is that of its files in bytes; ``synced_at`` is when it was last made the
    mirror of the folders ``synced_from`` (a line each), empty where it never was.
    """

    name: str
    documents: int
    size: int
    notice: str
    synced_at: str
    synced_from: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored chunk: ``text`` is the document's stored text from ``start`` to ``end``.

    ``opens`` says that the text under ``heading`` begins with it.
    """

    id: int
    document: int
    title: str
    path: str
    page: int | None
    start: int
    end: int
    heading: str
    text: str
    opens: bool = True

    @property
    def subject(self) -> str:
        """What the text is about: the outermost heading."""
        return self.heading.partition(HEADING_SEPARATOR)[0]

    @property
    def begins(self) -> bool:
        """Whether the document begins with it: nothing but its headings can stand before it."""
        return self.start <= len(self.heading)

    @property
    def section(self) -> str:
        """What of the subject the text tells: the headings below it, empty where there are none."""
        return self.heading.partition(HEADING_SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a search returned. ``score`` is the fused score, 0 to 1; ``dense`` is a cosine, ``lexical`` a
    BM25 score.
    """

    chunk: Chunk
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Indexing:
    """What a knowledge base's chunks and vectors are made by: the embedding model's fingerprint, and the chunking."""

    embedding: str
    chunking: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something stored that is wrong. ``repairable`` means that it can be put right from what else is stored."""

    what: str
    where: str
    repairable: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may see. None means no restriction; an empty set means nothing."""

    collections: frozenset[str] | None = None
    documents: frozenset[int] | None = None

    @property
    def unrestricted(self) -> bool:
        return self.collections is None and self.documents is None


EVERYTHING = Scope()


def innermost(heading: str) -> str:
    """The last of the headings that stand above a text.

    >>> innermost("git-tag(1) > OPTIONS > -s, --sign")
    '-s, --sign'
    """
    return heading.rpartition(HEADING_SEPARATOR)[2]


def embedding_input(heading: str, text: str) -> str:
    """What is embedded for a chunk: its heading gives the context that its own words may lack."""
    return f"{heading}\n{text}" if heading else text


def model_name(fingerprint: str) -> str:
    """The name under which the embedding model with this fingerprint was opened."""
    return fingerprint.rpartition("@")[0]


class Embedder(Protocol):
    """Turns texts into unit vectors. ``fingerprint``, the model's name, an @ and what tells its weights, changes
    whenever the vectors of the same text would.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: list[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimension)``."""
        ...

    def embed_queries(self, texts: list[str]) -> Vectors:
        """As ``embed``, of what is searched for: a model may have learned to tell it from what is found."""
        ...
