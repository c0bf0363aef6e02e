"""The tokenizer of a Unigram model (Kudo, ACL 2018), as SentencePiece and ``tokenizers`` cut text.

Those two build a trie of all 250,000 pieces first, which takes 0.4 and 0.7 s of each start; a dictionary of the pieces
is there in 0.1 s. What a question and its passages hold, some thousand different words, it cuts in 0.04 s.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

LINE_BREAK = "¶"
"""What a line break becomes: the vocabulary has no token for it, and headings, lists and rows are told by it."""

_WORD = re.compile(r"\S+")
_SPACE = "▁"
_UNKNOWN_PENALTY = 10.0
_MOST_WORDS = 50_000

_Cut = tuple[tuple[int, ...], tuple[int, ...]]
"""The ids of a word's pieces, and where each ends: characters of the word with the mark of its beginning."""


class Tokens(NamedTuple):
    """The ids of a text's tokens, and the characters of the text that each stands for."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class UnigramTokenizer:
    """Cuts each word of a text, in Unicode's form NFKC, into its likeliest ``pieces``.

    ``pieces`` are in UTF-8, with their ids, by which ``scores`` are their log-probabilities; what is in none of them is
    the id ``unknown``. For one thread at a time: it remembers words.
    """

    def __init__(self, pieces: Mapping[bytes, int], scores: Sequence[float], unknown: int) -> None:
        self.pieces = pieces
        self.scores = scores
        self._unknown = unknown
        self._unknown_score = min(scores) - _UNKNOWN_PENALTY
        self._longest = max(len(piece.decode("utf-8", "replace")) for piece in pieces)
        self._words: dict[str, _Cut] = {}

    def encode(self, text: str) -> Tokens:
        """The tokens of ``text``, without any that frame it. A line break between words is a token."""
        tokens = Tokens([], [])
        last = 0
        for match in _WORD.finditer(text):
            start = match.start()
            if "\n" in text[last:start]:
                self._add(tokens, LINE_BREAK, [(last, start)])
            last = match.end()
            word = match.group()
            if unicodedata.is_normalized("NFKC", word):
                self._add(tokens, word, [(place, place + 1) for place in range(start, last)])
            else:
                for part, places in _normalized(word, start):
                    self._add(tokens, part, places)
        if "\n" in text[last:]:
            self._add(tokens, LINE_BREAK, [(last, len(text))])
        return tokens

    def count(self, text: str) -> int:
        """How many tokens ``text`` is, line breaks left out."""
        plain = text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)
        return sum(len(self._cut(word)[0]) for word in plain.split())

    def _add(self, tokens: Tokens, word: str, places: Sequence[tuple[int, int]]) -> None:
        """Cut ``word``, whose characters stand at ``places``."""
        cut = self._cut(word)
        tokens.ids.extend(cut[0])
        first = 0
        for end in cut[1]:
            tokens.offsets.append((places[max(0, first - 1)][0], places[max(0, end - 2)][1]))
            first = end

    def _cut(self, word: str) -> _Cut:
        cut = self._words.get(word)
        if cut is None:
            if len(self._words) >= _MOST_WORDS:
                self._words.clear()
            cut = self._words[word] = self._likeliest(_SPACE + word)
        return cut

    def _likeliest(self, word: str) -> _Cut:
        """Viterbi: the best way to each character by the best ways to those before."""
        data, size = word.encode("utf-8", "replace"), len(word)
        bounds = [0, *accumulate(len(character.encode("utf-8", "replace")) for character in word)]
        scores = [0.0, *[-math.inf] * size]
        ways = [(0, 0)] * (size + 1)
        for start in range(size):
            first, whole, known = bounds[start], scores[start], False
            for end in range(start + 1, min(start + self._longest, size) + 1):
                piece = self.pieces.get(data[first : bounds[end]])
                if piece is not None:
                    known = known or end == start + 1
                    if whole + self.scores[piece] > scores[end]:
                        scores[end], ways[end] = whole + self.scores[piece], (start, piece)
            if not known and whole + self._unknown_score > scores[start + 1]:
                scores[start + 1], ways[start + 1] = whole + self._unknown_score, (start, self._unknown)
        ids: list[int] = []
        ends: list[int] = []
        while size:
            start, piece = ways[size]
            if not (ids and piece == self._unknown == ids[-1]):  # unknown ones in a row are one
                ids.append(piece)
                ends.append(size)
            size = start
        return tuple(ids[::-1]), tuple(ends[::-1])


def _normalized(word: str, start: int) -> list[tuple[str, list[tuple[int, int]]]]:
    """The words that ``word``, which begins at ``start``, is in NFKC, with the places of their characters before."""
    bounds = [place for place, character in enumerate(word) if not place or not unicodedata.combining(character)]
    bounds.append(len(word))
    parts = [unicodedata.normalize("NFKC", word[a:b]) for a, b in pairwise(bounds)]
    whole = unicodedata.normalize("NFKC", word)
    if "".join(parts) != whole:  # what joins without being a combining mark, as old Hangul does
        bounds, parts = [0, len(word)], [whole]
    places = []
    for part, a, b in zip(parts, bounds[:-1], bounds[1:], strict=True):
        alike = len(part) == b - a  # marks that changed places
        places += [(start + a + n, start + a + n + 1) if alike else (start + a, start + b) for n in range(len(part))]
    return [(match.group(), places[match.start() : match.end()]) for match in _WORD.finditer(whole)]
