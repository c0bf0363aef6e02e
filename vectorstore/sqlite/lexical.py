"""Lexical search with SQLite's FTS5 (BM25), in the same transaction as everything else."""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apsw import Connection

from vectorstore.identifiers import identifiers, is_code, whole
from vectorstore.sqlite.words import words_of

RowCondition = tuple[str, tuple[object, ...]]
"""An SQL condition on ``+rowid``, with its values: without the plus sign SQLite would run the whole query again for
each row that is allowed.
"""

ALL_ROWS: RowCondition = ("1", ())

_HEADING_WEIGHT = 2.0
_WHOLE_WEIGHT = 4.0
"""What an identifier that a chunk holds whole counts beside its parts, in BM25 scores of a word as rare."""
_MAX_TERMS = 64
_COMMON = 0.25
"""Share of the chunks; a word that more of them hold says little about which is meant."""
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class AskedWords:
    """What a query is searched for by: an FTS5 expression, and the identifiers that passages hold, with their idf."""

    expression: str
    identifiers: Mapping[str, float]


def match_expression(query: str) -> str:
    """An FTS5 expression that matches any word of ``query``; empty when it has none.

    Quoting every word keeps FTS5's operators in a question (AND, NEAR, quotes, stars) plain words.

    >>> match_expression('What is "AND"?')
    '"what" OR "is" OR "and"'
    """
    words = dict.fromkeys(word.lower() for word in words_of(query))
    return " OR ".join(f'"{word}"' for word in list(words)[:_MAX_TERMS])


def asked_words(connection: Connection, query: str, condition: RowCondition, stored: int) -> AskedWords:
    """What to search for among ``stored`` chunks: the query without its common words, if it has others.

    Those hardly change a BM25 score, but scoring every chunk that holds one of them takes most of a search's time. An
    identifier is searched for by its parts and, as a phrase, whole.
    """
    words = list(words_of(query))
    counts = _counted(connection, [match_expression(word) for word in words], condition)
    telling = [word for word, count in zip(words, counts, strict=True) if count <= _COMMON * stored]
    if not any(count for count in counts if count <= _COMMON * stored):
        telling = words
    names = identifiers(query)[:_MAX_TERMS]
    held = dict(zip(names, _held_whole(connection, names, condition), strict=True))
    rarity = {name: math.log(1 + (stored - held[name] + 0.5) / (held[name] + 0.5)) for name in names if held[name]}
    phrases = [_phrase(name) for name in rarity if len(list(words_of(name))) > 1 or "_" in name]
    return AskedWords(" OR ".join(filter(None, [match_expression(" ".join(telling)), *phrases])), rarity)


def search_lexical(connection: Connection, asked: AskedWords, k: int, condition: RowCondition) -> dict[int, float]:
    """The ``k`` best chunks as id -> BM25 score (larger is better), to which the identifiers add that they hold."""
    if not asked.expression:
        return {}
    where, values = condition
    rows = connection.execute(
        f"SELECT rowid, -bm25(chunks_fts, {_HEADING_WEIGHT}, 1.0) AS score FROM chunks_fts "
        f"WHERE chunks_fts MATCH ? AND {where} ORDER BY score DESC LIMIT ?",
        (asked.expression, *values, k),
    )
    scores = {int(row[0]): float(row[1]) for row in rows}
    if asked.identifiers:
        for chunk, heading, body in _texts(connection, scores):
            for name, rarity in asked.identifiers.items():
                held = whole(name)
                weight = _HEADING_WEIGHT if held.search(heading) else 1.0 if held.search(body) else 0.0
                scores[chunk] += _WHOLE_WEIGHT * weight * rarity
    return scores


def score_lexical(connection: Connection, asked: AskedWords, chunks: Collection[int]) -> dict[int, float]:
    """The scores of those of ``chunks`` that hold what is asked for."""
    if not chunks:
        return {}
    among = ("+rowid IN (SELECT value FROM json_each(?))", (json.dumps(list(chunks)),))
    return search_lexical(connection, asked, len(chunks), among)


def chunk_frequencies(connection: Connection, words: Sequence[str], condition: RowCondition) -> dict[str, int]:
    """For each word the number of chunks that hold it in any form (or, of a hyphenated word, any part).

    A code counts only as it is written.
    """
    codes = [word for word in words if is_code(word)]
    counts = dict(zip(words, _counted(connection, list(map(match_expression, words)), condition), strict=True))
    return counts | dict(zip(codes, _held_whole(connection, codes, condition), strict=True))


def _held_whole(connection: Connection, names: Sequence[str], condition: RowCondition) -> list[int]:
    """How many chunks hold each of the identifiers: its parts in a row, if one of the first 50 has it just so."""
    counts = _counted(connection, list(map(_phrase, names)), condition)
    return [
        count if count and any(map(whole(name).search, _first_texts(connection, _phrase(name), condition))) else 0
        for name, count in zip(names, counts, strict=True)
    ]


def _counted(connection: Connection, expressions: Sequence[str], condition: RowCondition) -> list[int]:
    """How many chunks each expression matches."""
    where, values = condition
    counted = f"SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH value AND {where}"
    listed = json.dumps([expression or '""' for expression in expressions])
    rows = connection.execute(f"SELECT ({counted}) FROM json_each(?) ORDER BY key", (*values, listed))
    return [int(row[0]) for row in rows]


def _phrase(name: str) -> str:
    """An FTS5 expression that matches the parts of ``name`` in a row."""
    return '"{}"'.format(name.replace('"', '""'))


def _texts(connection: Connection, chunks: Collection[int]) -> Iterator[tuple[int, str, str]]:
    rows = connection.execute(
        "SELECT id, heading, body FROM chunk_texts WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(chunks)),),
    )
    return ((int(row[0]), str(row[1]), str(row[2])) for row in rows)


def _first_texts(connection: Connection, expression: str, condition: RowCondition) -> Iterator[str]:
    """The texts of the first 50 chunks that the expression matches."""
    where, values = condition
    rows = connection.execute(
        "SELECT heading || ' ' || body FROM chunk_texts WHERE id IN "
        f"(SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ? AND {where} LIMIT {_LOOKED_AT})",
        (expression, *values),
    )
    return (str(row[0]) for row in rows)


def holds_form(connection: Connection, word: str, condition: RowCondition) -> bool:
    """Whether ``word`` stands in just this form in one of the first 50 chunks that hold it in any, its parts in a row
    ("3.13", "AB-204").
    """
    form = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    return any(form.search(text) for text in _first_texts(connection, match_expression(word), condition))
