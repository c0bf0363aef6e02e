"""How close words and sentences are in meaning, by the embedding model; each text is embedded once."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vectorstore.types import Embedder

_KEPT = 20_000


class Similarity:
    """Cosines between texts. Safe to use from many threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, one: str, other: str) -> float:
        self.prepare((one, other))
        return float(self._vectors[one] @ self._vectors[other])

    def prepare(self, texts: Iterable[str]) -> None:
        """Embed what is not known yet, all at once."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
            if not new:
                return
            while len(self._vectors) + len(new) > _KEPT and self._vectors:
                self._vectors.popitem(last=False)
            self._vectors.update(zip(new, self._embedder.embed(new), strict=True))
