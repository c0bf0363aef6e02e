"""The jobs of training runs: checking their data, and training, in the folder of each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.components import Components
from rag.jobs.types import Job, JobKind
from rag.jobs.worker import Report, Work
from rag.reader.trained import resolve_reader
from rag.settings.model import Settings
from rag.training.encoder_settings import ReaderTraining
from rag.training.generator.checking import check_data
from rag.training.generator.training import finetune_generator
from rag.training.presets import READER, chosen_training
from rag.training.reader.checking import check_reader_data
from rag.training.reader.documents import NO_DOCUMENTS, ReadDocuments, read_documents
from rag.training.reader.training import finetune_reader
from rag.training.runs.folder import FOLDER
from rag.training.runs.types import Tick
from vectorstore.errors import ModelUnavailable
from vectorstore.models import SMOLLM2, ResolvedModel, resolve_model


def training_work(settings: Settings) -> Mapping[JobKind, Work]:
    """What checks the data of the home's runs, and trains."""

    def documents(job: Job, report: Report) -> ReadDocuments:
        paths = [Path(path) for path in job.payload.get("documents", ())]
        return read_documents(paths, Components(settings).worker, report.phase) if paths else NO_DOCUMENTS

    def check(job: Job, report: Report) -> Mapping[str, Any]:
        model, note = _model(job, settings)
        training = chosen_training(job.payload["preset"], job.payload["values"])
        if isinstance(training, ReaderTraining):
            found = check_reader_data(_data(job), model, training, report.phase, documents(job, report))
        else:
            found = check_data(_data(job), (), model, settings.home / "models", training, report.phase)
        return {**found, "notes": [note] if note else [], "model": model.name}

    def train(job: Job, report: Report) -> Mapping[str, Any]:
        model, _ = _model(job, settings)
        training = chosen_training(job.payload["preset"], job.payload["values"])
        folder = settings.home / FOLDER / job.payload["run"]

        def tick(tick: Tick, steps: int) -> None:
            report.stage("Training", tick.step, steps)

        if isinstance(training, ReaderTraining):
            finetune_reader(
                _data(job),
                model,
                training,
                folder,
                resume=True,
                on_phase=report.phase,
                on_tick=tick,
                documents=documents(job, report),
            )
            return {}
        finetune_generator(
            _data(job),
            (),
            model,
            settings.home / "models",
            None,
            training,
            folder,
            resume=True,
            on_phase=report.phase,
            on_checked=lambda _: None,  # that was seen before it was started
            on_tick=tick,
        )
        return {}

    return {"check": check, "train": train}


def _data(job: Job) -> list[Path]:
    return [Path(path) for path in job.payload["data"]]


def _model(job: Job, settings: Settings) -> tuple[ResolvedModel, str]:
    """The model to train, and what is to be said of it: where the preset's cannot be had, the packaged one."""
    values = job.payload["values"]
    name = chosen_training(job.payload["preset"], values).model
    try:
        return resolve_reader(name, download=settings.downloads), ""
    except ModelUnavailable as missing:
        if values.get("model") or job.payload["preset"] == READER:  # the person's own choice, or the only one
            raise
        return resolve_model(SMOLLM2), f"{missing} {SMOLLM2} is trained instead."
