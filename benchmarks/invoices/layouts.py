"""Twenty ways to set an invoice. Those for fitting and those for testing have no layout in common."""

import random
from collections.abc import Callable, Sequence

from benchmarks.invoices.canvas import HEIGHT, LEFT, RIGHT, WIDTH, Canvas
from benchmarks.invoices.content import Invoice, Party

Draw = Callable[[random.Random, Invoice], Canvas]


def _meta(rng: random.Random, invoice: Invoice, *, most: int = 6) -> list[tuple[str, str | None]]:
    """Number and date among other numbers and dates, in any order."""
    label = invoice.labels
    others: list[tuple[str, str | None]] = [
        (label["due"], invoice.due),
        (label["delivery"], invoice.delivery),
        (label["order_date"], invoice.order_date),
        (label["order"], invoice.order),
        (label["customer"], invoice.customer),
    ]
    own = [(label["number"], invoice.number), (label["date"], invoice.date)]
    if rng.random() < 0.3:
        own.reverse()
    chosen = rng.sample(others, min(most - 2, rng.randint(0, 5)))
    at = rng.choice((0, 0, 0, len(chosen), len(chosen) // 2))
    return [*chosen[:at], *own, *chosen[at:]]


def _totals(invoice: Invoice) -> list[tuple[str, str | None]]:
    label = invoice.labels
    return [
        (label["net"], invoice.net),
        (label["shipping"], invoice.shipping or None),
        (label["tax"], invoice.tax),
        (label["total"], invoice.total),
    ]


def _facts(rng: random.Random, canvas: Canvas, x: float, y: float, pairs: Sequence[tuple[str, str | None]]) -> float:
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


def _address(party: Party, *, country: bool = False) -> list[str]:
    return [party.name, party.street, party.city, party.country if country else ""]


def _contact(invoice: Invoice, party: Party) -> list[str]:
    label = invoice.labels
    iban = f"IBAN: {party.iban}" if party.iban else ""
    return [
        f"{label['phone']} {party.phone}",
        party.email,
        party.web,
        f"{label['vat']} {party.vat}",
        iban,
        party.register,
    ]


def _table(
    canvas: Canvas,
    invoice: Invoice,
    y: float,
    *,
    left: float = LEFT,
    right: float = RIGHT,
    items: Sequence[tuple[str, str, str, str]] | None = None,
) -> float:
    places = (left, left + 0.55 * (right - left), left + 0.78 * (right - left), right)
    for x, name, align in zip(places, invoice.columns, ("left", "right", "right", "right"), strict=True):
        canvas.text(x, y, name, bold=True, align=align)
    canvas.rule(y + 4, left, right)
    y += canvas.step * 1.3
    for item in invoice.items if items is None else items:
        for x, cell, align in zip(places, item, ("left", "right", "right", "right"), strict=True):
            canvas.text(x, y, cell, align=align)
        y += canvas.step
    canvas.rule(y - canvas.step + 4, left, right)
    return y + canvas.step


def _sums(
    canvas: Canvas, invoice: Invoice, y: float, *, x: float = 340, right: float = RIGHT, colon: str = ""
) -> float:
    pairs = _totals(invoice)
    for label, value in pairs:
        if value:
            last = value is invoice.total
            canvas.text(x, y, label + colon, bold=last)
            canvas.text(right, y, value, align="right", bold=last)
            y += canvas.step
    return y + canvas.step


def _small_print(canvas: Canvas, invoice: Invoice, y: float) -> None:
    canvas.lines(LEFT, min(y, HEIGHT - 130), invoice.notes)


def _footer(canvas: Canvas, invoice: Invoice, *, y: float = HEIGHT - 60, columns: bool = True) -> None:
    seller = invoice.seller
    contact = [line for line in _contact(invoice, seller) if line]
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


def classic(rng: random.Random, invoice: Invoice) -> Canvas:
    """Letterhead on the left, pairs on the right."""
    canvas = Canvas(rng)
    canvas.page()
    y = canvas.lines(LEFT, 60, _address(invoice.seller, country=True), bold_first=True)
    canvas.lines(LEFT, y, _contact(invoice, invoice.seller)[: rng.randint(2, 5)])
    canvas.text(RIGHT, 65, invoice.title, size=18, bold=True, align="right")
    _facts(rng, canvas, 340, 95, _meta(rng, invoice))
    canvas.text(LEFT, 190, invoice.labels["bill_to"] + rng.choice((":", "")), bold=True)
    canvas.lines(LEFT, 190 + canvas.step, _address(invoice.buyer))
    y = _table(canvas, invoice, 300)
    _small_print(canvas, invoice, _sums(canvas, invoice, y, colon=rng.choice((":", ""))) + 20)
    return canvas


def letter(rng: random.Random, invoice: Invoice) -> Canvas:
    """A German letter: sender's line, address window, a block of facts, a footer in columns."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    if rng.random() < 0.5:
        canvas.text(RIGHT, 60, seller.brand, size=16, bold=True, align="right")
    separator = rng.choice((" - ", " · ", ", ", " | "))
    canvas.text(LEFT, 130, separator.join((seller.name, seller.street, seller.city)), size=6.5)
    canvas.lines(LEFT, 148, _address(invoice.buyer, country=rng.random() < 0.3))
    _facts(rng, canvas, 345, 130, _meta(rng, invoice))
    canvas.text(LEFT, 270, invoice.title, size=14, bold=True)
    y = _table(canvas, invoice, 310)
    _small_print(canvas, invoice, _sums(canvas, invoice, y) + 10)
    _footer(canvas, invoice)
    return canvas


def header_row(rng: random.Random, invoice: Invoice) -> Canvas:
    """The facts as a table of one row, labels on top."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 55, _address(invoice.seller), size=canvas.size + 2, bold_first=True)
    canvas.text(LEFT, 140, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 140 + canvas.step, _address(invoice.buyer))
    canvas.text(LEFT, 230, invoice.title, size=15, bold=True)
    meta = _meta(rng, invoice, most=5)
    canvas.rule(248)
    y = canvas.stacked([LEFT + n * 105 for n in range(5)], 262, meta, bold=rng.random() < 0.5)
    y = _sums(canvas, invoice, _table(canvas, invoice, y + 20))
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice, columns=False)
    return canvas


def cards(rng: random.Random, invoice: Invoice) -> Canvas:
    """Labels in small type over their values, in two rows."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=22, bold=True)
    canvas.lines(
        RIGHT, 55, [*_address(invoice.seller), *_contact(invoice, invoice.seller)[:4]], align="right", bold_first=True
    )
    meta = _meta(rng, invoice)
    y = canvas.stacked([LEFT, 180, 310, 440], 170, meta[:4], bold=True)
    y = canvas.stacked([LEFT, 180, 310, 440], y, meta[4:], bold=True) if len(meta) > 4 else y
    canvas.text(LEFT, y + 10, invoice.labels["bill_to"], bold=True)
    y = canvas.lines(LEFT, y + 10 + canvas.step, _address(invoice.buyer))
    y = _sums(canvas, invoice, _table(canvas, invoice, y + 30))
    _small_print(canvas, invoice, y)
    return canvas


def sentence(rng: random.Random, invoice: Invoice) -> Canvas:
    """Number and date in the title's own sentence."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(RIGHT, 60, [*_address(invoice.seller), *_contact(invoice, invoice.seller)[:3]], align="right")
    canvas.lines(LEFT, 160, _address(invoice.buyer))
    if invoice.number and invoice.date:
        title = invoice.labels["sentence"].replace("{number}", invoice.number).replace("{date}", invoice.date)
    else:
        title = " ".join(filter(None, (invoice.title, invoice.number, invoice.date)))
    canvas.text(LEFT, 260, title, size=12, bold=True)
    canvas.pairs(LEFT, 110, 280, [(invoice.labels["due"], invoice.due), (invoice.labels["customer"], invoice.customer)])
    y = _sums(canvas, invoice, _table(canvas, invoice, 330))
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice)
    return canvas


