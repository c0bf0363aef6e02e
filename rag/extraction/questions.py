"""The reader's second job: asked a field's questions, it says which of the candidates' words answer them.

All questions of a form go to the reader at once, each with the lines around the field's candidates alone: what a
candidate does not stand near cannot answer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.calibration.scoring import logistic
from rag.extraction.page import FormText
from rag.extraction.signals import FieldOptions, Option, group_of, place_signals
from rag.extraction.values.texts import text_candidate
from rag.reader.types import AnswerSpan, PairReader, PassageText

_AROUND = 2
"""Lines above and below a candidate's."""
_LONGEST = 1800
"""Characters of a form that the reader is given for one question: two or three windows."""
_SCALE = 4.0
"""Margins of right answers are about so large."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """Text of a form that is shown to the reader, with the place of each of its lines in the form's text."""

    text: str
    starts: tuple[tuple[int, int], ...]

    def in_form(self, offset: int) -> int:
        """Where a character of the passage stands in the form's text."""
        own, of_form = max((start for start in self.starts if start[0] <= offset), default=self.starts[0])
        return of_form + offset - own


def add_reader_signals(reader: PairReader, reading: FieldOptions, questions: Mapping[str, Sequence[str]]) -> None:
    """Ask the questions of each named field; its options get ``reader`` and ``reader_best``, 0 to 1."""
    pairs: list[tuple[str, PassageText]] = []
    of_pair: list[tuple[str, _Passage]] = []
    for name, wanted in questions.items():
        passage = _passage(reading.form, reading.options[name])
        if passage.text.strip():
            pairs += [(question, PassageText("", passage.text, ())) for question in wanted]
            of_pair += [(name, passage)] * len(wanted)
    for (name, passage), found in zip(of_pair, reader.read_pairs(pairs), strict=True):
        _mark(reading, name, passage, found.spans)


def _passage(form: FormText, options: Sequence[Option]) -> _Passage:
    """The lines around the options; all of the form where there are none."""
    lines = {form.segments[form.segment_of[option.candidate.tokens.start]].line for option in options}
    near = {line + step for line in lines for step in range(-_AROUND, _AROUND + 1)} if lines else None
    parts: list[str] = []
    starts: list[tuple[int, int]] = []
    length = 0
    for number, line in enumerate(form.lines):
        if near is None or number in near:
            start = line[0].start
            text = form.text[start : line[-1].start + len(line[-1].text)] + "\n"
            if length + len(text) > _LONGEST:
                break
            starts.append((length, start))
            parts.append(text)
            length += len(text)
    return _Passage("".join(parts), tuple(starts) or ((0, 0),))


def _mark(reading: FieldOptions, name: str, passage: _Passage, spans: Sequence[AnswerSpan]) -> None:
    form = reading.form
    for rank, span in enumerate(spans):
        tokens = form.tokens_between(passage.in_form(span.start), passage.in_form(max(span.start, span.end - 1)) + 1)
        likelihood = logistic(max(-20.0, min(20.0, span.margin / _SCALE)))
        for option in reading.options[name]:
            shared = len(set(option.candidate.tokens).intersection(tokens))
            alike = shared / max(len(option.candidate.tokens), len(tokens), 1)
            if alike > 0:
                signals = option.signals
                signals["reader"] = max(signals.get("reader", 0.0), likelihood * math.sqrt(alike))
                if rank == 0:
                    signals["reader_best"] = max(signals.get("reader_best", 0.0), math.sqrt(alike))


def add_proposals(reader: PairReader, reading: FieldOptions, questions: Mapping[str, Sequence[str]]) -> None:
    """The reader's own answers to the questions of text fields become options of them."""
    form = reading.form
    passage = _passage(form, ())
    asked = [(name, question) for name, of in questions.items() for question in of]
    answers = reader.read_pairs([(question, PassageText("", passage.text, ())) for _, question in asked])
    for (name, _), found in zip(asked, answers, strict=True):
        for span in found.spans[:1]:
            start, end = passage.in_form(span.start), passage.in_form(max(span.start, span.end - 1)) + 1
            candidate = text_candidate(form, form.tokens_between(start, end))
            if candidate and all(option.candidate.tokens != candidate.tokens for option in reading.options[name]):
                signals = {**candidate.traits, **place_signals(form, candidate.tokens), "proposed": 1.0}
                reading.options[name].append(Option(candidate, group_of("text", candidate.normalised), signals))
