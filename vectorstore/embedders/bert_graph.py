"""BERT as an OpenVINO graph, node by node: built in half a second, without torch, a conversion or a second file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset15 as op

Fields = Mapping[str, ov.Node]
"""A graph's inputs: those that a tokenizer makes of several texts, each of shape (texts, tokens)."""


@dataclass(frozen=True, slots=True)
class BertSize:
    """What of a BERT its weights do not tell. ``config`` is the content of its ``config.json``."""

    layers: int
    heads: int
    width: int
    epsilon: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "BertSize":
        names = ("num_hidden_layers", "num_attention_heads", "hidden_size", "layer_norm_eps")
        return cls(*(config[name] for name in names))


def fields(*names: str) -> Fields:
    return {name: op.parameter([-1, -1], np.int64, name=name) for name in names}


def word_vectors(width: int) -> Fields:
    """The input that takes the place of ``input_ids``."""
    return {"words": op.parameter([-1, -1, width], np.float32, name="words")}


class BertGraph:
    """The layers of a BERT whose weights are ``tensors``. Shapes are (texts, tokens, channels)."""

    def __init__(self, size: BertSize, tensors: Mapping[str, NDArray[Any]], prefix: str = "") -> None:
        self._size = size
        self._tensors = tensors
        self._prefix = prefix

    def hidden(self, inputs: Fields) -> ov.Node:
        """What the last layer says of each token. Without ``token_type_ids`` all tokens are of the first type; their
        word vectors may be given as ``words``, of shape (texts, tokens, channels), in place of ``input_ids``.
        """
        hidden = self._embedded(inputs.get("words") or self._words(inputs["input_ids"]), inputs.get("token_type_ids"))
        seen = op.convert(inputs["attention_mask"], "f32")
        mask = op.unsqueeze(op.multiply(op.subtract(constant(1), seen), constant(-1e4)), integers(1, 2))
        for number in range(self._size.layers):
            hidden = self._layer(f"{self._prefix}encoder.layer.{number}.", hidden, mask)
        return hidden

    def linear(self, name: str, hidden: ov.Node) -> ov.Node:
        return self.linears([name], hidden)[0]

    def linears(self, names: Sequence[str], hidden: ov.Node) -> list[ov.Node]:
        """Linear layers that take in the same."""
        return [
            op.add(op.matmul(hidden, self.weight(name + ".weight"), False, True), self.weight(name + ".bias"))
            for name in names
        ]

    def weight(self, name: str) -> ov.Node:
        return constant(self._tensors[name])

    def _words(self, ids: ov.Node) -> ov.Node:
        return op.gather(self.weight(f"{self._prefix}embeddings.word_embeddings.weight"), ids, op.constant(0))

    def _embedded(self, words: ov.Node, types: ov.Node | None) -> ov.Node:
        name, axis = f"{self._prefix}embeddings.", op.constant(0)
        kinds = op.gather(self.weight(name + "token_type_embeddings.weight"), types or integers(0), axis)
        length = op.gather(op.shape_of(words), integers(1), axis)
        table = self.weight(name + "position_embeddings.weight")
        places = op.slice(table, integers(0), length, integers(1), integers(0))
        return self._normalized(name + "LayerNorm", op.add(op.add(words, kinds), places))

    def _layer(self, name: str, hidden: ov.Node, mask: ov.Node) -> ov.Node:
        attended = self.linear(name + "attention.output.dense", self._attended(name, hidden, mask))
        hidden = self._normalized(name + "attention.output.LayerNorm", op.add(attended, hidden))
        inner = op.gelu(self.linear(name + "intermediate.dense", hidden), "erf")
        outer = self.linear(name + "output.dense", inner)
        return self._normalized(name + "output.LayerNorm", op.add(outer, hidden))

    def _attended(self, name: str, hidden: ov.Node, mask: ov.Node) -> ov.Node:
        heads, width = self._size.heads, self._size.width
        apart, swap = integers(0, 0, heads, width // heads), integers(0, 2, 1, 3)
        names = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        query, key, value = (op.transpose(op.reshape(part, apart, True), swap) for part in self.linears(names, hidden))
        joined = op.transpose(op.scaled_dot_product_attention(query, key, value, mask), swap)
        return op.reshape(joined, integers(0, 0, width), True)

    def _normalized(self, name: str, values: ov.Node) -> ov.Node:
        normal = op.mvn(values, integers(-1), True, self._size.epsilon, "inside_sqrt")
        return op.add(op.multiply(normal, self.weight(name + ".weight")), self.weight(name + ".bias"))


def constant(value: NDArray[np.float32] | float) -> ov.Node:
    return op.constant(np.ascontiguousarray(value, dtype=np.float32))


def integers(*values: int) -> ov.Node:
    return op.constant(np.array(values, dtype=np.int64))