def centred(rng: random.Random, invoice: Invoice) -> Canvas:
    """Everything on an axis; number and date on one line."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    canvas.text(WIDTH / 2, 60, seller.name, size=17, bold=True, align="center")
    canvas.text(WIDTH / 2, 78, f"{seller.street}, {seller.city}", align="center")
    canvas.text(WIDTH / 2, 92, " | ".join(_contact(invoice, seller)[:3]), size=7, align="center")
    canvas.text(WIDTH / 2, 130, invoice.title, size=14, bold=True, align="center")
    facts = [f"{label}: {value}" for label, value in _meta(rng, invoice, most=4) if value]
    canvas.text(WIDTH / 2, 150, rng.choice(("   ", " | ", "     ")).join(facts), size=7.5, align="center")
    canvas.lines(
        LEFT, 190, [f"{invoice.labels['bill_to']}: {invoice.buyer.name}", invoice.buyer.street, invoice.buyer.city]
    )
    y = _sums(canvas, invoice, _table(canvas, invoice, 260))
    _small_print(canvas, invoice, y)
    canvas.text(WIDTH / 2, HEIGHT - 50, " · ".join(filter(None, _contact(invoice, seller)[3:])), size=6, align="center")
    return canvas


def two_addresses(rng: random.Random, invoice: Invoice) -> Canvas:
    """Billing and delivery address side by side; the seller stands in the footer alone."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=18, bold=True)
    if rng.random() < 0.5:
        canvas.text(RIGHT, 60, invoice.seller.brand, size=15, align="right")
    for x, name in ((LEFT, "bill_to"), (320, "ship_to")):
        canvas.text(x, 110, invoice.labels[name], bold=True)
        canvas.lines(x, 110 + 1.2 * canvas.step, _address(invoice.buyer))
    _facts(rng, canvas, LEFT, 190, _meta(rng, invoice, most=5))
    y = _sums(canvas, invoice, _table(canvas, invoice, 310))
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice, columns=rng.random() < 0.5)
    return canvas


