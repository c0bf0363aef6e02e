"""Folders in the BEIR form: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv``.

Source: Thakur et al., "BEIR", NeurIPS Datasets and Benchmarks, 2021.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.evaluation.items import sampled
from rag.evaluation.types import Text
from vectorstore.errors import UsageError

CORPUS, QUERIES, JUDGEMENTS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"


@dataclass(frozen=True, slots=True)
class BeirSet:
    """Documents, the text of each query by its id, and for each query the grades of its judged documents by their ids.

    Only judged queries are kept. A grade above 0 says that the document is relevant.
    """

    documents: tuple[Text, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, float]]


def load_beir(folder: Path, limit: int | None = None) -> BeirSet:
    """Read a BEIR folder, of its queries up to ``limit``.

    Raises UsageError that names the file, and the line, if one is missing or of another form.
    """
    if not folder.is_dir():
        raise UsageError("There is no such folder", where=str(folder), remedy=f"Name one with {CORPUS} in it.")
    judgements = _judgements(folder / JUDGEMENTS)
    documents = {
        key: Text(key, _text(line.get("title")), _text(line.get("text"))) for key, line in _records(folder / CORPUS)
    }
    queries = {key: _text(line.get("text")) for key, line in _records(folder / QUERIES) if key in judgements}
    if not documents or not queries:
        what = "It holds no documents" if not documents else f"No query is judged in {JUDGEMENTS}"
        raise UsageError(what, where=str(folder / (QUERIES if documents else CORPUS)), remedy="Check the folder.")
    asked = sampled(list(queries), limit)
    return BeirSet(
        tuple(documents.values()), {key: queries[key] for key in asked}, {key: judgements[key] for key in asked}
    )


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in _lines(path):
        try:
            record = json.loads(line)
            yield _text(record["_id"]), record
        except (ValueError, KeyError, TypeError) as error:
            where = f"{path}, line {number}"
            raise UsageError(
                f"Not a BEIR record ({error!r})", where=where, remedy='Expected {"_id", "text"}.'
            ) from error


def _judgements(path: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for number, line in _lines(path):
        cells = [cell.strip() for cell in line.split("\t" if "\t" in line else None)]
        try:
            query, document, grade = cells[0], cells[-2], float(cells[-1])  # TREC's form has a column in between
            if not math.isfinite(grade):
                raise ValueError("not a grade")
        except (ValueError, IndexError) as error:
            if number == 1:  # the header
                continue
            remedy = "Expected query-id, corpus-id and score, with tabs between."
            raise UsageError("Not a judgement", where=f"{path}, line {number}", remedy=remedy) from error
        found.setdefault(_text(query), {})[_text(document)] = grade
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except OSError as error:
        remedy = f"A BEIR folder holds {CORPUS}, {QUERIES} and {JUDGEMENTS}."
        raise UsageError(f"Cannot be read ({error.strerror})", where=str(path), remedy=remedy) from error


def _text(value: object) -> str:
    """As text that can be stored: numbers are ids too, and JSON may escape half a character."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8").strip()
