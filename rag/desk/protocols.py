"""What a face (page, command, route) may ask of the desk, and nothing behind it.

Every method takes the principal who asks and, where it reads documents, the scope that they want; see
``rag.access.types.scope_of``. All are thread-safe. tests/desk/test_desk_contract.py says what any desk must do.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from ingest.types import DocumentLayout
from rag.access.types import Principal
from rag.conversations.types import Conversation, Rating
from rag.evaluation.types import UNEDITED, Comparison, Figures, Kind, Run, RunHead, Trial
from rag.extraction.types import Extraction, FieldDraft, Form, SchemaInfo, WordPlace
from rag.jobs.types import FileStatus, Job, JobFile, Lane, LogLine, OnProgress
from rag.training.runs.types import Request
from rag.training.runs.types import Run as TrainingRun
from rag.types import Citation, Event, Exchange
from vectorstore.types import Collection, Document, Finding, Page, Passage, Refusal, Scope, SoftDeletedDocument

if TYPE_CHECKING:  # brings every reader's library
    from ingest.pipeline.ingestion import Ingestion
    from ingest.pipeline.outcomes import Progress
    from ingest.sources.mapping import Mapping as RecordMapping


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

    def holdings(self, principal: Principal, scope: Scope) -> Holdings: ...

    def totals(self, principal: Principal, scope: Scope) -> dict[str, Any]:
        """Counts of documents, units, contents and passages, the documents of each collection, the embedding and the
        last change, as ``refdesk status --json`` prints them.
        """
        ...

    def find(
        self, principal: Principal, scope: Scope, words: Sequence[str] = (), limit: int | None = None
    ) -> tuple[int, list[Document]]:
        """How many documents have all ``words`` in their title or path, and the first ``limit`` of them by title."""
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
        """Remove the documents that ids or paths name, all or (if one is unknown) none; return what was removed."""
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


class Evaluations(Protocol):
    """The stored evaluations; see ``rag.evaluation.runs``."""

    def list(self, principal: Principal) -> Sequence[str]:
        """The ids of all, newest first."""
        ...

    def head(self, principal: Principal, run: str) -> RunHead:
        """As ``load``, without the questions."""
        ...

    def load(self, principal: Principal, run: str) -> Run:
        """The run that an id or a folder names. Raises UsageError if there is none, RefdeskError if it is damaged."""
        ...

    def compare(self, principal: Principal, before: str, after: str) -> Comparison:
        """What changed. Raises UsageError for runs of different kinds, or without a question in common."""
        ...

    def report(self, principal: Principal, run: str) -> str:
        """The run as a page of HTML: figures, plots, where it is weak, and the failures to read."""
        ...

    # New ones, measured in the caller's own thread and kept. All raise UsageError for data that cannot be used.

    def measure_retrieval(self, principal: Principal, folder: Path, limit: int | None, on_progress: OnProgress) -> Run:
        """Whether search finds the right documents, on a folder in the BEIR form."""
        ...

    def measure_reader(self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress) -> Run:
        """How well the reader finds the answer in each question's own paragraph, on a file in the SQuAD form."""
        ...

    def measure_answers(
        self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress, *, resume: bool
    ) -> Run:
        """The answers of the whole desk, with all paragraphs of the file as its documents."""
        ...

    def measure_golden(self, principal: Principal, output: Path | None, on_progress: OnProgress) -> tuple[Run, Path]:
        """What was judged in conversations, asked again; and the file of these questions, in the SQuAD form."""
        ...

    def measure_counterfactuals(
        self, principal: Principal, file: Path, limit: int | None, on_progress: OnProgress
    ) -> Run:
        """Each question, and again with the person's sex, age or origin swapped."""
        ...

    def fit(self, principal: Principal, file: Path | None, limit: int, on_progress: OnProgress) -> Figures:
        """Fit the weights of passages and sentences and the answerability to the models in use; the next start uses
        them. Shares of questions before and after.

        The questions, at most ``limit``, are those of a ``file`` in the SQuAD form; else those judged in conversations
        or, where these are few, made of headings.
        """
        ...

    def reset_fit(self, principal: Principal) -> bool:
        """Go back to the numbers that come with Refdesk; False where these are in use already."""
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

    def evaluate(self, principal: Principal, what: Kind, data: str = "", limit: int | None = None) -> int:
        """Queue an evaluation on the file or folder ``data``; returns the job's id. Its ``result`` names the ``run``,
        which is kept with the other evaluations.
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


class Forms(Protocol):
    """Forms that came through the browser or lie in a folder, and what their fields hold.

    What is read by a schema is said by ``rag.extraction.protocol.FormDesk``, and so are the errors.
    """

    def schemas(self, principal: Principal) -> tuple[SchemaInfo, ...]: ...

    def used_schemas(self, principal: Principal) -> Sequence[str]:
        """The names of the schemas that forms were added for, also of those that are not there any more."""
        ...

    def schema_text(self, principal: Principal, schema: str) -> str: ...

    def draft_field(self, principal: Principal, layout: DocumentLayout, place: WordPlace) -> FieldDraft: ...

    def save_schema(
        self, principal: Principal, name: str, description: str, fields: Sequence[FieldDraft]
    ) -> SchemaInfo: ...

    def delete_schema(self, principal: Principal, name: str) -> None: ...

    def list(self, principal: Principal, schema: str | None = None) -> Sequence[Form]:
        """Those of a schema, or all, in the order in which they came."""
        ...

    def get(self, principal: Principal, form: int) -> Form | None:
        """A form with its layout."""
        ...

    def picture(self, principal: Principal, form: int, page: int, width: int) -> bytes:
        """A page of a form, from 1, as a PNG picture that is ``width`` pixels wide."""
        ...

    def place_for(self, principal: Principal, name: str, schema: str) -> Path:
        """A new place for a file that comes as ``name``, to be read by ``schema``, or as an example for a new one
        where that is empty. It is a form once it is there and ``add`` is told. Raises UsageError.
        """
        ...

    def add(self, principal: Principal, path: Path) -> int:
        """Have the file in its place read; returns its id."""
        ...

    def read_again(self, principal: Principal, forms: Sequence[int]) -> None: ...

    def try_on(self, principal: Principal, form: Form, schema: str) -> None:
        """Have a form read by another schema too: a copy, or the copy that an earlier try has made."""
        ...

    def see_to(self, principal: Principal) -> None:
        """See that what waits is read."""
        ...

    def stop(self, principal: Principal) -> None:
        """Read nothing more of what waits; a form that is being read is read to its end."""
        ...

    def accept(self, principal: Principal, form: int, accepted: bool) -> None:
        """Note whether the person says that the values are right."""
        ...

    def correct(self, principal: Principal, form: Form, field: str, place: WordPlace | None, at: int = 0) -> None:
        """Keep what a person says of a field."""
        ...

    def remove(self, principal: Principal, forms: Sequence[int]) -> None:
        """Delete forms, their files and all that was read from them."""
        ...

    def corrections(self, principal: Principal, schema: str) -> int:
        """How many are kept for a schema."""
        ...

    def forget_corrections(self, principal: Principal, schema: str) -> int: ...

    def squad(self, principal: Principal, schema: str) -> dict[str, Any]:
        """The corrections as questions and answers in the form of SQuAD 2."""
        ...

    def extract(
        self, principal: Principal, files: Sequence[Path], schema: str, on_progress: Callable[[int, int], None]
    ) -> Iterator[Extraction]:
        """One extraction a file, in their order, in the caller's own thread; nothing of it is kept."""
        ...


