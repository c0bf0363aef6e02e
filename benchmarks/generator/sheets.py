"""Questions over numbered passages, made from question files as the desk would meet them: the passages are those that
its own search finds, in any order, and some of the questions are not answered there.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.generator.targets import cited, sentence_with
from benchmarks.held_out import QuestionSet
from ingest.worker.guard import WorkerSettings
from rag.evaluation.squad import GoldAnswer, SquadQuestion, normalised
from rag.evaluation.temporary_collection import TemporaryCollection, temporary_collection
from rag.evaluation.types import Text
from rag.generators.prompts import REFUSAL
from rag.jobs.types import OnProgress
from vectorstore.types import EVERYTHING, Chunk, Embedder

Kind = Literal["answered", "elsewhere", "impossible"]
"""Whether the passages answer a question; "elsewhere": another passage of the same texts does; "impossible": written
so as to look answered by one of these passages.
"""

_PASSAGES = 3
_FOUND = 10
_ANSWERED = 7
_ANSWERED_FOR_EACH_OTHER = 2
"""More questions without an answer would teach to refuse whatever is hard."""
_BEFORE = 20
_RUN = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``passage`` is the number of the passage that holds one of ``answers``, counted from 1, 0 where none
    does; ``reply`` is what should be written.
    """

    question: str
    kind: Kind
    answers: tuple[str, ...]
    passage: int
    reply: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Passages in the order in which they are shown, and what is asked about them."""

    source: str
    passages: tuple[Chunk, ...]
    asked: tuple[Asked, ...]

    @property
    def shown(self) -> list[tuple[int, str, str]]:
        """As ``build_messages`` takes them."""
        return [(n, chunk.heading or chunk.title, chunk.text) for n, chunk in enumerate(self.passages, start=1)]


def squad_sheets(
    part: QuestionSet,
    questions: Sequence[SquadQuestion],
    paragraphs: int,
    embedder: Embedder,
    worker: WorkerSettings,
    seed: int,
    on_progress: OnProgress,
) -> list[Sheet]:
    """A sheet for each of at most ``paragraphs`` of the paragraphs that ``questions`` are about, those being the whole
    collection.
    """
    draw = random.Random(f"{seed} {part.name}")
    asked: defaultdict[int, list[SquadQuestion]] = defaultdict(list)
    for question in questions:
        asked[question.paragraph].append(question)
    numbers = _neighbours(sorted(asked), paragraphs, draw)
    texts = [Text(str(n), part.file.paragraphs[n].title, part.file.paragraphs[n].text) for n in numbers]
    with temporary_collection(texts, embedder, worker, on_progress) as collection:
        maker = _Maker(part, collection, asked, draw)
        sheets: list[Sheet] = []
        for done, number in enumerate(numbers, start=1):
            sheets += maker.sheets(number)
            on_progress(f"Asking about {part.name}", done, len(numbers))
    return sheets


def _neighbours(numbers: Sequence[int], most: int, draw: random.Random) -> list[int]:
    """At most so many paragraphs, in runs of the file: what is near in a file is what is hard to tell apart."""
    starts = list(range(0, len(numbers), _RUN))
    draw.shuffle(starts)
    return [number for start in starts for number in numbers[start : start + _RUN]][:most]


def _unanswered(question: SquadQuestion, kind: Kind) -> Asked:
    return Asked(question.text, kind, (), 0, REFUSAL)


class _Maker:
    def __init__(
        self,
        part: QuestionSet,
        collection: TemporaryCollection,
        asked: dict[int, list[SquadQuestion]],
        draw: random.Random,
    ) -> None:
        self._source, self._file, self._collection = part.name, part.file, collection
        self._asked, self._draw = asked, draw

    def sheets(self, paragraph: int) -> Iterator[Sheet]:
        """One, from what is found for a question about the paragraph; none where that is not among the first found."""
        seeds = [question for question in self._asked[paragraph] if question.answers]
        if not seeds:
            return
        seed = self._draw.choice(seeds)
        found = [passage.chunk for passage in self._collection.knowledge.search(seed.text, EVERYTHING, limit=_FOUND)]
        own = [chunk for chunk in found if self._held(seed, chunk) and self._is_of(chunk, paragraph)]
        if not own:
            return
        others = [chunk for chunk in found if not self._held(seed, chunk)]
        passages = [own[0], *others[: _PASSAGES - 1]]
        self._draw.shuffle(passages)
        about = [question for chunk in passages for question in self._about(chunk)]
        answered = self._shuffled(one for question in about if (one := self._answered(question, passages)))
        impossible = self._shuffled(_unanswered(question, "impossible") for question in about if not question.answers)
        elsewhere = self._shuffled(
            _unanswered(question, "elsewhere")
            for chunk in others[_PASSAGES - 1 :]
            for question in self._about(chunk)
            if question.answers and not any(self._held(question, passage) for passage in passages)
        )
        asked = answered[:_ANSWERED]
        room = -(-len(asked) // _ANSWERED_FOR_EACH_OTHER)
        half = -(-room // 2) if impossible else room
        asked += (elsewhere[:half] + impossible)[:room]
        if answered:
            yield Sheet(self._source, tuple(passages), tuple(self._shuffled(asked)))

    def _shuffled(self, asked: Iterable[Asked]) -> list[Asked]:
        """Each question once."""
        different = list({one.question: one for one in asked}.values())
        self._draw.shuffle(different)
        return different

    def _about(self, chunk: Chunk) -> list[SquadQuestion]:
        return [q for key in self._collection.ids[chunk.document] for q in self._asked[int(key)]]

    def _is_of(self, chunk: Chunk, paragraph: int) -> bool:
        return str(paragraph) in self._collection.ids[chunk.document]

    def _held(self, question: SquadQuestion, chunk: Chunk) -> bool:
        said = f" {normalised(chunk.text)} "
        return any(f" {normalised(answer.text)} " in said for answer in question.answers)

    def _answered(self, question: SquadQuestion, passages: Sequence[Chunk]) -> Asked | None:
        """None where the answer stands in no passage or in several, or where no sentence with it could be shown."""
        holding = [n for n, chunk in enumerate(passages) if self._held(question, chunk)]
        if len(holding) != 1 or not self._is_of(passages[holding[0]], question.paragraph):
            return None
        chunk = passages[holding[0]]
        for answer in question.answers:
            at = self._place(question.paragraph, answer, chunk)
            if at is not None and (said := sentence_with(chunk, question.text, answer.text, at)):
                answers = tuple(one.text for one in question.answers)
                return Asked(question.text, "answered", answers, holding[0] + 1, cited([said], holding[0] + 1))
        return None

    def _place(self, paragraph: int, answer: GoldAnswer, chunk: Chunk) -> int | None:
        """Where the chunk holds the answer, known by the words before it where it stands there several times."""
        if answer.start is None:
            return None
        text = self._file.paragraphs[paragraph].text
        before = text[max(0, answer.start - _BEFORE) : answer.start]
        at = chunk.text.find(before + answer.text)
        if at >= 0:
            return at + len(before)
        return chunk.text.find(answer.text) if chunk.text.count(answer.text) == 1 else None
