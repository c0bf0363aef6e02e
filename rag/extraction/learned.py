"""What corrections teach about further forms of the same sender or layout: labels, places, names."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.extraction.examples import Example
from rag.extraction.labels import Labels, key
from rag.extraction.page import FormText
from rag.extraction.schema import Schema
from rag.extraction.scoring import LEARNED
from rag.extraction.signals import FieldOptions, group_of

_ALIKE = 0.5
"""Forms that share this much of their standing texts are of the same sender or layout."""
_NEAR = 0.03
"""Values on the same place are no further apart, as a share of the page."""
_SHORTEST = 4
_BY_LABEL, _BY_PLACE, _BY_BOTH, _MISSING = 0.7, 0.6, 1.0, -0.6
"""How much it says that the label is the same, the place, both; or that the field was missing there."""
_NAMED = frozenset({"organisation", "currency", "choice"})
"""Types whose value stays the same from one form of a sender to the next."""


def fingerprint(form: FormText) -> tuple[str, ...]:
    """The form's standing texts: segments without a digit, and names in addresses."""
    texts = {key(segment.text) for segment in form.segments if not any(c.isdigit() for c in segment.text)}
    return tuple(sorted(text for text in texts if len(text) >= _SHORTEST))


def label_of(form: FormText, tokens: range) -> str:
    """The words that seem to announce a value: before it in its segment, else left of it, else above it."""
    segment = form.segments[form.segment_of[tokens.start]]
    if tokens.start > segment.first:
        start, end = form.tokens[segment.first].start, form.tokens[tokens.start - 1].end
        return _short(form.text[start:end])
    line = form.lines[segment.line]
    before = [other for other in line if other.last <= segment.first]
    if before and not any(character.isdigit() for character in before[-1].text):
        return _short(before[-1].text)
    box = form.box(tokens)
    for other in reversed(
        [other for other in form.segments if other.page == segment.page and other.line < segment.line]
    ):
        shared = min(box[2], other.box[2]) - max(box[0], other.box[0])
        if shared > 0:
            return "" if any(character.isdigit() for character in other.text) else _short(other.text)
    return ""


def _short(text: str) -> str:
    """The last few words, without punctuation at the ends."""
    return " ".join(text.split()[-4:]).strip(" :.,;-–|=")


@dataclass(frozen=True, slots=True)
class Learned:
    """The examples of a schema, seen from one form: those of its sender or layout count."""

    examples: Sequence[Example] = ()
    own: Sequence[Example] = ()

    @classmethod
    def about(cls, form: FormText, examples: Sequence[Example]) -> "Learned":
        own = set(fingerprint(form))
        alike = [
            example
            for example in examples
            if own
            and len(own.intersection(example.fingerprint)) >= _ALIKE * min(len(own), len(example.fingerprint) or 1)
        ]
        return cls(examples, alike)

    def add_labels(self, labels: Labels) -> None:
        """Labels of this sender's forms as the field's own; those of others where they are not known."""
        for example in self.examples:
            if example.label and example.value is not None and (example in self.own or not labels.knows(example.label)):
                labels.add(example.label, example.field, "strong")

    def add_signals(self, reading: FieldOptions, schema: Schema, name: str) -> None:
        """Give the field's options the signal ``learned``, from -1 to 1."""
        kind = schema.fields[name].type
        form = reading.form
        for example in self.own:
            if example.field != name:
                continue
            for option in reading.options[name]:
                if example.normalised is None:
                    says = _MISSING
                elif kind in _NAMED:
                    says = _BY_BOTH if option.group == group_of(kind, example.normalised) else 0.0
                else:
                    by_label = bool(example.label) and key(label_of(form, option.candidate.tokens)) == key(
                        example.label
                    )
                    by_place = _is_near(form, option.candidate.tokens, example.place)
                    says = (
                        _BY_BOTH if by_label and by_place else _BY_LABEL if by_label else _BY_PLACE if by_place else 0.0
                    )
                if abs(says) > abs(option.signals.get(LEARNED, 0.0)):
                    option.signals[LEARNED] = says


def place_of(form: FormText, tokens: range) -> tuple[int, float, float]:
    token = form.tokens[tokens.start]
    page = form.layout.pages[token.page]
    return token.page, token.box[0] / max(1.0, page.width), token.box[1] / max(1.0, page.height)


def _is_near(form: FormText, tokens: range, place: tuple[int, float, float] | None) -> bool:
    page, across, down = place_of(form, tokens)
    return place is not None and page == place[0] and abs(across - place[1]) < _NEAR and abs(down - place[2]) < _NEAR
