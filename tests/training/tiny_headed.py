"""The multilingual reader with all its heads, so small that it trains in seconds."""

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.reader.reading_model import ReadingModel
from rag.reader.trained import base_of, changes_of
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.network import Trainee, headed_trainee, prepared
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.unigram import UnigramTokenizer
from vectorstore.models import ResolvedModel

_CONFIG = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 200,
    "max_position_embeddings": 512,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
}
_SPECIAL = 4
_WORDS = "▁In ▁house ▁the ▁box ▁is ▁kept ▁in ▁Where ▁of ▁Who ▁owns ▁behind ▁a ▁door ▁not".split()


class TinyPacked(PackedModel):
    """In memory, in place of the file; its words are letters and those that the tests' data are made of."""

    def __init__(self) -> None:
        self.config = _CONFIG

    def tokenizer(self) -> UnigramTokenizer:
        letters = ["▁", "¶", *map(chr, range(33, 127))]
        pieces = {piece.encode(): _SPECIAL + number for number, piece in enumerate([*letters, *_WORDS])}
        return UnigramTokenizer(pieces, [0.0] * _SPECIAL + [-1.0] * len(pieces), 3)

    def tensors(self, without: Collection[str] = ()) -> dict[str, NDArray[np.float32]]:
        torch.manual_seed(7)
        model = ReadingModel(_CONFIG)
        return {
            name.removeprefix("bert."): value.numpy()
            for name, value in model.state_dict().items()
            if name.startswith("bert.") and "word_embeddings" not in name and name.removeprefix("bert.") not in without
        }

    def words(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return _vectors()[ids]


@cache
def _vectors() -> NDArray[np.float32]:
    vectors: NDArray[Any] = np.random.default_rng(3).normal(size=(_CONFIG["vocab_size"], _CONFIG["hidden_size"]))
    return vectors.astype(np.float32)


def load_tiny(model: ResolvedModel, training: ReaderTraining) -> Trainee:
    """In place of ``load_trainee``, whatever ``model`` is; it goes on from what a training left."""
    torch.manual_seed(training.seed)
    packed = TinyPacked()
    trainee = headed_trainee(ReadingModel(packed.config), packed, base_of(model), changes_of(model))
    return prepared(trainee, training)
