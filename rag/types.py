"""An answer and what can be shown of it while it is being made."""

from dataclasses import dataclass, field
from typing import Literal

from rag.grounding.types import Reason

Kind = Literal["generated", "extractive", "abstained", "smalltalk", "unchecked"]


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
    """A sentence of an answer and the numbers of the citations it stands on."""

    text: str
    citations: tuple[int, ...]


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

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


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
