"""Training a classifier: an encoder that tells which of a few labels a text has."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from torch import Tensor
from torch.nn import functional
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from rag.files import write_folder
from rag.jobs.types import OnProgress
from rag.training.data.samples import Sample
from rag.training.encoder_settings import ClassifierTraining
from rag.training.generator.data import load_generator_data
from rag.training.runs.batches import Batches
from rag.training.runs.checkpoints import trainable
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, memory_explained, mixed_precision, train, usual_distance
from rag.training.runs.report import write_report
from rag.training.runs.types import Tick
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_PAD_TO = 16


class ClassifierTask:
    """See ``rag.training.runs.loop.Task``. Judged by the mean of the labels' F1, so that rare ones count as much."""

    def __init__(
        self,
        network: PreTrainedModel | PeftModel,
        tokenizer: PreTrainedTokenizerBase,
        labels: Sequence[str],
        training: Sequence[Sample],
        held_out: Sequence[Sample],
        settings: ClassifierTraining,
    ) -> None:
        self.network = network
        self._tokenizer, self._labels, self._held_out, self._settings = tokenizer, labels, held_out, settings
        self._number = {label: number for number, label in enumerate(labels)}
        lengths = [len(sample.text) for sample in training]
        self._batches = Batches(training, lengths, batch=settings.batch, seed=settings.seed)
        self.batches = self._batches.count

    def loss(self, batch: int) -> tuple[Tensor, int]:
        samples = self._batches.of(batch)
        logits = self._logits(samples)
        wanted = torch.tensor([self._number[sample.label] for sample in samples], device=logits.device)
        return functional.cross_entropy(logits.float(), wanted), len(samples)

    def evaluate(self) -> Mapping[str, float] | None:
        if not self._held_out:
            return None
        figures = self.figures(self._held_out)["all"]
        return {"score": figures["f1"], "F1": figures["f1"], "accuracy": figures["accuracy"]}

    @torch.no_grad()
    def figures(self, samples: Sequence[Sample]) -> dict[str, dict[str, Any]]:
        """``all``: accuracy and the mean F1 of the labels; and precision, recall and F1 of each."""
        self.network.eval()
        said: list[str] = []
        for first in range(0, len(samples), self._settings.batch):
            with mixed_precision():
                best = self._logits(samples[first : first + self._settings.batch]).argmax(-1)
            said += [self._labels[number] for number in best.tolist()]
        right = Counter(sample.label for sample, label in zip(samples, said, strict=True) if sample.label == label)
        there, found = Counter(sample.label for sample in samples), Counter(said)
        each = {
            label: {
                "texts": there[label],
                "precision": right[label] / found[label] if found[label] else 0.0,
                "recall": right[label] / there[label],
                "f1": 2 * right[label] / (found[label] + there[label]),
            }
            for label in self._labels
            if there[label]
        }
        mean = sum(row["f1"] for row in each.values()) / len(each)
        return {"all": {"texts": len(samples), "accuracy": right.total() / len(samples), "f1": mean}, **each}

    def _logits(self, samples: Sequence[Sample]) -> Tensor:
        fields = self._tokenizer(
            [sample.text for sample in samples],
            truncation=True,
            max_length=self._settings.longest,
            padding=True,
            pad_to_multiple_of=_PAD_TO,
            return_tensors="pt",
        )
        logits: Tensor = self.network(**fields.to(next(self.network.parameters()).device)).logits
        return logits


def finetune_classifier(
    data: Sequence[Path],
    model: ResolvedModel,
    training: ClassifierTraining,
    output: Path,
    *,
    resume: bool,
    on_phase: OnProgress,
    on_tick: Callable[[Tick, int], None],
) -> dict[str, Any]:
    """As ``rag.training.generator.training.finetune_generator``, on the columns text and label; of each label the same
    share is held out.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, (), 0.0, training.seed, convert_markup=False)
    labels = sorted({sample.label for sample in found.training})
    if found.form != "labels" or len(labels) < 2:
        raise UsageError(
            "A classifier needs the columns text and label, and two labels",
            where=", ".join(map(str, data)),
            remedy="Name the columns so.",
        )
    learned, apart = _split(found.training, training.held_out, training.seed)
    with memory_explained(output):
        tokenizer, network = _load(model, labels, training)
    settings = {"model": model.fingerprint, **training.recorded()}
    folder = RunFolder(output)
    folder.claim({"task": "classifier", **settings, "labels": labels, "data": found.hashes}, resume=resume)
    task = ClassifierTask(network, tokenizer, labels, learned, apart, training)
    planned = training.epochs * task.batches
    schedule = Schedule(
        steps=min(planned, training.max_steps or planned),
        learning_rate=training.learning_rate,
        evaluate_every=usual_distance(task.batches),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
    )
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps))
    merged = network.merge_and_unload() if isinstance(network, PeftModel) else network
    parameters = sum(parameter.numel() for parameter in trainable(network).values())
    write_folder(output / "model", lambda half: _save(merged, tokenizer, half))
    task.network = merged
    report = {
        "settings": settings,
        "data": {name: {"sha256": digest, "training": len(learned)} for name, digest in found.hashes.items()},
        "checked": {"problems": list(found.problems[:20])},
        "labels": dict(Counter(sample.label for sample in found.training)),
        "parameters_trained": parameters,
        "steps": progress.step,
        "steps_planned": schedule.steps,
        "best_step": progress.best_step,
        "seconds": round(progress.seconds, 1),
        "result": "model",
        "held_out": task.figures(apart) if apart else {},
    }
    write_report(folder, report)
    return report


def _split(samples: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    of_label: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_label[sample.label].append(sample)
    learned: list[Sample] = []
    apart: list[Sample] = []
    for label in sorted(of_label):
        group = of_label[label]
        random.Random(f"{seed} {label}").shuffle(group)
        kept = round(share * len(group))
        apart += group[:kept]
        learned += group[kept:]
    return learned, apart


def _load(
    model: ResolvedModel, labels: Sequence[str], training: ClassifierTraining
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel | PeftModel]:
    torch.manual_seed(training.seed)  # the answer layer is new
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
        network = AutoModelForSequenceClassification.from_pretrained(
            model.path,
            local_files_only=True,
            dtype=torch.float32,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
        )
    except (OSError, ValueError) as error:
        raise UsageError(
            f"This cannot be trained as a classifier ({' '.join(str(error).split())})",
            where=model.name,
            remedy="Name an encoder of the BERT kind.",
        ) from error
    if training.method == "lora":
        config = LoraConfig(
            task_type=TaskType.SEQ_CLS,
            r=training.rank,
            lora_alpha=2 * training.rank,
            target_modules="all-linear",
            exclude_modules=r".*pooler.*",
            modules_to_save=["pooler", "classifier"],  # new, or of another task
        )
        network = get_peft_model(network, config)
    return tokenizer, network.to("cuda" if torch.cuda.is_available() else "cpu")


def _save(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
