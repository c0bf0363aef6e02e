"""Fit what reads form fields: ``python -m benchmarks.invoices.fit`` writes rag/extraction/weights.json.

Invoices are set in the layouts for fitting, and read from where their words were put. For each type of field the
conditional logit of ``rag.extraction.scoring`` is fitted by penalised maximum likelihood; its calibration on values
that models fitted without their layouts gave, so that it holds for layouts that nobody has seen.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fpdf.fonts import SubsetMap
from numpy.typing import NDArray

from benchmarks.invoices.generate import Sample, generate
from benchmarks.invoices.layouts import FITTING, OTHERS
from rag.extraction.labels import Labels
from rag.extraction.page import read_form
from rag.extraction.questions import add_proposals, add_reader_signals
from rag.extraction.schema import FormField, Schema, load_schema
from rag.extraction.scoring import BIAS, WEIGHTS
from rag.extraction.signals import Option, currency_options, gather, group_of
from rag.reader.model import load_reader
from rag.reader.types import PairReader
from vectorstore.models import quiet_libraries

_COUNT, _SEED = 684, 11
_READ_EVERY = 5
"""Of so many invoices the reader reads one, which takes a second; no divisor of the number of layouts."""
_PARTS = 6
"""Layouts are left out in so many parts to calibrate on them."""
_STAY = 0.05
"""How firmly a calibration stays at leaving all as it is: where every case was right, any line would fit."""
_PENALTY = 0.008
"""On the squares of the weights, a case: generated invoices are more alike than real ones."""

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """One field of one invoice: its options, and which of them are right (none where the field is missing)."""

    kind: str
    field: str
    layout: str
    options: list[Option]
    right: NDArray[np.bool_]


def fitting_schema() -> Schema:
    """The invoice's, with the buyer's name as a field of plain text."""
    schema = load_schema("invoice", Path())
    buyer = FormField(labels=schema.fields["issuer"].not_labels, questions=("Who is the customer?",))
    return schema.model_copy(update={"fields": {**schema.fields, "buyer": buyer}})


def collect(samples: Iterable[Sample], schema: Schema, reader: PairReader | None) -> list[Case]:
    """The cases of all fields. With a reader, signals of its answers too."""
    labels = Labels(schema)
    cases = []
    for sample in samples:
        # fpdf2 remembers what it has looked up, and with it the fonts of every file: 8 MB each.
        SubsetMap.pick.cache_clear()
        SubsetMap.get_glyph.cache_clear()
        reading = gather(read_form(sample.canvas.layout), schema, labels)
        for name, field in schema.fields.items():
            gold = sample.gold.get(name)
            wanted = group_of(field.type, gold) if gold is not None else None
            if field.type == "currency":
                if sample.gold["amount"] is None:
                    continue
                amount = sample.gold["amount"]
                chosen = next((o for o in reading.options[field.of] if o.candidate.normalised == amount), None)
                reading.options[name] = currency_options(reading, name, chosen)
            if reader and field.type == "text":
                add_proposals(reader, reading, {name: field.questions})
            if reader and field.questions:
                add_reader_signals(reader, reading, {name: field.questions})
            options = reading.options[name]
            right = np.array([option.group == wanted for option in options], dtype=bool)
            if options and (right.any() or wanted is None):
                cases.append(Case(field.type, name, sample.layout, options, right))
    return cases


def signals_of(case: Case, names: Sequence[str]) -> NDArray[np.float64]:
    """(n_options, 1 + n_names) float64: the bias's 1 and the signals of each option."""
    return np.array([[1.0, *(option.signals.get(name, 0.0) for name in names)] for option in case.options])


