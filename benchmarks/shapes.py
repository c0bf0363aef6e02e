"""How well the shape of a question is told: by the trained classifier over words, by one over the embedding of the
question, and by a rule on how it begins. The questions are of other domains than the examples and not trained on.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sklearn.linear_model import LogisticRegression

from benchmarks.tables import table
from rag.query.shapes.classifier import EXAMPLES, shape_of
from rag.query.types import Shape
from rag.text.asking import asking_in
from scripts.train_shapes import HELD_OUT, filled
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, resolve_model

_INVERSE_REGULARISATION = 5.0
_FILLED = 2
"""Questions of each template that the one over embeddings is trained on."""

Tell = Callable[[list[str]], list[str]]


def run() -> dict[str, Any]:
    """Of the questions of each language, how many each way tells right."""
    questions = json.loads(Path(HELD_OUT).read_text(encoding="utf-8"))
    ways: dict[str, Tell] = {
        "words, trained": lambda texts: [shape_of(text) for text in texts],
        "embedding, trained": _by_embedding(),
        "rule": lambda texts: [_by_rule(text) for text in texts],
    }
    return {"languages": {language: _right(ways, of_one) for language, of_one in questions.items()}}


def _right(ways: Mapping[str, Tell], questions: Mapping[str, list[str]]) -> dict[str, int]:
    texts = [text for of_shape in questions.values() for text in of_shape]
    shapes = [shape for shape, of_shape in questions.items() for _ in of_shape]
    told = {
        way: sum(one == other for one, other in zip(tell(texts), shapes, strict=True)) for way, tell in ways.items()
    }
    return {"questions": len(texts), **told}


def _by_embedding() -> Tell:
    embedder = LocalEmbedder(resolve_model(MINILM))
    examples = list(filled(json.loads(EXAMPLES.read_text(encoding="utf-8")), _FILLED))
    fitted = LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=2000)
    fitted.fit(embedder.embed([text for text, _ in examples]), [shape for _, shape in examples])
    return lambda texts: list(map(str, fitted.predict(embedder.embed(texts))))


def _by_rule(question: str) -> str:
    """By the closed classes of the words that the question begins with, and a few that it holds."""
    asking = asking_in(question)
    words = [word.strip("¿?.,:").lower() for word in question.split()]
    first = words[0] if words else ""
    if asking.comparing & set(words) or asking.versus & set(words):
        return Shape.COMPARISON
    if first in asking.auxiliaries:
        return Shape.YES_NO
    if first in asking.imperatives:
        return Shape.OPEN
    plain = first in asking.interrogatives and (len(words) < 2 or words[1] not in asking.degrees)
    return Shape.OPEN if plain and first in {"what", "how", "why", "was", "wie", "warum"} else Shape.ONE


def section(result: Mapping[str, Any]) -> str:
    """What docs/benchmarks.md says of it."""
    rows = [(language, *figures.values()) for language, figures in result["languages"].items()]
    figures = table(("language", *next(iter(result["languages"].values()))), rows)
    return f"## The shape of a question\n\n{figures}\n\nRight of the hand-written questions, by way of telling."
