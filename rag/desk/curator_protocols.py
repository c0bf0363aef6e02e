"""What the pages and commands for curators ask of the desk, beside ``rag.desk.protocols``.

None of it is for readers: every method raises UsageError for a principal who may not look after what is kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ingest.types import DocumentLayout
from rag.access.types import Principal
from rag.evaluation.types import Comparison, Figures, Run, RunHead
from rag.extraction.types import Extraction, FieldDraft, Form, SchemaInfo, WordPlace
from rag.jobs.types import OnProgress
from rag.training.runs.types import Request
from rag.training.runs.types import Run as TrainingRun
from vectorstore.models import ResolvedModel
from vectorstore.types import Finding, Scope

if TYPE_CHECKING:  # brings every reader's library
    from ingest.pipeline.ingestion import Ingestion
    from ingest.pipeline.outcomes import Progress
    from ingest.sources.mapping import Mapping as RecordMapping
    from rag.quantization.methods import MethodComparison, Quantization
    from rag.training.encoder_settings import ClassifierTraining, ReaderTraining
    from rag.training.generator.settings import GeneratorTraining, Method
    from rag.training.runs.types import Tick

    OnTick = Callable[[Tick, int], None]


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

    @property
    def data_suffixes(self) -> Sequence[str]:
        """The endings of the files that can be trained on."""
        ...

    def data_files(self, principal: Principal) -> Sequence[Path]:
        """Files to train on that came through the browser, the newest first."""
        ...

    def place_for(self, principal: Principal, name: str) -> Path:
        """Where the file that comes as ``name`` is kept. Raises UsageError if it cannot be."""
        ...

    def sample(self, principal: Principal) -> str:
        """Some examples to try training with."""
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

    def question_files(self, principal: Principal) -> Sequence[Path]:
        """Files of questions that came through the browser, by name; see ``rag.evaluation.question_file``."""
        ...

    def keep_question_file(self, principal: Principal, name: str, content: bytes) -> Path:
        """Keep one, in place of one of the same name. Raises UsageError where it holds no questions."""
        ...

    def add_judged(self, principal: Principal, file: Path | None = None) -> tuple[Path, int, int]:
        """Add what was judged in conversations to a file of questions, to one among those files where none is named.

        Returns the file, how many questions are new in it, and how many judgements do not say what would be right.
        """
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

    def measure_questions(self, principal: Principal, scope: Scope, file: Path, on_progress: OnProgress) -> Run:
        """Questions of one's own, asked of the documents in scope; see ``rag.evaluation.question_file``."""
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


