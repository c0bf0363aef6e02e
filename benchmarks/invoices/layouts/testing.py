"""Layouts that are kept for testing: nothing is fitted on them, and nobody tunes to them."""

import random

from benchmarks.invoices.canvas import LEFT, RIGHT, Canvas
from benchmarks.invoices.content import Invoice
from benchmarks.invoices.layouts.parts import address, contact_lines, footer, meta_facts, small_print, sum_lines, table


def dotted(rng: random.Random, invoice: Invoice) -> Canvas:
    """Facts with dots to their values; the letterhead on the right, logo and all."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(RIGHT, 55, invoice.seller.brand.upper(), size=20, bold=True, align="right")
    canvas.lines(RIGHT, 75, [*address(invoice.seller), *contact_lines(invoice, invoice.seller)], size=7, align="right")
    canvas.lines(LEFT, 150, address(invoice.buyer))
    y = 230.0
    for label, value in meta_facts(rng, invoice):
        if value:
            canvas.text(LEFT, y, f"{label} {'.' * (34 - len(label))} {value}")
            y += canvas.step
    canvas.text(LEFT, y + 10, invoice.title, size=13, bold=True)
    y = sum_lines(canvas, invoice, table(canvas, invoice, y + 40), x=300)
    small_print(canvas, invoice, y)
    return canvas


def summary_first(rng: random.Random, invoice: Invoice) -> Canvas:
    """A band on top with what is to pay and when; details below, and the seller beside its own address."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 50, invoice.seller.name, size=15, bold=True)
    canvas.text(RIGHT, 50, invoice.title, size=12, align="right")
    canvas.rule(66)
    canvas.stacked(
        [LEFT, 220, 400],
        84,
        [
            (invoice.labels["total"], invoice.total),
            (invoice.labels["due"], invoice.due),
            (invoice.labels["customer"], invoice.customer),
        ],
    )
    canvas.rule(84 + 2 * canvas.step)
    canvas.lines(LEFT, 140, address(invoice.buyer, country=True))
    canvas.pairs(320, 120, 140, meta_facts(rng, invoice, most=4))
    y = sum_lines(canvas, invoice, table(canvas, invoice, 250))
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=False)
    return canvas


def unlabelled(rng: random.Random, invoice: Invoice) -> Canvas:
    """A craftsman's letter: place and date, the number behind the title, no other label."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(
        LEFT, 60, [*address(invoice.seller), *contact_lines(invoice, invoice.seller)[:2]], size=canvas.size + 1
    )
    canvas.lines(LEFT, 160, address(invoice.buyer))
    if invoice.date:
        town = "".join(invoice.seller.city.split(",")[0].split()[-1:])
        canvas.text(RIGHT, 230, f"{town}, {invoice.date}".removeprefix(", "), align="right")
    canvas.text(LEFT, 265, f"{invoice.title} {invoice.number or ''}".strip(), size=13, bold=True)
    y = sum_lines(canvas, invoice, table(canvas, invoice, 300))
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=False)
    return canvas


def grid(rng: random.Random, invoice: Invoice) -> Canvas:
    """Facts in a grid of two pairs a line; the seller in one line at the very bottom."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 50, invoice.title, size=17, bold=True)
    canvas.text(RIGHT, 50, invoice.seller.brand, size=14, align="right")
    kept = [(label, value) for label, value in meta_facts(rng, invoice) if value]
    y = 90.0
    for number in range(0, len(kept), 2):
        for x, (label, value) in zip((LEFT, 310), kept[number : number + 2], strict=False):
            canvas.text(x, y, label, bold=True)
            canvas.text(x + 115, y, value)
        y += canvas.step * 1.2
    canvas.text(LEFT, y + 15, invoice.labels["bill_to"], bold=True)
    y = canvas.lines(LEFT, y + 15 + canvas.step, [*address(invoice.buyer), invoice.buyer.email])
    y = sum_lines(canvas, invoice, table(canvas, invoice, y + 30), x=360)
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=False)
    return canvas


