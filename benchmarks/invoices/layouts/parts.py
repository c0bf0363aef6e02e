"""What the layouts are put together from: facts, addresses, tables, sums, footers."""

import random
from collections.abc import Sequence

from benchmarks.invoices.canvas import HEIGHT, LEFT, RIGHT, WIDTH, Canvas
from benchmarks.invoices.content import Invoice, Party


def meta_facts(rng: random.Random, invoice: Invoice, *, most: int = 6) -> list[tuple[str, str | None]]:
    """Number and date among other numbers and dates, in any order."""
    label = invoice.labels
    others: list[tuple[str, str | None]] = [
        (label["due"], invoice.due),
        (label["delivery"], invoice.delivery),
        (label["order_date"], invoice.order_date),
        (label["order"], invoice.order),
        (label["customer"], invoice.customer),
        (label["clerk"], invoice.clerk),
    ]
    own = [(label["number"], invoice.number), (label["date"], invoice.date)]
    if rng.random() < 0.3:
        own.reverse()
    chosen = rng.sample(others, min(most - 2, rng.randint(0, 5)))
    at = rng.choice((0, 0, 0, len(chosen), len(chosen) // 2))
    return [*chosen[:at], *own, *chosen[at:]]


def totals(invoice: Invoice) -> list[tuple[str, str | None]]:
    label = invoice.labels
    return [
        (label["carried"], invoice.carried or None),
        (label["net"], invoice.net),
        (label["shipping"], invoice.shipping or None),
        (label["tax"], invoice.tax),
        (label["total"], invoice.total),
    ]


def facts(rng: random.Random, canvas: Canvas, x: float, y: float, pairs: Sequence[tuple[str, str | None]]) -> float:
    """Labels and values in one of several manners; where the next line would stand."""
    manner = rng.choice(("pairs", "pairs", "pairs", "right", "lines", "stacked"))
    if manner == "lines":
        return canvas.lines(x, y, [f"{label}{rng.choice((':', ':', ''))} {value}" for label, value in pairs if value])
    if manner == "stacked":
        for first in range(0, len(pairs), 2):
            y = canvas.stacked([x, x + 105], y, [pair for pair in pairs if pair[1]][first : first + 2], bold=True)
        return y
    across = rng.choice((95, 110, 125))
    colon = rng.choice((":", "", " :"))
    return canvas.pairs(x, 195 if manner == "right" else across, y, pairs, colon=colon, right=manner == "right")


def address(party: Party, *, country: bool = False) -> list[str]:
    return [party.name, party.street, party.city, party.country if country else ""]


def letterhead(rng: random.Random, invoice: Invoice, *, country: bool = False) -> list[str]:
    """The seller's address; now and then a label says so, above it or before the name."""
    name, *rest = address(invoice.seller, country=country)
    manner = rng.random()
    if name and manner < 0.15:
        return [invoice.labels["seller"] + rng.choice((":", "")), name, *rest]
    return [f"{invoice.labels['seller']}: {name}" if name and manner < 0.25 else name, *rest]


def contact_lines(invoice: Invoice, party: Party) -> list[str]:
    label = invoice.labels
    return [
        f"{label['phone']} {party.phone}" if party.phone else "",
        party.email,
        party.web,
        f"{label['vat']} {party.vat}" if party.vat else "",
        f"IBAN: {party.iban}" if party.iban else "",
        party.register,
    ]


def recipient(rng: random.Random, invoice: Invoice) -> list[str]:
    """The buyer's address; now and then with its country or its contact details."""
    contact = contact_lines(invoice, invoice.buyer)[: rng.choice((0, 0, 0, 2, 4))]
    return [*address(invoice.buyer, country=rng.random() < 0.2), *contact]


def table(
    canvas: Canvas,
    invoice: Invoice,
    y: float,
    *,
    left: float = LEFT,
    right: float = RIGHT,
    items: Sequence[tuple[str, str, str, str]] | None = None,
) -> float:
    name_at = left + 4.5 * canvas.size * 1.4 if invoice.dated_items else left
    places = (name_at, left + 0.55 * (right - left), left + 0.78 * (right - left), right)
    for x, name, align in zip(places, invoice.columns, ("left", "right", "right", "right"), strict=True):
        canvas.text(x, y, name, bold=True, align=align)
    if invoice.dated_items:
        canvas.text(left, y, invoice.labels["paper_date"], bold=True)
    canvas.rule(y + 4, left, right)
    y += canvas.step * 1.3
    for number, item in enumerate(invoice.items if items is None else items):
        if invoice.dated_items:
            canvas.text(left, y, invoice.delivery if number % 3 == 0 else invoice.order_date)
        for x, cell, align in zip(places, item, ("left", "right", "right", "right"), strict=True):
            canvas.text(x, y, cell, align=align)
        y += canvas.step
    canvas.rule(y - canvas.step + 4, left, right)
    return y + canvas.step


def sum_lines(
    canvas: Canvas, invoice: Invoice, y: float, *, x: float = 340, right: float = RIGHT, colon: str = ""
) -> float:
    pairs = totals(invoice)
    for label, value in pairs:
        if value:
            last = value is invoice.total
            canvas.text(x, y, label + colon, bold=last)
            canvas.text(right, y, value, align="right", bold=last)
            y += canvas.step
    return y + canvas.step


def small_print(canvas: Canvas, invoice: Invoice, y: float) -> None:
    canvas.lines(LEFT, min(y, HEIGHT - 130), invoice.notes)


def footer(canvas: Canvas, invoice: Invoice, *, y: float = HEIGHT - 60, columns: bool = True) -> None:
    seller = invoice.seller
    contact = [line for line in contact_lines(invoice, seller) if line]
    if invoice.legal_notice:
        canvas.text(WIDTH / 2, y, seller.notice, size=6.5, align="center")
        canvas.text(WIDTH / 2, y + 11, " - ".join(contact[:4]), size=6.5, align="center")
    elif columns:
        canvas.lines(LEFT, y, [seller.name, seller.street, seller.city], size=7)
        canvas.lines(230, y, contact[:3], size=7)
        canvas.lines(400, y, contact[3:], size=7)
    else:
        canvas.text(WIDTH / 2, y, " · ".join([seller.name, seller.street, seller.city]), size=7, align="center")
        canvas.text(WIDTH / 2, y + 11, " | ".join(contact[:3]), size=6.5, align="center")
        canvas.text(WIDTH / 2, y + 21, " | ".join(contact[3:]), size=6.5, align="center")
