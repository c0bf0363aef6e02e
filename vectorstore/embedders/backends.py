"""What an embedding model is run by: OpenVINO or torch, in float32 or bfloat16."""

import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import numpy as np

from vectorstore.embedders.tensors import read_tensors
from vectorstore.machine import has_bfloat16, threads
from vectorstore.types import Vectors

if TYPE_CHECKING:
    import openvino
    from numpy.typing import NDArray

_BATCH_TEXTS = 32
_BATCH_TOKENS = 1024
_PAD_TO = 16  # each new shape costs time and memory once


class Backend(Protocol):
    """Runs one embedding model. For one thread at a time."""

    dimension: int
    max_tokens: int

    def embed(self, texts: list[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimension)``, float32, unit length."""
        ...


class TorchBackend:
    """Any model that sentence-transformers loads, on the GPU where there is one; batches of 32 of like length."""

    def __init__(self, folder: Path, dtype: Literal["float32", "bfloat16"], device: str | None = None) -> None:
        from sentence_transformers import SentenceTransformer

        quiet = logging.getLogger("sentence_transformers")
        quiet.setLevel(max(quiet.level, logging.WARNING))
        self._model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": dtype},
        )
        self.dimension = cast(int, self._model.get_embedding_dimension())
        self.max_tokens = cast(int, self._model.max_seq_length)

    def embed(self, texts: list[str]) -> Vectors:
        vectors = self._model.encode(texts, batch_size=_BATCH_TEXTS, convert_to_numpy=True, show_progress_bar=False)
        return _unit(vectors.astype(np.float32).reshape(len(texts), self.dimension))


class OpenVinoBackend:
    """A BERT, on the processor. Texts are put in order by their tokens; each core takes batches of its own.

    Without torch's model it starts sooner and in less memory. ``precision`` is OpenVINO's name: f32 or bf16.
    """

    def __init__(self, folder: Path, precision: str) -> None:
        import openvino as ov
        from tokenizers import Tokenizer

        self.dimension = int(read_json(folder / "config.json")["hidden_size"])
        self.max_tokens = int(read_json(folder / LENGTH_FILE)["max_seq_length"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_tokens)
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads(),
            "NUM_STREAMS": threads(),
            "INFERENCE_PRECISION_HINT": precision,
        }
        self._queue = ov.AsyncInferQueue(ov.Core().compile_model(_graph(folder), "CPU", settings))
        self._queue.set_callback(_keep)

    def embed(self, texts: list[str]) -> Vectors:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]
        vectors = np.empty((len(texts), self.dimension), np.float32)
        longest_first = sorted(range(len(texts)), key=lambda place: -len(tokens[place]))
        first = 0
        while first < len(texts):
            length = -(-len(tokens[longest_first[first]]) // _PAD_TO) * _PAD_TO
            places = longest_first[first : first + max(1, _BATCH_TOKENS // length)]
            self._queue.start_async(_padded([tokens[place] for place in places], length), userdata=(vectors, places))
            first += len(places)
        self._queue.wait_all()
        return _unit(vectors)


def backends(folder: Path) -> dict[str, Callable[[], Backend]]:
    """Those that run the model in ``folder`` on this processor, by name; the one that is most often fastest first."""
    import openvino as ov

    found: dict[str, Callable[[], Backend]] = {}
    if _is_plain_bert(folder):
        if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            found["OpenVINO bfloat16"] = functools.partial(OpenVinoBackend, folder, "bf16")
        found["OpenVINO float32"] = functools.partial(OpenVinoBackend, folder, "f32")
    if has_bfloat16():
        found["torch bfloat16"] = functools.partial(TorchBackend, folder, "bfloat16")
    found["torch float32"] = functools.partial(TorchBackend, folder, "float32")
    return found


LENGTH_FILE = "sentence_bert_config.json"
"""Beside a model of sentence-transformers: how many tokens it reads of a text."""


def _is_plain_bert(folder: Path) -> bool:
    """Whether the graph below is this model: a BERT whose tokens' vectors, or the first one's, are the text's."""
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


def _pooling(folder: Path) -> set[str]:
    ways = read_json(folder / "1_Pooling/config.json")
    return {name.removeprefix("pooling_mode_") for name, on in ways.items() if on is True and "_mode_" in name}


def _graph(folder: Path) -> "openvino.Model":
    import openvino as ov
    from openvino import opset15 as op

    from vectorstore.embedders.bert_graph import BertGraph, BertSize, fields, integers

    tensors = read_tensors(folder / "model.safetensors")
    prefix = "bert." if any(name.startswith("bert.") for name in tensors) else ""
    inputs = fields("input_ids", "attention_mask")
    hidden = BertGraph(BertSize.of(read_json(folder / "config.json")), tensors, prefix).hidden(inputs)
    if _pooling(folder) == {"cls_token"}:
        pooled = op.gather(hidden, op.constant(0), op.constant(1))
    else:  # a sum has the direction of the mean
        seen = op.unsqueeze(op.convert(inputs["attention_mask"], "f32"), integers(2))
        pooled = op.reduce_sum(op.multiply(hidden, seen), integers(1), False)
    return ov.Model([op.result(pooled)], list(inputs.values()), "embedding")


def _unit(vectors: Vectors) -> Vectors:
    """Of length 1 in float32: bfloat16 is off by up to 0.3%."""
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _padded(tokens: list[list[int]], length: int) -> dict[str, "NDArray[np.int64]"]:
    ids, seen = (np.zeros((len(tokens), length), np.int64) for _ in range(2))
    for row, own in enumerate(tokens):
        ids[row, : len(own)], seen[row, : len(own)] = own, 1
    return {"input_ids": ids, "attention_mask": seen}


def _keep(request: "openvino.InferRequest", place: tuple[Vectors, list[int]]) -> None:
    vectors, rows = place
    vectors[rows] = request.get_output_tensor().data


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
