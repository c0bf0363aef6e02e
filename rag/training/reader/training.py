"""Training a reader for all that it tells at once: which words answer, whether the passage does, which sentences
belong to the answer, and whether a passage supports a sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from rag.files import write_folder, write_json
from rag.jobs.types import OnProgress
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.batches import ReadingBatches, block_rows
from rag.training.reader.checking import doubts_of
from rag.training.reader.data import load_reader_data
from rag.training.reader.documents import NO_DOCUMENTS, ReadDocuments
from rag.training.reader.judging import Jury, figures, score_of
from rag.training.reader.losses import ReadingLogits, reading_loss
from rag.training.reader.mixture import Mixture
from rag.training.reader.network import Trainee, load_trainee
from rag.training.reader.splitting import as_squad
from rag.training.runs.checkpoints import trainable
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, memory_explained, train, usual_distance
from rag.training.runs.report import write_report
from rag.training.runs.types import Tick
from vectorstore.models import ResolvedModel

RESULT = "model"
_PROBLEMS_SHOWN = 20
_AT_LAST = 10
"""Times as many held-out rows are judged at last as on the way."""


class ReaderTask:
    """See ``rag.training.runs.loop.Task``."""

    def __init__(self, trainee: Trainee, batches: ReadingBatches, jury: Jury, training: ReaderTraining) -> None:
        self.network = trainee.network
        self._trainee, self._batches, self._training = trainee, batches, training
        self._sample = jury.sample(training.evaluate_on)

    def loss(self, batch: int) -> tuple[Tensor, int]:
        shown = self._batches.of(batch).to(next(self.network.parameters()).device)
        logits = ReadingLogits.of(self.network(shown.fields), shown)
        return reading_loss(logits, shown, self._training), len(shown.start)

    def evaluate(self) -> Mapping[str, float] | None:
        if not self._sample:
            return None
        found = figures(self._sample, self._trainee)["all"]
        told = {name.replace("_", " "): value for name, value in found.items() if isinstance(value, float)}
        return {"score": score_of(found), **told}


def finetune_reader(
    data: Sequence[Path],
    model: ResolvedModel,
    training: ReaderTraining,
    output: Path,
    *,
    resume: bool,
    on_phase: OnProgress,
    on_tick: Callable[[Tick, int], None],
    on_checked: Callable[[Mapping[str, Any]], None] = lambda _: None,
    load: Callable[[ResolvedModel, ReaderTraining], Trainee] = load_trainee,
    documents: ReadDocuments = NO_DOCUMENTS,
) -> dict[str, Any]:
    """Train, or go on training, in the folder ``output``; the report that it then holds is returned.

    ``on_checked`` is told of what is wrong with the data before they are learned (``warnings``, how many lines are
    ``left_out``, and why the first ``problems``); ``on_phase`` what goes on, how much of it is done and of how much (0:
    unknown); ``on_tick`` each step and the number of all. ``load`` makes the reader ready. Raises UsageError for data
    or a folder that cannot be used, RefdeskError when the disk is full or the memory too small.
    """
    with memory_explained(output):
        trainee = load(model, training)
    on_phase("Reading the data", 0, 0)
    found = load_reader_data(data, training, words_alone=trainee.checked is None, documents=documents)
    settings = {"model": model.fingerprint, **training.recorded()}
    problems = [problem for file in found.files for problem in file.problems]
    checked = {"warnings": doubts_of(found), "left_out": len(problems), "problems": problems[:_PROBLEMS_SHOWN]}
    on_checked(checked)
    folder = RunFolder(output)
    folder.claim({"task": "reader", **settings, "data": found.recorded()}, resume=resume)
    for file in found.apart:
        if file.questions.questions:
            write_json(output / "held-out" / f"{file.name}.json", as_squad(file.questions))
    on_phase("Preparing the rows", 0, 0)
    jury = Jury(found.apart, training)
    an_epoch = found.batches_an_epoch(training)
    batches = ReadingBatches(Mixture(found.sources, block_rows(training.batch, an_epoch), training), trainee, an_epoch)
    task = ReaderTask(trainee, batches, jury, training)
    schedule = Schedule(
        steps=found.steps(training),
        learning_rate=training.learning_rate,
        evaluate_every=training.evaluate_every or usual_distance(an_epoch),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
        decay=training.decay,
    )
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps), rates=trainee.rates)
    write_folder(output / RESULT, trainee.save)
    report = {
        "settings": settings,
        "data": found.shown(),
        "checked": checked,
        "parameters_trained": sum(parameter.numel() for parameter in trainable(trainee.network).values()),
        "parameters": sum(parameter.numel() for parameter in trainee.network.parameters()),
        "steps": progress.step,
        "steps_planned": schedule.steps,
        "best_step": progress.best_step,
        "seconds": round(progress.seconds),
        "result": RESULT,
        "held_out": figures(jury.sample(_AT_LAST * training.evaluate_on), trainee, on_phase),
    }
    write_report(folder, report)
    return report
