"""Does the check let true sentences through, and no others? Fits and tests what ``rag.grounding`` weighs.

python -m benchmarks.grounding DATA [--work FOLDER] [--each N] [--fit]

DATA is a folder with medquad.tar.xz, qa/*.json and, if there are any, train/*-support.jsonl.xz. Sentences are derived
from half of the articles of a SQuAD file and half of some files of MedQuAD to fit with, and from the other halves and
from three other data sets (long scientific articles, product reviews, forum posts) to test with. Sentences that people
wrote are taken from passages that the reader has not learned from. Sentences that generators wrote, labelled by hand,
are checked in the order in which they were written. The check is compared with what the reader says of a sentence
(that of the settings: REFDESK_READER__MODEL names another), alone and together with the rules. With ``--fit`` nothing
is measured: the numbers that say when the reader's word counts take their place in rag/calibration/shipped.json.
"""

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

from benchmarks.data import unpack_medquad
from benchmarks.sentences.cases import Case, derive
from benchmarks.sentences.checkers import (
    Checks,
    NoMeaning,
    Opens,
    ablation,
    checked,
    combined,
    opened,
    overlaps,
    read_alone,
    read_places,
    read_with_guards,
)
from benchmarks.sentences.figures import rates, rates_by_group, shares_by_kind
from benchmarks.sentences.generated import labelled_answers
from benchmarks.sentences.held_out import held_out_cases
from benchmarks.sentences.texts import medquad_texts, squad_texts
from benchmarks.tables import table, with_interval
from rag.calibration.fitting import fit_answer_support, fit_support
from rag.calibration.numbers import SHIPPED, Models, as_stored, shipped_calibration
from rag.calibration.scoring import AnswerSupportModel, LogisticModel
from rag.calibration.signals import SupportSignals
from rag.components import open_embedder, open_reader
from rag.grounding.asked import AnswersAsRead
from rag.grounding.types import Verdict
from rag.reader.model import MultilingualReader
from rag.settings.model import load_settings
from vectorstore.errors import UsageError
from vectorstore.types import Embedder

_EACH = 40
_EACH_TO_FIT = 150
_MEDQUAD_FILES = 400
THE_CHECK = "the check"


def run(data: Path, work: Path, each: int = _EACH, seed: int = 5) -> dict[str, Any]:
    """Fit on one part of the cases, ask every way of checking about the other."""
    embedder, reader = _models()
    fitting, testing = _derived(data, work, each, seed)
    of_people = held_out_cases(data / "train", each, seed)
    written = labelled_answers(data, work)
    shipped = shipped_calibration()
    rules = opened(embedder, reader)
    places, known = read_places(rules, reader), [*fitting, *of_people[0]]
    milliseconds: list[float] = []
    check = checked(opened(embedder, reader, AnswersAsRead(reader, shipped.answer_support)), milliseconds)
    to_read: dict[str, Checks] = {
        THE_CHECK: check,
        "the check, and by a fitted model what it holds back": combined(check, places, known, read=False),
        "the same with the reader's word": combined(check, places, known, read=True),
        "the reader, guarded for numbers, names, negations and opposites": read_with_guards(places),
        "the reader alone": read_alone(reader),
    }
    ways: dict[str, Checks] = {
        THE_CHECK: check,
        "the rules alone": checked(rules),
        "the rules without the embedding model": checked(opened(NoMeaning(), None)),
        "nine tenths of the words in one sentence": overlaps,
    }
    tested = {name: [checks(case, None) for case in testing] for name, checks in (to_read | ways).items()}
    people = {name: [checks(case, None) for case in of_people[1]] for name, checks in to_read.items()}
    labelled = [case for answer in written for case in answer]
    told = {name: _in_turn(written, checks) for name, checks in (to_read | ways).items()}
    return {
        "reader": reader.fingerprint,
        "fitting": len(known),
        "testing": len(testing),
        "weights": {"shipped": _weights(shipped.support), "fitted": _weights(_fit(rules, fitting))},
        "ways": {name: rates(testing, verdicts) for name, verdicts in tested.items()},
        "rules": {
            "derived": ablation(places, shipped.support, testing),
            "people": ablation(places, shipped.support, of_people[1]),
        },
        "groups": rates_by_group(testing, tested[THE_CHECK]),
        "kinds": {name: shares_by_kind(testing, tested[name]) for name in ways},
        "people": {
            "ways": {name: rates(of_people[1], verdicts) for name, verdicts in people.items()},
            "groups": {name: rates_by_group(of_people[1], verdicts) for name, verdicts in people.items()},
        },
        "generated": {
            "generators": sorted({case.kind for case in labelled}),
            "ways": {name: rates(labelled, verdicts) for name, verdicts in told.items()},
            "groups": rates_by_group(labelled, told[THE_CHECK]),
        },
        "ms_a_sentence": {
            "median": round(statistics.median(milliseconds), 1),
            "p95": round(sorted(milliseconds)[int(0.95 * (len(milliseconds) - 1))], 1),
        },
    }


