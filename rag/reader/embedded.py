"""The reader that comes with Refdesk: the packaged MiniLM with the weights that its own training changed.

``embedded/`` holds those weights (int8 and float16, safetensors; made by scripts/pack_reader.py) and the reports of the
training runs, each of which went on from the one before, and whose weights were averaged.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from rag.reader import int8
from rag.reader.networks import OpenVinoNetwork, SpanNetwork, fastest_network
from vectorstore.models import MINILM, ResolvedModel, resolve_model

WEIGHTS = Path(__file__).parent / "embedded" / "weights.safetensors"
NO_ANSWER_MARGIN = -3.0
"""Fitted on held-out questions, half of which have no answer in their paragraph; see docs/benchmarks.md."""


def load_embedded() -> tuple[ResolvedModel, PreTrainedModel]:
    """The packaged model, whose tokenizer is the reader's too, and the reader's network in float32."""
    return _load(load_file(WEIGHTS))


def embedded_network() -> tuple[ResolvedModel, SpanNetwork]:
    """As ``load_embedded``, with the network in the form that is fastest here."""
    tensors = load_file(WEIGHTS)
    model, network = _load(tensors)
    if torch.cuda.is_available() or not int8.is_fast_here():
        return model, fastest_network(network)
    return model, OpenVinoNetwork(network.config, network.state_dict() | tensors)


def _load(tensors: Mapping[str, Tensor]) -> tuple[ResolvedModel, PreTrainedModel]:
    model = resolve_model(MINILM)
    network = AutoModelForQuestionAnswering.from_pretrained(model.path, local_files_only=True)
    network.load_state_dict(int8.dequantize(tensors), strict=False)
    return model, network
