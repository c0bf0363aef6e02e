"""Training a generator: a causal language model, by an adapter or all of its weights."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from rag.evaluation.types import OnProgress
from rag.generators.adapters import adapter_folder
from rag.processes import peak_memory_mb
from rag.training.before_after import BeforeAfter
from rag.training.checkpoints import trainable
from rag.training.files import write_json
from rag.training.generator_data import GeneratorData, load_generator_data
from rag.training.generator_network import load_network, model_folder, save_network
from rag.training.generator_settings import GeneratorTraining
from rag.training.generator_tasks import build_task, objective_of
from rag.training.judging import Judge
from rag.training.language_task import Row
from rag.training.loop import Schedule, Tick, memory_explained, train
from rag.training.presets import usual_rate
from rag.training.reader_network import adapter_hash
from rag.training.report import write_report
from rag.training.run_folder import RunFolder
from rag.training.samples import Sample
from rag.training.tokens import tokenise
from rag.training.validation import check_samples
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_EVALUATIONS_AN_EPOCH = 5
_PROBLEMS_SHOWN = 20


def finetune_generator(
    data: Sequence[Path],
    test: Sequence[Path],
    model: ResolvedModel,
    unpacked: Path,
    adapter: Path | None,
    training: GeneratorTraining,
    output: Path,
    *,
    resume: bool,
    on_phase: OnProgress,
    on_checked: Callable[[Mapping[str, Any]], None],
    on_tick: Callable[[Tick, int], None],
) -> dict[str, Any]:
    """Train, or go on training, in the folder ``output``; the report that it then holds is returned.

    ``test`` are files to judge by, instead of a share of ``data``; ``unpacked`` keeps the unpacked weights of a GGUF
    model; ``adapter`` is one of PEFT, or the folder of its run, to go on from. ``on_phase`` is told what goes on, how
    much of it is done and of how much (0: unknown), ``on_checked`` what ``check_data`` would find, ``on_tick`` each
    step and the number of all. Raises UsageError for data or a folder that cannot be used, RefdeskError when the disk
    is full or the memory too small.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, test, training.held_out, training.seed, convert_markup=training.convert_markup)
    training = _complete(training, found)
    adapter = adapter_folder(adapter) if adapter else None
    on_phase("Loading the model", 0, 0)
    with memory_explained(output):
        tokenizer, network = load_network(
            model, unpacked, adapter, training.settings, recompute=training.recompute, seed=training.seed
        )
    on_phase("Cutting into tokens", 0, 0)
    rows = _training_rows(found, tokenizer, training, model)
    held_out = _rows(found.held_out, tokenizer, training.longest)
    settings = {"model": model.fingerprint, "adapter": adapter_hash(adapter) if adapter else None, **asdict(training)}
    settings |= settings.pop("settings")
    folder = RunFolder(output)
    folder.claim({"task": "generator", **settings, "data": found.hashes}, resume=resume)
    checked = _checked(found, rows)
    on_checked(checked)
    write_json(output / "data.json", checked)
    judge = Judge(network, tokenizer, training.batch, training.longest)
    judged = BeforeAfter(judge, rows, held_out, output, on=training.evaluate_on, answers=training.answers)
    with memory_explained(output):
        on_phase("Judging the model as it is", 0, 0)
        judged.before(with_adapter=adapter is not None)
        task = build_task(
            judge,
            tokenizer,
            rows,
            held_out,
            training,
            base=model_folder(model, unpacked),
            output=output,
            resume=resume,
            on_tick=on_tick,
        )
    schedule = _schedule(training, task.batches)
    half = training.settings.method == "qlora" and torch.cuda.is_available()
    precision = torch.float16 if half else torch.bfloat16
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps), precision=precision)
    result = save_network(network, tokenizer, training.settings, model, output)
    on_phase("Judging what it has become", 0, 0)
    report = {
        "settings": settings,
        "data": {name: {"sha256": digest} for name, digest in found.hashes.items()},
        "checked": checked,
        "tokens_an_epoch": sum(len(row.ids) for _, row in rows),
        "tokens_learned_an_epoch": sum(row.learned for _, row in rows),
        "parameters_trained": sum(parameter.numel() for parameter in trainable(network).values()),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "steps": progress.step,
        "steps_planned": schedule.steps,
        "best_step": progress.best_step,
        "seconds": round(progress.seconds, 1),
        "peak_memory_mb": _peak_memory_mb(),
        "result": result.name,
        **judged.after(),
    }
    write_report(folder, report)
    return report