def till(rng: random.Random, invoice: Invoice) -> Canvas:
    """Narrow, in typewriter type."""
    canvas = Canvas(rng, mono=True)
    canvas.page()
    y = canvas.lines(200, 50, [*_address(invoice.seller), *_contact(invoice, invoice.seller)[:2]], align="center")
    canvas.text(200, y + 10, invoice.title, bold=True, align="center")
    bare = rng.random() < 0.4
    meta = [(invoice.labels["number"], invoice.number)] if bare else _meta(rng, invoice, most=4)
    y = canvas.pairs(60, 140, y + 30, meta)
    y = canvas.lines(60, y + 10, [f"{invoice.labels['bill_to']}: {invoice.buyer.name}", invoice.buyer.city])
    y = _table(canvas, invoice, y + 20, left=60, right=340)
    y = _sums(canvas, invoice, y, x=160, right=340)
    if bare and invoice.date:
        canvas.text(60, y, f"{invoice.date} {rng.randint(8, 19)}:{rng.randint(10, 59)}")
    canvas.lines(200, y + 2 * canvas.step, [invoice.notes[0], *_contact(invoice, invoice.seller)[3:5]], align="center")
    return canvas


def picture_head(rng: random.Random, invoice: Invoice) -> Canvas:
    """The letterhead is a picture; only the footer's contact details are text."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    canvas.picture(LEFT, 40, 190, [seller.name, seller.street, seller.city])
    canvas.text(RIGHT, 60, invoice.title, size=16, bold=True, align="right")
    canvas.pairs(360, 100, 90, _meta(rng, invoice, most=5))
    canvas.text(LEFT, 170, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 170 + canvas.step, _address(invoice.buyer))
    y = _sums(canvas, invoice, _table(canvas, invoice, 270))
    _small_print(canvas, invoice, y)
    canvas.text(LEFT, HEIGHT - 50, " | ".join(_contact(invoice, seller)[3:5]), size=7)
    return canvas


def several_pages(rng: random.Random, invoice: Invoice) -> Canvas:
    """Items over pages, with the facts on each, and the total on the last."""
    canvas = Canvas(rng)
    meta = _meta(rng, invoice, most=4)
    parts = [invoice.items[: len(invoice.items) // 2], invoice.items[len(invoice.items) // 2 :]]
    y = 0.0
    for number, items in enumerate(parts, start=1):
        canvas.page()
        canvas.text(LEFT, 50, invoice.seller.name, size=13, bold=True)
        canvas.text(
            RIGHT, 50, invoice.labels["page"].replace("{page}", str(number)).replace("{pages}", "2"), align="right"
        )
        canvas.pairs(340, 110, 75, meta)
        if number == 1:
            canvas.lines(LEFT, 110, _address(invoice.buyer))
        canvas.text(LEFT, 200, invoice.title, size=14, bold=True)
        y = _table(canvas, invoice, 240, items=items)
        _footer(canvas, invoice)
    _small_print(canvas, invoice, _sums(canvas, invoice, y) + 10)
    return canvas


def sums_in_a_row(rng: random.Random, invoice: Invoice) -> Canvas:
    """Net, tax and total as columns under their names, twice."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 60, [*_address(invoice.seller), *_contact(invoice, invoice.seller)[:4]], bold_first=True)
    canvas.lines(330, 150, _address(invoice.buyer))
    canvas.text(LEFT, 240, invoice.title, size=14, bold=True)
    _facts(rng, canvas, LEFT, 262, _meta(rng, invoice))
    y = _table(canvas, invoice, 380)
    sums = [(label, value) for label, value in _totals(invoice) if value]
    places = [RIGHT - 110 * n for n in range(len(sums) - 1, -1, -1)]
    y = canvas.stacked(places, y, sums, bold=True, align="right")
    if invoice.total and rng.random() < 0.5:
        canvas.text(LEFT, y, invoice.labels["total"], bold=True)
        canvas.text(RIGHT, y, invoice.total, bold=True, align="right")
    _small_print(canvas, invoice, y + 40)
    return canvas


