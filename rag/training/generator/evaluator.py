"""How good a generator is before and after: its loss on texts, and what it answers."""

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rag.evaluation.squad import f1
from rag.training.data.samples import Sample
from rag.training.data.tokens import IGNORED, TokenRow, rendered, tokenise
from rag.training.generator.completion_loss import completion_loss
from rag.training.runs.loop import mixed_precision

_GENERAL = Path(__file__).with_name("general.json")
_ANSWER_TOKENS = 96
_PAD_TO = 16


class GeneratorEvaluator:
    """Looks at the network as it is. Losses are nats a token, natural logarithm."""

    def __init__(
        self, network: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase, batch: int, longest: int
    ) -> None:
        self.network, self._tokenizer, self._batch = network, tokenizer, batch
        self._device = next(network.parameters()).device
        self.general = [] if tokenizer.chat_template is None else _general(tokenizer, longest)

    def loss(self, rows: Sequence[TokenRow]) -> tuple[Tensor, int]:
        """The summed loss of one batch, and the tokens that it is on."""
        return completion_loss(self.network, collated(rows, self._tokenizer.pad_token_id, self._device))

    @torch.no_grad()
    def mean_loss(self, rows: Sequence[TokenRow]) -> float:
        """The mean over all tokens that are to be learned, without dropout."""
        self.network.eval()
        ordered = sorted(rows, key=lambda row: len(row.ids))
        total, tokens = 0.0, 0
        for first in range(0, len(ordered), self._batch):
            with mixed_precision():
                loss, learned = self.loss(ordered[first : first + self._batch])
            total, tokens = total + loss.item(), tokens + learned
        return total / tokens

    @torch.no_grad()
    def answers(self, samples: Sequence[Sample]) -> list[str]:
        """What the network writes, the likeliest token at each place, to the prompts of ``samples``."""
        self.network.eval()
        written = []
        for sample in samples:
            prompt = torch.tensor([rendered(sample.prompt, self._tokenizer, reply=True)], device=self._device)
            with mixed_precision():
                out = self.network.generate(
                    input_ids=prompt,
                    attention_mask=torch.ones_like(prompt),
                    max_new_tokens=_ANSWER_TOKENS,
                    do_sample=False,
                    pad_token_id=self._tokenizer.pad_token_id,
                )
            new = out[0, prompt.shape[1] :] if out.shape[1] > prompt.shape[1] else out[0]
            written.append(self._tokenizer.decode(new, skip_special_tokens=True).strip())
        return written

    def figures(self, parts: Mapping[str, Sequence[TokenRow]]) -> dict[str, Any]:
        """Loss and perplexity of every part that has rows, and of the general texts (see ``general.json``)."""
        losses = {name: self.mean_loss(rows) for name, rows in {**parts, "general": self.general}.items() if rows}
        return {name: {"loss": loss, "perplexity": math.exp(min(loss, 700))} for name, loss in losses.items()}

    def base(self) -> contextlib.AbstractContextManager[None]:
        """While it lasts, the network is what it was without the adapter."""
        without: contextlib.AbstractContextManager[None] = (
            self.network.disable_adapter() if isinstance(self.network, PeftModel) else contextlib.nullcontext()
        )
        return without


def collated(rows: Sequence[TokenRow], padding: int, device: torch.device) -> dict[str, Tensor]:
    """``input_ids``, ``attention_mask`` and ``labels`` of shape ``(rows, tokens)``, padded on the right."""
    short = -max(len(row.ids) for row in rows) % _PAD_TO
    fields = {
        "input_ids": ([row.ids for row in rows], padding),
        "attention_mask": ([(1,) * len(row.ids) for row in rows], 0),
        "labels": ([row.labels for row in rows], IGNORED),
    }
    return {
        name: torch.nn.functional.pad(
            pad_sequence([torch.tensor(value) for value in values], batch_first=True, padding_value=filler),
            (0, short),
            value=filler,
        ).to(device)
        for name, (values, filler) in fields.items()
    }


def answer_f1(samples: Sequence[Sample], written: Sequence[str]) -> float:
    """Mean F1 of the words that an answer shares with the one wanted, as SQuAD counts it; 0 to 1."""
    scores = [f1(answer, [sample.answer]) for sample, answer in zip(samples, written, strict=True)]
    return sum(scores) / len(scores)


def _general(tokenizer: PreTrainedTokenizerBase, longest: int) -> list[TokenRow]:
    """Plain knowledge and plain speech that no training set of a person should make worse."""
    pairs = json.loads(_GENERAL.read_text(encoding="utf-8"))
    chats = [({"role": "user", "content": asked}, {"role": "assistant", "content": said}) for asked, said in pairs]
    rows = (tokenise(Sample("general", messages=chat), tokenizer, longest) for chat in chats)
    return [row for row in rows if row.learned]