def check_data(
    data: Sequence[Path],
    test: Sequence[Path],
    model: ResolvedModel,
    unpacked: Path,
    training: GeneratorTraining,
    on_phase: OnProgress = lambda *_: None,
) -> dict[str, Any]:
    """What training on the data would begin with: see ``rag.training.validation``.

    Beside that ``left_out``, with the first ``problems``, how many samples would be ``cut`` at the ``longest`` tokens,
    the ``form`` of the data, the ``objective`` and the ``steps`` of at most so many ``epochs``. Raises UsageError where
    ``finetune_generator`` would.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, test, training.held_out, training.seed, convert_markup=training.convert_markup)
    training = _complete(training, found)
    on_phase("Getting the model's vocabulary", 0, 0)
    tokenizer = AutoTokenizer.from_pretrained(model_folder(model, unpacked), local_files_only=True)
    on_phase("Looking at the samples", 0, 0)
    rows = _training_rows(found, tokenizer, training, model)
    return _checked(found, rows) | {
        "form": found.form,
        "objective": training.objective,
        "longest": training.longest,
        "epochs": training.epochs,
        "steps": _schedule(training, math.ceil(len(rows) / training.batch)).steps,
    }


def _complete(training: GeneratorTraining, found: GeneratorData) -> GeneratorTraining:
    """With the objective and the rate that the data and the method imply."""
    objective = objective_of(found.form, training.objective)
    if training.augment and not found.training[0].messages:
        raise UsageError("Raw text has no prompts to vary", where="--augment", remedy="Leave it out.")
    rate = training.learning_rate or usual_rate(training.settings.method, objective)
    return replace(training, objective=objective, learning_rate=rate)


def _training_rows(
    found: GeneratorData, tokenizer: PreTrainedTokenizerBase, training: GeneratorTraining, model: ResolvedModel
) -> list[Row]:
    """Raises UsageError where the model can learn from none of the samples."""
    if tokenizer.chat_template is None and found.training[0].messages:
        raise UsageError("This model knows no chats", where=model.name, remedy="Name its -Instruct model, or use text.")
    rows = _rows(found.training, tokenizer, training.longest)
    if not rows:
        what = f"No answer begins within {training.longest} tokens"
        raise UsageError(what, where=", ".join(found.hashes), remedy="Raise --max-length.")
    return rows


def _rows(samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase, longest: int) -> list[Row]:
    rows = ((sample, tokenise(sample, tokenizer, longest)) for sample in samples)
    return [(sample, row) for sample, row in rows if row.learned]


def _checked(found: GeneratorData, rows: Sequence[Row]) -> dict[str, Any]:
    return check_samples(found.training, found.held_out, [row.whole for _, row in rows]) | {
        "left_out": len(found.problems),
        "cut": sum(row.whole > len(row.ids) for _, row in rows),
        "problems": list(found.problems[:_PROBLEMS_SHOWN]),
    }


def _schedule(training: GeneratorTraining, batches: int) -> Schedule:
    an_epoch = math.ceil(batches / training.accumulation)
    planned = training.epochs * an_epoch
    assert training.learning_rate is not None
    return Schedule(
        steps=min(planned, training.max_steps or planned),
        learning_rate=training.learning_rate,
        evaluate_every=training.evaluate_every or max(1, an_epoch // _EVALUATIONS_AN_EPOCH),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
        accumulation=training.accumulation,
        shape=training.shape,
    )


def _peak_memory_mb() -> int:
    """The most that this process has held: of the GPU where there is one, else of the machine."""
    return int(torch.cuda.max_memory_allocated() // 1024**2) if torch.cuda.is_available() else peak_memory_mb()