def sidebar(rng: random.Random, invoice: Invoice) -> Canvas:
    """On its side, with the seller in a narrow column on the left."""
    canvas = Canvas(rng, landscape=True)
    canvas.page()
    seller = invoice.seller
    canvas.text(40, 60, seller.name, size=11, bold=True)
    canvas.lines(40, 78, [*address(seller)[1:], "", *contact_lines(invoice, seller)], size=6.5)
    canvas.text(290, 60, invoice.title, size=18, bold=True)
    canvas.pairs(560, 120, 60, meta_facts(rng, invoice, most=5), colon="")
    canvas.text(290, 100, invoice.labels["bill_to"], bold=True)
    canvas.lines(290, 100 + canvas.step, address(invoice.buyer))
    y = table(canvas, invoice, 200, left=290, right=800)
    y = sum_lines(canvas, invoice, y, x=560, right=800)
    canvas.lines(290, min(y + 10, 560), invoice.notes)
    return canvas


def overview_and_details(rng: random.Random, invoice: Invoice) -> Canvas:
    """What is to pay on the first page, how it comes about on the second."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 55, [*address(invoice.seller), invoice.seller.web], bold_first=True)
    canvas.lines(330, 140, address(invoice.buyer))
    canvas.text(LEFT, 240, invoice.title, size=15, bold=True)
    canvas.pairs(LEFT, 150, 265, meta_facts(rng, invoice), colon="")
    small_print(canvas, invoice, sum_lines(canvas, invoice, 400, x=LEFT, right=330) + 30)
    footer(canvas, invoice)
    canvas.page()
    canvas.text(LEFT, 50, invoice.title, bold=True)
    table(canvas, invoice, 90)
    footer(canvas, invoice)
    return canvas


def two_languages(rng: random.Random, invoice: Invoice) -> Canvas:
    """Each label in the own language and in English."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(
        LEFT, 60, [*address(invoice.seller, country=True), *contact_lines(invoice, invoice.seller)[:4]], bold_first=True
    )
    canvas.text(RIGHT, 65, f"{invoice.title} / Invoice", size=14, bold=True, align="right")
    english = {
        invoice.labels[name]: text
        for name, text in {
            "number": "Invoice no.",
            "date": "Invoice date",
            "due": "Due date",
            "delivery": "Delivery date",
            "order_date": "Order date",
            "order": "Order no.",
            "customer": "Customer no.",
        }.items()
    }
    pairs = [
        (f"{label} / {english[label]}" if label in english else label, value)
        for label, value in meta_facts(rng, invoice)
    ]
    canvas.pairs(300, 150, 100, pairs, colon=rng.choice((":", "")))
    canvas.text(LEFT, 200, f"{invoice.labels['bill_to']} / Bill to", bold=True)
    canvas.lines(LEFT, 200 + canvas.step, address(invoice.buyer))
    y = sum_lines(canvas, invoice, table(canvas, invoice, 300), x=300)
    small_print(canvas, invoice, y)
    return canvas


def picture_foot(rng: random.Random, invoice: Invoice) -> Canvas:
    """The seller is a picture at the foot of the page; nothing else names it."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=16, bold=True)
    canvas.text(LEFT, 100, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 100 + canvas.step, address(invoice.buyer))
    canvas.stacked([LEFT + n * 105 for n in range(5)], 190, meta_facts(rng, invoice, most=5), bold=True)
    y = sum_lines(canvas, invoice, table(canvas, invoice, 260))
    small_print(canvas, invoice, y)
    seller = invoice.seller
    canvas.picture(
        LEFT,
        720,
        330,
        [
            f"{seller.name}, {seller.street}, {seller.city}",
            f"{seller.email}   {seller.web}",
            f"{invoice.labels['vat']} {seller.vat}",
        ],
    )
    return canvas
