"""Training a generator: a causal language model, by an adapter or all of its weights."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from rag.evaluation.types import OnProgress
from rag.training.batches import Batches
from rag.training.checkpoints import trainable
from rag.training.completion_loss import completion_loss
from rag.training.generator_data import load_generator_data
from rag.training.generator_network import load_network, save_network
from rag.training.generator_settings import GeneratorTraining
from rag.training.loop import Schedule, Tick, train
from rag.training.reader_network import adapter_hash
from rag.training.report import write_report
from rag.training.run_folder import RunFolder
from rag.training.samples import Sample
from rag.training.tokens import TokenRow, tokenise
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_EVALUATIONS_AN_EPOCH = 5
_PAD_TO = 16


class GeneratorTask:
    """See ``rag.training.loop.Task``. Judged by the loss on ``held_out``: nats a token."""

    def __init__(
        self,
        network: PreTrainedModel | PeftModel,
        tokenizer: PreTrainedTokenizerBase,
        training: Sequence[TokenRow],
        held_out: Sequence[TokenRow],
        batch: int,
        seed: int,
    ) -> None:
        self.network = network
        self._device = next(network.parameters()).device
        self._batch = batch
        self._held_out = held_out
        self._collate = DataCollatorForLanguageModeling(tokenizer.pad_token_id, pad_to_multiple_of=_PAD_TO)
        self.batches = Batches(training, [len(row.ids) for row in training], batch=batch, seed=seed)

    def loss(self, batch: int) -> tuple[Tensor, int]:
        rows = self.batches.of(batch)
        loss, tokens = self._loss(rows)
        return loss / tokens, len(rows)

    def evaluate(self) -> Mapping[str, float] | None:
        if not self._held_out:
            return None
        loss = self.mean_loss(self._held_out)
        return {"score": -loss, "loss": loss}

    @torch.no_grad()
    def mean_loss(self, rows: Sequence[TokenRow]) -> float:
        """Nats a token of those that are to be learned."""
        self.network.eval()
        ordered = sorted(rows, key=lambda row: len(row.ids))
        total, tokens = 0.0, 0
        for first in range(0, len(ordered), self._batch):
            loss, learned = self._loss(ordered[first : first + self._batch])
            total, tokens = total + loss.item(), tokens + learned
        return total / tokens

    def _loss(self, rows: Sequence[TokenRow]) -> tuple[Tensor, int]:
        fields = self._collate([{"input_ids": row.ids, "labels": row.labels} for row in rows])
        return completion_loss(self.network, {name: value.to(self._device) for name, value in fields.items()})


def finetune_generator(
    data: Sequence[Path],
    model: ResolvedModel,
    unpacked: Path,
    adapter: Path | None,
    training: GeneratorTraining,
    output: Path,
    *,
    resume: bool,
    on_phase: OnProgress,
    on_tick: Callable[[Tick, int], None],
) -> dict[str, Any]:
    """Train, or go on training, in the folder ``output``; the report that it then holds is returned.

    ``unpacked`` keeps the unpacked weights of a GGUF model. ``on_phase`` is told what goes on, how much of it is done
    and of how much (0: unknown), ``on_tick`` each step and the number of all. Raises UsageError for data or a folder
    that cannot be used, RefdeskError when the disk is full or the memory too small.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, training.held_out, training.seed)
    on_phase("Loading the model", 0, 0)
    tokenizer, network = load_network(model, unpacked, adapter, training.settings, training.seed)
    settings = {"model": model.fingerprint, "adapter": adapter_hash(adapter) if adapter else None, **asdict(training)}
    settings |= settings.pop("settings")
    folder = RunFolder(output)
    folder.claim({"task": "generator", **settings, "data": found.hashes}, resume=resume)
    on_phase("Cutting into tokens", 0, 0)
    rows = _rows(found.training, tokenizer, training.longest)
    if not rows:
        raise UsageError(
            f"No answer begins within {training.longest} tokens",
            where=", ".join(map(str, data)),
            remedy="Raise --max-length.",
        )
    held_out = _rows(found.held_out, tokenizer, training.longest)
    task = GeneratorTask(network, tokenizer, rows, held_out[: training.evaluate_on], training.batch, training.seed)
    an_epoch = math.ceil(task.batches.count / training.accumulation)
    planned = training.epochs * an_epoch
    schedule = Schedule(
        steps=min(planned, training.max_steps or planned),
        learning_rate=training.learning_rate,
        evaluate_every=training.evaluate_every or max(1, an_epoch // _EVALUATIONS_AN_EPOCH),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
        accumulation=training.accumulation,
        shape=training.shape,
    )
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps))
    result = save_network(network, tokenizer, model, output)
    report = {
        "settings": settings,
        "data": {name: {"sha256": digest} for name, digest in found.hashes.items()},
        "samples": len(rows),
        "left_out": len(found.problems) + len(found.training) - len(rows),
        "cut": sum(row.cut for row in rows),
        "tokens_an_epoch": sum(len(row.ids) for row in rows),
        "tokens_learned_an_epoch": sum(row.learned for row in rows),
        "parameters_trained": sum(parameter.numel() for parameter in trainable(network).values()),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "steps": progress.step,
        "steps_planned": schedule.steps,
        "best_step": progress.best_step,
        "seconds": round(progress.seconds),
        "result": result.name,
        "held_out": _figures(task, held_out),
    }
    write_report(folder, report)
    return report


def _rows(samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase, longest: int) -> list[TokenRow]:
    rows = (tokenise(sample, tokenizer, longest) for sample in samples)
    return [row for row in rows if row.learned]


def _figures(task: GeneratorTask, rows: Sequence[TokenRow]) -> dict[str, Any]:
    if not rows:
        return {}
    loss = task.mean_loss(rows)
    return {"all": {"samples": len(rows), "loss": loss, "perplexity": math.exp(loss)}}