def section(result: Mapping[str, Any]) -> str:
    generated, kinds, people = result["generated"], result["kinds"], result["people"]
    ways = ("sentences checked by", "let through", "precision", "recall")
    ranked = (*ways, "precision at recall 0.90", "recall at precision 0.99")
    derived = table(ranked, [_ranked(name, of) for name, of in result["ways"].items()])
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
            for kind, of in kinds[THE_CHECK].items()
        ],
    )
    of_people = table(ranked, [_ranked(name, of) for name, of in people["ways"].items()])
    by_source = table(
        ("let through / right / supported", "sentences", *people["groups"]),
        [
            (name, of["sentences"], *(_counts(groups[name]) for groups in people["groups"].values()))
            for name, of in people["groups"][THE_CHECK].items()
        ],
    )
    of_rules = table(
        ("held back by this rule alone", "derived", "supported all the same", "people's", "supported all the same"),
        [
            (reason, *of.values(), *result["rules"]["people"][reason].values())
            for reason, of in result["rules"]["derived"].items()
        ],
    )
    count = generated["ways"][THE_CHECK]
    written = table(ways, [_row(name, of) for name, of in generated["ways"].items()])
    parts = table(
        ("the check on sentences", "sentences", "supported", *ways[1:]),
        [(name, of["sentences"], of["supported"], *_row(name, of)[1:]) for name, of in generated["groups"].items()],
    )
    return "\n\n".join(
        (
            "## Grounding",
            "Precision: of the sentences that were let through, the share that the passages support. Recall: of the "
            "sentences that the passages support, the share that was let through. 95% intervals (Wilson). The last two "
            "columns take the sentences in the order of their probability.",
            f"{result['testing']:,} sentences derived from question-answering data, true and twisted, from texts and "
            "with words that the weights were not fitted on:",
            derived,
            groups,
            by_kind,
            f"{people['ways'][THE_CHECK]['sentences']} sentences that people wrote or judged, beside passages that the "
            "reader has not learned from (of the passages, those whose SHA-256 begins with the lowest tenth, and of "
            "these the half that nothing was fitted on):",
            of_people,
            by_source,
            of_rules,
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


def _ranked(name: str, of: Mapping[str, Any]) -> tuple[object, ...]:
    return (*_row(name, of), of["precision_at_recall"] or "", of["recall_at_precision"])


def _counts(of: Mapping[str, Any]) -> str:
    return f"{of['accepted']} / {of['right']} / {of['supported']}"


def _models() -> tuple[Embedder, MultilingualReader]:
    settings = load_settings()
    reader = open_reader(settings)
    if not isinstance(reader, MultilingualReader):
        raise UsageError("This reader does not tell what a passage supports", where=reader.name, remedy="Name another.")
    return open_embedder(settings), reader


def _derived(data: Path, work: Path, each: int, seed: int) -> tuple[list[Case], list[Case]]:
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


def _in_turn(answers: Sequence[Sequence[Case]], checks: Checks) -> list[Verdict]:
    """Each answer's sentences one after the other, as the answer flow checks them."""
    told = []
    for cases in answers:
        last = None
        for case in cases:
            verdict = checks(case, last)
            told.append(verdict)
            last = verdict.places[-1] if verdict.places else last
    return told


def _fit(opens: Opens, cases: Sequence[Case]) -> LogisticModel[SupportSignals]:
    """On what breaks no rule, the best place of each sentence; sentences made of questions have a way of their own."""
    rows, labels = [], []
    for case in cases:
        supports = [] if case.question else list(opens(case).supports(case.sentence))
        allowed = [support.signals for _, _, support in supports if not support.vetoes]
        if allowed:
            rows.append(min(allowed, key=astuple))
            labels.append(case.supported)
    return fit_support(rows, labels)


def fit_answers(data: Path, embedder: Embedder, reader: MultilingualReader, seed: int = 5) -> AnswerSupportModel:
    """On questions said with an answer, right or wrong, of the articles that nothing is tested on."""
    squad = squad_texts(data / "qa/squad2-part-a.json")
    cases = derive("SQuAD 2.0", squad[: len(squad) // 2], _EACH_TO_FIT, fitting=True, seed=seed, of_questions=True)
    judge, opens = AnswersAsRead(reader, shipped_calibration().answer_support), opened(embedder, reader)
    rows, labels = [], []
    for case in cases:
        if standing := opens(case).repeated(case.sentence):
            rows.append(max(judge.signals(case.sentence, standing), key=lambda signals: signals.supported))
            labels.append(case.supported)
    return fit_answer_support(rows, labels)


def _weights(model: LogisticModel[Any]) -> dict[str, float]:
    return {"intercept": round(model.intercept, 2)} | {
        name: round(weight, 2) for name, weight in asdict(model.weights).items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grounding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("data/benchmarks"), help="folder for unpacked data")
    parser.add_argument("--each", type=int, default=_EACH, help="sentences of every kind and source")
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    if arguments.fit:
        embedder, reader = _models()
        before, fitted = shipped_calibration(), fit_answers(arguments.data, embedder, reader)
        models = {**before.fitted_to, "answer_support": Models(embedder.fingerprint, reader.fingerprint)}
        stored = as_stored(replace(before, answer_support=fitted, fitted_to=models))
        SHIPPED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(stored["answer_support"], indent=1))
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    print(section(run(arguments.data, arguments.work, arguments.each)))


if __name__ == "__main__":
    main()
