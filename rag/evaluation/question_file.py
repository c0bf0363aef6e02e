"""Questions of one's own, and what a right answer to each must hold: a JSON or YAML file.

{"questions": [
  {"ask": "How long is the warranty?", "must": ["(?i)two years"], "not": "(?i)lifetime", "doc": "(?i)terms"},
  {"ask": "Who founded the company?", "abstain": true}
]}
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
import yaml

from vectorstore.errors import UsageError

_KEYS = ("ask", "must", "not", "doc", "abstain", "before", "note", "judged")
_OF_AN_ANSWER = ("must", "not", "doc")
_FORM = 'Expected {"questions": [{"ask": "...", "must": ["..."]}, {"ask": "...", "abstain": true}]}.'
_LONGEST_SEARCH = 1.0
"""Seconds for one expression, which may be one that tries every way of dividing a text."""


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question, and the earlier ones of its conversation (``before``). All that is sought are regular expressions.

    A right answer's text holds one of the wordings of each entry of ``must`` and nothing of ``must_not``, and it cites
    a document whose title holds ``doc`` (empty: any). With ``abstain`` no answer is right. ``judged`` is the turn of a
    conversation that it comes from, empty where it was written.
    """

    ask: str
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    doc: str = ""
    abstain: bool = False
    before: tuple[str, ...] = ()
    judged: str = ""

    def faults(self, text: str, titles: Sequence[str]) -> tuple[str, ...]:
        """What is wrong with an answer of this text that cites documents of these titles; nothing where it is right.

        A line break counts as a space: how an answer is laid out is not what is asked.
        """
        text = " ".join(text.split())
        try:
            found = [f"lacks: {' or '.join(ways)}" for ways in self.must if not any(_holds(text, way) for way in ways)]
            found += [f"holds what it must not: {pattern}" for pattern in self.must_not if _holds(text, pattern)]
            if self.doc and not any(_holds(title, self.doc) for title in titles):
                found.append(f"not from: {self.doc}")
        except TimeoutError as pattern:
            return (f"takes too long to look for: {pattern}",)
        return tuple(found)


class _Wrong(Exception):
    """What is wrong with one question."""


def _holds(text: str, pattern: str) -> bool:
    try:
        return regex.search(pattern, text, timeout=_LONGEST_SEARCH) is not None
    except TimeoutError:
        raise TimeoutError(pattern) from None


def load_own_questions(path: Path) -> list[OwnQuestion]:
    """Read a file, JSON or YAML by what is in it.

    Raises UsageError, naming the file and the question with its line, where it has another form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError("Cannot be read", where=str(path), remedy=f"{error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError("Not a text file", where=str(path), remedy=_FORM) from error
    listed = _parsed(text, path)
    questions = []
    for number, fields in enumerate(listed, start=1):
        try:
            questions.append(_question(fields))
        except _Wrong as error:
            line = _lines(text).get(number)
            what = f"Question {number}{f' on line {line}' if line else ''}: {error}"
            raise UsageError(what, where=str(path), remedy=_FORM) from None
    return questions


def _parsed(text: str, path: Path) -> list[Any]:
    try:
        content = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (json.JSONDecodeError, yaml.YAMLError, RecursionError) as error:
        what = f"Not a JSON or YAML file ({' '.join(str(error).split())})"
        raise UsageError(what, where=str(path), remedy=_FORM) from error
    listed = content.get("questions") if isinstance(content, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise UsageError("There are no questions in it", where=str(path), remedy=_FORM)
    return listed


def _lines(text: str) -> dict[int, int]:
    """The line on which each question begins, both from 1; JSON is looked at as the YAML that it nearly always is."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    listed = next(value.value for key, value in root.value if key.value == "questions")
    return {number: node.start_mark.line + 1 for number, node in enumerate(listed, start=1)}


def _question(fields: Any) -> OwnQuestion:
    if not isinstance(fields, Mapping):
        raise _Wrong("it is not a group of keys and values")
    if unknown := [str(key) for key in fields if key not in _KEYS]:
        raise _Wrong(f"there is no key {unknown[0]!r}; known are {', '.join(_KEYS)}")
    ask = fields.get("ask")
    if not isinstance(ask, str) or not ask.strip():
        raise _Wrong("the key 'ask' is missing or empty")
    abstain = fields.get("abstain", False)
    if not isinstance(abstain, bool):
        raise _Wrong("'abstain' is true or false")
    must, must_not, doc = (_listed(fields, key) for key in _OF_AN_ANSWER)
    if abstain and (must or must_not or doc):
        raise _Wrong("where no answer is right ('abstain'), nothing can be asked of one")
    if not abstain and not must:
        raise _Wrong("the key 'must' is missing or empty, and 'abstain' is not true")
    if len(doc) > 1:
        raise _Wrong("'doc' is one expression; join several by |")
    return OwnQuestion(
        ask.strip(),
        tuple(_patterns("must", entry if isinstance(entry, list) and entry else [entry]) for entry in must),
        _patterns("not", must_not),
        "".join(_patterns("doc", doc)),
        abstain,
        _texts("before", _listed(fields, "before")),
        "".join(_texts("judged", _listed(fields, "judged"))),
    )


def _listed(fields: Mapping[str, Any], key: str) -> list[Any]:
    """One value may stand for a list of one."""
    value = fields.get(key)
    if value in (None, "", []):
        return []
    return value if isinstance(value, list) else [value]


def _patterns(key: str, values: Sequence[Any]) -> tuple[str, ...]:
    patterns = _texts(key, values)
    for pattern in patterns:
        try:
            regex.compile(pattern)
        except (regex.error, RecursionError) as error:
            raise _Wrong(f"{key!r} holds no regular expression: {pattern} ({error})") from None
    return patterns


def _texts(key: str, values: Sequence[Any]) -> tuple[str, ...]:
    for value in values:
        if not isinstance(value, str) or not value:
            raise _Wrong(f"{key!r} holds something that is not a text: {value!r}; put it in quotes")
    return tuple(values)
