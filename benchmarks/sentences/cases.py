"""Sentences that a passage supports and sentences that it does not, derived from question-answering data."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.sentences import supported as said
from benchmarks.sentences import unsupported as twisted
from benchmarks.sentences.texts import Passage, Text
from ingest.sentences import sentence_spans
from vectorstore.types import Chunk


@dataclass(frozen=True, slots=True)
class Case:
    """``sentence`` against ``chunks``; ``kind`` says how it was derived, ``group`` from which data."""

    group: str
    kind: str
    supported: bool
    sentence: str
    chunks: tuple[Chunk, ...]
    question: str = ""


Derived = tuple[str, bool, str | None, str]


def derive(
    group: str, texts: Sequence[Text], each: int, fitting: bool, seed: int, *, of_questions: bool = False
) -> list[Case]:
    """Up to ``each`` cases of every kind, at most one of a kind for each passage.

    A case sees its passage among two others of the same text. The lists of words for fitting and for testing differ.
    With ``of_questions`` only questions are made into sentences.
    """
    chooser = random.Random(seed)
    cases: list[Case] = []
    counts: Counter[str] = Counter()
    places = [(text, n) for text in texts if len(text.passages) > 3 for n in range(len(text.passages))]
    chooser.shuffle(places)
    for text, n in places:
        passage = text.passages[n]
        one, other, unseen = chooser.sample([p.text for i, p in enumerate(text.passages) if i != n], 3)
        shown = chooser.sample([passage.text, one, other], 3)
        chunks = tuple(_chunk(i, text.title, piece) for i, piece in enumerate(shown))
        made = [] if of_questions else list(_of_sentences(passage.text, unseen, text, fitting, chooser))
        made += _of_questions(passage, chooser)
        chooser.shuffle(made)
        taken: set[str] = set()
        for kind, supported, sentence, question in made:
            if sentence is None or kind in taken or counts[kind] >= each:
                continue
            if not supported and any(sentence in piece for piece in shown):
                continue
            taken.add(kind)
            counts[kind] += 1
            cases.append(Case(group, kind, supported, sentence, chunks, question))
    return cases


def _chunk(number: int, title: str, text: str) -> Chunk:
    return Chunk(number, number, title, f"/{number}.txt", None, 0, len(text), title, text)


def _of_sentences(passage: str, unseen: str, text: Text, fitting: bool, chooser: random.Random) -> Iterator[Derived]:
    sentences = [passage[start:end] for start, end in sentence_spans(passage)]
    elsewhere = [unseen[start:end] for start, end in sentence_spans(unseen)]
    for n, sentence in enumerate(sentences):
        if not said.usable(sentence):
            continue
        before = sentences[n - 1] if n else ""
        after = sentences[n + 1] if n + 1 < len(sentences) else ""
        yield "verbatim", True, sentence, ""
        for kind, supported, derived in (
            ("clause dropped", True, said.clause_dropped(sentence)),
            ("pronoun resolved", True, said.pronoun_resolved(sentence, before)),
            ("clauses reordered", True, said.reordered(sentence)),
            ("synonyms", True, said.replaced(sentence, said.SYNONYMS[fitting], chooser)),
            ("two sentences merged", True, said.merged(sentence, after)),
            ("another name", False, twisted.other_name(sentence, text.whole, chooser)),
            ("another number", False, twisted.other_number(sentence, text.whole, chooser)),
            ("another unit", False, said.replaced(sentence, twisted.UNITS, chooser, after_number=True)),
            ("negation added", False, twisted.negated(sentence)),
            ("negation removed", False, twisted.affirmed(sentence)),
            ("limit dropped", False, twisted.limit_dropped(sentence, chooser)),
            ("attribution dropped", False, twisted.attribution_dropped(sentence)),
            ("roles swapped", False, twisted.roles_swapped(sentence, chooser)),
            ("opposite word", False, said.replaced(sentence, twisted.OPPOSITES[fitting], chooser)),
            ("another word", False, twisted.other_word(sentence, passage, chooser)),
            ("two facts spliced", False, twisted.spliced(sentence, sentences, chooser)),
            ("fact added", False, twisted.added(sentence, [*sentences, *elsewhere], chooser)),
        ):
            if derived != sentence:
                yield kind, supported, derived, ""
    for sentence in elsewhere:
        if said.usable(sentence):
            yield "from another passage", False, sentence, ""


def _of_questions(passage: Passage, chooser: random.Random) -> Iterator[Derived]:
    for question, answer in passage.asked:
        yield "question and answer", True, said.stated(question, answer), question
        others = [other for _, other in passage.asked if twisted.alike(other, answer)]
        if others:
            yield "question and wrong answer", False, said.stated(question, chooser.choice(others)), question
    for question, answer in passage.baits:
        yield "unanswerable question answered", False, said.stated(question, answer), question
