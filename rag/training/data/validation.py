"""What a person should know of their data before they train on it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import py3langid

from rag.training.data.answers import doubts_of_answers
from rag.training.data.markup import markup_of
from rag.training.data.samples import Sample

_SHOWN = 5
_SHORT_TEXT = 40
"""Characters below which a language cannot be told."""
_LONG_TEXT = 500
"""Characters that are enough to tell it."""
_PERSONAL = {
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*[a-z]", re.IGNORECASE),
    "telephone number": re.compile(r"(?<![\w.,-])(?:\+|00|\()?\d(?:[ ()/.-]{0,2}\d){8,14}(?![\w,-])"),
    "IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "card number": re.compile(r"\b(?:\d{4}[ -]){3}\d{4}\b"),
}


@dataclass(frozen=True, slots=True)
class DataProblem:
    """Something about samples: ``what``, how ``many``, the ``places`` of the first of them, and what helps."""

    what: str
    many: int
    places: tuple[str, ...]
    remedy: str = ""

    @property
    def text(self) -> str:
        """One line for people."""
        places = f"{', '.join(self.places)}{', …' if self.many > len(self.places) else ''}"
        return f"{self.what}: {_samples(self.many)} ({places}){f'; {self.remedy}' if self.remedy else ''}"


def check_samples(training: Sequence[Sample], held_out: Sequence[Sample], lengths: Sequence[int]) -> dict[str, Any]:
    """Figures of the samples, and ``warnings``: lines on what may be wrong with them.

    ``lengths`` are the tokens of the samples in training, before they were cut.
    """
    everything = [*training, *held_out]
    languages = Counter(language for sample in everything if (language := _language(sample.words)))
    doubts = (_problem(what, places) for what, places in doubts_of_answers(everything))
    found = (*doubts, *_foreign(everything), *_personal(everything))
    warnings = [finding.text for finding in found if finding.many]
    if len(languages) > 1 and (rare := languages.total() - languages.most_common(1)[0][1]) >= 0.02 * languages.total():
        warnings.append(f"In another language than most: {_samples(rare)}")
    if shared := leaks(training, held_out):
        warnings.append(_problem("Held out, but a long passage of it is learned", shared).text)
    ordered = sorted(lengths)
    return {
        "samples": len(training),
        "held_out": len(held_out),
        "languages": dict(languages.most_common(5)),
        "tokens": {
            "shortest": ordered[0],
            "median": ordered[len(ordered) // 2],
            "95%": ordered[int(0.95 * (len(ordered) - 1))],
            "longest": ordered[-1],
        },
        "warnings": warnings,
    }


_LEAK_WORDS = 13
"""As many words in a row are counted as copied in the contamination study of GPT-3 (arXiv:2005.14165, appendix C)."""


def leaks(training: Sequence[Sample], held_out: Sequence[Sample]) -> tuple[str, ...]:
    """The places of held-out samples whose answer or text shares 13 words in a row with one in training."""
    known = {run for sample in training for run in _runs(sample)}
    return tuple(sample.place for sample in held_out if any(run in known for run in _runs(sample)))


def _runs(sample: Sample) -> list[int]:
    words = re.findall(r"\w+", (sample.answer or sample.text).lower())
    return [hash(tuple(words[n : n + _LEAK_WORDS])) for n in range(len(words) - _LEAK_WORDS + 1)]


def _language(text: str) -> str | None:
    return str(py3langid.classify(text[:_LONG_TEXT])[0]) if len(text) >= _SHORT_TEXT else None


def _personal(samples: Sequence[Sample]) -> list[DataProblem]:
    return [
        _problem(f"A person's data, perhaps ({what})", [s.place for s in samples if pattern.search(s.words)])
        for what, pattern in _PERSONAL.items()
    ]


def _foreign(samples: Sequence[Sample]) -> list[DataProblem]:
    found: dict[str, list[str]] = {}
    for sample in samples:
        if kind := markup_of(sample.text):
            found.setdefault(kind, []).append(sample.place)
    return [
        _problem(f"With the chat marks of {kind}", places, "--convert-markup makes chats of them")
        for kind, places in found.items()
    ]


def _problem(what: str, places: Sequence[str], remedy: str = "") -> DataProblem:
    return DataProblem(what, len(places), tuple(places[:_SHOWN]), remedy)


def _samples(many: int) -> str:
    return f"{many:,} {'sample' if many == 1 else 'samples'}"
