"""What a small generator should write: a sentence of the passage, shortened, that the grounding check lets through."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.sentences.supported import clause_dropped, pronoun_resolved
from ingest.sentences import sentence_spans
from rag.calibration.numbers import shipped_calibration
from rag.grounding.rules import RuleChecker
from vectorstore.types import Chunk, Vectors

_FINISHED = re.compile(r"[.!?][)\"”]?$")
_MARKER = re.compile(r"\[\d")
_RELATIVE = re.compile(r"(?:^|\S+ )(?=(?:who|which|whose|where)\b)")
_LONGEST_WORDS = 40


class _OneMeaning:
    """An embedder to which all texts are alike: what is only left out of a sentence is judged by the rules alone."""

    fingerprint = "one"
    dimension = 1

    def embed(self, texts: list[str]) -> Vectors:
        return np.ones((len(texts), 1), dtype=np.float32)

    def embed_queries(self, texts: list[str]) -> Vectors:
        return self.embed(texts)


_CHECKER = RuleChecker(_OneMeaning(), shipped_calibration().support)


def sentence_with(chunk: Chunk, question: str, answer: str, at: int) -> str | None:
    """The shortest wording of the sentence around ``chunk.text[at:]`` that holds ``answer`` and is supported."""
    spans = sentence_spans(chunk.text)
    place = next((n for n, (start, end) in enumerate(spans) if start <= at and at + len(answer) <= end), None)
    if place is None:
        return None
    sentences = [chunk.text[start:end] for start, end in spans]
    wordings = list(_wordings(sentences[place], sentences[place - 1] if place else ""))
    for wording in sorted(wordings, key=len):
        if answer in wording and _sayable(wording) and _CHECKER.on([chunk], question)(wording).places:
            return wording
    return None


def first_sentences(chunk: Chunk, question: str, most: int) -> list[str]:
    """Up to ``most`` sentences that the passage begins with, shortened, as far as each is supported after the last."""
    said: list[str] = []
    grounds, last = _CHECKER.on([chunk], question), None
    for start, end in sentence_spans(chunk.text)[:most]:
        for wording in sorted(_wordings(chunk.text[start:end], ""), key=len):
            verdict = grounds(wording, last)
            if _sayable(wording) and verdict.places:
                said.append(wording)
                last = verdict.places[-1]
                break
        else:
            break
    return said


def cited(sentences: Sequence[str], number: int) -> str:
    """As the prompt asks for it.

    >>> cited(["Tom is a cat.", "He sleeps."], 2)
    'Tom is a cat. [2] He sleeps. [2]'
    """
    return " ".join(f"{sentence} [{number}]" for sentence in sentences)


def _wordings(sentence: str, before: str) -> Iterator[str]:
    """The sentence, and the same with one part after the other dropped."""
    yield sentence
    if resolved := pronoun_resolved(sentence, before):
        yield resolved
    while (shorter := clause_dropped(sentence)) is not None:
        # a relative clause must not end up behind another word than its own
        if Counter(_RELATIVE.findall(shorter)) <= Counter(_RELATIVE.findall(sentence)):
            yield shorter
        sentence = shorter


def _sayable(sentence: str) -> bool:
    words = len(sentence.split())
    return (
        4 <= words <= _LONGEST_WORDS
        and "\n" not in sentence
        and _FINISHED.search(sentence) is not None
        and _MARKER.search(sentence) is None
        and len(sentence_spans(sentence)) == 1
    )
