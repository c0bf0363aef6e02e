"""The parts of a comparison, each of which is done once."""

import dataclasses
import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ingest.worker.guard import WorkerSettings
from rag.answering.unchecked import speak_alone
from rag.calibration.numbers import load_calibration
from rag.components import build_flow, open_embedder, open_generator, open_reader, worker_settings
from rag.evaluation.runs import parsed_item
from rag.evaluation.squad import SquadFile, SquadQuestion
from rag.evaluation.types import Item
from rag.files import write_json, write_text
from rag.generators.types import Generator
from rag.grounding.rules import RuleChecker
from rag.jobs.isolated import Apart
from rag.jobs.types import OnProgress
from rag.rag_vs_finetuning.changing import FactChange, changed_file
from rag.rag_vs_finetuning.configurations import BOTH, RETRIEVAL, STALE, TUNED, AnswerScorer, Configuration, ask_all
from rag.rag_vs_finetuning.documents import change_documents, take_in, write_paragraphs
from rag.rag_vs_finetuning.figures import ChangeMade
from rag.rag_vs_finetuning.questions import QuestionSet, training_rows
from rag.reader.model import ExtractiveReader
from rag.settings.model import Settings
from rag.training.generator.settings import GeneratorTraining
from rag.training.generator.training import finetune_generator
from rag.types import Answer
from vectorstore.embedded import open_store
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING


class Stages:
    """The parts of a comparison. Each result is kept in the folder, and taken from there by the next call."""

    def __init__(
        self,
        questions: QuestionSet,
        model: ResolvedModel,
        settings: Settings,
        training: GeneratorTraining,
        folder: Path,
        on_progress: OnProgress,
        apart: Apart,
    ) -> None:
        self._questions = questions
        self._model = model
        self._settings = settings
        self._training = training
        self._folder = folder
        self._show = on_progress
        self._apart = apart
        self._home = folder / "desk"
        self._documents = folder / "documents"

    def ingested(self, others: Sequence[Path]) -> dict[str, Any]:
        def make() -> dict[str, Any]:
            files = [*write_paragraphs(self._questions.file, self._documents), *others]
            return self._apart(take_in, self._settings, self._home, files, on_progress=self._show)

        found: dict[str, Any] = self._kept("ingested", make)
        return found

    def trained(self, name: str, questions: QuestionSet) -> dict[str, Any]:
        """The report of the training run in the folder ``name``."""
        report = self._folder / name / "report.json"
        if not report.exists():
            data = self._folder / f"{name}.jsonl"
            rows = training_rows(questions)
            write_text(data, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
            unpacked = self._settings.home / "models"
            self._apart(
                _teach, data, self._model, unpacked, self._training, report.parent, on_progress=self._titled(name)
            )
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    def answers(self, configuration: Configuration, asked: Sequence[SquadQuestion]) -> list[Item]:
        return self._asked(configuration.name, configuration, "tuned", asked, self._questions.file)

    def changed(self, changes: Sequence[FactChange]) -> ChangeMade:
        """Have ``changes`` made: in the documents, and in what the model is taught."""
        before, after = self._questions.file, changed_file(self._questions.file, changes)
        measured = self._kept(
            "changed",
            lambda: change_documents(self._knowledge, self._worker, before, after, changes, self._documents),
        )
        by_id = {question.id: question for question in after.questions}
        asked = [by_id[change.question.id] for change in changes]
        answered = {
            name: self._asked(f"after the change, {name}", configuration, "tuned", asked, after)
            for name, configuration in ((RETRIEVAL.name, RETRIEVAL), (STALE, BOTH))
        }
        still_asked = tuple(by_id[question.id] for question in self._questions.asked if question.id in by_id)
        retrained = self.trained("tuned-anew", dataclasses.replace(self._questions, file=after, asked=still_asked))
        for configuration in (TUNED, BOTH):
            answered[configuration.name] = self._asked(
                f"after the change, {configuration.name}", configuration, "tuned-anew", asked, after
            )
        return ChangeMade(tuple(changes), tuple(measured), answered, retrained)

    def close(self) -> None:
        if "_knowledge" in self.__dict__:
            self._knowledge.close()

    def _asked(
        self, name: str, configuration: Configuration, tuned: str, questions: Sequence[SquadQuestion], file: SquadFile
    ) -> list[Item]:
        def make() -> list[dict[str, Any]]:
            self._show(f"Loading the models: {name}", 0, 0)
            ask = self._answering(configuration, self._folder / tuned)
            embedder = self._knowledge.embedder
            checker = RuleChecker(embedder, load_calibration(self._settings.home, embedder.fingerprint).support)
            scorer = AnswerScorer(file, self._knowledge, self._reader, checker)
            show = functools.partial(self._show, f"Asking: {name}")
            return [
                dataclasses.asdict(item) for item in ask_all(questions, ask, scorer, self._questions.is_taught, show)
            ]

        return [parsed_item(row) for row in self._kept(name, make)]

    def _answering(self, configuration: Configuration, run: Path) -> Callable[[str], Answer]:
        writer = _writer(self._settings, run if configuration.tuned else None, alone=not configuration.retrieval)
        if not configuration.retrieval:
            return functools.partial(speak_alone, generator=writer)
        flow = build_flow(self._settings, self._knowledge, self._reader, writer)
        return functools.partial(flow.answer, scope=EVERYTHING)

    def _kept(self, name: str, make: Callable[[], Any]) -> Any:
        file = self._folder / "results" / f"{name}.json"
        if not file.exists():
            write_json(file, make())
        return json.loads(file.read_text(encoding="utf-8"))

    def _titled(self, name: str) -> OnProgress:
        title = {"tuned": "Fine-tuning", "tuned-anew": "Fine-tuning anew"}[name]
        return lambda what, done, total: self._show(f"{title}: {what}", done, total)

    @functools.cached_property
    def _embedder(self) -> LocalEmbedder:
        return open_embedder(self._settings)

    @functools.cached_property
    def _worker(self) -> WorkerSettings:
        return worker_settings(self._settings, self._embedder)

    @functools.cached_property
    def _reader(self) -> ExtractiveReader:
        return open_reader(self._settings)

    @functools.cached_property
    def _knowledge(self) -> KnowledgeStore:
        return open_store(self._home, self._embedder)


def _teach(
    data: Path,
    model: ResolvedModel,
    unpacked: Path,
    training: GeneratorTraining,
    output: Path,
    on_progress: OnProgress,
) -> None:
    """Train, or go on training. Its report says how long it took and how much memory."""
    finetune_generator(
        [data],
        [],
        model,
        unpacked,
        None,
        training,
        output,
        resume=True,
        on_phase=on_progress,
        on_checked=lambda _: None,
        on_tick=lambda tick, steps: on_progress("Training", tick.step, steps),
    )


def _writer(settings: Settings, run: Path | None, *, alone: bool) -> Generator:
    """The generator of the settings, or what was made of it by the training ``run``."""
    values: dict[str, Any] = {"adapter": None}
    if run is not None:
        whole = run / "model"
        values = {"model": str(whole)} | values if whole.is_dir() else {"adapter": run}
    generator = settings.generator.model_copy(update=values)
    answering = settings.answering.model_copy(update={"writes": "always"})  # what it writes is what is compared
    changed = settings.model_copy(update={"generator": generator, "answering": answering})
    writer = open_generator(changed, alone=alone)
    if writer is None:
        raise UsageError("Only a generator can be compared", where="generator.engine", remedy="Choose another engine.")
    return writer
