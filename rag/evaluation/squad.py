"""Question files in the SQuAD form, and the standard SQuAD 2.0 metric.

Source: Rajpurkar et al., "Know What You Don't Know", ACL 2018, and its official evaluation script.
"""

import json
import lzma
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectorstore.errors import UsageError

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_FORM = "Expected data[].paragraphs[].qas[], as in SQuAD."


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """``text`` stands in the paragraph from character ``start`` on; None where the paragraph does not hold it."""

    text: str
    start: int | None


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """A question on one paragraph. ``paragraph`` counts through the file; without ``answers`` it cannot be answered."""

    id: str
    text: str
    answers: tuple[GoldAnswer, ...]
    paragraph: int


@dataclass(frozen=True, slots=True)
class SquadParagraph:
    """A paragraph and the article that it comes from; ``article`` counts through the file."""

    text: str
    title: str
    article: int


@dataclass(frozen=True, slots=True)
class SquadFile:
    """All paragraphs and questions of a file, in its order."""

    paragraphs: tuple[SquadParagraph, ...]
    questions: tuple[SquadQuestion, ...]


def load_squad(path: Path) -> SquadFile:
    """Read a file in the form of SQuAD 1 or 2, packed with xz or not.

    An answer that is not where the file says is looked for nearby. Raises UsageError, naming the file, when it has
    another form.
    """
    try:
        articles = json.loads(_text(path))["data"]
        return _read(articles)
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError("Cannot be read", where=str(path), remedy=f"{reason.rstrip('.')}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"Not a JSON file ({error})", where=str(path), remedy=_FORM) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"Not a SQuAD file ({error!r})", where=str(path), remedy=_FORM) from error


def _text(path: Path) -> str:
    if path.suffix == ".xz":
        with lzma.open(path, "rt", encoding="utf-8-sig") as file:
            return file.read()
    return path.read_text(encoding="utf-8-sig")


def load_question_file(path: Path) -> SquadFile:
    """As ``load_squad``; raises UsageError also where there are no questions in it."""
    data = load_squad(path)
    if not data.questions:
        raise UsageError("There are no questions in it", where=str(path), remedy="Name a file that holds some.")
    return data


def _read(articles: Sequence[dict[str, Any]]) -> SquadFile:
    paragraphs: list[SquadParagraph] = []
    questions: list[SquadQuestion] = []
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            context = str(paragraph["context"])
            for asked in paragraph["qas"]:
                answers = () if asked.get("is_impossible") else _answers(asked, context)
                questions.append(SquadQuestion(str(asked["id"]), asked["question"].strip(), answers, len(paragraphs)))
            paragraphs.append(SquadParagraph(context, str(article.get("title", "")).replace("_", " "), number))
    return SquadFile(tuple(paragraphs), tuple(questions))


def _answers(asked: dict[str, Any], context: str) -> tuple[GoldAnswer, ...]:
    answers = [(str(answer["text"]), int(answer["answer_start"])) for answer in asked.get("answers", ())]
    return tuple(dict.fromkeys(GoldAnswer(text, _place(text, context, start)) for text, start in answers if text))


def _place(text: str, context: str, start: int) -> int | None:
    """Where ``text`` stands in ``context``, nearest to ``start``."""
    if context.startswith(text, start):
        return start
    places = [match.start() for match in re.finditer(re.escape(text), context)]
    return min(places, key=lambda place: abs(place - start), default=None)


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space.

    >>> normalised("The  Eiffel-Tower, Paris.")
    'eiffeltower paris'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1 when ``prediction`` equals one of ``golds`` once normalised. The empty text says "no answer"; without ``golds``
    it is the right one.
    """
    return float(any(normalised(prediction) == gold for gold in _normalised_golds(golds)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """The best word overlap with one of ``golds``, 0 to 1; as ``exact_match`` where either is empty.

    >>> f1("the red house", ["a house"])
    0.6666666666666666
    """
    return max(_f1(normalised(prediction).split(), gold.split()) for gold in _normalised_golds(golds))


def _normalised_golds(golds: Sequence[str]) -> list[str]:
    """As in the official script, a gold answer of which nothing is left does not count."""
    return [gold for gold in map(normalised, golds) if gold] or [""]


def _f1(predicted: list[str], gold: list[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    common = (Counter(predicted) & Counter(gold)).total()
    return 2.0 * common / (len(predicted) + len(gold)) if common else 0.0
