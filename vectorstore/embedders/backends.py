"""What an embedding model is run by: OpenVINO or torch, in float32 or bfloat16."""

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

import numpy as np

from vectorstore.embedders.encoders import BertEncoder, Encoder, PackedEncoder, is_plain_bert, padded
from vectorstore.embedders.packed import PAD, PackedModel
from vectorstore.machine import has_bfloat16, threads
from vectorstore.models import ResolvedModel
from vectorstore.types import Vectors

if TYPE_CHECKING:
    import openvino

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


class PackedTorchBackend:
    """The packed E5 in torch, for a GPU."""

    def __init__(self, packed: PackedModel) -> None:
        import torch
        from transformers import BertConfig, BertModel

        self._encoder = PackedEncoder(packed)
        self.dimension, self.max_tokens = self._encoder.dimension, self._encoder.max_tokens
        self._words = packed.words
        sizes = BertConfig(**{**packed.config, "vocab_size": 1, "pad_token_id": 0})
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = BertModel(sizes, add_pooling_layer=False).eval()
        weights = {name: torch.from_numpy(values.copy()) for name, values in packed.tensors().items()}
        self._model.load_state_dict(weights, strict=False)  # the word vectors stay where they are
        self._model.to(self._device)

    def embed(self, texts: list[str]) -> Vectors:
        import torch

        tokens = self._encoder.tokens(texts)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        for first in range(0, len(order), _BATCH_TEXTS):
            places = order[first : first + _BATCH_TEXTS]
            ids, seen = padded([tokens[place] for place in places], len(tokens[places[-1]]), PAD)
            mask = torch.from_numpy(seen).to(self._device)
            with torch.inference_mode():
                words = torch.from_numpy(self._words(ids)).to(self._device)
                hidden = self._model(inputs_embeds=words, attention_mask=mask).last_hidden_state
            vectors[places] = (hidden * mask[..., None]).sum(1).cpu().numpy()
        return _unit(vectors)


class OpenVinoBackend:
    """An ``encoder`` on the processor. Texts are put in order by their tokens; each core takes batches of its own.

    Without torch's model it starts sooner and in less memory. ``precision`` is OpenVINO's name: f32 or bf16. ``kept``
    and ``weights`` are as ``vectorstore.embedders.compiled`` takes them.
    """

    def __init__(self, encoder: Encoder, precision: str, kept: Path | None = None, weights: str = "") -> None:
        import openvino as ov

        from vectorstore.embedders.compiled import compile_graph

        self._encoder = encoder
        self.dimension, self.max_tokens = encoder.dimension, encoder.max_tokens
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads(),
            "NUM_STREAMS": threads(),
            "INFERENCE_PRECISION_HINT": precision,
        }
        self._queue = ov.AsyncInferQueue(compile_graph(encoder.graph, settings, kept, weights))
        self._queue.set_callback(_keep)

    def embed(self, texts: list[str]) -> Vectors:
        tokens = self._encoder.tokens(texts)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        longest_first = sorted(range(len(texts)), key=lambda place: -len(tokens[place]))
        first = 0
        while first < len(texts):
            length = -(-len(tokens[longest_first[first]]) // _PAD_TO) * _PAD_TO
            places = longest_first[first : first + max(1, _BATCH_TOKENS // length)]
            fields = self._encoder.fields([tokens[place] for place in places], length)
            self._queue.start_async(fields, userdata=(vectors, places))
            first += len(places)
        self._queue.wait_all()
        return _unit(vectors)


def backends(model: ResolvedModel, home: Path | None = None) -> dict[str, Callable[[], Backend]]:
    """Those that run ``model`` on this processor, by name; the one that is most often fastest first.

    ``home`` keeps what opens them sooner the next time.
    """
    import openvino as ov

    encoder: Callable[[], Encoder] | None = None
    if model.is_packed:
        encoder = functools.partial(_packed_encoder, model)
    elif is_plain_bert(model.path):
        encoder = functools.partial(BertEncoder, model.path)
    found: dict[str, Callable[[], Backend]] = {}
    if encoder:
        names = {"bf16": "OpenVINO bfloat16", "f32": "OpenVINO float32"}
        if "BF16" not in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            del names["bf16"]
        for precision, name in names.items():
            kept = home / "cache" / f"embedding-{precision}.openvino" if home else None
            found[name] = functools.partial(_open_openvino, encoder, precision, kept, model)
    if not model.is_packed:
        if has_bfloat16():
            found["torch bfloat16"] = functools.partial(TorchBackend, model.path, "bfloat16")
        found["torch float32"] = functools.partial(TorchBackend, model.path, "float32")
    return found


def _open_openvino(
    encoder: Callable[[], Encoder], precision: str, kept: Path | None, model: ResolvedModel
) -> OpenVinoBackend:
    return OpenVinoBackend(encoder(), precision, kept, model.fingerprint)


def _packed_encoder(model: ResolvedModel) -> PackedEncoder:
    return PackedEncoder(PackedModel.of(model))


def _unit(vectors: Vectors) -> Vectors:
    """Of length 1 in float32: bfloat16 is off by up to 0.3%."""
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _keep(request: "openvino.InferRequest", place: tuple[Vectors, list[int]]) -> None:
    vectors, rows = place
    vectors[rows] = request.get_output_tensor().data
