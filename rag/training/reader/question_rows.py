"""Rows of question files, and of what makes their questions unanswerable: near misses and altered questions."""

import math
import random
from collections import Counter, defaultdict
from dataclasses import replace

from rag.evaluation.squad import GoldAnswer, SquadFile, SquadQuestion, normalised
from rag.text.tokens import LEXICON
from rag.training.data.altered import altered
from rag.training.reader.rows import Row, Source, words

_AMONG = 3
"""A near miss is drawn of so many that are most like the question."""
_FAR, _OTHER_HEADING = 0.2, 0.1
"""Of the near misses, the share with a passage from anywhere, and under the heading of another article."""
_POSTINGS = 200


class QuestionRows:
    """A question file as rows; each of its answers stands in its paragraph, or another one of the same question."""

    def __init__(self, file: SquadFile) -> None:
        self.answerable = [item for item in file.questions if item.answers]
        self.unanswerable = [item for item in file.questions if not item.answers]
        self._paragraphs = file.paragraphs
        self._words = [words(paragraph.text) for paragraph in file.paragraphs]
        self._normalised = [normalised(paragraph.text) for paragraph in file.paragraphs]
        self._with_word: defaultdict[str, list[int]] = defaultdict(list)
        self._of_article: defaultdict[int, list[int]] = defaultdict(list)
        for number, paragraph in enumerate(file.paragraphs):
            self._of_article[paragraph.article].append(number)
            for word in self._words[number]:
                self._with_word[word].append(number)
        self._titles = self._telling_titles(file)
        self._others = sorted(set(self._titles.values()))
        self.titled = (
            [item for item in self.answerable if self._only_title_tells(item)] if len(self._others) > 1 else []
        )

    def _telling_titles(self, file: SquadFile) -> dict[int, str]:
        """The titles of articles, where they are no mere numbers: a word of theirs is used in the article."""
        used: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for number, paragraph in enumerate(file.paragraphs):
            used[paragraph.article].update(self._words[number])
        for question in file.questions:
            used[file.paragraphs[question.paragraph].article].update(words(question.text))
        return {
            paragraph.article: paragraph.title if " " in paragraph.title else paragraph.title.replace("-", " ")
            for paragraph in file.paragraphs
            if any(used[paragraph.article][word] for word in _content(paragraph.title))
        }

    def _only_title_tells(self, item: SquadQuestion) -> bool:
        """Whether the question names what the title names, and the paragraph does not."""
        title = self._titles.get(self._paragraphs[item.paragraph].article, "")
        shared = _content(title) & words(item.text)
        return bool(shared) and not shared & self._words[item.paragraph]

    def row(self, item: SquadQuestion) -> Row:
        """The question beside its own paragraph."""
        span = next((_place(answer) for answer in item.answers if answer.start is not None), None)
        return self._beside(item, item.paragraph, span)

    def near_miss(self, item: SquadQuestion, draw: random.Random) -> Row | None:
        """The question beside one of the paragraphs most like it that do not hold the answer.

        They are of the same article or, where that has no other, of the file; now and then it is any one of the file.
        """
        if draw.random() < _FAR:
            numbers = [draw.randrange(len(self._paragraphs))]
        elif len(self._of_article[self._paragraphs[item.paragraph].article]) > 1:
            numbers = self._of_article[self._paragraphs[item.paragraph].article]
        else:
            numbers = self._with_rare_words(item)
        golds = [normalised(answer.text) for answer in item.answers]
        others = [
            number
            for number in numbers
            if number != item.paragraph and not any(gold in self._normalised[number] for gold in golds)
        ]
        asked = words(item.text)
        alike = sorted(others, key=lambda number: -self._shared(asked, number))
        return self._beside(item, draw.choice(alike[:_AMONG])) if alike else None

    def altered(self, item: SquadQuestion, draw: random.Random) -> Row | None:
        """Its paragraph beside a question that differs in a name, a number, an opposite or a "not"."""
        text = self._paragraphs[item.paragraph].text
        question = altered(item.text, text, item.answers[0].text, draw)
        return replace(self._beside(item, item.paragraph), question=question) if question else None

    def other_heading(self, item: SquadQuestion, draw: random.Random) -> Row:
        """Its paragraph, half of the time under the heading of another article, which leaves it without an answer."""
        other = draw.choice(self._others)
        if draw.random() < 0.5 or _content(other) & words(item.text):
            return replace(self.row(item), needs_heading=True)
        return replace(self._beside(item, item.paragraph), heading=other, needs_heading=True)

    def _beside(self, item: SquadQuestion, number: int, span: tuple[int, int] | None = None) -> Row:
        paragraph = self._paragraphs[number]
        heading = self._titles.get(paragraph.article, "")
        return Row(item.text, paragraph.text, heading, span, span_known=True, relevant=span is not None)

    def _with_rare_words(self, item: SquadQuestion) -> list[int]:
        rare = sorted((len(self._with_word[word]), word) for word in words(item.text) if word in self._with_word)
        found = {number for _, word in rare[:_AMONG] for number in self._with_word[word][:_POSTINGS]}
        return sorted(found)

    def _shared(self, asked: frozenset[str], number: int) -> float:
        """The weight of the words that a paragraph shares, the same in each process whatever the order of a set."""
        shared = sorted(len(self._with_word[word]) for word in asked & self._words[number])
        return sum(math.log(len(self._paragraphs) / count) for count in shared)


def question_sources(name: str, file: SquadFile, near_misses: float, altered_share: float) -> list[Source]:
    """The rows of a question file; ``near_misses`` and ``altered_share`` come to each row with an answer."""
    rows = QuestionRows(file)
    whole, none, titled = rows.answerable, rows.unanswerable, rows.titled
    weight = math.sqrt(len(whole))
    sources = [
        Source(name, "", len(whole), weight, lambda i, _: rows.row(whole[i])),
        Source(name, "unanswerable", len(none), math.sqrt(len(none)), lambda i, _: rows.row(none[i])),
        Source(name, "near misses", len(whole), near_misses * weight, lambda i, draw: rows.near_miss(whole[i], draw)),
        Source(name, "altered", len(whole), altered_share * weight, lambda i, draw: rows.altered(whole[i], draw)),
    ]
    if titled:
        of_title = _OTHER_HEADING * near_misses * weight
        sources.append(
            Source(name, "headings", len(titled), of_title, lambda i, draw: rows.other_heading(titled[i], draw))
        )
    return [source for source in sources if source.size and source.weight]


def _content(text: str) -> frozenset[str]:
    return words(text) - LEXICON.function


def _place(answer: GoldAnswer) -> tuple[int, int]:
    """First and last character, without white space around."""
    assert answer.start is not None
    start = answer.start + len(answer.text) - len(answer.text.lstrip())
    return start, start + len(answer.text.strip())
