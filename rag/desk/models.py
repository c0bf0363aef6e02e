"""Models made on this machine: trained, put into fewer bits, compared; see ``rag.desk.curator_protocols.Models``.

The libraries take seconds to import: not before the call is known to be right.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.access.types import Principal, require_curator
from rag.components import Components
from rag.jobs.types import OnProgress
from vectorstore.models import ResolvedModel

if TYPE_CHECKING:
    from rag.quantization.methods import MethodComparison, Quantization
    from rag.training.encoder_settings import ClassifierTraining, ReaderTraining
    from rag.training.generator.settings import GeneratorTraining, Method
    from rag.training.reader.documents import ReadDocuments
    from rag.training.runs.types import Tick

    OnTick = Callable[[Tick, int], None]


class DeskModels:
    """What is made lies where the caller says."""

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._unpacked = parts.settings.home / "models"

    def find(self, principal: Principal, name: str) -> ResolvedModel:
        require_curator(principal)
        return self._parts.find_model(name)

    def check_data(
        self,
        principal: Principal,
        data: Sequence[Path],
        test: Sequence[Path],
        model: ResolvedModel,
        training: "GeneratorTraining | ReaderTraining",
        documents: Sequence[Path] = (),
    ) -> dict[str, Any]:
        require_curator(principal)
        from rag.training.encoder_settings import ReaderTraining
        from rag.training.generator.checking import check_data
        from rag.training.reader.checking import check_reader_data

        if isinstance(training, ReaderTraining):
            return check_reader_data(data, model, training, documents=self._read(documents, lambda *_: None))
        return check_data(data, test, model, self._unpacked, training)

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
        require_curator(principal)
        from rag.training.generator.training import finetune_generator

        return finetune_generator(
            data,
            test,
            model,
            self._unpacked,
            adapter,
            training,
            folder,
            resume=resume,
            on_phase=on_phase,
            on_checked=on_checked,
            on_tick=on_tick,
        )

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
        require_curator(principal)
        from rag.training.reader.training import finetune_reader

        return finetune_reader(
            data,
            model,
            training,
            folder,
            resume=resume,
            on_phase=on_phase,
            on_checked=on_checked,
            on_tick=on_tick,
            documents=self._read(documents, on_phase),
        )

    def _read(self, documents: Sequence[Path], on_phase: OnProgress) -> "ReadDocuments":
        from rag.training.reader.documents import NO_DOCUMENTS, read_documents

        return read_documents(documents, self._parts.worker, on_phase) if documents else NO_DOCUMENTS

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
        require_curator(principal)
        from rag.training.classifier import finetune_classifier

        return finetune_classifier(data, model, training, folder, resume=resume, on_phase=on_phase, on_tick=on_tick)

    def claim_comparison(
        self,
        principal: Principal,
        folder: Path,
        model: ResolvedModel,
        data: Sequence[Path],
        test: Sequence[Path],
        budget: Mapping[str, int],
    ) -> None:
        require_curator(principal)
        from rag.training.data.tables import read_tables
        from rag.training.runs.folder import RunFolder

        files = {
            part: [f"{file.path.name}@{file.sha256[:12]}" for file in read_tables(paths)]
            for part, paths in (("data", data), ("test", test))
        }
        # Else rows of other data, another model or another budget would stand beside each other.
        RunFolder(folder).claim({"task": "comparison", "model": model.fingerprint, **budget, **files}, resume=True)

    def write_comparison(
        self, principal: Principal, folder: Path, reports: Mapping[str, Mapping[str, Any]], failed: Mapping[str, str]
    ) -> tuple[dict[str, dict[str, Any]], str]:
        require_curator(principal)
        from rag.training.generator.comparing import as_markdown, write_comparison  # draws plots

        rows = write_comparison(folder, reports, failed)
        return rows, as_markdown(rows)

    def export_merged(self, principal: Principal, run: Path, output: Path) -> None:
        require_curator(principal)
        from rag.training.generator.exporting import merge

        merge(run, self._unpacked, output, self._parts.settings.downloads)

    def export_gguf(self, principal: Principal, run: Path, output: Path, model: str | None) -> None:
        require_curator(principal)
        from rag.training.generator.exporting import export_gguf

        export_gguf(run, output, self._parts.settings.downloads, model)

    def quantize(
        self,
        principal: Principal,
        model: ResolvedModel,
        method: "Quantization",
        output: Path,
        on_progress: OnProgress,
    ) -> dict[str, Any]:
        require_curator(principal)
        from rag.quantization.quantize import quantize

        return quantize(model, method, output, self._unpacked, on_progress)

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
        require_curator(principal)
        from rag.quantization.comparison import compare_methods
        from rag.quantization.tasks import load_tasks

        tasks = load_tasks(text, questions, limit, tokens)
        return compare_methods(model, methods, tasks, folder, self._unpacked, on_progress)

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
        require_curator(principal)
        from rag.rag_vs_finetuning.comparison import Plan, budgeted, compare_rag_vs_finetuning

        training = budgeted(method=method, max_steps=max_steps, batch=batch, seed=seed)
        plan = Plan(questions, tuple(documents), limit, unseen, changes, training)
        return compare_rag_vs_finetuning(plan, model, self._parts.settings, folder, on_progress)