def from_and_to(rng: random.Random, invoice: Invoice) -> Canvas:
    """Seller and buyer side by side, each under its label."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(WIDTH / 2, 50, invoice.title, size=16, bold=True, align="center")
    sides = [("seller", invoice.seller), ("bill_to", invoice.buyer)]
    if rng.random() < 0.3:
        sides.reverse()
    for x, (name, party) in zip((LEFT, 320), sides, strict=True):
        canvas.text(x, 90, invoice.labels[name] + rng.choice((":", "")), bold=True)
        canvas.lines(x, 90 + canvas.step, [*_address(party), *_contact(invoice, party)[: rng.choice((0, 2, 4))]])
    _facts(rng, canvas, LEFT, 215, _meta(rng, invoice))
    y = _sums(canvas, invoice, _table(canvas, invoice, 340))
    _small_print(canvas, invoice, y)
    return canvas


def dotted(rng: random.Random, invoice: Invoice) -> Canvas:
    """Facts with dots to their values; the letterhead on the right, logo and all."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(RIGHT, 55, invoice.seller.brand.upper(), size=20, bold=True, align="right")
    canvas.lines(RIGHT, 75, [*_address(invoice.seller), *_contact(invoice, invoice.seller)], size=7, align="right")
    canvas.lines(LEFT, 150, _address(invoice.buyer))
    y = 230.0
    for label, value in _meta(rng, invoice):
        if value:
            canvas.text(LEFT, y, f"{label} {'.' * (34 - len(label))} {value}")
            y += canvas.step
    canvas.text(LEFT, y + 10, invoice.title, size=13, bold=True)
    y = _sums(canvas, invoice, _table(canvas, invoice, y + 40), x=300)
    _small_print(canvas, invoice, y)
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
    canvas.lines(LEFT, 140, _address(invoice.buyer, country=True))
    canvas.pairs(320, 120, 140, _meta(rng, invoice, most=4))
    y = _sums(canvas, invoice, _table(canvas, invoice, 250))
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice, columns=False)
    return canvas


def unlabelled(rng: random.Random, invoice: Invoice) -> Canvas:
    """A craftsman's letter: place and date, the number behind the title, no other label."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 60, [*_address(invoice.seller), *_contact(invoice, invoice.seller)[:2]], size=canvas.size + 1)
    canvas.lines(LEFT, 160, _address(invoice.buyer))
    if invoice.date:
        town = invoice.seller.city.split(",")[0].split()[-1]
        canvas.text(RIGHT, 230, f"{town}, {invoice.date}", align="right")
    canvas.text(LEFT, 265, f"{invoice.title} {invoice.number or ''}".strip(), size=13, bold=True)
    y = _sums(canvas, invoice, _table(canvas, invoice, 300))
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice, columns=False)
    return canvas


def grid(rng: random.Random, invoice: Invoice) -> Canvas:
    """Facts in a grid of two pairs a line; the seller in one line at the very bottom."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 50, invoice.title, size=17, bold=True)
    canvas.text(RIGHT, 50, invoice.seller.brand, size=14, align="right")
    kept = [(label, value) for label, value in _meta(rng, invoice) if value]
    y = 90.0
    for number in range(0, len(kept), 2):
        for x, (label, value) in zip((LEFT, 310), kept[number : number + 2], strict=False):
            canvas.text(x, y, label, bold=True)
            canvas.text(x + 115, y, value)
        y += canvas.step * 1.2
    canvas.text(LEFT, y + 15, invoice.labels["bill_to"], bold=True)
    y = canvas.lines(LEFT, y + 15 + canvas.step, [*_address(invoice.buyer), invoice.buyer.email])
    y = _sums(canvas, invoice, _table(canvas, invoice, y + 30), x=360)
    _small_print(canvas, invoice, y)
    _footer(canvas, invoice, columns=False)
    return canvas


