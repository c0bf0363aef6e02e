"""The embedding model of this machine, behind the ``Embedder`` protocol."""

import functools
import re
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vectorstore.embedders.backends import Backend, PackedTorchBackend, TorchBackend
from vectorstore.embedders.encoders import LENGTH_FILE, read_json
from vectorstore.embedders.fastest import open_fastest
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.tensors import read_tensors
from vectorstore.machine import has_gpu
from vectorstore.models import ResolvedModel
from vectorstore.types import Vectors

_E5 = re.compile(r"e5-(?:small|base|large)(?:-v2)?")
_QUERY, _PASSAGE = "query: ", "passage: "
"""How the models of E5 are told what is searched for and what is found (Wang et al. 2024, arXiv:2402.05672)."""
_PROMPT_TOKENS = 4
MEANS = Path(__file__).with_name("means.safetensors")
"""What all vectors of the packed model have in common, by prompt: the means over pieces of its vocabulary, of shape
``(dimension,)`` each (``scripts/embedding_means.py``). Without them its cosines lie between 0.7 and 0.9, whatever is
compared (Mu and Viswanath, ICLR 2018, arXiv:1702.01417).
"""
_CENTRED = "-centred"


class LocalEmbedder:
    """Unit vectors from a model of sentence-transformers or the packed E5, by torch on a GPU, on the processor by what
    is fastest there.

    ``home`` keeps the measurement of that. The model is loaded when it is needed first: that takes seconds, and an
    ingestion without changes needs none.
    """

    def __init__(self, model: ResolvedModel, home: Path | None = None) -> None:
        self._resolved = model
        self._home = home
        self._lock = threading.RLock()  # a backend serves one thread at a time
        self._prompts = _E5.search(model.name.rpartition("/")[2]) is not None

    @functools.cached_property
    def _backend(self) -> Backend:
        if not has_gpu():
            return open_fastest(self._resolved, self._home)
        if self._resolved.is_packed:
            return PackedTorchBackend(PackedModel.of(self._resolved))
        return TorchBackend(self._resolved.path, "float32")

    @property
    def fingerprint(self) -> str:
        return self._resolved.fingerprint + (_CENTRED if self._resolved.is_packed else "")

    @property
    def dimension(self) -> int:
        with self._lock:
            return self._backend.dimension

    @property
    def max_tokens(self) -> int:
        """What the model reads of a text, special tokens included; the rest would be cut off silently."""
        return self._most_tokens - (_PROMPT_TOKENS if self._prompts else 0)

    @property
    def _most_tokens(self) -> int:
        if self._resolved.is_packed:
            return int(PackedModel.of(self._resolved).config["max_position_embeddings"])
        try:
            return int(read_json(self._resolved.path / LENGTH_FILE)["max_seq_length"])
        except (OSError, ValueError, KeyError, TypeError):
            with self._lock:
                return self._backend.max_tokens

    @property
    def tokenizer_file(self) -> Path:
        """What ``vectorstore.embedders.counting`` opens."""
        return self._resolved.path if self._resolved.is_packed else self._resolved.path / "tokenizer.json"

    def embed(self, texts: list[str]) -> Vectors:
        """See ``vectorstore.types.Embedder``; float32, unit length."""
        return self._embed(texts, _PASSAGE)

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self._embed(texts, _QUERY)

    def _embed(self, texts: list[str], prompt: str) -> Vectors:
        with self._lock:
            vectors = self._backend.embed([prompt + text for text in texts] if self._prompts else texts)
        if not self._resolved.is_packed:
            return vectors
        centred: Vectors = vectors - _means()[prompt]
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        return centred


@functools.cache
def _means() -> Mapping[str, Vectors]:
    return read_tensors(MEANS)
