"""Sentence boundaries by Punkt (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", 2006).

The same boundaries as NLTK's ``PunktSentenceTokenizer``, whose trained parameters are read here, without importing
NLTK: that takes two seconds, most of them for pandas, SciPy and scikit-learn.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_CLOSING = "‘’“”«»"
_NOT_IN_A_WORD = rf"[)\";}}\]*:@'({{\[{_CLOSING}?!]"
_SEVERAL = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
"""Dashes and dots that belong together."""
_END_OF_WORD = rf"(?:\s|$|{_NOT_IN_A_WORD}|{_SEVERAL}|,(?=$|\s|{_NOT_IN_A_WORD}|{_SEVERAL}))"
_WORD = re.compile(rf"{_SEVERAL}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?={_END_OF_WORD})|\S")
_MAY_END = re.compile(rf"[.?!](?=(?P<after>{_NOT_IN_A_WORD}|\s+(?P<next>\S+)))")
_BELONGS_BEFORE = re.compile(rf"[\"')\]}}{_CLOSING}]+?(?:\s+|(?=--)|$)", re.MULTILINE)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*\.?$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_SPACE = " \t\n\r\x0b\x0c"
_A_NUMBER = "##number##"

# How a word was met in training, a bit each: where in a sentence, and with a capital or not.
_UPPER = 2 | 4 | 8
_UPPER_INSIDE = 4
_LOWER_FIRST = 16
_LOWER = 16 | 32 | 64


@dataclass(frozen=True, slots=True)
class Parameters:
    """What was learned from text: the words that end in a full stop, pairs and beginnings, and how words were met."""

    abbreviations: frozenset[str]
    collocations: frozenset[tuple[str, ...]]
    starters: frozenset[str]
    met: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path, abbreviations: frozenset[str] = frozenset()) -> "Parameters":
        """Those in NLTK's ``punkt_tab`` form, with ``abbreviations`` beside theirs."""

        def rows(name: str) -> list[tuple[str, ...]]:
            return [tuple(line.split("\t")) for line in (folder / name).read_text(encoding="utf-8").splitlines()]

        return cls(
            abbreviations | {word for (word,) in rows("abbrev_types.txt")},
            frozenset(rows("collocations.tab")),
            frozenset(word for (word,) in rows("sent_starters.txt")),
            {word: int(bits) for word, bits in rows("ortho_context.tab")},
        )


class _Token:
    """A word with its full stop, if it has one. What it is by itself; ``ends`` whether it then ends a sentence."""

    __slots__ = ("abbreviates", "ends", "initial", "kind", "text")

    def __init__(self, text: str, abbreviations: frozenset[str]) -> None:
        self.text = text
        self.kind = _NUMBER.sub(_A_NUMBER, text.lower()) if text[0] in "-.," or text[0].isdecimal() else text.lower()
        self.initial = _INITIAL.match(text) is not None
        self.ends = self.abbreviates = False  # the latter also of three dots
        if text in (".", "?", "!"):
            self.ends = True
        elif text.endswith("."):
            known = text[:-1].lower()
            dots = not text.strip(".")
            if dots or (not text.endswith("..") and (known in abbreviations or known.split("-")[-1] in abbreviations)):
                self.abbreviates = True
            else:
                self.ends = not text.endswith("..")

    @property
    def stem(self) -> str:
        return self.kind[:-1] if len(self.kind) > 1 and self.kind[-1] == "." else self.kind

    @property
    def word(self) -> str:
        """As it is looked up: without the full stop that ends its sentence."""
        return self.stem if self.ends else self.kind


class Punkt:
    """Finds sentences by what was learned.

    >>> punkt = Punkt(Parameters(frozenset({"dr"}), frozenset(), frozenset(), {}))
    >>> list(punkt.spans("Dr. Smith came (at last). He left."))
    [(0, 25), (26, 34)]
    """

    def __init__(self, parameters: Parameters) -> None:
        self._known = parameters

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each sentence; closing quotes and brackets stay with the sentence before them."""
        moved = 0
        parts = list(self._parts(text))
        for number, (start, end) in enumerate(parts):
            begin = start + moved
            if number + 1 == len(parts):
                if text[begin:end]:
                    yield begin, end
                return
            following, until = parts[number + 1]
            closing = _BELONGS_BEFORE.match(text[following:until])
            moved = closing.end() if closing else 0
            if closing:
                yield begin, following + len(closing.group().rstrip())
            elif text[begin:end]:
                yield begin, end

    def _parts(self, text: str) -> Iterator[tuple[int, int]]:
        last = 0
        for match, context in _candidates(text):
            if self._breaks(context):
                yield last, match.end()
                last = match.start("next") if match["next"] else match.end()
        yield last, len(text.rstrip())

    def _breaks(self, context: str) -> bool:
        """Whether a sentence ends between two words of ``context``."""
        tokens = [_Token(word, self._known.abbreviations) for word in _WORD.findall(context)]
        return any(self._ends(token, following) for token, following in pairwise(tokens))

    def _ends(self, token: _Token, following: _Token) -> bool:
        """Whether ``token`` ends a sentence, seeing what follows (section 4 of the paper)."""
        known = self._known
        if not token.text.endswith("."):
            return token.ends
        if (token.stem, following.word) in known.collocations:
            return False
        ends = token.ends
        if token.abbreviates and not token.initial:
            if self._starts(following) is True:
                return True
            if following.text[0].isupper() and following.word in known.starters:
                return True
        if token.initial or token.stem == _A_NUMBER:
            starts = self._starts(following)
            if starts is False:
                return False
            never_small = not known.met.get(following.word, 0) & _LOWER
            if starts is None and token.initial and following.text[0].isupper() and never_small:
                return False
        return ends

    def _starts(self, token: _Token) -> bool | None:
        """Whether it starts a sentence, going by its capital and how it was met; None: it may or may not."""
        if token.text in (";", ":", ",", ".", "!", "?"):
            return False
        met = self._known.met.get(token.word, 0)
        if token.text[0].isupper() and met & _LOWER and not met & _UPPER_INSIDE:
            return True
        if token.text[0].islower() and (met & _UPPER or not met & _LOWER_FIRST):
            return False
        return None


def _candidates(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Every place where a sentence may end, with the words before and after it. Of places in one word, the last."""
    before: tuple[re.Match[str], int, int] | None = None
    start = stop = 0
    for match in _MAY_END.finditer(text):
        earlier = text[stop : match.start()]
        space = max(0, *(earlier.rfind(character) for character in _SPACE))
        start = stop + space + 1 if space else start
        if before and before[2] <= start:
            yield before[0], text[before[1] : before[2]] + before[0].group() + before[0]["after"]
        stop = match.start()
        before = match, start, stop
    if before:
        yield before[0], text[before[1] : before[2]] + before[0].group() + before[0]["after"]
