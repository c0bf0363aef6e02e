"""Learning from what people liked better: TRL's losses, in a loop that can be resumed exactly.

Of TRL's trainers only what defines an objective is used (how pairs become tokens, how they are put together, the loss);
see docs/decisions/0021.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase
from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer, RLOOConfig, RLOOTrainer

from rag.training.data.samples import Sample
from rag.training.runs.batches import Batches
from vectorstore.errors import UsageError

_PLAIN = {
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
    "bf16": False,
    "activation_checkpointing": False,
}
"""TRL's trainers save, report and recompute by themselves unless told not to."""
_GENERATIONS = 4
"""Answers to one prompt that are compared with each other (RLOO, arXiv:2402.14740, uses 2 to 4)."""
_ANSWER_TOKENS = 48


class PairTask:
    """DPO (arXiv:2305.18290) or a reward model (Bradley-Terry): both learn from pairs, by a trainer of TRL's."""

    def __init__(self, trainer: DPOTrainer | RewardTrainer, training: int, *, batch: int, seed: int) -> None:
        """``trainer`` holds all pairs, those for training first; the rest is held out."""
        self.network: nn.Module = trainer.model
        self._trainer, self._batch = trainer, batch
        rows = list(trainer.train_dataset)
        self._held_out = rows[training:]
        lengths = [len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in rows[:training]]
        self._batches = Batches(rows[:training], lengths, batch=batch, seed=seed)
        self.batches = self._batches.count

    def loss(self, batch: int) -> tuple[Tensor, int]:
        rows = self._batches.of(batch)
        return self._loss(rows), len(rows)

    @torch.no_grad()
    def evaluate(self) -> Mapping[str, float] | None:
        if not self._held_out:
            return None
        self.network.eval()
        parts = [self._held_out[first : first + self._batch] for first in range(0, len(self._held_out), self._batch)]
        loss = sum(self._loss(part).item() * len(part) for part in parts) / len(self._held_out)
        return {"score": -loss, "held-out loss": loss}

    def _loss(self, rows: Sequence[Mapping[str, Any]]) -> Tensor:
        device = next(self.network.parameters()).device
        fields = {name: value.to(device) for name, value in self._trainer.data_collator(list(rows)).items()}
        loss: Tensor = self._trainer.compute_loss(self.network, fields)
        return loss


class PolicyTask:
    """Learns to write what a reward model likes (REINFORCE leave-one-out), without leaving the base model too far."""

    def __init__(self, trainer: "_Rollouts", prompts: Sequence[Sample], *, batch: int, seed: int) -> None:
        self.network: nn.Module = trainer.model
        self._trainer = trainer
        self._batches = Batches(prompts, [1] * len(prompts), batch=batch, seed=seed)
        self.batches = self._batches.count

    def loss(self, batch: int) -> tuple[Tensor, int]:
        prompts = self._batches.of(batch)
        return self._trainer.loss_on([list(sample.prompt) for sample in prompts]), len(prompts)

    def evaluate(self) -> None:
        """Nothing on the way: writing answers to all held-out prompts would take longer than a step."""


class _Rollouts(RLOOTrainer):
    """TRL's trainer, asked for the loss of one step."""

    def loss_on(self, prompts: Sequence[list[Mapping[str, str]]]) -> Tensor:
        """Writes answers to the prompts, has them judged, and returns the loss; random only in torch's generator."""
        rows = [{"prompt": prompt} for prompt in prompts for _ in range(_GENERATIONS)]
        loss: Tensor = self.compute_loss(self.model, self._prepare_inputs(rows))
        return loss


def dpo_task(
    network: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    training: Sequence[Sample],
    held_out: Sequence[Sample],
    *,
    batch: int,
    longest: int,
    seed: int,
    output: Path,
) -> PairTask:
    """Raises UsageError where the network has no adapter, without which it would have to be held in memory twice."""
    trainer = DPOTrainer(
        model=_with_adapter(network),
        args=DPOConfig(output_dir=str(output), max_length=longest, use_cpu=not torch.cuda.is_available(), **_PLAIN),
        train_dataset=_pairs([*training, *held_out]),
        processing_class=tokenizer,
    )
    return PairTask(trainer, len(training), batch=batch, seed=seed)


def reward_task(
    folder: Path,
    tokenizer: PreTrainedTokenizerBase,
    training: Sequence[Sample],
    held_out: Sequence[Sample],
    *,
    rank: int,
    batch: int,
    longest: int,
    seed: int,
    output: Path,
) -> PairTask:
    """A reward model from the generator in ``folder``: its words replaced by one number, and a LoRA adapter."""
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=1, local_files_only=True, dtype=torch.float32, pad_token_id=tokenizer.pad_token_id
    ).to(device)
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    trainer = RewardTrainer(
        model=get_peft_model(model, config),
        args=RewardConfig(output_dir=str(output), max_length=longest, use_cpu=device == "cpu", **_PLAIN),
        train_dataset=_pairs([*training, *held_out]),
        processing_class=tokenizer,
    )
    return PairTask(trainer, len(training), batch=batch, seed=seed)


def policy_task(
    network: PreTrainedModel | PeftModel,
    reward: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sample],
    *,
    batch: int,
    seed: int,
    output: Path,
) -> PolicyTask:
    """``reward`` judges; the network without its adapter is what it must not leave. Raises as ``dpo_task``."""
    rows = Dataset.from_list([{"prompt": list(sample.prompt)} for sample in prompts])
    trainer = _Rollouts(
        model=_with_adapter(network),
        reward_funcs=reward.eval(),
        args=RLOOConfig(
            output_dir=str(output),
            per_device_train_batch_size=batch * _GENERATIONS,
            num_generations=_GENERATIONS,
            max_completion_length=_ANSWER_TOKENS,
            use_cpu=not torch.cuda.is_available(),
            **_PLAIN,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
        reward_processing_classes=tokenizer,
    )
    return PolicyTask(trainer, prompts, batch=batch, seed=seed)


def _with_adapter(network: PreTrainedModel | PeftModel) -> PeftModel:
    if isinstance(network, PeftModel):
        return network
    raise UsageError("Preferences are learned with an adapter", where="--method", remedy="Use lora, qlora or dora.")


def _pairs(samples: Sequence[Sample]) -> Dataset:
    datasets.disable_progress_bars()
    return Dataset.from_list(
        [
            {
                "prompt": list(sample.prompt),
                "chosen": [sample.messages[-1]],
                "rejected": [{"role": "assistant", "content": sample.rejected}],
            }
            for sample in samples
        ]
    )
