"""What a generator is trained for, as a task of the training loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import PreTrainedTokenizerBase

from rag.training.data.tokens import Row
from rag.training.generator.evaluator import GeneratorEvaluator
from rag.training.generator.language_task import LanguageTask
from rag.training.generator.settings import GeneratorTraining
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, train, usual_distance
from rag.training.runs.types import Tick

if TYPE_CHECKING:
    from rag.training.generator.preferences import PairTask, PolicyTask

_REWARD_RATE = 1e-4


def build_task(
    evaluator: GeneratorEvaluator,
    tokenizer: PreTrainedTokenizerBase,
    training: Sequence[Row],
    held_out: Sequence[Row],
    settings: GeneratorTraining,
    *,
    base: Path,
    output: Path,
    resume: bool,
    on_tick: Callable[[Tick, int], None],
) -> "LanguageTask | PairTask | PolicyTask":
    """The task of ``settings.objective``. For "rl" a reward model from ``base`` is trained in ``output`` first.

    ``on_tick`` is told of that one's steps. Raises as ``rag.training.runs.loop.train``.
    """
    apart = held_out[: settings.evaluate_on]
    samples, judged = [sample for sample, _ in training], [sample for sample, _ in apart]
    common = {"batch": settings.batch, "seed": settings.seed}
    if settings.objective in ("lm", "sft"):
        return LanguageTask(
            evaluator,
            tokenizer,
            training,
            [row for _, row in apart],
            longest=settings.longest,
            augment=settings.augment,
            **common,
        )
    from rag.training.generator import preferences  # imports TRL, which takes seconds and most runs do not use

    if settings.objective == "dpo":
        return preferences.dpo_task(
            evaluator.network, tokenizer, samples, judged, longest=settings.longest, output=output, **common
        )
    reward = preferences.reward_task(
        base, tokenizer, samples, judged, rank=settings.rank, longest=settings.longest, output=output, **common
    )
    steps = min(settings.epochs * reward.batches, settings.max_steps or reward.batches * settings.epochs)
    folder = RunFolder(output / "reward")
    folder.claim({"task": "reward", "steps": steps}, resume=resume)
    every = usual_distance(reward.batches)
    schedule = Schedule(steps, _REWARD_RATE, every, settings.checkpoint_every, settings.patience, settings.seed)
    train(reward, schedule, folder, lambda tick: on_tick(tick, steps))
    return preferences.policy_task(evaluator.network, reward.network, tokenizer, samples, output=output, **common)
