"""Lexical search with SQLite's FTS5 (BM25), in the same transaction as everything else."""

import json
import re
from collections.abc import Collection, Sequence

from apsw import Connection

RowCondition = tuple[str, tuple[object, ...]]
"""An SQL condition on ``+rowid``, with its values: without the plus sign SQLite would run the whole query again for
each row that is allowed.
"""

ALL_ROWS: RowCondition = ("1", ())

_HEADING_WEIGHT = 2.0
_MAX_TERMS = 64
_COMMON = 0.25
"""Share of the chunks; a word that more of them hold says little about which is meant."""
_LOOKED_AT = 50
_WORD = re.compile(r"\w+")


def match_expression(query: str) -> str:
    """An FTS5 expression that matches any word of ``query``; empty when it has none.

    Quoting every word keeps FTS5's operators in a question (AND, NEAR, quotes, stars) plain words.

    >>> match_expression('What is "AND"?')
    '"what" OR "is" OR "and"'
    """
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return " OR ".join(f'"{word}"' for word in list(words)[:_MAX_TERMS])


def search_lexical(connection: Connection, query: str, k: int, condition: RowCondition) -> dict[int, float]:
    """The ``k`` best chunks as id -> BM25 score (larger is better)."""
    expression = match_expression(query)
    if not expression:
        return {}
    where, values = condition
    rows = connection.execute(
        f"SELECT rowid, -bm25(chunks_fts, {_HEADING_WEIGHT}, 1.0) AS score FROM chunks_fts "
        f"WHERE chunks_fts MATCH ? AND {where} ORDER BY score DESC LIMIT ?",
        (expression, *values, k),
    )
    return {int(row[0]): float(row[1]) for row in rows}


def score_lexical(connection: Connection, query: str, chunks: Collection[int]) -> dict[int, float]:
    """The BM25 scores of those of ``chunks`` that hold a word of ``query``."""
    if not chunks:
        return {}
    among = ("+rowid IN (SELECT value FROM json_each(?))", (json.dumps(list(chunks)),))
    return search_lexical(connection, query, len(chunks), among)


def telling_words(connection: Connection, query: str, condition: RowCondition, stored: int) -> str:
    """The query without its common words, if it has others: what to search for among ``stored`` chunks.

    They hardly change a BM25 score, but scoring every chunk that holds one of them takes most of a search's time.
    """
    words = _WORD.findall(query)
    counts = chunk_frequencies(connection, list(dict.fromkeys(words)), condition)
    telling = [word for word in words if counts[word] <= _COMMON * stored]
    return " ".join(telling if any(counts[word] for word in telling) else words)


def chunk_frequencies(connection: Connection, words: Sequence[str], condition: RowCondition) -> dict[str, int]:
    """For each word the number of chunks that hold it in any form (or, of a hyphenated word, any part)."""
    where, values = condition
    expressions = json.dumps([match_expression(word) or '""' for word in words])
    counted = f"SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH value AND {where}"
    rows = connection.execute(f"SELECT ({counted}) FROM json_each(?) ORDER BY key", (*values, expressions))
    return dict(zip(words, (int(row[0]) for row in rows), strict=True))


def holds_form(connection: Connection, word: str, condition: RowCondition) -> bool:
    """Whether ``word`` stands in just this form in one of the first 50 chunks that hold it in any, its parts in a row
    ("3.13", "AB-204").
    """
    where, values = condition
    in_a_row = f'"{" ".join(_WORD.findall(word.lower()))}"'
    rows = connection.execute(
        f"SELECT heading || ' ' || body FROM chunk_texts WHERE id IN "
        f"(SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ? AND {where} LIMIT {_LOOKED_AT})",
        (in_a_row, *values),
    )
    form = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    return any(form.search(text) for (text,) in rows)
