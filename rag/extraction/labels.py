"""Labels: the words of a form that announce a value, and for which field."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rag.extraction.page import FormText, Segment
from rag.extraction.schema import Schema

Strength = Literal["strong", "weak", "not"]
"""A label of the field, one that counts where nothing better does, or one that says it is something else."""

_LONGEST = 8
"""Tokens that a label may have."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A label that stands in a form, on tokens ``first`` to before ``last`` of a segment.

    ``of`` says what it is for each field; for a field that it does not name it announces something else.
    """

    segment: int
    first: int
    last: int
    key: str
    of: Mapping[str, Strength]

    def strength(self, field: str) -> Strength:
        return self.of.get(field, "not")


@cache
def key(text: str) -> str:
    """The letters and digits that count, without case, accents, spaces: "Rechnungs-Nr.:" is "rechnungsnr"."""
    for sign, word in (("#", "no"), ("°", "o"), ("№", "no"), ("ß", "ss"), ("œ", "oe")):
        text = text.replace(sign, word)
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in plain if character.isalnum())


class Labels:
    """The labels of a schema, to be looked for."""

    def __init__(self, schema: Schema) -> None:
        self._of: dict[str, dict[str, Strength]] = {}
        for name, field in schema.fields.items():
            by_strength: dict[Strength, tuple[str, ...]] = {
                "not": field.not_labels,
                "weak": field.weak_labels,
                "strong": field.labels,
            }
            for strength, labels in by_strength.items():
                for label in labels:
                    self.add(label, name, strength)

    def add(self, label: str, field: str, strength: Strength) -> None:
        if key(label):
            self._of.setdefault(key(label), {})[field] = strength

    def knows(self, label: str) -> bool:
        return key(label) in self._of

    def find(self, form: FormText) -> list[list[Hit]]:
        """For each segment of the form its labels from left to right, the longest at each place."""
        return [list(self._in_segment(form, segment)) for segment in form.segments]

    def _in_segment(self, form: FormText, segment: Segment) -> Iterator[Hit]:
        first = segment.first
        while first < segment.last:
            found: Hit | None = None
            joined = ""
            for last in range(first, min(segment.last, first + _LONGEST)):
                part = key(form.tokens[last].text)
                joined += part
                if part and joined in self._of:
                    found = Hit(segment.number, first, last + 1, joined, self._of[joined])
            if found:
                yield found
            first = found.last if found else first + 1
