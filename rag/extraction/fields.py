"""A form to the values of a schema's fields: what labels and signals settle, and what the reader is asked."""

from dataclasses import dataclass

from rag.extraction.labels import Labels, key
from rag.extraction.learned import Learned
from rag.extraction.page import FormText
from rag.extraction.questions import add_proposals, add_reader_signals
from rag.extraction.schema import Schema
from rag.extraction.scoring import Scored, model_for, score
from rag.extraction.signals import FieldOptions, Option, currency_options, gather
from rag.extraction.types import FoundValue
from rag.reader.types import PairReader

SETTLED = 0.85
"""A value this probable is not put to the reader."""
LEAST = 0.5
"""A less probable value is not given: the field is taken to be missing."""
_LONG_SIGN = 6


@dataclass(slots=True)
class Answers:
    """A form and its schema, and for each shown field the values, likeliest first."""

    schema: Schema
    reading: FieldOptions
    learned: Learned
    scored: dict[str, list[Scored]]

    @property
    def open_fields(self) -> list[str]:
        """Those whose value is not settled."""
        return [name for name, values in self.scored.items() if not values or values[0].probability < SETTLED]

    def found(self, name: str) -> FoundValue:
        """The likeliest value with its place, or that there is none."""
        values = self.scored[name]
        if not values or values[0].probability < LEAST:
            return FoundValue(None, None, 1 - values[0].probability if values else 1.0)
        return as_found(self.reading.form, values[0].option, values[0].probability)

    def all_found(self, name: str) -> tuple[FoundValue, ...]:
        """Every value that is probable enough by itself, in the order of the document."""
        form = self.reading.form
        given = [one for one in self.scored[name] if one.probability >= LEAST]
        given.sort(key=lambda one: one.option.candidate.tokens.start)
        return tuple(as_found(form, one.option, one.probability) for one in given)

    def is_of_kind(self) -> bool:
        """Whether the form is of the schema's kind: it holds a word that says so, and half of what is required.

        A schema without such words takes any document.
        """
        signs = {key(sign) for sign in self.schema.signs}
        if not signs:
            return True
        form = self.reading.form
        words = {key(token.text) for token in form.tokens}
        text = key(form.text)
        signed = any(sign in words or (len(sign) > _LONG_SIGN and sign in text) for sign in signs)
        required = [name for name, field in self.schema.shown.items() if field.required and field.type != "currency"]
        found = sum(1 for name in required if self.scored[name] and self.scored[name][0].probability >= LEAST)
        return signed and found >= len(required) / 2


def weigh(form: FormText, schema: Schema, learned: Learned) -> Answers:
    """The values of all shown fields by labels and signals alone."""
    labels = Labels(schema)
    learned.add_labels(labels)
    reading = gather(form, schema, labels)
    answers = Answers(schema, reading, learned, {})
    for name, field in schema.shown.items():
        if field.type != "currency":
            learned.add_signals(reading, schema, name)
            answers.scored[name] = score(
                reading.options[name], model_for(field.type, read=False), repeated=field.repeated
            )
    _add_currencies(answers)
    return answers


def ask(answers: Answers, reader: PairReader) -> None:
    """Put the questions of the fields that are open to the reader, and weigh these anew."""
    fields = {name: answers.schema.fields[name] for name in answers.open_fields}
    asked = {name: field for name, field in fields.items() if field.questions}
    reading = answers.reading
    add_proposals(reader, reading, {name: field.questions for name, field in asked.items() if field.type == "text"})
    add_reader_signals(reader, reading, {name: field.questions for name, field in asked.items()})
    for name, field in asked.items():
        answers.scored[name] = score(reading.options[name], model_for(field.type, read=True), repeated=field.repeated)
    _add_currencies(answers)


def _add_currencies(answers: Answers) -> None:
    """A currency is that of an amount, so it comes after it."""
    for name, field in answers.schema.shown.items():
        if field.type == "currency":
            amounts = answers.scored.get(field.of, [])
            chosen = amounts[0].option if amounts and amounts[0].probability >= LEAST else None
            answers.reading.options[name] = currency_options(answers.reading, name, chosen)
            answers.learned.add_signals(answers.reading, answers.schema, name)
            answers.scored[name] = score(answers.reading.options[name], model_for("currency", read=False))
    answers.scored = {name: answers.scored[name] for name in answers.schema.shown}


def as_found(form: FormText, option: Option, confidence: float) -> FoundValue:
    candidate = option.candidate
    place = form.place(candidate.tokens)
    page = form.layout.pages[place.page]
    return FoundValue(
        candidate.value,
        candidate.normalised,
        confidence,
        page.number,
        form.box_on_page(place) if page.number is not None else None,
        tuple(page.words[n].text for n in place.words),
        place,
    )