class Models(Protocol):
    """Models made on this machine: trained, put into fewer bits, compared, in the caller's own thread."""

    def find(self, principal: Principal, name: str) -> ResolvedModel:
        """A model by its name, folder or file. Raises ModelUnavailable."""
        ...

    def check_data(
        self,
        principal: Principal,
        data: Sequence[Path],
        test: Sequence[Path],
        model: ResolvedModel,
        training: "GeneratorTraining | ReaderTraining",
        documents: Sequence[Path] = (),
    ) -> dict[str, Any]:
        """What can be used of data (a reader's with ``documents``) to train on, and what to be careful about."""
        ...

    def train_generator(
        self,
        principal: Principal,
        data: Sequence[Path],
        test: Sequence[Path],
        model: ResolvedModel,
        adapter: Path | None,
        training: "GeneratorTraining",
        folder: Path,
        *,
        resume: bool,
        on_phase: OnProgress,
        on_checked: Callable[[Mapping[str, Any]], None],
        on_tick: "OnTick",
    ) -> dict[str, Any]:
        """Train the model that writes answers; returns the report. Raises UsageError, RefdeskError."""
        ...

    def train_reader(
        self,
        principal: Principal,
        data: Sequence[Path],
        model: ResolvedModel,
        training: "ReaderTraining",
        folder: Path,
        *,
        documents: Sequence[Path] = (),
        resume: bool,
        on_phase: OnProgress,
        on_checked: Callable[[Mapping[str, Any]], None],
        on_tick: "OnTick",
    ) -> dict[str, Any]:
        """As ``train_generator``, the model that reads passages; it learns from ``documents`` themselves, too."""
        ...

    def train_classifier(
        self,
        principal: Principal,
        data: Sequence[Path],
        model: ResolvedModel,
        training: "ClassifierTraining",
        folder: Path,
        *,
        resume: bool,
        on_phase: OnProgress,
        on_tick: "OnTick",
    ) -> dict[str, Any]:
        """As ``train_generator``, a model that sorts texts by their labels."""
        ...

    def claim_comparison(
        self,
        principal: Principal,
        folder: Path,
        model: ResolvedModel,
        data: Sequence[Path],
        test: Sequence[Path],
        budget: Mapping[str, int],
    ) -> None:
        """Make the folder that of a comparison of methods. Raises UsageError where it is that of another one."""
        ...

    def write_comparison(
        self, principal: Principal, folder: Path, reports: Mapping[str, Mapping[str, Any]], failed: Mapping[str, str]
    ) -> tuple[dict[str, dict[str, Any]], str]:
        """Put the reports of methods side by side: as rows, and as a table in Markdown."""
        ...

    def export_merged(self, principal: Principal, run: Path, output: Path) -> None:
        """Write the model with the adapter of ``run`` inside. Raises UsageError."""
        ...

    def export_gguf(self, principal: Principal, run: Path, output: Path, model: str | None) -> None:
        """Write the adapter of ``run`` for llama.cpp. Raises UsageError."""
        ...

    def quantize(
        self,
        principal: Principal,
        model: ResolvedModel,
        method: "Quantization",
        output: Path,
        on_progress: OnProgress,
    ) -> dict[str, Any]:
        """Write a model in fewer bits to a new folder; its figures. Raises UsageError, RefdeskError."""
        ...

    def compare_quantized(
        self,
        principal: Principal,
        model: ResolvedModel,
        methods: Sequence["Quantization"],
        folder: Path,
        on_progress: OnProgress,
        *,
        text: Path | None,
        questions: Path | None,
        limit: int | None,
        tokens: int,
    ) -> "MethodComparison":
        """Measure a model under many methods, each of which is measured once. Raises UsageError."""
        ...

    def compare_with_retrieval(
        self,
        principal: Principal,
        questions: Path,
        documents: Sequence[Path],
        model: ResolvedModel,
        folder: Path,
        on_progress: OnProgress,
        *,
        method: "Method",
        max_steps: int,
        batch: int,
        seed: int,
        limit: int | None,
        unseen: float,
        changes: int,
    ) -> dict[str, Any]:
        """Training against looking up, on the same questions; the report. Raises UsageError."""
        ...


class Maintenance(Protocol):
    """What the owner does from a terminal, in the caller's own thread, and watches."""

    def diagnosis(self, principal: Principal) -> dict[str, Any]:
        """Which model does what, from where and why, and whether the machine is in order."""
        ...

    def choose_embedder(self, principal: Principal, files: Callable[[], Sequence[Path]]) -> str:
        """Where the settings leave the embedding model open and nothing is indexed yet, take the one for what ``files``
        hold, which are asked for only then; its name if it is another than before, else nothing.
        """
        ...

    def ingestion(
        self,
        principal: Principal,
        collection: str,
        mappings: "Sequence[RecordMapping]" = (),
        *,
        on_progress: "Callable[[Progress], None] | None" = None,
        on_reindexing: Callable[[int, int], None] | None = None,
        on_waiting: Callable[[], None] = lambda: None,
    ) -> "AbstractContextManager[Ingestion]":
        """An ingestion into a collection. What is stored is indexed anew first, where the settings have changed.

        ``on_waiting`` is called now and then while one file takes long; what it raises ends the run.
        """
        ...

    def verify(self, principal: Principal) -> Sequence[Finding]:
        """All that is wrong with what is stored."""
        ...

    def repair(self, principal: Principal, on_progress: Callable[[int, int], None]) -> Sequence[Finding]:
        """Rebuild what can be rebuilt; returns what is still wrong."""
        ...
