"""What a face (page, command, route) may ask of the desk, and nothing behind it.

Every method takes the principal who asks and, where it reads documents, the scope that they want; see
``rag.access.types.scope_of``. All are thread-safe. tests/desk/test_desk_contract.py says what any desk must do.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from rag.access.types import Principal
from rag.conversations.types import Conversation, Rating
from rag.desk.curator_protocols import Evaluations, Forms, Maintenance, Models, TrainingRuns
from rag.evaluation.types import UNEDITED, Kind, Trial
from rag.jobs.types import FileStatus, Job, JobFile, Lane, LogLine
from rag.types import Citation, Event, Exchange
from vectorstore.types import Collection, Document, Page, Passage, Refusal, Scope, SoftDeletedDocument


@dataclass(frozen=True, slots=True)
class SourceView:
    """A cited passage in its surroundings: ``before + marked + after`` is a contiguous piece of the stored text."""

    document: int
    title: str
    path: str
    page: int | None
    heading: str
    before: str
    marked: str
    after: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the knowledge base holds now, within a scope. ``changed_at`` is ISO 8601 in UTC, empty when nothing was
    ever ingested.
    """

    documents: int
    chunks: int
    collections: tuple[str, ...]
    changed_at: str


class Conversations(Protocol):
    """Questions one after the other, answered in the background. Each belongs to the principal who asked it.

    All methods return at once; what belongs to another principal is not there.
    """

    def ask(self, principal: Principal, scope: Scope, question: str, conversation: str | None = None) -> str:
        """Queue a question; returns the conversation's id, a new one where none is named or it is gone.

        Raises UsageError for an empty or over-long question, RefdeskError for a full queue.
        """
        ...

    def list(self, principal: Principal) -> tuple[Conversation, ...]:
        """Newest first, without their turns."""
        ...

    def get(self, principal: Principal, conversation: str) -> Conversation | None:
        """With its turns, those being answered included."""
        ...

    def stop(self, principal: Principal, conversation: str) -> None:
        """Stop the answer in the making; what is checked so far is kept."""
        ...

    def shorten(self, principal: Principal, scope: Scope, conversation: str, turn: int) -> None:
        """Have a finished quoted answer said in fewer words too, in the background, as its turn's ``beside``; once.

        Raises RefdeskError for a full queue.
        """
        ...

    def delete(self, principal: Principal, conversation: str) -> None:
        """Delete it, with what evaluations kept of it."""
        ...

    def rate(
        self,
        principal: Principal,
        conversation: str,
        turn: int,
        rating: Rating | None,
        *,
        right_answer: str = "",
        note: str = "",
    ) -> None:
        """Keep the reader's verdict on a finished answer in place of the one before; None takes it back.

        Raises UsageError for a remark that is too long.
        """
        ...


