"""Learning to write: raw texts, or the answers to prompts."""

import random
from collections.abc import Mapping, Sequence

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from rag.training.data.augmenting import varied
from rag.training.data.samples import Sample
from rag.training.data.tokens import Row, TokenRow, tokenise
from rag.training.generator.evaluator import GeneratorEvaluator
from rag.training.runs.batches import Batches


class LanguageTask:
    """See ``rag.training.runs.loop.Task``. Judged by the loss on ``held_out``.

    The share ``augment`` of the samples is shown with another wording of the prompt, a new one each time.
    """

    def __init__(
        self,
        evaluator: GeneratorEvaluator,
        tokenizer: PreTrainedTokenizerBase,
        training: Sequence[Row],
        held_out: Sequence[TokenRow],
        *,
        batch: int,
        longest: int,
        augment: float,
        seed: int,
    ) -> None:
        self.network = evaluator.network
        self._evaluator, self._tokenizer, self._held_out = evaluator, tokenizer, held_out
        self._longest, self._augment, self._seed = longest, augment, seed
        self._batches = Batches(training, [len(row.ids) for _, row in training], batch=batch, seed=seed)
        self.batches = self._batches.count

    def loss(self, batch: int) -> tuple[Tensor, int]:
        draw = random.Random(f"{self._seed} {batch} wording")
        rows = [self._worded(sample, row, draw) for sample, row in self._batches.of(batch)]
        loss, tokens = self._evaluator.loss(rows)
        return loss / tokens, len(rows)

    def evaluate(self) -> Mapping[str, float] | None:
        if not self._held_out:
            return None
        loss = self._evaluator.mean_loss(self._held_out)
        return {"score": -loss, "held-out loss": loss}

    def _worded(self, sample: Sample, row: TokenRow, draw: random.Random) -> TokenRow:
        if draw.random() >= self._augment:
            return row
        other = tokenise(varied(sample, draw), self._tokenizer, self._longest)
        return other if other.learned else row