def fit(cases: Sequence[tuple[Case, NDArray[np.float64]]], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights, the bias first, of cases with their signals; they stay near those of ``prior``."""
    signals = torch.tensor(np.concatenate([of for _, of in cases]))
    right = torch.tensor(np.concatenate([case.right for case, _ in cases]))
    case_of = torch.repeat_interleave(torch.arange(len(cases)), torch.tensor([len(of) for _, of in cases]))
    missing = torch.tensor([not case.right.any() for case, _ in cases])
    before = torch.tensor(prior)
    weights = before.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        utilities = signals @ weights
        exponentials = torch.exp(utilities.clamp(max=30))
        total = 1.0 + torch.zeros(len(cases), dtype=torch.float64).index_add(0, case_of, exponentials)
        of_right = torch.zeros(len(cases), dtype=torch.float64).index_add(0, case_of, exponentials * right)
        likelihood = torch.log(torch.where(missing, torch.ones_like(total), of_right) / total)
        moved = (weights - before) ** 2
        value = -likelihood.mean() + _PENALTY * (moved[1:].sum() / 10 + moved[0] / 100)
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach().numpy()


def best(case: Case, signals: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, bool]:
    """The probability of the likeliest value, before calibration, and whether it is right."""
    exponentials = np.exp((signals @ weights).clip(max=30))
    shares: defaultdict[str, float] = defaultdict(float)
    correct: dict[str, bool] = {}
    for option, share, right in zip(case.options, exponentials / (1 + exponentials.sum()), case.right, strict=True):
        shares[option.group] += float(share)
        correct[option.group] = bool(right)
    group = max(shares, key=lambda name: shares[name])
    return shares[group], correct[group]


def calibrate(probabilities: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Slope and offset of the logistic of the log-odds; a third of a case on each side keeps them finite (Platt)."""
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    odds = torch.tensor(np.log(bounded / (1 - bounded)))
    n = sum(right)
    high, low = (n + 1) / (n + 2), 1 / (len(right) - n + 2)
    targets = torch.tensor([high if one else low for one in right], dtype=torch.float64)
    line = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([line], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(line[0] * odds + line[1], targets)
        value = value + _STAY * ((line[0] - 1) ** 2 + line[1] ** 2)
        value.backward()
        return value

    optimizer.step(loss)
    slope, offset = line.detach().tolist()
    return max(0.1, slope), offset


def model(cases: Sequence[Case], known: Weights) -> tuple[dict[str, Any], str]:
    """Weights, near those ``known``, and calibration of one type of field; and a line about how well they do."""
    names = sorted(
        {name for case in cases for option in case.options for name in option.signals} | known.keys() - {BIAS}
    )
    rows = [(case, signals_of(case, names)) for case in cases]
    prior = np.array([known.get(name, 0.0) for name in (BIAS, *names)])
    layouts = sorted({case.layout for case in cases})
    probabilities, right, present = [], [], []
    for left_out in (layouts[first::_PARTS] for first in range(min(_PARTS, len(layouts)))):
        weights = fit([(case, of) for case, of in rows if case.layout not in left_out], prior)
        for case, of in rows:
            if case.layout in left_out:
                probability, correct = best(case, of, weights)
                probabilities.append(probability)
                right.append(correct)
                present.append(bool(case.right.any()))
    slope, offset = calibrate(probabilities, right)
    found = sum(r for r, p in zip(right, present, strict=True) if p) / max(1, sum(present))
    fitted = zip([BIAS, *names], fit(rows, prior).tolist(), strict=True)
    kept = {name: round(weight, 4) for name, weight in fitted if abs(weight) > 5e-4}
    line = (
        f"{len(cases)} cases, {present.count(False)} of them missing; "
        f"{found:.3f} right of those present in layouts not fitted on"
    )
    return {"weights": kept, "slope": round(slope, 4), "offset": round(offset, 4)}, line


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.invoices.fit", description=__doc__)
    parser.add_argument("--count", type=int, default=_COUNT, help="invoices to generate")
    parser.add_argument("--without-reader", action="store_true", help="fit only what is read without the reader")
    arguments = parser.parse_args()
    quiet_libraries()
    schema = fitting_schema()
    models = json.loads(WEIGHTS.read_text(encoding="utf-8"))["models"] if WEIGHTS.exists() else {}
    for suffix in ("", " read"):
        if suffix and arguments.without_reader:
            continue
        reader = load_reader("deepset/tinyroberta-squad2") if suffix else None
        samples = generate({**FITTING, **OTHERS}, arguments.count, _SEED, unseen=False)
        cases = collect(islice(samples, 0, None, _READ_EVERY if suffix else 1), schema, reader)
        for kind in sorted({case.kind for case in cases}):
            name = f"{kind}{suffix}"
            # Few cases are read: what many have taught stays, and the reader's signals come on top.
            known = models[kind]["weights"] if suffix else {}
            models[name], line = model([case for case in cases if case.kind == kind], known)
            print(f"{name}: {line}", flush=True)
        WEIGHTS.write_text(json.dumps({"models": models}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
