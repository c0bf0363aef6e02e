"""The reader that comes with Refdesk: the packaged MiniLM with the weights that its own training changed.

``embedded/`` holds those weights (int8 and float16, safetensors; made by scripts/pack_reader.py) and the reports of the
training runs, each of which went on from the one before, and whose weights were averaged.
"""

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.embedders.tensors import read_tensors
from vectorstore.machine import has_gpu
from vectorstore.models import MINILM, ResolvedModel, resolve_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from rag.reader.networks import SpanNetwork

# What only names these weights, as `refdesk doctor` does, waits neither for OpenVINO nor for torch.

WEIGHTS = Path(__file__).parent / "embedded" / "weights.safetensors"
NO_ANSWER_MARGIN = -3.0
"""Fitted on held-out questions, half of which have no answer in their paragraph; see docs/benchmarks.md."""


@functools.cache
def embedded_fingerprint() -> str:
    """Tells its weights: those of one training from those of another."""
    return f"embedded-reader@{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:12]}"


def load_embedded() -> "tuple[ResolvedModel, PreTrainedModel]":
    """The packaged model, whose tokenizer is the reader's too, and the reader's network in float32 and torch."""
    from rag.reader.int8 import dequantize
    from rag.reader.torch_network import load_network

    model = resolve_model(MINILM)
    return model, load_network(model.path, dequantize(read_tensors(WEIGHTS)))


def embedded_network() -> "tuple[ResolvedModel, SpanNetwork]":
    """As ``load_embedded``, with the network in the form that is fastest here."""
    from rag.reader.int8 import is_fast_here

    if has_gpu() or not is_fast_here():
        from rag.reader.torch_network import fastest_network

        model, network = load_embedded()
        return model, fastest_network(network)

    from rag.reader.networks import OpenVinoNetwork
    from vectorstore.embedders.backends import read_json
    from vectorstore.embedders.bert_graph import BertSize

    model = resolve_model(MINILM)
    encoder = {f"bert.{name}": value for name, value in read_tensors(model.path / "model.safetensors").items()}
    return model, OpenVinoNetwork(BertSize.of(read_json(model.path / "config.json")), encoder | read_tensors(WEIGHTS))
