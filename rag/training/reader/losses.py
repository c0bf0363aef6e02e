"""What a reader says of a batch, and how far that is from what is known."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from rag.reader.reading_model import ReadingOutput
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.batches import UNKNOWN, ReadingBatch

_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class ReadingLogits:
    """Of answers' first and last tokens, (rows, tokens), where all but the first token and the passage are ruled out;
    and unless the reader marks words alone, of relevance, (rows,), of sentences, (rows, sentences), each the mean of
    its tokens', and of support, (rows, 3).
    """

    start: Tensor
    end: Tensor
    relevance: Tensor | None = None
    sentences: Tensor | None = None
    support: Tensor | None = None

    @classmethod
    def of(cls, output: ReadingOutput, batch: ReadingBatch) -> "ReadingLogits":
        possible = batch.passage.clone()
        possible[:, 0] = True
        start, end = output.tokens[..., :2].masked_fill(~possible[..., None], _NEVER).unbind(-1)
        if not output.windows.shape[1]:
            return cls(start, end)
        sentences = _means(output.tokens[..., 2], batch.sentence_of, batch.chosen.shape[1])
        return cls(start, end, output.windows[:, 0], sentences, output.windows[:, 1:])


def _means(logits: Tensor, sentence_of: Tensor, sentences: int) -> Tensor:
    """The mean logit of each sentence's tokens."""
    rows = len(logits)
    inside = sentence_of >= 0
    place = (torch.arange(rows, device=logits.device)[:, None] * sentences + sentence_of)[inside]
    told = logits[inside]
    sums = told.new_zeros(rows * sentences).index_add(0, place, told)
    counts = told.new_zeros(rows * sentences).index_add(0, place, torch.ones_like(told)).clamp(min=1)
    return (sums / counts).view(rows, sentences)


def reading_loss(logits: ReadingLogits, batch: ReadingBatch, training: ReaderTraining) -> Tensor:
    """The weighed sum of the tasks' losses, each over the rows that it is known for, by the rows of the batch."""
    start = cross_entropy(logits.start, batch.start, ignore_index=UNKNOWN, reduction="sum")
    whole = (start + cross_entropy(logits.end, batch.end, ignore_index=UNKNOWN, reduction="sum")) / 2
    if logits.relevance is not None and logits.sentences is not None and logits.support is not None:
        judged = batch.relevant >= 0
        relevance = binary_cross_entropy_with_logits(
            logits.relevance[judged], batch.relevant[judged].float(), reduction="sum"
        )
        told = batch.chosen >= 0
        each = binary_cross_entropy_with_logits(logits.sentences, batch.chosen.clamp(min=0).float(), reduction="none")
        sentences = ((each * told).sum(1) / told.sum(1).clamp(min=1)).sum()
        support = cross_entropy(logits.support, batch.support, ignore_index=UNKNOWN, reduction="sum")
        whole = (
            whole
            + training.relevance_weight * relevance
            + training.sentence_weight * sentences
            + training.support_weight * support
        )
    return whole / len(batch.start)
