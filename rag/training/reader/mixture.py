"""Which rows a reader is shown: a function of the seed and the block alone.

A source has as many of the rows as the square root of its size is of all: a large file does not drown the small ones,
and those are not shown over and over. Where a person wants it otherwise, ``weights.toml`` in a folder of data says by
which factor, and 0 leaves a file out:

    my-questions = 3
    shallow-ones = 0.2
"""

import itertools
import math
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.sentences import sentence_spans
from rag.training.data.reading import ReadingFile
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.document_rows import DocumentRows, document_source
from rag.training.reader.grounded_rows import grounded_sources
from rag.training.reader.question_rows import question_sources
from rag.training.reader.record_rows import record_source
from rag.training.reader.rows import Places, Row, Source
from rag.training.reader.section_rows import section_sources
from rag.training.reader.support_rows import ASKED, support_sources
from vectorstore.errors import UsageError

WEIGHTS = "weights.toml"
_ROW_TRIES = 50
_LINE_BREAKS, _LINE_BREAK = 0.08, 0.6
"""Share of rows with line breaks between sentences, and of those sentences."""
_NO_QUESTION_MARK = 0.1


def read_weights(paths: Sequence[Path]) -> dict[str, float]:
    """The factors by the names of files, from the folders among the paths. Raises UsageError."""
    found: dict[str, float] = {}
    for path in paths:
        file = path / WEIGHTS
        if not file.is_file():
            continue
        try:
            weights = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"Cannot be read ({error})", where=str(file), remedy="Write lines NAME = FACTOR."
            ) from error
        for name, factor in weights.items():
            if isinstance(factor, bool) or not isinstance(factor, int | float) or factor < 0:
                raise UsageError(f"{name} is no number from 0 on", where=str(file), remedy="Write NAME = FACTOR.")
            found[name] = float(factor)
    return found


def sources_of(
    files: Sequence[ReadingFile],
    factors: Mapping[str, float],
    training: ReaderTraining,
    documents: DocumentRows | None = None,
) -> list[Source]:
    """The sources of the files' rows. Of all rows no more than the share ``training.support`` checks sentences, unless
    there are no others. Made-up records come with those that ask, and what is asked of ``documents``.
    """
    asked: list[Source] = []
    checks: list[Source] = []
    for file in files:
        factor = factors.get(file.name, 1.0)
        of_file = [
            *question_sources(file.name, file.questions, training.near_misses, training.altered),
            *grounded_sources(file.name, file.grounded, training.near_misses),
            *section_sources(file.name, file.sections, training.near_misses),
        ]
        asked += [replace(source, weight=factor * source.weight) for source in of_file if factor]
        if file.support and factor:
            of_support = support_sources(file.name, file.support)
            checks += [replace(source, weight=factor * source.weight) for source in of_support]
    if asked and training.records:
        asked.append(record_source(training.records, sum(source.weight for source in asked)))
    if documents and training.from_documents:
        asked.append(document_source(documents, training.from_documents, sum(source.weight for source in asked)))
    most = sum(source.weight for source in asked) * training.support / (1 - training.support)
    whole = sum(source.weight for source in checks if source.kind != ASKED)
    scale = min(1.0, most / whole) if asked and whole else 1.0
    checks = [replace(source, weight=scale * source.weight) for source in checks]
    return [source for source in (*asked, *checks) if source.weight]


class Mixture:
    """Rows of all sources by blocks of ``count``, each source in an order of its own that is drawn anew an epoch."""

    def __init__(self, sources: Sequence[Source], count: int, training: ReaderTraining) -> None:
        self._sources = sources
        self._training = training
        self.seed = training.seed
        whole = sum(source.weight for source in sources)
        reached = itertools.accumulate((source.weight for source in sources), initial=0.0)
        self._bounds = list(itertools.pairwise(count * weight / whole for weight in reached))
        self._orders: dict[tuple[str, str], tuple[int, list[int]]] = {}

    def rows(self, block: int) -> list[Row]:
        """The rows of a block, ``count`` or a few more."""
        draw = random.Random(f"{self.seed} block {block}")
        found: list[Row] = []
        for source, bounds in zip(self._sources, self._bounds, strict=True):
            first, last = (_between(*bounds, blocks) for blocks in (block, block + 1))
            found += [varied(self._row(source, at, draw), draw, self._training) for at in range(first, last)]
        return found

    def _row(self, source: Source, at: int, draw: random.Random) -> Row:
        """Another one, where none can be made of this; one of the first source, where none can be found."""
        row = source.row(self._in_order(source, at), draw)
        for _ in range(_ROW_TRIES):
            if row is not None:
                return row
            row = source.row(draw.randrange(source.size), draw)
        plain = self._sources[0]
        row = plain.row(draw.randrange(plain.size), draw)
        assert row is not None
        return row

    def _in_order(self, source: Source, at: int) -> int:
        epoch, place = divmod(at, source.size)
        name = source.file, source.kind
        known, order = self._orders.get(name, (-1, []))
        if known != epoch:
            order = list(range(source.size))
            random.Random(f"{self.seed} {name} {epoch}").shuffle(order)
            self._orders[name] = epoch, order
        return order[place]


def _between(lower: float, upper: float, blocks: int) -> int:
    """The whole numbers between the bounds' multiples: over all sources together, always the same."""
    return math.floor(blocks * upper) - math.floor(blocks * lower)


def varied(row: Row, draw: random.Random, training: ReaderTraining) -> Row:
    """The row as it may come in use: without its heading, in lower case, over several lines."""
    if row.support is not None:
        return row
    heading = "" if not row.needs_heading and draw.random() < training.no_heading else row.heading
    question = row.question.lower() if draw.random() < training.lower_case else row.question
    if draw.random() < _NO_QUESTION_MARK:
        question = question.rstrip(" ?") or question
    row = with_sentences(row)
    passage = row.passage
    if draw.random() < _LINE_BREAKS:
        for (_, end), (begin, _) in zip(row.sentences, row.sentences[1:], strict=False):
            if begin == end + 1 and draw.random() < _LINE_BREAK:
                passage = f"{passage[:end]}\n{passage[begin:]}"
    return replace(row, heading=heading, question=question, passage=passage)


def with_sentences(row: Row) -> Row:
    """With the sentences of its passage, and those among them that hold the answer."""
    if row.sentences:
        return row
    sentences: Places = tuple(sentence_spans(row.passage))
    selected = row.selected
    if row.span_known:
        first, last = row.span or (0, 0)
        selected = frozenset(number for number, (begin, end) in enumerate(sentences) if begin < last and end > first)
    return replace(row, sentences=sentences, selected=selected)
