"""The shape of a question: multinomial logistic regression over the words it is built of, whatever it is about.

The weights come from ``examples.json`` by ``scripts/train_shapes.py``; see docs/decisions/0050.
"""

import functools
import json
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.query.types import Shape
from rag.text.asking import asking_in
from rag.text.tokens import content_stems

WEIGHTS = Path(__file__).with_name("weights.json")
EXAMPLES = Path(__file__).with_name("examples.json")
STEP = 0.01
"""What a stored weight counts in."""

ABOUT_DOCUMENTS = (Shape.MENTIONS, Shape.SUMMARY, Shape.METADATA)

_TO_BE_SURE_OF = frozenset({Shape.COMPARISON, *ABOUT_DOCUMENTS})
_SURE = 0.5
"""These shapes have to be so probable: what they are answered with is of no use to another question."""
_TELLS_SHAPE = 0.35
"""A word of more weight is no part of what a question is about."""
_LONGEST = 3
_SUBJECT = "*"
_NUMBER = "#"
_TERM = re.compile(r"\w+(?:[.'’/_-]\w+)*")
_QUOTED = re.compile(r"[\"“„«](?P<words>[^\"“”„«»]+)[\"”“»]")
_LATIN = re.compile(r"[a-zà-ɏ]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|:")


def words_in(question: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(question.lower())]


def features(question: str, frame: Set[str]) -> set[str]:
    """Runs of one to three words of ``question``, its beginning and end among them; whatever is not in ``frame`` is
    what it is about, and looks all alike.

    >>> sorted(features("Who founded Rome?", {"who", "founded"}))[:4]
    ['$', '*', '* $', '^']
    """
    seen = ["^"]
    for word in words_in(question):
        known = word if word in frame else _NUMBER if word.isdigit() else _SUBJECT
        if known != _SUBJECT or seen[-1] != _SUBJECT:
            seen.append(known)
    seen.append("$")
    return {
        " ".join(seen[start : start + length])
        for length in range(1, _LONGEST + 1)
        for start in range(len(seen) - length + 1)
    }


@dataclass(frozen=True, slots=True)
class _Weights:
    shapes: tuple[Shape, ...]
    frame: frozenset[str]
    intercepts: NDArray[np.float32]
    places: dict[str, int]
    matrix: NDArray[np.float32]
    """Of shape ``(n_features, n_shapes)``."""


@functools.cache
def _weights() -> _Weights:
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    weights: dict[str, list[int]] = stored["weights"]
    return _Weights(
        tuple(map(Shape, stored["shapes"])),
        frozenset(stored["frame"]),
        np.array(stored["intercepts"], dtype=np.float32),
        {feature: place for place, feature in enumerate(weights)},
        np.array(list(weights.values()), dtype=np.float32) * STEP,
    )


def shape_of(question: str) -> Shape:
    """The most likely shape of the answer that ``question`` wants; a comparison, or one about documents, only where
    that is sure, and a comparison only where a word says so.

    >>> shape_of("Which documents mention the lighthouse?")
    <Shape.MENTIONS: 'mentions'>
    """
    if not _LATIN.search(question):
        return Shape.ONE  # no word of such a script was learned
    weights = _weights()
    places = [weights.places[known] for known in features(question, weights.frame) if known in weights.places]
    scores = weights.intercepts + weights.matrix[places].sum(axis=0)
    likely = np.exp(scores - scores.max())
    sure = likely.max() / likely.sum() >= _SURE
    order = sorted(range(len(weights.shapes)), key=lambda place: -likely[place])
    ranked = [weights.shapes[place] for place in order]
    return next(
        shape
        for shape in ranked
        if (sure or shape not in _TO_BE_SURE_OF) and (shape is not Shape.COMPARISON or _may_compare(question))
    )


def _may_compare(question: str) -> bool:
    """Whether a word of ``question`` sets things against each other, or nothing tells its language: two things alone
    may be told of together.
    """
    asking = asking_in(question)
    comparing = asking.comparing | asking.alike | asking.versus | asking.than | asking.choices | asking.more
    said = {word.strip(".,:;?!") for word in question.lower().split()}
    return not said.isdisjoint(comparing) or said.isdisjoint(asking.telling)


def builds_questions(word: str) -> bool:
    """Whether ``word`` is one that questions are built of, whatever they are about ("difference", "types", "price")."""
    return word.lower() in _weights().frame


def subject_in(question: str) -> str:
    """What a question about documents (MENTIONS, SUMMARY, METADATA) is about, as it stands there: what is quoted, or
    from the first to the last of the words that do not tell such a shape. Empty where all of them do.

    >>> subject_in("Which documents mention the old lighthouse?")
    'old lighthouse'
    """
    if quoted := _QUOTED.search(question):
        return quoted["words"].strip()
    weights = _weights()
    columns = [weights.shapes.index(shape) for shape in ABOUT_DOCUMENTS]
    telling = asking_in(question).telling

    def names(word: str) -> bool:
        place = weights.places.get(word.lower())
        tells = place is not None and weights.matrix[place, columns].max() > _TELLS_SHAPE
        return not tells and word.lower() not in telling and bool(content_stems(word))

    terms = list(_TERM.finditer(question))
    named = [place for place, term in enumerate(terms) if names(term[0])]
    if named[:1] == [0] and named[1:] and named[1] > 1:
        named = named[1:]  # an imperative that no example has: "Fetch me all ..."
    return question[terms[named[0]].start() : terms[named[-1]].end()] if named else ""
