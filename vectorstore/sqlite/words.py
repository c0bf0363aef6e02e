"""The words of the lexical index: as ``porter unicode61`` cuts and stems them and, in scripts that put no space between
words, each two letters that stand side by side.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from apsw import Connection

from vectorstore.identifiers import UNSPACED

if TYPE_CHECKING:
    from apsw import Tokenizer

TOKENIZER = "words"
"""The name under which the index asks for it; every connection to a file with such an index has to know it."""

_RUN = re.compile(f"[{UNSPACED}]+")
_PARTS = re.compile(rf"[{UNSPACED}]+|[^\W{UNSPACED}]+")
_SPACED = ["porter", "unicode61", "remove_diacritics", "2"]


def register(connection: Connection) -> None:
    """Let ``connection`` use an index whose words are cut so."""
    connection.register_fts5_tokenizer(TOKENIZER, _tokenizer)


def words_of(text: str) -> Iterator[str]:
    """What is searched for of a text, as it is written: its words, and pairs of letters where none are told apart.

    >>> list(words_of("What is 水循环?"))
    ['What', 'is', '水循', '循环']
    """
    for part in _PARTS.finditer(text):
        if _RUN.fullmatch(part[0]):
            yield from (part[0][start:end] for start, end in _pairs(part[0]))
        else:
            yield part[0]


def _pairs(run: str) -> Iterator[tuple[int, int]]:
    """Where each two letters of a run stand; a single one is alone."""
    return ((start, start + 2) for start in range(len(run) - 1)) if len(run) > 1 else iter([(0, 1)])


def _tokenizer(connection: Connection, _: list[str]) -> "Tokenizer":
    spaced = connection.fts5_tokenizer(_SPACED[0], _SPACED[1:])

    def tokens(utf8: bytes, flags: int, locale: str | None) -> Any:
        """As FTS5 wants them: start and end in bytes, and the word."""
        text = utf8.decode("utf-8", "surrogateescape")
        found: list[Any] = []
        seen = begin = 0  # characters, and the bytes that they are
        for run in _RUN.finditer(text):
            before = text[seen : run.start()].encode("utf-8", "surrogateescape")
            found += _moved(spaced(before, flags, locale), begin)
            places = [begin + len(before)]
            for letter in run[0]:
                places.append(places[-1] + len(letter.encode()))
            found += [(places[start], places[end], run[0][start:end]) for start, end in _pairs(run[0])]
            seen, begin = run.end(), places[-1]
        return found + list(_moved(spaced(utf8[begin:], flags, locale), begin)) if seen else spaced(utf8, flags, locale)

    return tokens


def _moved(tokens: Iterable[Any], by: int) -> Iterator[tuple[Any, ...]]:
    return ((start + by, end + by, *words) for start, end, *words in tokens)
