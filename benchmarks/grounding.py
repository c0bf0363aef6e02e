"""Does the check let true sentences through, and no others? Fits and tests the weights of ``rag.grounding.support``.

Sentences are derived from half of the articles of a SQuAD file and half of some files of MedQuAD to fit with, and from
the other halves and from three other data sets (long scientific articles, product reviews, forum posts) to test with.
Sentences that generators wrote, labelled by hand, are checked in the order in which they were written.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from benchmarks.data import unpack_medquad
from benchmarks.sentences.cases import Case, derive
from benchmarks.sentences.checkers import Finds, NoMeaning, checked, overlaps, timed
from benchmarks.sentences.generated import labelled_answers
from benchmarks.sentences.texts import medquad_texts, squad_texts
from benchmarks.tables import table, with_interval
from rag.calibration.fitting import fit_support
from rag.calibration.numbers import shipped_calibration
from rag.calibration.scoring import LogisticModel
from rag.calibration.signals import SupportSignals
from rag.components import open_embedder, open_reader
from rag.evaluation.figures import wilson
from rag.grounding.rules import RuleChecker
from rag.settings.model import load_settings

_EACH = 40
_MEDQUAD_FILES = 400


def run(data: Path, work: Path, each: int = _EACH, seed: int = 5) -> dict[str, Any]:
    """Fit on one part of the cases, ask every way of checking about the other."""
    settings = load_settings()
    embedder, reader = open_embedder(settings), open_reader(settings)
    fitting, testing = _cases(data, work, each, seed)
    written = labelled_answers(data, work)
    shipped = shipped_calibration().support
    fitted = _fit(RuleChecker(embedder, shipped), fitting)
    milliseconds: list[float] = []
    ways: dict[str, Finds] = {
        "the check": timed(checked(embedder, reader), milliseconds),
        "without the reader": checked(embedder, None),
        "without the embedding model": checked(NoMeaning(), reader),
        "nine tenths of the words in one sentence": overlaps,
    }
    accepted = {name: [finds(case, None) is not None for case in testing] for name, finds in ways.items()}
    labelled = [case for answer in written for case in answer]
    passed = {name: _in_turn(written, finds) for name, finds in ways.items()}
    return {
        "fitting": len(fitting),
        "testing": len(testing),
        "weights": {"shipped": _weights(shipped), "fitted": _weights(fitted)},
        "ways": {name: _rates(testing, passed) for name, passed in accepted.items()},
        "groups": _by(testing, accepted["the check"], lambda case: case.group),
        "kinds": {name: _shares(testing, passed) for name, passed in accepted.items()},
        "generated": {
            "generators": sorted({case.kind for case in labelled}),
            "ways": {name: _rates(labelled, yes) for name, yes in passed.items()},
            "groups": _by(labelled, passed["the check"], lambda case: case.group),
        },
        "ms_a_sentence": {
            "median": round(statistics.median(milliseconds), 1),
            "p95": round(sorted(milliseconds)[int(0.95 * (len(milliseconds) - 1))], 1),
        },
    }


def section(result: Mapping[str, Any]) -> str:
    generated, kinds = result["generated"], result["kinds"]
    ways = ("sentences checked by", "let through", "precision", "recall")
    derived = table(ways, [_row(name, of) for name, of in result["ways"].items()])
    groups = table(("the check on", *ways[1:]), [_row(name, of) for name, of in result["groups"].items()])
    by_kind = table(
        ("share let through of sentences", "should be", "sentences", *kinds),
        [
            (
                kind,
                "let through" if of["supported"] else "held back",
                of["cases"],
                *(kinds[w][kind]["accepted"] for w in kinds),
            )
            for kind, of in kinds["the check"].items()
        ],
    )
    count = generated["ways"]["the check"]
    written = table(ways, [_row(name, of) for name, of in generated["ways"].items()])
    parts = table(
        ("the check on sentences", "sentences", "supported", *ways[1:]),
        [(name, of["sentences"], of["supported"], *_row(name, of)[1:]) for name, of in generated["groups"].items()],
    )
    return "\n\n".join(
        (
            "## Grounding",
            "Precision: of the sentences that were let through, the share that the passages support. Recall: of the "
            "sentences that the passages support, the share that was let through. 95% intervals (Wilson).",
            f"{result['testing']:,} sentences derived from question-answering data, true and twisted, from texts and "
            "with words that the weights were not fitted on:",
            derived,
            groups,
            by_kind,
            f"{count['sentences']} sentences that a generator ({', '.join(generated['generators'])}) wrote from the "
            f"passages it was shown, labelled by hand, {count['supported']} of them supported: so few that the recall "
            "is known only roughly. The check was tried on a part of them while it was written, the others were held "
            "out.",
            written,
            parts,
            f"A sentence takes {result['ms_a_sentence']['median']} ms to check (median; 95 of 100 take up to "
            f"{result['ms_a_sentence']['p95']} ms).",
        )
    )


def _row(name: str, of: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        name,
        of["accepted"],
        with_interval(of["precision"], of["precision_interval"], 3),
        with_interval(of["recall"], of["recall_interval"], 3),
    )


def _cases(data: Path, work: Path, each: int, seed: int) -> tuple[list[Case], list[Case]]:
    squad = squad_texts(data / "qa/squad2-part-a.json")
    medquad = medquad_texts(unpack_medquad(data, work / "medquad"), _MEDQUAD_FILES, seed)
    half, part = len(squad) // 2, len(medquad) // 2
    fitting = derive("SQuAD 2.0", squad[:half], each, fitting=True, seed=seed)
    fitting += derive("MedQuAD", medquad[:part], each, fitting=True, seed=seed)
    testing = derive("SQuAD 2.0, other articles", squad[half:], each, fitting=False, seed=seed)
    testing += derive("MedQuAD, other files", medquad[part:], each, fitting=False, seed=seed)
    for name, file in (
        ("COVID-QA", "covidqa"),
        ("reviews", "squadshifts-amazon"),
        ("forum posts", "squadshifts-reddit"),
    ):
        texts = squad_texts(data / f"qa/{file}.json")
        testing += derive(name, texts, each, fitting=False, seed=seed)
    return fitting, testing


def _in_turn(answers: Sequence[Sequence[Case]], finds: Finds) -> list[bool]:
    """Each answer's sentences one after the other, as the answer flow checks them."""
    passed = []
    for cases in answers:
        last = None
        for case in cases:
            place = finds(case, last)
            passed.append(place is not None)
            last = place or last
    return passed


