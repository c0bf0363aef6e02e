"""Small talk told from questions: multinomial logistic regression over the embedding of the message.

The weights come from ``examples.json`` by ``scripts/train_smalltalk.py`` and belong to one embedding model.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.query.smalltalk.topics import Topic
from vectorstore.identifiers import identifiers, is_code
from vectorstore.types import Embedder, Vectors

WEIGHTS = Path(__file__).with_name("weights.json")
QUESTION = "question"
"""The class of everything that is to be looked up."""

_THRESHOLD = 0.7
"""Small talk only if its probability is above this; see docs/decisions/0012."""
_PIECES = re.compile(r"(?<=[.!?;,])\s+|\n+")


def features(texts: Sequence[str], embedder: Embedder) -> Vectors:
    """What the classifier looks at, of shape ``(n_texts, dimension)``: a full stop makes no question of a "Nice."."""
    return embedder.embed([text.rstrip(" .!,;") or text for text in texts])


class SmallTalkClassifier:
    """Callable with a message. ``embedder`` must be the model that the weights were trained on.

    >>> SmallTalkClassifier(embedder)("Thank you very much!")  # doctest: +SKIP
    <Topic.THANKS: 'thanks'>
    """

    def __init__(self, embedder: Embedder) -> None:
        stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        self._embedder = embedder
        self._classes: list[str] = stored["classes"]
        self._weights = np.array(stored["weights"], dtype=np.float32)
        self._intercepts = np.array(stored["intercepts"], dtype=np.float32)

    def __call__(self, message: str) -> Topic | None:
        """What the message is about if all of it is small talk: "Thanks, and for children?" asks something, and so does
        what bears a code, a version or an option, of which an embedding knows nothing: "option -x".
        """
        if any(map(is_code, identifiers(message))):
            return None
        (whole,) = self._probabilities([message])
        pieces = [piece for piece in _PIECES.split(message) if re.search(r"\w", piece)]
        if self._asks(whole) or (len(pieces) > 1 and any(map(self._asks, self._probabilities(pieces)))):
            return None
        talk = {name: p for name, p in zip(self._classes, whole, strict=True) if name != QUESTION}
        return Topic(max(talk, key=lambda name: talk[name]))

    def _asks(self, probabilities: NDArray[np.float32]) -> bool:
        return bool(1.0 - probabilities[self._classes.index(QUESTION)] <= _THRESHOLD)

    def _probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape ``(n_texts, n_classes)``."""
        logits = features(texts, self._embedder) @ self._weights.T + self._intercepts
        exponents: NDArray[np.float32] = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float32] = exponents / exponents.sum(axis=1, keepdims=True)
        return shares
