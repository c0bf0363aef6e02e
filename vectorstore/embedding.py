"""The embedding model: sentence-transformers behind the ``Embedder`` protocol."""

import functools
import json
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

from vectorstore.models import ResolvedModel
from vectorstore.types import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 32
_LENGTH_FILE = "sentence_bert_config.json"


class SentenceTransformerEmbedder:
    """Unit vectors from a sentence-transformers model; texts are sorted by length and padded in batches of 32.

    On CPUs with bfloat16 instructions the weights are bfloat16: about twice the speed, cosine to float32 above 0.999.
    The model is loaded when it is needed first: that takes seconds, and an ingestion without changes needs none.
    """

    def __init__(self, model: ResolvedModel, device: str | None = None) -> None:
        self._resolved = model
        self._device = device
        self._lock = threading.RLock()  # the tokenizer keeps its truncation state: one batch at a time

    @functools.cached_property
    def _model(self) -> "SentenceTransformer":
        import torch
        from sentence_transformers import SentenceTransformer

        half = self._device is None and not torch.cuda.is_available() and cpu_has_bfloat16()
        quiet = logging.getLogger("sentence_transformers")
        quiet.setLevel(max(quiet.level, logging.WARNING))
        return SentenceTransformer(
            str(self._resolved.path),
            device=self._device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": torch.bfloat16 if half else torch.float32},
        )

    @property
    def fingerprint(self) -> str:
        return self._resolved.fingerprint

    @property
    def dimension(self) -> int:
        with self._lock:
            return cast(int, self._model.get_embedding_dimension())

    @property
    def max_tokens(self) -> int:
        """What the model reads of a text, special tokens included; the rest would be cut off silently."""
        try:
            said = json.loads((self._resolved.path / _LENGTH_FILE).read_text(encoding="utf-8"))
            return int(said["max_seq_length"])
        except (OSError, ValueError, KeyError, TypeError):
            with self._lock:
                return cast(int, self._model.max_seq_length)

    @property
    def tokenizer_file(self) -> Path:
        return self._resolved.path / "tokenizer.json"

    def embed(self, texts: list[str]) -> Vectors:
        """Vectors of shape ``(len(texts), dimension)``, float32, unit length."""
        with self._lock:
            vectors = self._model.encode(
                texts, batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return cast(Vectors, vectors.astype("float32", copy=False).reshape(len(texts), self.dimension))


def cpu_has_bfloat16() -> bool:
    """Whether bfloat16 arithmetic is native here, and so faster than float32."""
    import torch

    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
