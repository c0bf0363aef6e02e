"""An answer and what can be shown of it while it is being made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.grounding.types import Reason

Kind = Literal["generated", "extractive", "abstained", "smalltalk", "unchecked"]
Certainty = Literal["sure", "unsure"]
Form = Literal["prose", "item", "step", "row", "entry", "code"]
"""In which form a sentence stands in its document; a list's item, a numbered step, a row of a table and an entry of a
list of definitions may hold several sentences, and stay whole.
"""


@dataclass(frozen=True, slots=True)
class Citation:
    """A fact about the stored documents: the text of ``document`` from ``start`` to ``end`` equals ``quote``."""

    n: int
    document: int
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer and the numbers of the citations it stands on.

    ``label`` says whose it is where an answer tells of several things; it is shown once before those that share it.
    """

    text: str
    citations: tuple[int, ...]
    form: Form = "prose"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that the generator wrote and that is not shown, and why not."""

    text: str
    reason: Reason | Literal["beside the question"]


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the question's arrival; ``first_token`` is None where nothing was generated."""

    retrieve: float = 0.0
    read: float = 0.0
    first_answer: float = 0.0
    first_token: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete, checked answer. ``related`` are near passages that are plainly not support (abstained only).
    ``certainty`` is whether an answer may be taken for one, or only "may answer it"; what answers nothing is "sure".
    ``unanswered`` are the parts of the question that the answer leaves open.

    ``probability`` is that of the documents holding an answer, None where that was not asked. ``dropped`` is what was
    written for it and did not stand up to the check; ``withheld`` is an abstention's short answer, had it been given.
    ``notices`` are those of the collections that the cited documents belong to. ``looked_up`` is the wording that the
    documents were asked, None where it is the message as it was typed. ``unfitted`` names what of the numbers that it
    hangs on was fitted to other models than those in use.
    """

    kind: Kind
    engine: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    related: tuple[Citation, ...] = ()
    short_answer: str | None = None
    timings: Timings = field(default_factory=Timings)
    dropped: tuple[Dropped, ...] = ()
    probability: float | None = None
    withheld: str | None = None
    notices: tuple[str, ...] = ()
    looked_up: str | None = None
    unfitted: tuple[str, ...] = ()
    certainty: Certainty = "sure"
    unanswered: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its sentences: prose in a row, everything else on lines of its own, each label before what it belongs to."""
        return text_of(self.sentences)


def answer_of(fields: Mapping[str, Any]) -> Answer:
    """The answer whose fields, as ``dataclasses.asdict`` gives them, have been in JSON; answers of older versions lack
    some.
    """
    return Answer(
        kind=fields["kind"],
        engine=fields["engine"],
        sentences=tuple(Sentence(**one | {"citations": tuple(one["citations"])}) for one in fields["sentences"]),
        citations=tuple(Citation(**one) for one in fields["citations"]),
        related=tuple(Citation(**one) for one in fields["related"]),
        short_answer=fields["short_answer"],
        timings=Timings(**fields["timings"]),
        dropped=tuple(Dropped(**one) for one in fields.get("dropped", ())),
        probability=fields.get("probability"),
        withheld=fields.get("withheld"),
        notices=tuple(fields.get("notices", ())),
        looked_up=fields.get("looked_up"),
        unfitted=tuple(fields.get("unfitted", ())),
        certainty=fields.get("certainty", "sure"),
        unanswered=tuple(fields.get("unanswered", ())),
    )


def text_of(sentences: Sequence[Sentence]) -> str:
    r"""As ``Answer.text``.

    >>> text_of([Sentence("Two ways.", ()), Sentence("By air.", (), "item"), Sentence("It is dear.", (), label="Air")])
    'Two ways.\nBy air.\nAir: It is dear.'
    """
    text = ""
    before: Sentence | None = None
    for sentence in sentences:
        labelled = bool(sentence.label) and (before is None or sentence.label != before.label)
        if before:
            runs_on = before.form == sentence.form == "prose" and before.label == sentence.label
            text += " " if runs_on else "\n"
        text += f"{sentence.label}: {sentence.text}" if labelled else sentence.text
        before = sentence
    return text


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn of the conversation: a question as it was typed, and its answer if there is one."""

    question: str
    answer: Answer | None = None


# The events of one question, in the order they may come.


@dataclass(frozen=True, slots=True)
class Searching:
    """Search began over ``passages`` stored passages."""

    passages: int


@dataclass(frozen=True, slots=True)
class Reranking:
    """The reader looks at the best ``passages``."""

    passages: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """The checked extractive answer (or an abstention) is ready; a written one may replace it."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Writing:
    """The generator works; ``sentences`` have been made and checked so far, on ``citations``."""

    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The final answer."""

    answer: Answer


Event = Searching | Reranking | Quoted | Writing | Done
