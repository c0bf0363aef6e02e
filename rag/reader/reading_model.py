"""The multilingual reader in torch: one encoder, four small heads, one forward pass."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from rag.reader.networks import Logits, WordVectors
from rag.reader.windows import Batch
from vectorstore.embedders.tensors import Tensors
from vectorstore.machine import has_bfloat16, has_gpu


class ReadingOutput(NamedTuple):
    """``tokens``: logits as an answer's first and last token, and as one of a sentence that belongs to it, of shape
    (windows, tokens, 3). ``windows``: those of relevance and of support, of shape (windows, 4).
    """

    tokens: Tensor
    windows: Tensor


class ReadingModel(nn.Module):
    """A BERT without word vectors of its own: 250,000 words would be most of it, and they are not trained.

    The heads compute in float32 whatever the encoder computes in.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """``config`` as ``PackedModel`` has it."""
        super().__init__()
        dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        sizes = BertConfig(**{**config, **dropout, "vocab_size": 1, "pad_token_id": 0})
        self.bert = BertModel(sizes, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(sizes.hidden_size, 2)
        self.sentence = nn.Linear(sizes.hidden_size, 1)
        self.relevance = nn.Linear(sizes.hidden_size, 1)
        self.support = nn.Linear(sizes.hidden_size, 3)

    def forward(self, words: Tensor, attention_mask: Tensor) -> ReadingOutput:
        """``words`` are word vectors of shape (windows, tokens, width)."""
        hidden = self.bert(inputs_embeds=words, attention_mask=attention_mask).last_hidden_state.float()
        first = hidden[:, 0]
        with torch.autocast(hidden.device.type, enabled=False):  # in training too
            return ReadingOutput(
                torch.cat([self.qa_outputs(hidden), self.sentence(hidden)], -1),
                torch.cat([self.relevance(first), self.support(first)], -1),
            )

    def load(self, tensors: Tensors) -> None:
        """Take ``tensors`` in place of the weights of the same names. Raises KeyError for a name that it has not."""
        own = self.state_dict()
        with torch.no_grad():
            for name, values in tensors.items():
                own[name].copy_(torch.from_numpy(values.copy()))


class TorchReadingNetwork:
    """A ``ReadingModel`` for a reader, on the GPU where there is one; see ``rag.reader.networks.ReadingNetwork``."""

    batch_windows = 16
    pad_to = 1

    def __init__(self, model: ReadingModel, words: WordVectors, dtype: torch.dtype | None = None) -> None:
        native = torch.bfloat16 if has_gpu() or has_bfloat16() else torch.float32
        self._device = torch.device("cuda" if has_gpu() else "cpu")
        self._model = model.to(self._device).eval()
        self._dtype = dtype or native
        self._model.bert.to(dtype=self._dtype)
        self._words = words

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        return [self._score(batch) for batch in batches]

    def _score(self, batch: Batch) -> Logits:
        words = torch.from_numpy(self._words(batch["input_ids"])).to(self._device, self._dtype)
        seen = torch.from_numpy(batch["attention_mask"]).to(self._device)
        with torch.inference_mode():
            tokens, windows = self._model(words, seen)
        return Logits.of(tokens.cpu().numpy(), windows.cpu().numpy())
