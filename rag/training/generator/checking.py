"""Data looked at before a generator is trained on them. None of what trains is imported: it takes seconds."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from rag.generators.engines.unpacking import load_tokenizer
from rag.jobs.types import OnProgress
from rag.training.data.samples import DataForm, Sample
from rag.training.data.tokens import Row, tokenise_all
from rag.training.data.validation import check_samples
from rag.training.generator.data import GeneratorData, load_generator_data
from rag.training.generator.settings import GeneratorTraining, Objective, usual_rate
from rag.training.runs.loop import Schedule, usual_distance
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_PROBLEMS_SHOWN = 20
_OBJECTIVES_OF: dict[DataForm, tuple[Objective, ...]] = {
    "text": ("lm",),
    "labels": ("lm",),
    "pairs": ("sft",),
    "messages": ("sft",),
    "preferences": ("dpo", "rl", "sft"),
}
"""What data of a form can be used for, the usual thing first."""


def check_data(
    data: Sequence[Path],
    test: Sequence[Path],
    model: ResolvedModel,
    unpacked: Path,
    training: GeneratorTraining,
    on_phase: OnProgress = lambda *_: None,
) -> dict[str, Any]:
    """What training on the data would begin with: see ``rag.training.data.validation``.

    Beside that ``left_out``, with the first ``problems``, how many samples would be ``cut`` at the ``longest`` tokens,
    the ``form`` of the data, the ``objective`` and the ``steps`` of at most so many ``epochs``. Raises UsageError where
    ``finetune_generator`` would.
    """
    on_phase("Reading the data", 0, 0)
    found = load_generator_data(data, test, training.held_out, training.seed, convert_markup=training.convert_markup)
    training = complete(training, found)
    on_phase("Getting the model's vocabulary", 0, 0)
    tokenizer = load_tokenizer(model, unpacked)
    on_phase("Looking at the samples", 0, 0)
    found, rows, _ = usable(found, tokenizer, training, model)
    return checked_samples(found, rows) | {
        "form": found.form,
        "objective": training.objective,
        "longest": training.longest,
        "epochs": training.epochs,
        "steps": schedule_of(training, math.ceil(len(rows) / training.batch)).steps,
    }


def complete(training: GeneratorTraining, found: GeneratorData) -> GeneratorTraining:
    """With the objective and the rate that the data and the method imply."""
    objective = _objective_of(found.form, training.objective)
    if training.augment and not any(sample.messages for sample in found.training):
        raise UsageError("Raw text has no prompts to vary", where="--augment", remedy="Leave it out.")
    rate = training.learning_rate or usual_rate(training.method, objective)
    return training.model_copy(update={"objective": objective, "learning_rate": rate})


def usable(
    found: GeneratorData, tokenizer: PreTrainedTokenizerBase, training: GeneratorTraining, model: ResolvedModel
) -> tuple[GeneratorData, list[Row], list[Row]]:
    """The data without the samples whose answer does not begin within ``training.longest`` tokens, which are among its
    problems then; and as tokens what is learned, and what is held out.

    Raises UsageError where the model can learn from none of the samples.
    """
    if tokenizer.chat_template is None and any(sample.messages for sample in (*found.training, *found.held_out)):
        raise UsageError("This model knows no chats", where=model.name, remedy="Name its -Instruct model, or use text.")
    problems = list(found.problems)
    rows, held_out = (
        _rows(samples, tokenizer, training.longest, problems) for samples in (found.training, found.held_out)
    )
    if not rows:
        what = f"No answer begins within {training.longest} tokens"
        raise UsageError(what, where=", ".join(found.hashes), remedy="Raise --max-length.")
    learned, apart = (tuple(sample for sample, _ in part) for part in (rows, held_out))
    return replace(found, training=learned, held_out=apart, problems=tuple(problems)), rows, held_out


def _rows(
    samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase, longest: int, problems: list[str]
) -> list[Row]:
    rows = list(zip(samples, tokenise_all(samples, tokenizer, longest), strict=True))
    problems += [
        f"{sample.place}: its answer begins after {longest} tokens (--max-length)"
        for sample, row in rows
        if not row.learned
    ]
    return [(sample, row) for sample, row in rows if row.learned]


def checked_samples(found: GeneratorData, rows: Sequence[Row]) -> dict[str, Any]:
    """What ``check_samples`` finds, and what is left out or cut."""
    return check_samples(found.training, found.held_out, [row.whole for _, row in rows]) | {
        "left_out": len(found.problems),
        "cut": sum(row.whole > len(row.ids) for _, row in rows),
        "problems": list(found.problems[:_PROBLEMS_SHOWN]),
    }


def schedule_of(training: GeneratorTraining, batches: int) -> Schedule:
    """With an epoch of ``batches``; ``training`` is complete."""
    an_epoch = math.ceil(batches / training.accumulation)
    planned = training.epochs * an_epoch
    assert training.learning_rate is not None
    return Schedule(
        steps=min(planned, training.max_steps or planned),
        learning_rate=training.learning_rate,
        evaluate_every=training.evaluate_every or usual_distance(an_epoch),
        checkpoint_every=training.checkpoint_every,
        patience=training.patience,
        seed=training.seed,
        accumulation=training.accumulation,
        shape=training.shape,
    )


def _objective_of(form: DataForm, wanted: Objective | None) -> Objective:
    """Raises UsageError where data of that form cannot be used for what is ``wanted``."""
    possible = _OBJECTIVES_OF[form]
    if wanted not in (None, *possible):
        raise UsageError(
            f"Data with {form} cannot be used for {wanted}", where="--objective", remedy=f"Use {' or '.join(possible)}."
        )
    return wanted or possible[0]
