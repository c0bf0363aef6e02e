"""Training a generator: a causal language model, by an adapter or all of its weights."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig

from rag.files import write_json
from rag.generators.adapters.folder import adapter_folder
from rag.generators.engines.unpacking import model_folder
from rag.generators.registry import adapter_for
from rag.jobs.isolated import peak_memory_mb
from rag.jobs.types import OnProgress
from rag.training.generator.before_after import BeforeAfter
from rag.training.generator.checking import checked_samples, complete, schedule_of, usable
from rag.training.generator.data import load_generator_data
from rag.training.generator.evaluator import GeneratorEvaluator
from rag.training.generator.network import adapter_hash, load_network, save_network
from rag.training.generator.settings import GeneratorTraining
from rag.training.generator.tasks import build_task
from rag.training.runs.checkpoints import trainable
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import memory_explained, train
from rag.training.runs.report import write_report
from rag.training.runs.types import Tick
from vectorstore.models import ResolvedModel


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
    model; ``adapter`` is one of PEFT, or the folder of its run, to go on from. Without one, what the packaged model
    answers with is gone on from where its adapter is of the shape that is asked for, so that it still knows how to
    answer from passages. ``on_phase`` is told what goes on, how
    much of it is done and of how much (0: unknown), ``on_checked`` what ``check_data`` would find, ``on_tick`` each
    step and the number of all. Raises UsageError for data or a folder that cannot be used, RefdeskError when the disk
    is full or the memory too small.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, test, training.held_out, training.seed, convert_markup=training.convert_markup)
    training = complete(training, found)
    adapter = adapter_folder(adapter) if adapter else _own_adapter(model, training)
    on_phase("Loading the model", 0, 0)
    with memory_explained(output):
        tokenizer, network = load_network(model, unpacked, adapter, training)
    on_phase("Cutting into tokens", 0, 0)
    found, rows, held_out = usable(found, tokenizer, training, model)
    settings = {
        "model": model.fingerprint,
        "adapter": adapter_hash(adapter) if adapter else None,
        **training.recorded(),
    }
    folder = RunFolder(output)
    folder.claim({"task": "generator", **settings, "data": found.hashes}, resume=resume)
    checked = checked_samples(found, rows)
    on_checked(checked)
    write_json(output / "data.json", checked)
    evaluator = GeneratorEvaluator(network, tokenizer, training.batch, training.longest)
    judged = BeforeAfter(evaluator, rows, held_out, output, on=training.evaluate_on, answers=training.answers)
    with memory_explained(output):
        on_phase("Judging the model as it is", 0, 0)
        judged.before(with_adapter=adapter is not None)
        task = build_task(
            evaluator,
            tokenizer,
            rows,
            held_out,
            training,
            base=model_folder(model, unpacked),
            output=output,
            resume=resume,
            on_tick=on_tick,
        )
    schedule = schedule_of(training, task.batches)
    half = training.method == "qlora" and torch.cuda.is_available()
    precision = torch.float16 if half else torch.bfloat16
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps), precision=precision)
    with memory_explained(output):
        result = save_network(network, tokenizer, training, model, output)
        on_phase("Judging what it has become", 0, 0)
        after = judged.after()
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
        **after,
    }
    write_report(folder, report)
    return report


def _own_adapter(model: ResolvedModel, training: GeneratorTraining) -> Path | None:
    adapter = adapter_for(model.name, None)
    if adapter is None or training.new_adapter or training.objective != "sft":
        return None
    config = LoraConfig.from_pretrained(str(adapter))
    shape = ("lora", config.r, config.lora_alpha, "all")
    asked = (training.method, training.rank, training.alpha, training.target)
    return adapter if asked == shape else None


def _peak_memory_mb() -> int:
    """The most that this process has held: of the GPU where there is one, else of the machine."""
    return int(torch.cuda.max_memory_allocated() // 1024**2) if torch.cuda.is_available() else peak_memory_mb()
