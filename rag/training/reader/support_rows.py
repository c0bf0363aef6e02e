"""Rows of sentences that a passage supports, contradicts or says too little of, and of questions whether it is so."""

import math
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ingest.languages import ENGLISH, language_of
from rag.training.data.reading import SUPPORT, CheckedSentence
from rag.training.reader.rows import Row, Source, words

_AMONG_OTHERS = 0.15
"""Share of checked sentences whose passage stands among others, as it does in what is retrieved."""
_UNRELATED = 0.1
ASKED = "asked"
"""The kind of rows that ask whether it is so; they check nothing."""
_ASKED_TOO = 0.25
_COMMON = 2_000
_MOST_WORDS = 22
_VERB = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|may|must|should)\b")
_NO_SUBJECT = re.compile(r",|\b(?:that|which|who|where|when|if)\b")
_LONGEST_SUBJECT = 6
_NO_NAME = re.compile(r"(?:The|A|An|In|It|There|This|These|He|She|They|Some|All|Many|Most|Every|Both|One)\b")
_ASKING = ("Is it true that {}?", "is it right that {}", "Is it so that {}?", "Would you say that {}?")


class SupportRows:
    """Sentences beside passages that support them, contradict them or do neither."""

    def __init__(self, items: Sequence[CheckedSentence]) -> None:
        self._items = items
        self._with_word: defaultdict[str, list[int]] = defaultdict(list)
        for number, item in enumerate(items):
            for word in words(item.sentence):
                self._with_word[word].append(number)

    def plain(self, number: int) -> Row:
        """The sentence beside its passage."""
        item = self._items[number]
        return Row(item.sentence, item.passage, support=SUPPORT.index(item.label))

    def row(self, number: int, draw: random.Random) -> Row:
        """The same, now and then with other passages around its own."""
        item = self._items[number]
        passages = [item.passage]
        if draw.random() < _AMONG_OTHERS:
            passages += [draw.choice(self._items).passage[:400] for _ in range(draw.randint(1, 2))]
            draw.shuffle(passages)
        return replace(self.plain(number), passage=" ".join(passages))

    def unrelated(self, number: int, draw: random.Random) -> Row | None:
        """The sentence beside a passage that shares a rare word with it, but holds few of its words."""
        item, own = self._items[number], words(self._items[number].sentence)
        rare = sorted((len(self._with_word[word]), word) for word in own if 1 < len(self._with_word[word]) < _COMMON)
        if not rare:
            return None
        other = self._items[draw.choice(self._with_word[draw.choice(rare[:4])[1]])].passage
        if other == item.passage or len(own & words(other)) > 0.6 * len(own):
            return None  # it may well support the sentence
        return Row(item.sentence, other, support=SUPPORT.index("not_enough"))

    def asked(self, number: int, draw: random.Random) -> Row | None:
        """Whether it is as the sentence says: a passage that supports or contradicts it answers with yes or no."""
        item = self._items[number]
        question = yes_or_no(item.sentence, draw)
        if question is None:
            return None
        return Row(question, item.passage, relevant=item.label != "not_enough")


def yes_or_no(sentence: str, draw: random.Random) -> str | None:
    """An English sentence as a question that yes or no answers; None where it is none, or long.

    >>> yes_or_no("The mill of Bo is old.", random.Random(1))
    'Is the mill of Bo old?'
    """
    said = sentence.strip().rstrip(".")
    if not said or len(said.split()) > _MOST_WORDS or "?" in said or "\n" in said or language_of(said) != ENGLISH:
        return None
    if _NO_NAME.match(said):
        said = said[0].lower() + said[1:]
    verb = _VERB.search(said)
    subject = said[: verb.start()].strip() if verb else ""
    if verb and 0 < len(subject.split()) <= _LONGEST_SUBJECT and not _NO_SUBJECT.search(subject):
        return f"{verb[1].capitalize()} {subject} {said[verb.end() :].strip()}?"
    return draw.choice(_ASKING).format(said)


def support_sources(name: str, items: Sequence[CheckedSentence]) -> list[Source]:
    """The rows of checked sentences, with more of them beside unrelated passages, and asked."""
    rows = SupportRows(items)
    count, weight = len(items), math.sqrt(len(items))
    return [
        Source(name, "", count, weight, rows.row),
        Source(name, "unrelated", count, _UNRELATED * weight, rows.unrelated),
        Source(name, ASKED, count, _ASKED_TOO * weight, rows.asked),
    ]
