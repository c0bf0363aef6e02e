"""Prompts put in other words, and with slips of the keyboard: people ask the same in many ways, and mistype."""

import random
import re
from collections.abc import Callable
from dataclasses import replace

from rag.training.data.samples import Sample

_LEADS = ("Please tell me: ", "I would like to know: ", "Could you tell me: ", "Tell me, ", "A question: ")
_SHORTER = {
    "what is": "what's",
    "who is": "who's",
    "where is": "where's",
    "how is": "how's",
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "are not": "aren't",
    "cannot": "can't",
    "will not": "won't",
    "I am": "I'm",
}
_LONGER = {short: long for long, short in _SHORTER.items()}
_WHAT_IS = re.compile(r"what (is|are|was|were) (.+?)\s*\?", re.IGNORECASE)
_ASKED = re.compile(r"(.*\bQuestion: )?(.*)", re.DOTALL)
"""In a prompt over passages, only the question is changed."""
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")


def varied(sample: Sample, draw: random.Random) -> Sample:
    """The sample with its last prompt put in other words, mistyped, or both; its answer stays.

    A raw text has no prompt, and stays as it is.
    """
    if not sample.messages:
        return sample
    *before, asked, answer = sample.messages
    matched = _ASKED.fullmatch(asked["content"])
    assert matched is not None
    lead, question = matched[1] or "", matched[2]
    for change in draw.choice(((_paraphrased,), (_mistyped,), (_paraphrased, _mistyped))):
        question = change(question, draw)
    return replace(sample, messages=(*before, {**asked, "content": lead + question}, answer))


def _paraphrased(question: str, draw: random.Random) -> str:
    ways: list[Callable[[], str]] = [
        lambda: draw.choice(_LEADS) + question[:1].lower() + question[1:],
        lambda: question.rstrip("?. "),
    ]
    for table in (_SHORTER, _LONGER):
        if found := next((words for words in table if re.search(rf"\b{words}\b", question, re.IGNORECASE)), None):
            ways.append(lambda found=found, table=table: _replaced(question, found, table[found]))  # type: ignore[misc]
    if what := _WHAT_IS.fullmatch(question.strip()):
        ways.append(lambda: f"Explain what {what[2]} {what[1].lower()}.")
    return draw.choice(ways)()


def _replaced(question: str, words: str, by: str) -> str:
    def like(match: re.Match[str]) -> str:
        return by[:1].upper() + by[1:] if match[0][0].isupper() else by

    return re.sub(rf"\b{words}\b", like, question, count=1, flags=re.IGNORECASE)


def _mistyped(question: str, draw: random.Random) -> str:
    """One long word with two letters swapped, one left out or one doubled; without such a word all in small letters."""
    places = list(_LONG_WORD.finditer(question))
    if not places:
        return question.lower()
    place = draw.choice(places)
    letters, at = place.group(), draw.randrange(1, len(place.group()) - 2)
    slips = (
        letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :],
        letters[:at] + letters[at + 1 :],
        letters[: at + 1] + letters[at:],
    )
    return question[: place.start()] + draw.choice(slips) + question[place.end() :]