class TrainingRuns(Protocol):
    """Training the generator on examples of one's own: the runs, their data, and which one writes the answers."""

    def list(self, principal: Principal) -> Sequence[TrainingRun]:
        """The newest first."""
        ...

    def get(self, principal: Principal, name: str) -> TrainingRun | None: ...

    def add(self, principal: Principal, request: Request) -> str:
        """Ask for a run, whose data are to be checked first; returns its name. Raises UsageError, RefdeskError."""
        ...

    def start(self, principal: Principal, name: str) -> None:
        """Have a run that was checked begin, or one that was begun go on, when it is its turn."""
        ...

    def stop(self, principal: Principal, name: str) -> None:
        """Have a run end: at once where it waits, else after the present step. It can go on later."""
        ...

    def delete(self, principal: Principal, name: str) -> None:
        """Remove the run and all that came of it. Raises UsageError while it is under way."""
        ...

    def data_files(self, principal: Principal) -> Sequence[Path]:
        """Files to train on that came through the browser, the newest first."""
        ...

    def place_for(self, principal: Principal, name: str) -> Path:
        """Where the file that comes as ``name`` is kept. Raises UsageError if it cannot be."""
        ...

    def add_sample(self, principal: Principal) -> Path:
        """Keep some examples among the files, and return where."""
        ...

    def remove_file(self, principal: Principal, path: Path) -> None: ...

    def judged(self, principal: Principal) -> tuple[int, int]:
        """How many answers were judged in conversations, and how many pairs of a better and a worse one they make."""
        ...

    def write_judged(self, principal: Principal, file: Path | None = None) -> Path:
        """Write these pairs as JSONL, to a new file among the others where none is named; returns where."""
        ...

    def served(self, principal: Principal) -> str | None:
        """The name of the run whose result writes the answers; None where something else does."""
        ...

    def can_go_back(self, principal: Principal) -> bool:
        """Whether ``serve_previous`` would undo what ``served`` says."""
        ...

    def serve(self, principal: Principal, name: str) -> None:
        """Have the questions to come answered by what a run has made. Takes as long as loading it does.

        Raises UsageError or RefdeskError where it cannot be; then all stays as it was. So does ``serve_previous``.
        """
        ...

    def serve_previous(self, principal: Principal) -> None:
        """Have them answered by what wrote before."""
        ...


class Maintenance(Protocol):
    """What the owner does from a terminal, in the caller's own thread, and watches."""

    def diagnosis(self, principal: Principal) -> dict[str, Any]:
        """Which model does what, from where and why, and whether the machine is in order."""
        ...

    def ingestion(
        self,
        principal: Principal,
        collection: str,
        mappings: "Sequence[RecordMapping]" = (),
        *,
        on_progress: "Callable[[Progress], None]",
        on_reindexing: Callable[[int, int], None],
    ) -> "AbstractContextManager[Ingestion]":
        """An ingestion into a collection. What is stored is indexed anew first, where the settings have changed."""
        ...

    def verify(self, principal: Principal) -> Sequence[Finding]:
        """All that is wrong with what is stored."""
        ...

    def repair(self, principal: Principal, on_progress: Callable[[int, int], None]) -> Sequence[Finding]:
        """Rebuild what can be rebuilt; returns what is still wrong."""
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
