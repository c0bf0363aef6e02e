"""Rows of sentences that a passage supports, contradicts or says too little of."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag.training.data.reading import SUPPORT, CheckedSentence
from rag.training.reader.rows import Row, Source, words

_AMONG_OTHERS = 0.15
"""Share of checked sentences whose passage stands among others, as it does in what is retrieved."""
_UNRELATED = 0.1
_COMMON = 2_000


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


def support_sources(name: str, items: Sequence[CheckedSentence]) -> list[Source]:
    """The rows of checked sentences, with a tenth more beside unrelated passages."""
    rows = SupportRows(items)
    count, weight = len(items), math.sqrt(len(items))
    return [
        Source(name, "", count, weight, rows.row),
        Source(name, "unrelated", count, _UNRELATED * weight, rows.unrelated),
    ]
