"""The embedding model: one of sentence-transformers, behind the ``Embedder`` protocol."""

import functools
import threading
from pathlib import Path

from vectorstore.embedders.backends import LENGTH_FILE, Backend, TorchBackend, read_json
from vectorstore.embedders.fastest import open_fastest
from vectorstore.machine import has_gpu
from vectorstore.models import ResolvedModel
from vectorstore.types import Vectors


class SentenceTransformerEmbedder:
    """Unit vectors from a sentence-transformers model, by torch on a GPU, on the processor by what is fastest there.

    ``home`` keeps the measurement of that. The model is loaded when it is needed first: that takes seconds, and an
    ingestion without changes needs none.
    """

    def __init__(self, model: ResolvedModel, home: Path | None = None) -> None:
        self._resolved = model
        self._home = home
        self._lock = threading.RLock()  # a backend serves one thread at a time

    @functools.cached_property
    def _backend(self) -> Backend:
        if has_gpu():
            return TorchBackend(self._resolved.path, "float32")
        return open_fastest(self._resolved, self._home)

    @property
    def fingerprint(self) -> str:
        return self._resolved.fingerprint

    @property
    def dimension(self) -> int:
        with self._lock:
            return self._backend.dimension

    @property
    def max_tokens(self) -> int:
        """What the model reads of a text, special tokens included; the rest would be cut off silently."""
        try:
            return int(read_json(self._resolved.path / LENGTH_FILE)["max_seq_length"])
        except (OSError, ValueError, KeyError, TypeError):
            with self._lock:
                return self._backend.max_tokens

    @property
    def tokenizer_file(self) -> Path:
        return self._resolved.path / "tokenizer.json"

    def embed(self, texts: list[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimension)``, float32, unit length."""
        with self._lock:
            return self._backend.embed(texts)