class Questions(Protocol):
    """Questions that stand by themselves: answered, searched for and tried in the caller's own thread."""

    def engine_name(self, principal: Principal) -> str:
        """For the status line, for example "llama.cpp · SmolLM2-135M-Instruct"."""
        ...

    def can_write(self, principal: Principal) -> bool:
        """Whether there is a generator, beside what quotes."""
        ...

    def answer(
        self,
        principal: Principal,
        scope: Scope,
        question: str,
        *,
        before: Sequence[Exchange] = (),
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """The events of one question, ``Done`` last; ``before`` are the earlier turns, oldest first. Nothing is kept.

        Raises UsageError, when it is called, for an empty or over-long question.
        """
        ...

    def search(self, principal: Principal, scope: Scope, query: str, limit: int = 12) -> tuple[Passage, ...]:
        """The passages nearest to ``query``, best first."""
        ...

    def suggestions(self, principal: Principal, scope: Scope) -> tuple[str, ...]:
        """Up to four questions that the documents in scope answer; worked out in the background when they change."""
        ...

    def try_out(self, principal: Principal, scope: Scope, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
        """What would be made of ``question`` if the chunks in ``edits`` had other texts."""
        ...


class Documents(Protocol):
    """What the knowledge base holds. No method needs a model."""

    @property
    def longest_file(self) -> int:
        """Bytes of the largest file that is read."""
        ...

    @property
    def days_restorable(self) -> int:
        """So long a document that was removed can be restored."""
        ...

    def holdings(self, principal: Principal, scope: Scope) -> Holdings: ...

    def totals(self, principal: Principal, scope: Scope) -> dict[str, Any]:
        """Counts of documents, units, contents and passages, the documents of each collection, the embedding and the
        last change, as ``refdesk status --json`` prints them.
        """
        ...

    def find(
        self,
        principal: Principal,
        scope: Scope,
        words: Sequence[str] = (),
        limit: int | None = None,
        *,
        incomplete: bool = False,
    ) -> tuple[int, list[Document]]:
        """How many documents have all ``words`` in their title or path, and the first ``limit`` of them by title.

        ``incomplete`` ones alone are those of which something was not read.
        """
        ...

    def show(self, principal: Principal, scope: Scope, reference: str) -> tuple[Document, tuple[Page, ...]]:
        """The document that an id or a path names, and its pages, whose texts in a row are what citations' offsets
        count in. Raises UsageError if there is none.
        """
        ...

    def source(self, principal: Principal, scope: Scope, citation: Citation) -> SourceView:
        """The cited words in their surroundings, found again if the document has moved them since.

        Raises UsageError when the document is gone, or does not hold them any more.
        """
        ...

    def collections(self, principal: Principal, scope: Scope) -> list[Collection]: ...

    def set_notice(self, principal: Principal, collection: str, notice: str) -> None:
        """What is shown with each answer from a collection; nothing if ``notice`` is empty."""
        ...

    def remove(
        self, principal: Principal, scope: Scope, references: Sequence[str], *, restorable: bool
    ) -> list[Document]:
        """Remove the documents that ids or paths name, all or (if one is unknown) none; return what was removed, the
        parts of files included.
        """
        ...

    def removed(self, principal: Principal, scope: Scope) -> list[SoftDeletedDocument]:
        """Those that can be restored, the last removed first."""
        ...

    def restore(self, principal: Principal, scope: Scope, documents: Sequence[int]) -> int:
        """Undo removals; returns how many documents are back. Those kept no longer stay away."""
        ...

    def refusals(self, principal: Principal, scope: Scope) -> dict[str, list[Refusal]]:
        """By collection, the files that could not be read as they are."""
        ...

    def forget_refusals(self, principal: Principal, collection: str, files: Sequence[str]) -> None:
        """Have the next ingestion try these files again."""
        ...

    def place_for(self, principal: Principal, collection: str, name: str) -> Path:
        """Where the file that comes as ``name``, a path with slashes, is kept. Raises UsageError for a bad name."""
        ...

    def name_of(self, path: str) -> str:
        """The name under which a file came, or its whole path where it did not come through the browser."""
        ...


class Jobs(Protocol):
    """Background work, by the job queue; see ``rag.jobs.types``. All methods return at once."""

    def list(self, principal: Principal, *lanes: Lane) -> Sequence[Job]:
        """The jobs of some lanes, of all if none is named, the newest first."""
        ...

    def get(self, principal: Principal, job: int) -> Job | None: ...

    def files(self, principal: Principal, job: int, *statuses: FileStatus, limit: int = -1) -> Sequence[JobFile]:
        """The files of a job that have one of ``statuses``, all if none is given; those of equal status by path."""
        ...

    def ingest(self, principal: Principal, collection: str, files: Sequence[str]) -> int:
        """Queue files to be taken in; returns the job's id. Raises UsageError where there are none."""
        ...

    def try_again(self, principal: Principal, collection: str, files: Sequence[str]) -> int:
        """As ``ingest``, for files that were refused."""
        ...

    def look_after(self, principal: Principal, kind: Literal["verify", "repair"]) -> int:
        """Queue a check of all that is stored, or the repair of what can be repaired; returns the job's id."""
        ...

    def sync(self, principal: Principal, collection: str, paths: Sequence[str], *, allow_empty: bool = False) -> int:
        """Queue making a collection the mirror of folders, once, as ``refdesk sync`` does; returns the job's id."""
        ...

    def evaluate(
        self, principal: Principal, what: Kind, data: str = "", limit: int | None = None, collection: str = ""
    ) -> int:
        """Queue an evaluation on the file or folder ``data``; returns the job's id. Its ``result`` names the ``run``,
        which is kept with the other evaluations. Questions of one's own are asked of a ``collection``, or of all.
        """
        ...

    def quantize(self, principal: Principal, model: str, method: str, output: str) -> int:
        """Queue writing a model in fewer bits to a new folder; returns the job's id."""
        ...

    def see_to(self, principal: Principal) -> None:
        """See that what waits is done."""
        ...

    def stop(self, principal: Principal, job: int) -> None:
        """Stop a job: one that waits never begins, one that is being done ends soon. What is stored stays."""
        ...

    def resume(self, principal: Principal, job: int) -> None:
        """Have a job that was stopped, interrupted or has failed go on. Raises UsageError while it is under way."""
        ...

    def log(self, principal: Principal, job: int) -> Sequence[LogLine]:
        """What happened to a job, the oldest first."""
        ...

    def forget(self, principal: Principal, job: int) -> None:
        """Remove a job that has ended from the list."""
        ...


class Desk(Protocol):
    """The service behind every face. Its parts are opened when they are first asked for."""

    @property
    def questions(self) -> Questions: ...

    @property
    def conversations(self) -> Conversations: ...

    @property
    def documents(self) -> Documents: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def evaluations(self) -> Evaluations: ...

    @property
    def models(self) -> Models: ...

    @property
    def maintenance(self) -> Maintenance: ...

    @property
    def forms(self) -> Forms: ...

    @property
    def training(self) -> TrainingRuns: ...

    def start(self) -> None:
        """Open everything, load the models, and see to the work that waits: for a face that stays.

        Raises UsageError or RefdeskError where that is not possible.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None:
        """End what it has begun."""
        ...