def _fit(checker: RuleChecker, cases: Sequence[Case]) -> LogisticModel[SupportSignals]:
    """On what breaks no rule, the best place of each sentence; sentences made of questions have a way of their own."""
    rows, labels = [], []
    for case in cases:
        supports = [] if case.question else list(checker.on(case.chunks).supports(case.sentence))
        allowed = [support.signals for _, _, support in supports if not support.vetoes]
        if allowed:
            rows.append(min(allowed, key=astuple))
            labels.append(case.supported)
    return fit_support(rows, labels)


def _weights(model: LogisticModel[SupportSignals]) -> dict[str, float]:
    return {"intercept": round(model.intercept, 2)} | {
        name: round(weight, 2) for name, weight in asdict(model.weights).items()
    }


def _rates(cases: Sequence[Case], passed: Sequence[bool]) -> dict[str, Any]:
    accepted, supported = sum(passed), sum(case.supported for case in cases)
    right = sum(case.supported for case, yes in zip(cases, passed, strict=True) if yes)
    return {
        "sentences": len(cases),
        "supported": supported,
        "accepted": accepted,
        "precision": round(right / max(1, accepted), 4),
        "precision_interval": wilson(right, accepted),
        "recall": round(right / max(1, supported), 4),
        "recall_interval": wilson(right, supported),
    }


def _by(cases: Sequence[Case], passed: Sequence[bool], part: Callable[[Case], str]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[tuple[Case, bool]]] = defaultdict(list)
    for case, yes in zip(cases, passed, strict=True):
        groups[part(case)].append((case, yes))
    return {name: _rates(*zip(*pairs, strict=True)) for name, pairs in groups.items()}


def _shares(cases: Sequence[Case], passed: Sequence[bool]) -> dict[str, dict[str, Any]]:
    """For each kind of sentence the share that was let through."""
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for case, yes in zip(cases, passed, strict=True):
        kinds[(not case.supported, case.kind)].append(yes)
    return {
        kind: {"supported": not twisted, "cases": len(yes), "accepted": round(statistics.fmean(yes), 3)}
        for (twisted, kind), yes in sorted(kinds.items())
    }