def sidebar(rng: random.Random, invoice: Invoice) -> Canvas:
    """On its side, with the seller in a narrow column on the left."""
    canvas = Canvas(rng, landscape=True)
    canvas.page()
    seller = invoice.seller
    canvas.text(40, 60, seller.name, size=11, bold=True)
    canvas.lines(40, 78, [*_address(seller)[1:], "", *_contact(invoice, seller)], size=6.5)
    canvas.text(290, 60, invoice.title, size=18, bold=True)
    canvas.pairs(560, 120, 60, _meta(rng, invoice, most=5), colon="")
    canvas.text(290, 100, invoice.labels["bill_to"], bold=True)
    canvas.lines(290, 100 + canvas.step, _address(invoice.buyer))
    y = _table(canvas, invoice, 200, left=290, right=800)
    y = _sums(canvas, invoice, y, x=560, right=800)
    canvas.lines(290, min(y + 10, 560), invoice.notes)
    return canvas


def overview_and_details(rng: random.Random, invoice: Invoice) -> Canvas:
    """What is to pay on the first page, how it comes about on the second."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 55, [*_address(invoice.seller), invoice.seller.web], bold_first=True)
    canvas.lines(330, 140, _address(invoice.buyer))
    canvas.text(LEFT, 240, invoice.title, size=15, bold=True)
    canvas.pairs(LEFT, 150, 265, _meta(rng, invoice), colon="")
    _small_print(canvas, invoice, _sums(canvas, invoice, 400, x=LEFT, right=330) + 30)
    _footer(canvas, invoice)
    canvas.page()
    canvas.text(LEFT, 50, invoice.title, bold=True)
    _table(canvas, invoice, 90)
    _footer(canvas, invoice)
    return canvas


def two_languages(rng: random.Random, invoice: Invoice) -> Canvas:
    """Each label in the own language and in English."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(
        LEFT, 60, [*_address(invoice.seller, country=True), *_contact(invoice, invoice.seller)[:4]], bold_first=True
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
        (f"{label} / {english[label]}" if label in english else label, value) for label, value in _meta(rng, invoice)
    ]
    canvas.pairs(300, 150, 100, pairs, colon=rng.choice((":", "")))
    canvas.text(LEFT, 200, f"{invoice.labels['bill_to']} / Bill to", bold=True)
    canvas.lines(LEFT, 200 + canvas.step, _address(invoice.buyer))
    y = _sums(canvas, invoice, _table(canvas, invoice, 300), x=300)
    _small_print(canvas, invoice, y)
    return canvas


def picture_foot(rng: random.Random, invoice: Invoice) -> Canvas:
    """The seller is a picture at the foot of the page; nothing else names it."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=16, bold=True)
    canvas.text(LEFT, 100, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 100 + canvas.step, _address(invoice.buyer))
    canvas.stacked([LEFT + n * 105 for n in range(5)], 190, _meta(rng, invoice, most=5), bold=True)
    y = _sums(canvas, invoice, _table(canvas, invoice, 260))
    _small_print(canvas, invoice, y)
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


FITTING: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (
        classic, letter, header_row, cards, sentence, centred, two_addresses, till, picture_head, several_pages,
        sums_in_a_row, from_and_to,
    )
}  # fmt: skip
TESTING: dict[str, Draw] = {
    draw.__name__: draw
    for draw in (dotted, summary_first, unlabelled, grid, sidebar, overview_and_details, two_languages, picture_foot)
}
