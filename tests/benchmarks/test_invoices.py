"""Generated invoices say what they are said to say."""

import re

import pytest

from benchmarks.invoices.generate import Sample, generate
from benchmarks.invoices.layouts import FITTING, OTHERS, TESTING

ALL = {**FITTING, **TESTING, **OTHERS}
SAMPLES = list(generate(ALL, len(ALL), 5, unseen=True))


def text_of(sample: Sample) -> str:
    return " ".join(word.text for page in sample.canvas.layout.pages for word in page.words)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.layout)
def test_what_is_right_stands_on_the_page(sample: Sample) -> None:
    text = text_of(sample)
    for name in ("issuer", "invoice_number"):
        gold = sample.gold[name]
        assert gold is None or gold in text
    gold = sample.gold["amount"]
    assert gold is None or re.sub(r"\D", "", gold) in re.sub(r"\D", "", text)


def test_layouts_and_languages_are_all_there_and_tested_ones_apart() -> None:
    assert len(ALL) == len(FITTING) + len(TESTING) + len(OTHERS)
    assert len(FITTING) + len(TESTING) >= 20
    assert {sample.layout for sample in SAMPLES} == set(ALL)
    assert {sample.language for sample in SAMPLES} == {"en", "de", "fr", "nl", "es"}


@pytest.mark.slow
def test_a_credit_note_keeps_its_minus_and_what_is_missing_is_not_there() -> None:
    samples = list(generate(FITTING, 36, 8, unseen=False))
    credit = [sample for sample in samples if (sample.gold["amount"] or "").startswith("-")]
    assert credit
    assert all("-" in text_of(sample) for sample in credit)
    assert {name for sample in samples for name, gold in sample.gold.items() if gold is None} >= {
        "issuer",
        "invoice_number",
        "date",
        "amount",
    }


def test_the_same_seed_gives_the_same_invoices() -> None:
    first, again = (list(generate(FITTING, 2, 9, unseen=False)) for _ in range(2))
    assert [sample.gold for sample in first] == [sample.gold for sample in again]
    assert first[0].canvas.layout == again[0].canvas.layout
