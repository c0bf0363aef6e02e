"""Train what tells the shape of a question, from rag/query/shapes/examples.json.

    python scripts/train_shapes.py           writes rag/query/shapes/weights.json

The examples are templates in eight languages, and words to fill them with. It says how many of the questions in
tests/data/shapes.json are told right, which are of other domains and were not trained on.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from rag.query.shapes.classifier import EXAMPLES, STEP, WEIGHTS, features, shape_of, words_in

HELD_OUT = Path(__file__).parents[1] / "tests/data/shapes.json"
FILLED = 12
"""Questions of each template."""
FEWEST = 6
"""Questions that a feature is in."""
SMALLEST = 0.05
"""Features of which no weight is larger are left out."""
FRAMES = ("attr", "pl", "more")
"""Of the words that templates are filled with, those that tell of the shape."""
INVERSE_REGULARISATION = 1.0

_SLOT = re.compile(r"\{(\w+)\}")


def main() -> None:
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    frame = frozenset(_frame(examples))
    questions = list(filled(examples, FILLED))
    found = [features(question, frame) for question, _ in questions]
    counts = Counter(feature for of_one in found for feature in of_one)
    places = {
        feature: place for place, feature in enumerate(sorted(f for f, count in counts.items() if count >= FEWEST))
    }
    fitted = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=3000)
    fitted.fit(_matrix(found, places), [shape for _, shape in questions])
    weights = {
        feature: [round(weight / STEP) for weight in fitted.coef_[:, place]]
        for feature, place in places.items()
        if np.abs(fitted.coef_[:, place]).max() > SMALLEST
    }
    trained = {
        "shapes": fitted.classes_.tolist(),
        "intercepts": np.round(fitted.intercept_, 3).tolist(),
        "frame": sorted(frame),
        "weights": weights,
    }
    WEIGHTS.write_text(json.dumps(trained, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(questions)} questions, {len(weights)} features: {WEIGHTS}")
    for language, held_out in json.loads(HELD_OUT.read_text(encoding="utf-8")).items():
        told = [shape_of(question) == shape for shape, of_shape in held_out.items() for question in of_shape]
        print(f"{language}: {sum(told)} of {len(told)} right")


def _frame(examples: dict[str, dict[str, dict[str, list[str]]]]) -> Iterator[str]:
    """The words that questions are built of: those of the templates, and of what tells the shape in their slots."""
    for language, templates in examples["templates"].items():
        for template in (template for of_shape in templates.values() for template in of_shape):
            yield from words_in(_SLOT.sub(" ", template))
        for slot in FRAMES:
            for words in examples["fillers"][language].get(slot, []):
                yield from words_in(words)


def filled(examples: dict[str, dict[str, dict[str, list[str]]]], times: int) -> Iterator[tuple[str, str]]:
    """So many questions of each template, with their shapes."""
    choice = random.Random(1)
    for language, templates in examples["templates"].items():
        fillers = examples["fillers"]["en"] | examples["fillers"][language]
        for shape, of_shape in templates.items():
            for template in of_shape:
                for _ in range(times if _SLOT.search(template) else 1):
                    yield _SLOT.sub(partial(_filler, fillers, choice), template), shape


def _filler(fillers: dict[str, list[str]], choice: random.Random, slot: re.Match[str]) -> str:
    return choice.choice(fillers[slot[1]])


def _matrix(found: list[set[str]], places: dict[str, int]) -> csr_matrix:
    rows = [row for row, of_one in enumerate(found) for feature in of_one if feature in places]
    columns = [places[feature] for of_one in found for feature in of_one if feature in places]
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(found), len(places)))


if __name__ == "__main__":
    main()
