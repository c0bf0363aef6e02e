"""A BERT reader in 8-bit integers, as a graph for OpenVINO; ``rag.reader.quantizing`` makes it from a trained one.

The weights of each output channel are rounded to 127 steps on each side of zero. What a linear layer takes in is
rounded to 256 steps over the range seen in calibration, after its channels were made alike in size (SmoothQuant, Xiao
et al. 2023, arXiv:2211.10438): an input channel is divided, and the weights that meet it multiplied, by one number.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset15 as op

from vectorstore.embedders.bert_graph import BertGraph, BertSize, constant, fields, word_vectors
from vectorstore.embedders.tensors import Tensors
from vectorstore.machine import instructions

STEPS = 127
WEIGHT, SCALE, SMOOTH, RANGE = ".weight", ".weight_scale", ".input_smoothing", ".input_range"


def is_fast_here() -> bool:
    """Whether the processor multiplies 8-bit integers natively (VNNI). Without, they are slow and may overflow."""
    return not instructions().isdisjoint({"avx512vnni", "avxvnni"})


def dequantize(tensors: Tensors) -> dict[str, NDArray[Any]]:
    """The state of the float32 network that ``tensors`` stand for."""
    state = {name: tensor for name, tensor in tensors.items() if not name.endswith((SCALE, SMOOTH, RANGE))}
    for name in _quantized(tensors):
        step = tensors[name + SCALE][:, None] / tensors[name + SMOOTH]
        state[name + WEIGHT] = state[name + WEIGHT].astype(np.float32) * step
    return state


class ReaderGraph(BertGraph):
    """BERT for question answering, and for what else ``tensors`` have heads; those of its layers that are quantized
    round what they take in.
    """

    def __init__(self, size: BertSize, tensors: Tensors, *, given_words: bool = False) -> None:
        """With ``given_words`` it takes word vectors in, as ``words``, in place of ``input_ids``."""
        super().__init__(size, tensors, "bert.")
        self._quantized = _quantized(tensors)
        self._given_words = given_words

    def model(self) -> ov.Model:
        """Its outputs are as ``rag.reader.networks.Logits.of`` takes them."""
        if self._given_words:
            inputs = {**word_vectors(self._size.width), **fields("attention_mask")}
        else:
            inputs = dict(fields("input_ids", "token_type_ids", "attention_mask"))
        hidden = self.hidden(inputs)
        outputs = [self.linear("qa_outputs", hidden)]
        if "relevance.weight" in self._tensors:
            outputs[0] = op.concat([outputs[0], self.linear("sentence", hidden)], 2)
            first = op.gather(hidden, op.constant(0), op.constant(1))
            outputs.append(op.concat([self.linear("relevance", first), self.linear("support", first)], 1))
        return ov.Model([op.result(output) for output in outputs], list(inputs.values()), "reader")

    def linears(self, names: Sequence[str], hidden: ov.Node) -> list[ov.Node]:
        if names[0] not in self._quantized:
            return super().linears(names, hidden)
        low, high = (constant(value) for value in self._tensors[names[0] + RANGE])
        smoothed = op.multiply(hidden, constant(np.reciprocal(self._tensors[names[0] + SMOOTH])))
        return super().linears(names, op.fake_quantize(smoothed, low, high, low, high, 256))

    def weight(self, name: str) -> ov.Node:
        if name.removesuffix(WEIGHT) not in self._quantized:
            return super().weight(name)
        steps = op.convert(op.constant(self._tensors[name]), "f32")
        return op.multiply(steps, constant(self._tensors[name.removesuffix(WEIGHT) + SCALE][:, None]))


def _quantized(tensors: Tensors) -> set[str]:
    return {name.removesuffix(SCALE) for name in tensors if name.endswith(SCALE)}
