"""The embedding models that a graph of ours runs: a BERT in a folder of sentence-transformers, and the packed E5."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.packed import BOS, EOS, PAD, PackedModel
from vectorstore.embedders.tensors import read_tensors

if TYPE_CHECKING:
    import openvino

LENGTH_FILE = "sentence_bert_config.json"
"""Beside a model of sentence-transformers: how many tokens it reads of a text."""


class Encoder(Protocol):
    """What makes texts into the fields of a graph whose one output is of shape (texts, dimension)."""

    dimension: int
    max_tokens: int

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, framed and no more than ``max_tokens``."""
        ...

    def fields(self, rows: Sequence[Sequence[int]], length: int) -> dict[str, NDArray[Any]]:
        """Texts of like length, padded to ``length`` tokens."""
        ...

    def graph(self) -> "openvino.Model": ...


class BertEncoder:
    """A BERT in a folder of sentence-transformers whose tokens' vectors, or the first one's, are the text's."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._folder = folder
        self.dimension = int(read_json(folder / "config.json")["hidden_size"])
        self.max_tokens = int(read_json(folder / LENGTH_FILE)["max_seq_length"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_tokens)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def fields(self, rows: Sequence[Sequence[int]], length: int) -> dict[str, NDArray[Any]]:
        ids, seen = padded(rows, length, 0)
        return {"input_ids": ids, "attention_mask": seen}

    def graph(self) -> "openvino.Model":
        from openvino import opset15 as op

        from vectorstore.embedders.bert_graph import BertGraph, BertSize, fields

        tensors = read_tensors(self._folder / "model.safetensors")
        prefix = "bert." if any(name.startswith("bert.") for name in tensors) else ""
        inputs = fields("input_ids", "attention_mask")
        hidden = BertGraph(BertSize.of(read_json(self._folder / "config.json")), tensors, prefix).hidden(inputs)
        if _pooling(self._folder) == {"cls_token"}:
            return _model(op.gather(hidden, op.constant(0), op.constant(1)), inputs)
        return _model(_summed(hidden, inputs), inputs)


class PackedEncoder:
    """The packed E5: the mean of its tokens' vectors."""

    def __init__(self, packed: PackedModel) -> None:
        self._packed = packed
        self.dimension = int(packed.config["hidden_size"])
        self.max_tokens = int(packed.config["max_position_embeddings"])
        self._tokenizer = packed.tokenizer()

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._framed(text) for text in texts]

    def fields(self, rows: Sequence[Sequence[int]], length: int) -> dict[str, NDArray[Any]]:
        ids, seen = padded(rows, length, PAD)
        return {"words": self._packed.words(ids), "attention_mask": seen}

    def graph(self) -> "openvino.Model":
        from vectorstore.embedders.bert_graph import BertGraph, BertSize, fields, word_vectors

        inputs = {**word_vectors(self.dimension), **fields("attention_mask")}
        hidden = BertGraph(BertSize.of(self._packed.config), self._packed.tensors()).hidden(inputs)
        return _model(_summed(hidden, inputs), inputs)

    def _framed(self, text: str) -> list[int]:
        # To this model a line break is white space; the reader has a token for it.
        return [BOS, *self._tokenizer.encode(" ".join(text.split())).ids[: self.max_tokens - 2], EOS]


def is_plain_bert(folder: Path) -> bool:
    """Whether ``BertEncoder`` is the model in ``folder``."""
    try:
        parts = [module["type"].rpartition(".")[2] for module in read_json(folder / "modules.json")]
        config, pooling = read_json(folder / "config.json"), _pooling(folder)
        return (
            parts in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
            and config["model_type"] == "bert"
            and config["hidden_act"] == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and pooling in ({"mean_tokens"}, {"cls_token"})
            and "max_seq_length" in read_json(folder / LENGTH_FILE)
            and (folder / "model.safetensors").is_file()
            and (folder / "tokenizer.json").is_file()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def padded(rows: Sequence[Sequence[int]], length: int, pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and what of them is no padding, both of shape ``(len(rows), length)``."""
    ids, seen = np.full((len(rows), length), pad, np.int64), np.zeros((len(rows), length), np.int64)
    for row, own in enumerate(rows):
        ids[row, : len(own)], seen[row, : len(own)] = own, 1
    return ids, seen


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _pooling(folder: Path) -> set[str]:
    ways = read_json(folder / "1_Pooling/config.json")
    return {name.removeprefix("pooling_mode_") for name, on in ways.items() if on is True and "_mode_" in name}


def _summed(hidden: "openvino.Node", inputs: Mapping[str, "openvino.Node"]) -> "openvino.Node":
    """The sum of the tokens' vectors: it has the direction of their mean."""
    from openvino import opset15 as op

    from vectorstore.embedders.bert_graph import integers

    seen = op.unsqueeze(op.convert(inputs["attention_mask"], "f32"), integers(2))
    return op.reduce_sum(op.multiply(hidden, seen), integers(1), False)


def _model(pooled: "openvino.Node", inputs: Mapping[str, "openvino.Node"]) -> "openvino.Model":
    import openvino as ov
    from openvino import opset15 as op

    return ov.Model([op.result(pooled)], list(inputs.values()), "embedding")
