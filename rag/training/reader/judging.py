"""How good a reader is on what was kept apart: each task by its own figures."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from rag.evaluation.squad import exact_match, f1
from rag.jobs.types import OnProgress
from rag.reader.spans import best_spans
from rag.training.data.reading import SUPPORT, ReadingFile
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.batches import collate, example_of, windows_of
from rag.training.reader.grounded_rows import grounded_rows
from rag.training.reader.losses import ReadingLogits
from rag.training.reader.mixture import with_sentences
from rag.training.reader.network import Trainee
from rag.training.reader.question_rows import QuestionRows
from rag.training.reader.rows import Row
from rag.training.reader.section_rows import SectionRows
from rag.training.reader.support_rows import SupportRows
from rag.training.runs.loop import mixed_precision

_BATCH = 32
_CHARACTERS_A_ROW = 1_500
_NEVER = float("-inf")
_SUPPORTED = SUPPORT.index("supported")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row to judge by; of a question, the right ``answers`` (none: it cannot be answered), else None."""

    row: Row
    answers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network makes of a row: the ``words`` that answer best, with their lead over "nowhere"; the log-odds
    that the passage answers (the lead where it marks words alone), and those of each sentence; what it says of a
    sentence to be checked.
    """

    words: str
    margin: float
    relevance: float
    sentences: Mapping[int, float]
    support: int | None


class Jury:
    """The rows to judge by, by file."""

    def __init__(self, apart: Sequence[ReadingFile], training: ReaderTraining) -> None:
        self.rows = {file.name: judged for file in apart if (judged := _judged(file, training))}

    def sample(self, most: int) -> dict[str, list[Judged]]:
        """An equal share of each file, about ``most`` in all and no more than so many characters of each to read: a
        file of long articles does not take all the time.
        """
        chosen: dict[str, list[Judged]] = {}
        for name, rows in self.rows.items():
            share = max(1, most // len(self.rows))
            left = _CHARACTERS_A_ROW * share
            chosen[name] = []
            for judged in rows[:share]:
                if left > 0:
                    chosen[name].append(judged)
                left -= len(judged.row.passage)
        return chosen


def _judged(file: ReadingFile, training: ReaderTraining) -> list[Judged]:
    """All of a file that was kept apart, with near misses, in a drawn order."""
    draw = random.Random(f"{training.seed} {file.name}")
    questions, sections, support = QuestionRows(file.questions), SectionRows(file.sections), SupportRows(file.support)
    asked = [*questions.answerable, *questions.unanswerable]
    found = [Judged(questions.row(item), tuple(answer.text for answer in item.answers)) for item in asked]
    found += _of(questions.near_miss(item, draw) for item in questions.answerable if training.near_misses)
    found += [Judged(row) for item in file.grounded for row in grounded_rows(item)]
    for number in range(len(file.sections)):
        found += _of(
            (sections.row(number, draw), sections.other_subject(number, draw), sections.other_section(number, draw))
        )
    found += _of(support.plain(number) for number in range(len(file.support)))
    draw.shuffle(found)
    return [replace(judged, row=with_sentences(judged.row)) for judged in found]


def _of(rows: Iterable[Row | None]) -> list[Judged]:
    return [Judged(row) for row in rows if row]


def figures(
    rows: Mapping[str, Sequence[Judged]],
    trainee: Trainee,
    on_progress: OnProgress = lambda *_: None,
) -> dict[str, dict[str, Any]]:
    """For each file, and for ``all`` together, how many ``rows``, and of those that can tell it (None without them):

    ``em``, ``f1``, ``has_answer_f1`` and ``no_answer_accuracy`` of SQuAD 2.0; ``relevance_auc``, how often a passage
    that answers is put above one that does not; ``sentence_accuracy``, how often the likeliest sentence is right; and
    ``support_accuracy``, with ``support_precision`` and ``support_recall`` of what is called so. Empty without rows.
    """
    every = [(name, judged) for name, of in rows.items() for judged in of]
    if not every:
        return {}
    readings = read([judged.row for _, judged in every], trainee, on_progress)
    pairs = [(name, judged, reading) for (name, judged), reading in zip(every, readings, strict=True)]
    return {
        name: _figures([(judged, reading) for of, judged, reading in pairs if name in ("all", of)])
        for name in ("all", *rows)
    }


@torch.no_grad()
def read(
    rows: Sequence[Row],
    trainee: Trainee,
    on_progress: OnProgress = lambda *_: None,
) -> list[Reading]:
    """What the network makes of each row; of a passage of several windows the one that answers best tells the words."""
    trainee.network.eval()
    cut = windows_of(rows, trainee)
    every = [(number, example_of(rows[number], window)) for number, of in enumerate(cut) for window in of]
    every.sort(key=lambda item: -len(item[1].window))
    best: dict[int, Reading] = {}
    device = next(trainee.network.parameters()).device
    for first in range(0, len(every), _BATCH):
        part = every[first : first + _BATCH]
        examples = [example for _, example in part]
        batch = collate(examples, trainee).to(device)
        with mixed_precision():
            logits = ReadingLogits.of(trainee.network(batch.fields), batch)
        starts, ends = logits.start.float().cpu().numpy(), logits.end.float().cpu().numpy()
        sentences = None if logits.sentences is None else logits.sentences.float().cpu()
        relevance = None if logits.relevance is None else logits.relevance.float().cpu().tolist()
        support = None if logits.support is None else logits.support.argmax(-1).tolist()
        for row, (number, example) in enumerate(part):
            n = len(example.window)
            spans = best_spans(starts[row, :n], ends[row, :n], example.window.offsets, 1)
            present = {place for place in example.sentence_of if place >= 0}
            told = {} if sentences is None else {place: float(sentences[row, place]) for place in present}
            margin = spans[0].margin if spans else _NEVER
            reading = Reading(
                rows[number].passage[spans[0].start : spans[0].end] if spans else "",
                margin,
                margin if relevance is None else relevance[row],
                told,
                None if support is None else support[row],
            )
            best[number] = _better(best.get(number), reading)
        on_progress("Judging", min(first + _BATCH, len(every)), len(every))
    return [best[number] for number in range(len(rows))]


def _better(former: Reading | None, reading: Reading) -> Reading:
    if former is None:
        return reading
    chosen = reading if reading.margin > former.margin else former
    sentences = {**former.sentences, **reading.sentences}
    return replace(chosen, relevance=max(former.relevance, reading.relevance), sentences=sentences)


def _figures(pairs: Sequence[tuple[Judged, Reading]]) -> dict[str, Any]:
    asked = [
        (judged.answers, reading.words if reading.margin > 0 else "")
        for judged, reading in pairs
        if judged.answers is not None
    ]
    known = [(given, answers) for answers, given in asked if answers]
    telling = [(judged.row, reading) for judged, reading in pairs if judged.row.relevant is not None]
    answering = [row.relevant for row, _ in telling]
    marked = [
        (row.selected, reading.sentences)
        for row, reading in telling
        if row.selected and len(row.sentences) > 1 and reading.sentences
    ]
    checked = [
        (judged.row.support, reading.support)
        for judged, reading in pairs
        if judged.row.support is not None and reading.support is not None
    ]
    found: dict[str, Any] = {
        "rows": len(pairs),
        "em": _mean(exact_match(given, answers) for answers, given in asked),
        "f1": _mean(f1(given, answers) for answers, given in asked),
        "has_answer_f1": _mean(f1(given, answers) for given, answers in known),
        "no_answer_accuracy": _mean(float(not given) for answers, given in asked if not answers),
        "relevance_auc": None,
        "sentence_accuracy": _mean(float(max(told, key=told.__getitem__) in right) for right, told in marked),
        "support_accuracy": _mean(float(right == said) for right, said in checked),
        "support_precision": None,
        "support_recall": None,
    }
    if len(set(answering)) == 2:
        found["relevance_auc"] = float(roc_auc_score(answering, [reading.relevance for _, reading in telling]))
    if checked:
        precision, recall, *_ = precision_recall_fscore_support(
            [right for right, _ in checked],
            [said for _, said in checked],
            labels=[_SUPPORTED],
            zero_division=0.0,
        )
        found |= {"support_precision": float(precision[0]), "support_recall": float(recall[0])}
    return found


def score_of(found: Mapping[str, Any]) -> float:
    """One number to make large: the mean of what each task is judged by."""
    told = [found[name] for name in ("f1", "relevance_auc", "sentence_accuracy", "support_accuracy")]
    return _mean(value for value in told if value is not None) or 0.0


def _mean(values: Iterable[float]) -> float | None:
    every = list(values)
    return sum(every) / len(every) if every else None
