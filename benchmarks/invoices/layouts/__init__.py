"""The ways to set an invoice. Those for fitting and those for testing have no layout in common."""

import random
from collections.abc import Callable

from benchmarks.invoices.canvas import Canvas
from benchmarks.invoices.content import Invoice
from benchmarks.invoices.layouts import fitting, testing

Draw = Callable[[random.Random, Invoice], Canvas]

FITTING: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (
        fitting.classic, fitting.letter, fitting.header_row, fitting.cards, fitting.sentence, fitting.centred,
        fitting.two_addresses, fitting.till, fitting.picture_head, fitting.several_pages, fitting.sums_in_a_row,
        fitting.from_and_to, fitting.subscription, fitting.stay, fitting.meter,
    )
}  # fmt: skip
OTHERS: dict[str, Draw] = {
    draw.__name__: draw for draw in (fitting.page_before_the_last, fitting.goods_sent, fitting.plain_letter)
}
"""What an invoice's fields are missing from: for fitting alone."""
TESTING: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (
        testing.dotted, testing.summary_first, testing.unlabelled, testing.grid, testing.sidebar,
        testing.overview_and_details, testing.two_languages, testing.picture_foot,
    )
}  # fmt: skip
