"""Invoices as PDF files, with what is right in each."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.invoices.canvas import Canvas
from benchmarks.invoices.content import make_invoice
from benchmarks.invoices.layouts import Draw
from benchmarks.invoices.words import LANGUAGES


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated invoice; ``gold`` holds each field's normalised value, None where it is missing."""

    name: str
    layout: str
    language: str
    canvas: Canvas
    gold: Mapping[str, str | None]


def generate(layouts: Mapping[str, Draw], count: int, seed: int, *, unseen: bool) -> Iterator[Sample]:
    """``count`` invoices, layouts and languages in turn. With ``unseen`` in wordings that were kept apart."""
    rng = random.Random(seed)
    names = list(layouts)
    for number in range(count):
        layout = names[number % len(names)]
        language = list(LANGUAGES)[(number // len(names) + number) % len(LANGUAGES)]
        invoice = make_invoice(rng, language, unseen=unseen)
        canvas = layouts[layout](rng, invoice)
        gold = {name: None if name in canvas.without else value for name, value in invoice.gold.items()}
        yield Sample(f"{layout}-{language}-{number}", layout, language, canvas, gold)
