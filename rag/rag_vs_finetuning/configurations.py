"""The four configurations, and what is said of each answer: whether it is right, and whether the documents say it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from rag.evaluation.answers import ANSWERED
from rag.evaluation.squad import SquadFile, SquadQuestion, normalised
from rag.evaluation.support import ordinary_words, unsupported
from rag.evaluation.types import Item
from rag.generators.prompts import REFUSAL
from rag.grounding.types import GroundednessChecker
from rag.reader.types import PassageText, Reader
from rag.types import Answer
from vectorstore.store import PassageSearch
from vectorstore.types import EVERYTHING, Chunk


@dataclass(frozen=True, slots=True)
class Configuration:
    """Who answers: the model as it is or ``tuned``, with retrieval or without."""

    name: str
    tuned: bool
    retrieval: bool


BASE = Configuration("model alone", tuned=False, retrieval=False)
TUNED = Configuration("fine-tuned alone", tuned=True, retrieval=False)
RETRIEVAL = Configuration("retrieval", tuned=False, retrieval=True)
BOTH = Configuration("both", tuned=True, retrieval=True)
CONFIGURATIONS = (BASE, TUNED, RETRIEVAL, BOTH)
STALE = "both, not trained anew"
"""Where documents have changed and the model has not."""

_FOR_THE_QUESTION = 10
_FOR_THE_SENTENCE = 5
_READ = 3
"""As many passages as the desk writes from."""

_CITED = re.compile(r"\s*\[\d+\]")

Ask = Callable[[str], Answer]


class AnswerScorer:
    """Judges answers by the question file and by the documents in ``knowledge``, every configuration's alike."""

    def __init__(self, file: SquadFile, knowledge: PassageSearch, reader: Reader, checker: GroundednessChecker) -> None:
        self._knowledge = knowledge
        self._reader = reader
        self._checker = checker
        self._ordinary = ordinary_words(paragraph.text for paragraph in file.paragraphs)

    def item(self, question: SquadQuestion, answer: Answer, *, taught: bool) -> Item:
        """Scores: ``right`` where the answer holds a right one, in the part that is ``taught`` or ``not_taught`` too;
        ``wrong`` where one was given and is not right, also to a question without an answer; ``declined`` where that
        has rightly none. Of its sentences, the shares ``grounded`` (the desk's check finds them in the documents) and
        ``unsupported_sentences`` (with a number or a name that what was found does not hold).
        """
        gold = tuple(answer.text for answer in question.answers)
        text = said(answer)
        right = holds(text, gold)
        scores = {"wrong": float(bool(text) and not right)}
        if gold:
            scores |= {"right": float(right), "taught" if taught else "not_taught": float(right)}
        else:
            scores["declined"] = float(not text)
        sentences = [text[start:end] for start, end in sentence_spans(text)]
        verdicts = self._verdicts(question.text, sentences)
        if verdicts:
            scores["grounded"] = sum(grounded for grounded, _ in verdicts) / len(verdicts)
            scores["unsupported_sentences"] = sum(bool(missing) for _, missing in verdicts) / len(verdicts)
        return Item(
            question.id,
            question.text,
            gold,
            text,
            quality=scores["right"] if gold else scores["declined"],
            scores=scores,
            weights=dict.fromkeys(("grounded", "unsupported_sentences"), len(verdicts)) if verdicts else {},
            slices={"facts": "taught" if taught else "not taught"},
            latency_ms=answer.timings.total,
            details={
                "kind": answer.kind,
                "not_grounded": [s for s, (grounded, _) in zip(sentences, verdicts, strict=True) if not grounded],
            },
        )

    def _verdicts(self, question: str, sentences: Sequence[str]) -> list[tuple[bool, tuple[str, ...]]]:
        """For each sentence whether the documents say it, and its numbers and names that are not in them: in the
        passages that are found for the question and for the sentence.
        """
        if not sentences:
            return []
        asked = self._found(question, _FOR_THE_QUESTION)
        readings = self._reader.read(question, [PassageText.of(chunk) for chunk in list(asked.values())[:_READ]])
        spans = [reading.spans for reading in readings]
        verdicts, after = [], None
        for sentence in sentences:
            passages = list((asked | self._found(sentence, _FOR_THE_SENTENCE)).values())
            places = self._checker.on(passages, question, spans)(sentence, after).places
            after = places[-1] if places else None
            # What stands in the documents as it is needs no check of what its pronouns stand for.
            grounded = bool(places) or any(sentence in " ".join(chunk.text.split()) for chunk in passages)
            missing = unsupported(sentence, [f"{chunk.heading} {chunk.text}" for chunk in passages], self._ordinary)
            verdicts.append((grounded, missing))
        return verdicts

    def _found(self, query: str, many: int) -> dict[int, Chunk]:
        passages = self._knowledge.search(query, EVERYTHING, limit=many)
        return {passage.chunk.id: passage.chunk for passage in passages}


def ask_all(
    questions: Sequence[SquadQuestion],
    ask: Ask,
    scorer: AnswerScorer,
    taught: Callable[[SquadQuestion], bool],
    on_progress: Callable[[int, int], None],
) -> list[Item]:
    """Every question answered and judged; the first one is asked twice, as it pays for what is loaded lazily."""
    ask(questions[0].text)
    items: list[Item] = []
    for question in questions:
        items.append(scorer.item(question, ask(question.text), taught=taught(question)))
        on_progress(len(items), len(questions))
    return items


def said(answer: Answer) -> str:
    """The text of an answer, empty where it says that there is none."""
    declined = answer.kind not in {*ANSWERED, "unchecked"} or REFUSAL.rstrip(".").lower() in answer.text.lower()
    return "" if declined else " ".join(_CITED.sub("", answer.text).split())


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether ``text`` holds one of ``answers``, word for word; case, articles and punctuation aside."""
    words = f" {normalised(text)} "
    return any(f" {normalised(answer)} " in words for answer in answers if normalised(answer))
