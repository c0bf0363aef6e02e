"""How well does the whole desk answer? Search, reading, writing, checking and abstaining on a SQuAD file."""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from rag.evaluation.curve import risk_coverage
from rag.evaluation.figures import latency, means
from rag.evaluation.gold import GoldText
from rag.evaluation.items import excerpt, slices_of
from rag.evaluation.squad import SquadFile, SquadQuestion, exact_match, f1
from rag.evaluation.support import ordinary_words, unsupported
from rag.evaluation.temporary_collection import TemporaryCollection
from rag.evaluation.types import Evaluation, Figures, Item, Text
from rag.evaluation.unfinished import Asked
from rag.jobs.types import OnProgress
from rag.types import Answer, Citation, Done, Event

SCORES = ("f1", "em", "answered", "false_answers", "citation_precision", "unsupported_sentences")
ANSWERED = frozenset({"generated", "extractive"})

Ask = Callable[[str], Iterator[Event]]
"""A question to the events of its answer, as ``AnswerFlow.events`` gives them."""


def texts_of(data: SquadFile) -> list[Text]:
    """Each paragraph as a document under its article's title; its id is the paragraph's number."""
    return [Text(str(number), paragraph.title, paragraph.text) for number, paragraph in enumerate(data.paragraphs)]


def evaluate_answers(
    data: SquadFile,
    questions: Sequence[SquadQuestion],
    collection: TemporaryCollection,
    ask: Ask,
    on_progress: OnProgress,
    asked: Asked | None = None,
) -> Evaluation:
    """Ask ``questions`` of a desk that answers from ``collection``, filled with ``texts_of(data)``.

    Those that were ``asked`` before, in the same order, are not asked again.
    """
    judge = _Judge(data, collection)
    asked = asked or Asked()
    items = list(asked.items)
    if len(items) < len(questions):
        _answer(ask, questions[0].text)  # the first question pays for what is loaded lazily
    for question in questions[len(items) :]:
        items.append(judge.item(question, _answer(ask, question.text)))
        asked.keep(items[-1])
        on_progress("Asking", len(items), len(questions))
    figures = means(items, SCORES) | {
        "latency": {
            "first_answer": latency(item.details["first_answer_ms"] or item.latency_ms for item in items),
            "total": latency(item.latency_ms for item in items),
        },
        "questions": len(items),
        "answerable": sum(bool(item.gold) for item in items),
        "unanswerable": sum(not item.gold for item in items),
        "paragraphs": len(data.paragraphs),
        "kinds": dict(Counter(item.details["kind"] for item in items)),
    }
    return Evaluation("answers", figures, tuple(items), risk_coverage(items))


def _answer(ask: Ask, question: str) -> Answer:
    """The final answer."""
    for event in ask(question):
        if isinstance(event, Done):
            return event.answer
    raise AssertionError("the flow always ends with Done")


class _Judge:
    def __init__(self, data: SquadFile, collection: TemporaryCollection) -> None:
        self._data = data
        self._ids = collection.ids
        self._ordinary = ordinary_words(paragraph.text for paragraph in data.paragraphs)
        self._documents = {int(key): document for document, keys in collection.ids.items() for key in keys}
        self._stored_text = collection.stored_text
        self._gold = functools.lru_cache(maxsize=128)(self._gold_text)

    def item(self, question: SquadQuestion, answer: Answer) -> Item:
        gold = tuple(gold.text for gold in question.answers)
        short = answer.short_answer or ""
        answered = answer.kind in ANSWERED
        missing = self._missing(answer)
        scores: dict[str, float] = {}
        weights: dict[str, int] = {}
        if gold:
            given = short if answered else ""
            scores = {"f1": f1(given, gold), "em": exact_match(given, gold), "answered": float(answered)}
            if not given:
                scores |= {"f1": 0.0, "em": 0.0}
            if answered and answer.citations:
                right = [self._supports(question, citation) for citation in answer.citations]
                scores["citation_precision"] = sum(right) / len(right)
                weights["citation_precision"] = len(right)
        else:
            scores = {"false_answers": float(answered)}
        if answered and missing:
            scores["unsupported_sentences"] = sum(map(bool, missing)) / len(missing)
            weights["unsupported_sentences"] = len(missing)
        paragraph = self._data.paragraphs[question.paragraph]
        return Item(
            question.id,
            question.text,
            gold,
            given=short if answered else "",
            quality=scores["f1"] if gold else 1.0 - scores["false_answers"],
            scores=scores,
            weights=weights,
            slices={**slices_of(question.text), "answerable": "yes" if gold else "no", "article": paragraph.title},
            latency_ms=answer.timings.total,
            details=self._details(question, answer, [word for words in missing for word in words]),
        )

    def _details(self, question: SquadQuestion, answer: Answer, missing: list[str]) -> Figures:
        gold = [gold.text for gold in question.answers]
        short = answer.short_answer or answer.withheld or ""
        shown = answer.citations or answer.related
        place = next((gold.start for gold in question.answers if gold.start is not None), 0)
        return {
            "kind": answer.kind,
            "answer": answer.text,
            "confidence": answer.probability,
            "quality_if_answered": f1(short, gold) if short and gold else 0.0,
            "first_answer_ms": answer.timings.first_answer,
            "paragraph": question.paragraph,
            "expected_text": excerpt(self._data.paragraphs[question.paragraph].text, place) if question.answers else "",
            "shown_paragraphs": [list(self._ids[citation.document]) for citation in shown],
            "quotes": [citation.quote for citation in answer.citations],
            "unsupported": missing,
        }

    def _missing(self, answer: Answer) -> list[tuple[str, ...]]:
        """For each shown sentence what its quotes do not hold."""
        quotes: Mapping[int, str] = {citation.n: citation.quote for citation in answer.citations}
        return [
            unsupported(sentence.text, [quotes[n] for n in sentence.citations], self._ordinary)
            for sentence in answer.sentences
        ]

    def _supports(self, question: SquadQuestion, citation: Citation) -> bool:
        """Whether the citation lies in the question's paragraph and overlaps a sentence with a gold answer."""
        if str(question.paragraph) not in self._ids[citation.document]:
            return False
        text = self._gold(question.paragraph)
        sentences = [span for answer in question.answers for span in text.sentences(answer)]
        return any(citation.start < end and start < citation.end for start, end in sentences)

    def _gold_text(self, paragraph: int) -> GoldText:
        stored = self._stored_text(self._documents[paragraph])
        return GoldText(self._data.paragraphs[paragraph].text, stored)
