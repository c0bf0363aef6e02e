"""Training a reader: a question-answering network on question files, with an adapter or all of its weights."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ingest.worker.guard import WorkerSettings
from rag.evaluation.figures import means
from rag.evaluation.qa import SCORES, evaluate_qa
from rag.evaluation.squad import SquadQuestion
from rag.evaluation.types import Figures
from rag.files import write_json
from rag.jobs.types import OnProgress
from rag.reader.model import ExtractiveReader
from rag.reader.torch_network import TorchNetwork
from rag.reader.windows import PairTokenizer
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.data import QuestionSet, as_squad, load_question_sets, sample
from rag.training.reader.examples import ReaderExamples
from rag.training.reader.near_misses import NearMisses, find_near_misses
from rag.training.reader.network import adapter_hash, load_network, save_network
from rag.training.runs.checkpoints import trainable
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, train, usual_distance
from rag.training.runs.report import write_report
from rag.training.runs.types import Tick
from vectorstore.models import ResolvedModel
from vectorstore.types import Embedder

_CHARACTERS_A_SET = 300_000


class ReaderTask:
    """See ``rag.training.runs.loop.Task``."""

    def __init__(
        self,
        network: PreTrainedModel | PeftModel,
        tokenizer: PreTrainedTokenizerBase,
        examples: ReaderExamples,
        sets: Sequence[QuestionSet],
        evaluate_on: int,
        seed: int,
    ) -> None:
        self.network = network
        self._tokenizer, self._examples, self._sets = tokenizer, examples, sets
        self._device = next(network.parameters()).device
        self._sample = sample(sets, evaluate_on, _CHARACTERS_A_SET, seed)

    def loss(self, batch: int) -> tuple[Tensor, int]:
        fields, examples = self._examples.batch_of(batch)
        output = self.network(**{name: values.to(self._device) for name, values in fields.items()})
        return output.loss, examples

    def evaluate(self) -> Mapping[str, float] | None:
        if not any(self._sample.values()):
            return None
        figures = self.figures(self._sample, lambda *_: None)
        return {"score": figures["all"]["f1"], **{f"F1 {name}": part["f1"] for name, part in figures.items()}}

    def figures(self, questions: Mapping[str, Sequence[SquadQuestion]], on_progress: OnProgress) -> dict[str, Figures]:
        """EM and F1 of SQuAD 2.0 for each set's questions, and for ``all`` together."""
        reader = self._reader()
        found = {
            part.name: evaluate_qa(part.file, questions[part.name], reader, on_progress).items
            for part in self._sets
            if questions[part.name]
        }
        found = {"all": tuple(chain.from_iterable(found.values())), **found}
        return {name: {"questions": len(items), **means(items, SCORES)} for name, items in found.items()}

    def _reader(self) -> ExtractiveReader:
        """The desk's own reader around a copy of the network as it is now."""
        network = copy.deepcopy(self.network)
        if isinstance(network, PeftModel):
            network = network.merge_and_unload()
        return ExtractiveReader("in training", PairTokenizer.of(self._tokenizer), TorchNetwork(network))


def finetune_reader(
    data: Sequence[Path],
    model: ResolvedModel,
    adapter: Path | None,
    training: ReaderTraining,
    output: Path,
    embedder: Callable[[], tuple[Embedder, WorkerSettings]],
    *,
    resume: bool,
    on_phase: OnProgress,
    on_tick: Callable[[Tick, int], None],
) -> dict[str, Any]:
    """Train, or go on training, in the folder ``output``; the report that it then holds is returned.

    ``embedder`` is opened only where near misses have to be found. ``on_phase`` is told what goes on, how much of it is
    done and of how much (0: unknown), ``on_tick`` each step and the number of all. Raises UsageError for data or a
    folder that cannot be used, RefdeskError when the disk is full or the memory too small.
    """
    sets = load_question_sets(data, training.held_out, training.seed)
    tokenizer, network = load_network(model, adapter, training.method, training.rank, training.dropout, training.seed)
    settings = {
        "model": model.fingerprint,
        "adapter": adapter_hash(adapter) if adapter else None,
        **training.recorded(),
    }
    folder = RunFolder(output)
    folder.claim(
        {"task": "reader", **settings, "data": {part.name: [part.sha256, part.times] for part in sets}}, resume=resume
    )
    for part in sets:
        if part.held_out:
            write_json(output / "held-out" / f"{part.name}.json", as_squad(part, part.held_out))
    misses = _near_misses(sets, training, output, embedder, on_phase)
    on_phase("Reading the questions", 0, 0)
    examples = ReaderExamples(
        sets,
        misses,
        tokenizer,
        batch=training.batch,
        near_miss_share=training.near_misses,
        altered_share=training.altered,
        mask_share=training.mask_tokens,
        seed=training.seed,
    )
    task = ReaderTask(network, tokenizer, examples, sets, training.evaluate_on, training.seed)
    planned = training.epochs * examples.batches
    schedule = Schedule(
        steps=min(planned, training.max_steps or planned),
        learning_rate=training.learning_rate,
        evaluate_every=training.evaluate_every or usual_distance(examples.batches),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
    )
    progress = train(task, schedule, folder, lambda tick: on_tick(tick, schedule.steps))
    result = save_network(network, tokenizer, model, output)
    held_out = {part.name: part.held_out for part in sets}
    report = {
        "settings": settings,
        "data": {
            part.name: {
                "sha256": part.sha256,
                "training": len(part.training),
                "times": part.times,
                "held_out": len(part.held_out),
            }
            for part in sets
        },
        "examples_an_epoch": examples.examples,
        "parameters_trained": sum(parameter.numel() for parameter in trainable(network).values()),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "steps": progress.step,
        "steps_planned": schedule.steps,
        "best_step": progress.best_step,
        "seconds": round(progress.seconds),
        "result": result.name,
        "held_out": task.figures(held_out, on_phase) if any(held_out.values()) else {},
    }
    write_report(folder, report)
    return report


def _near_misses(
    sets: Sequence[QuestionSet],
    training: ReaderTraining,
    output: Path,
    embedder: Callable[[], tuple[Embedder, WorkerSettings]],
    on_phase: OnProgress,
) -> NearMisses:
    if not training.near_misses:
        return {}
    file = output / "near-misses.json"
    if file.exists():
        stored: NearMisses = json.loads(file.read_text(encoding="utf-8"))
        return stored
    misses: NearMisses = {}
    model, worker = embedder()
    for part in sets:
        misses |= find_near_misses(part, model, worker, on_phase)
    write_json(file, misses)
    return misses
