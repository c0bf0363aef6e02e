"""Layouts that the weights are fitted on."""

import random

from benchmarks.invoices.canvas import HEIGHT, LEFT, RIGHT, WIDTH, Canvas
from benchmarks.invoices.content import Invoice
from benchmarks.invoices.layouts.parts import (
    address,
    contact_lines,
    facts,
    footer,
    letterhead,
    meta_facts,
    recipient,
    small_print,
    sum_lines,
    table,
    totals,
)


def classic(rng: random.Random, invoice: Invoice) -> Canvas:
    """Letterhead on the left, pairs on the right."""
    canvas = Canvas(rng)
    canvas.page()
    y = canvas.lines(LEFT, 60, letterhead(rng, invoice, country=True), bold_first=True)
    canvas.lines(LEFT, y, contact_lines(invoice, invoice.seller)[: rng.randint(2, 5)])
    canvas.text(RIGHT, 65, invoice.title, size=18, bold=True, align="right")
    facts(rng, canvas, 340, 95, meta_facts(rng, invoice))
    canvas.text(LEFT, 190, invoice.labels["bill_to"] + rng.choice((":", "")), bold=True)
    canvas.lines(LEFT, 190 + canvas.step, recipient(rng, invoice))
    y = table(canvas, invoice, 300)
    small_print(canvas, invoice, sum_lines(canvas, invoice, y, colon=rng.choice((":", ""))) + 20)
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
    canvas.lines(LEFT, 148, address(invoice.buyer, country=rng.random() < 0.3))
    facts(rng, canvas, 345, 130, meta_facts(rng, invoice))
    canvas.text(LEFT, 270, invoice.title, size=14, bold=True)
    y = table(canvas, invoice, 310)
    small_print(canvas, invoice, sum_lines(canvas, invoice, y) + 10)
    footer(canvas, invoice)
    return canvas


def header_row(rng: random.Random, invoice: Invoice) -> Canvas:
    """The facts as a table of one row, labels on top."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 55, letterhead(rng, invoice), size=canvas.size + 2, bold_first=True)
    canvas.text(LEFT, 140, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 140 + canvas.step, recipient(rng, invoice))
    canvas.text(LEFT, 230, invoice.title, size=15, bold=True)
    meta = meta_facts(rng, invoice, most=5)
    canvas.rule(248)
    y = canvas.stacked([LEFT + n * 105 for n in range(5)], 262, meta, bold=rng.random() < 0.5)
    y = sum_lines(canvas, invoice, table(canvas, invoice, y + 20))
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=False)
    return canvas


def cards(rng: random.Random, invoice: Invoice) -> Canvas:
    """Labels in small type over their values, in two rows."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=22, bold=True)
    canvas.lines(
        RIGHT,
        55,
        [*letterhead(rng, invoice), *contact_lines(invoice, invoice.seller)[:4]],
        align="right",
        bold_first=True,
    )
    meta = meta_facts(rng, invoice)
    y = canvas.stacked([LEFT, 180, 310, 440], 170, meta[:4], bold=True)
    y = canvas.stacked([LEFT, 180, 310, 440], y, meta[4:], bold=True) if len(meta) > 4 else y
    canvas.text(LEFT, y + 10, invoice.labels["bill_to"], bold=True)
    y = canvas.lines(LEFT, y + 10 + canvas.step, recipient(rng, invoice))
    y = sum_lines(canvas, invoice, table(canvas, invoice, y + 30))
    small_print(canvas, invoice, y)
    return canvas


def sentence(rng: random.Random, invoice: Invoice) -> Canvas:
    """Number and date in the title's own sentence."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(RIGHT, 60, [*address(invoice.seller), *contact_lines(invoice, invoice.seller)[:3]], align="right")
    canvas.lines(LEFT, 160, recipient(rng, invoice))
    if invoice.number and invoice.date:
        title = invoice.labels["sentence"].replace("{number}", invoice.number).replace("{date}", invoice.date)
    else:
        title = " ".join(filter(None, (invoice.title, invoice.number, invoice.date)))
    canvas.text(LEFT, 260, title, size=rng.choice((0, 11, 13)), bold=rng.random() < 0.6)
    canvas.pairs(LEFT, 110, 280, [(invoice.labels["due"], invoice.due), (invoice.labels["customer"], invoice.customer)])
    y = sum_lines(canvas, invoice, table(canvas, invoice, 330))
    small_print(canvas, invoice, y)
    footer(canvas, invoice)
    return canvas


def centred(rng: random.Random, invoice: Invoice) -> Canvas:
    """Everything on an axis; number and date on one line."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    canvas.text(WIDTH / 2, 60, seller.name, size=17, bold=True, align="center")
    canvas.text(WIDTH / 2, 78, f"{seller.street}, {seller.city}", align="center")
    canvas.text(WIDTH / 2, 92, " | ".join(contact_lines(invoice, seller)[:3]), size=7, align="center")
    canvas.text(WIDTH / 2, 130, invoice.title, size=14, bold=True, align="center")
    facts = [f"{label}: {value}" for label, value in meta_facts(rng, invoice, most=4) if value]
    canvas.text(WIDTH / 2, 150, rng.choice(("   ", " | ", "     ")).join(facts), size=7.5, align="center")
    canvas.lines(
        LEFT, 190, [f"{invoice.labels['bill_to']}: {invoice.buyer.name}", invoice.buyer.street, invoice.buyer.city]
    )
    y = sum_lines(canvas, invoice, table(canvas, invoice, 260))
    small_print(canvas, invoice, y)
    canvas.text(
        WIDTH / 2, HEIGHT - 50, " · ".join(filter(None, contact_lines(invoice, seller)[3:])), size=6, align="center"
    )
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
        canvas.lines(x, 110 + 1.2 * canvas.step, recipient(rng, invoice))
    facts(rng, canvas, LEFT, 190, meta_facts(rng, invoice, most=5))
    y = sum_lines(canvas, invoice, table(canvas, invoice, 310))
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=rng.random() < 0.5)
    return canvas


def till(rng: random.Random, invoice: Invoice) -> Canvas:
    """Narrow, in typewriter type."""
    canvas = Canvas(rng, mono=True)
    canvas.page()
    y = canvas.lines(200, 50, [*letterhead(rng, invoice), *contact_lines(invoice, invoice.seller)[:2]], align="center")
    canvas.text(200, y + 10, invoice.title, bold=True, align="center")
    bare = rng.random() < 0.4
    meta = [(invoice.labels["number"], invoice.number)] if bare else meta_facts(rng, invoice, most=4)
    y = canvas.pairs(60, 140, y + 30, meta)
    y = canvas.lines(60, y + 10, [f"{invoice.labels['bill_to']}: {invoice.buyer.name}", invoice.buyer.city])
    y = table(canvas, invoice, y + 20, left=60, right=340)
    y = sum_lines(canvas, invoice, y, x=160, right=340)
    if bare and invoice.date:
        canvas.text(60, y, f"{invoice.date} {rng.randint(8, 19)}:{rng.randint(10, 59)}")
    canvas.lines(
        200, y + 2 * canvas.step, [invoice.notes[0], *contact_lines(invoice, invoice.seller)[3:5]], align="center"
    )
    return canvas


def picture_head(rng: random.Random, invoice: Invoice) -> Canvas:
    """The letterhead is a picture; only the footer's contact details are text."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    canvas.picture(LEFT, 40, 190, [seller.name, seller.street, seller.city])
    canvas.text(RIGHT, 60, invoice.title, size=16, bold=True, align="right")
    canvas.pairs(360, 100, 90, meta_facts(rng, invoice, most=5))
    canvas.text(LEFT, 170, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 170 + canvas.step, recipient(rng, invoice))
    y = sum_lines(canvas, invoice, table(canvas, invoice, 270))
    small_print(canvas, invoice, y)
    canvas.text(LEFT, HEIGHT - 50, " | ".join(contact_lines(invoice, seller)[3:5]), size=7)
    return canvas


def several_pages(rng: random.Random, invoice: Invoice) -> Canvas:
    """Items over pages, with the facts on each, and the total on the last."""
    canvas = Canvas(rng)
    meta = meta_facts(rng, invoice, most=4)
    parts = [invoice.items[: len(invoice.items) // 2], invoice.items[len(invoice.items) // 2 :]]
    y = 0.0
    for number, items in enumerate(parts if invoice.net else parts[:1], start=1):
        canvas.page()
        canvas.text(LEFT, 50, invoice.seller.name, size=13, bold=True)
        canvas.text(
            RIGHT, 50, invoice.labels["page"].replace("{page}", str(number)).replace("{pages}", "2"), align="right"
        )
        canvas.pairs(340, 110, 75, meta)
        if number == 1:
            canvas.lines(LEFT, 110, recipient(rng, invoice))
        canvas.text(LEFT, 200, invoice.title, size=14, bold=True)
        y = table(canvas, invoice, 240, items=items)
        footer(canvas, invoice)
    small_print(canvas, invoice, sum_lines(canvas, invoice, y) + 10)
    return canvas


def sums_in_a_row(rng: random.Random, invoice: Invoice) -> Canvas:
    """Net, tax and total as columns under their names, twice."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.lines(LEFT, 60, [*letterhead(rng, invoice), *contact_lines(invoice, invoice.seller)[:4]], bold_first=True)
    canvas.lines(330, 150, recipient(rng, invoice))
    canvas.text(LEFT, 240, invoice.title, size=14, bold=True)
    facts(rng, canvas, LEFT, 262, meta_facts(rng, invoice))
    y = table(canvas, invoice, 380)
    sums = [(label, value) for label, value in totals(invoice) if value]
    places = [RIGHT - 110 * n for n in range(len(sums) - 1, -1, -1)]
    y = canvas.stacked(places, y, sums, bold=True, align="right")
    if invoice.total and rng.random() < 0.5:
        canvas.text(LEFT, y, invoice.labels["total"], bold=True)
        canvas.text(RIGHT, y, invoice.total, bold=True, align="right")
    small_print(canvas, invoice, y + 40)
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
        canvas.lines(x, 90 + canvas.step, [*address(party), *contact_lines(invoice, party)[: rng.choice((0, 2, 4))]])
    facts(rng, canvas, LEFT, 215, meta_facts(rng, invoice))
    y = sum_lines(canvas, invoice, table(canvas, invoice, 340))
    small_print(canvas, invoice, y)
    return canvas


def subscription(rng: random.Random, invoice: Invoice) -> Canvas:
    """What is due in large type without a label, seller and buyer side by side, the total said twice."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 60, invoice.title, size=20, bold=True)
    canvas.text(RIGHT, 60, invoice.seller.brand, size=14, align="right")
    y = canvas.pairs(LEFT, 110, 85, meta_facts(rng, invoice, most=4), colon="", bold=rng.random() < 0.5) + canvas.step
    seller = [invoice.seller.name, invoice.seller.street, invoice.seller.city, invoice.seller.email]
    if rng.random() < 0.4:
        canvas.text(LEFT, y, invoice.labels["seller"], bold=True)
        canvas.lines(LEFT, y + canvas.step, seller)
    else:
        canvas.lines(LEFT, y, seller, bold_first=True)
    canvas.text(260, y, invoice.labels["bill_to"], bold=True)
    y = canvas.lines(260, y + canvas.step, [*recipient(rng, invoice), invoice.buyer.email]) + 2 * canvas.step
    if invoice.total:
        canvas.text(LEFT, y, f"{invoice.total} {invoice.labels['due'].lower()} {invoice.due}", size=14, bold=True)
    y = sum_lines(canvas, invoice, table(canvas, invoice, y + 40))
    if invoice.total and invoice.labels["again"] != invoice.labels["total"]:
        canvas.text(340, y - canvas.step, invoice.labels["again"], bold=True)
        canvas.text(RIGHT, y - canvas.step, invoice.total, bold=True, align="right")
    small_print(canvas, invoice, y + canvas.step)
    return canvas


def stay(rng: random.Random, invoice: Invoice) -> Canvas:
    """A hotel's: the guest's name and no label, a day before each item, what was paid after the total."""
    canvas = Canvas(rng)
    canvas.page()
    seller = invoice.seller
    canvas.text(WIDTH / 2, 50, seller.brand.upper(), size=18, align="center")
    canvas.lines(LEFT, 110, recipient(rng, invoice))
    canvas.pairs(350, 100, 110, meta_facts(rng, invoice, most=5))
    canvas.text(LEFT, 210, invoice.title, size=13, bold=True)
    y = 240.0
    for x, name, align in ((LEFT, invoice.labels["paper_date"], "left"), (RIGHT, invoice.columns[3], "right")):
        canvas.text(x, y, name, bold=True, align=align)
    for name, _, _, amount in invoice.items:
        y += canvas.step
        canvas.text(LEFT, y, rng.choice((invoice.delivery, invoice.order_date)))
        canvas.text(LEFT + 90, y, name)
        canvas.text(RIGHT, y, amount, align="right")
    y = sum_lines(canvas, invoice, y + 2 * canvas.step, x=rng.choice((LEFT + 90, 340)))
    if invoice.total and rng.random() < 0.6:
        canvas.text(340, y, invoice.labels["paid"])
        canvas.text(RIGHT, y, f"-{invoice.total}", align="right")
    small_print(canvas, invoice, y + 30)
    place = " · ".join(filter(None, (seller.name, seller.street, seller.city)))
    canvas.lines(
        WIDTH / 2,
        HEIGHT - 70,
        [place, " · ".join(filter(None, contact_lines(invoice, seller)))],
        size=6.5,
        align="center",
    )
    return canvas


def meter(rng: random.Random, invoice: Invoice) -> Canvas:
    """A supplier's: a summary with the balance before, the seller's address in a column of small type on the right."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.text(LEFT, 55, invoice.seller.brand, size=18, bold=True)
    label = f"{invoice.labels['seller']}:" if rng.random() < 0.4 else ""
    canvas.lines(430, 50, [label, *address(invoice.seller), *contact_lines(invoice, invoice.seller)], size=6.5)
    canvas.lines(LEFT, 130, recipient(rng, invoice))
    facts(rng, canvas, 330, 150, meta_facts(rng, invoice, most=5))
    canvas.text(LEFT, 250, invoice.title, size=13, bold=True)
    canvas.text(LEFT, 270, invoice.notes[0])
    y = 295.0
    before = invoice.items[0][3]
    for label, value in ((invoice.labels["balance"], before), (invoice.labels["paid"], f"-{before}"), *totals(invoice)):
        if value:
            canvas.text(LEFT, y, label, bold=value is invoice.total)
            canvas.text(340, y, value, align="right", bold=value is invoice.total)
            y += canvas.step
    y = table(canvas, invoice, y + 2 * canvas.step)
    small_print(canvas, invoice, y)
    footer(canvas, invoice, columns=rng.random() < 0.5)
    return canvas


def page_before_the_last(rng: random.Random, invoice: Invoice) -> Canvas:
    """The first page of two, or the first ones of more: no sums, and perhaps what is carried over."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.without |= {"amount", "net", "tax"}
    canvas.lines(LEFT, 60, letterhead(rng, invoice), bold_first=True)
    facts(rng, canvas, 330, 60, meta_facts(rng, invoice))
    canvas.text(LEFT, 150, invoice.labels["bill_to"], bold=True)
    canvas.lines(LEFT, 150 + canvas.step, recipient(rng, invoice))
    canvas.text(LEFT, 240, invoice.title, size=14, bold=True)
    y = table(canvas, invoice, 270)
    if rng.random() < 0.4:
        canvas.text(340, y, invoice.labels["carried"])
        canvas.text(RIGHT, y, invoice.items[0][3], align="right")
    canvas.text(
        RIGHT, HEIGHT - 80, invoice.labels["page"].replace("{page}", "1").replace("{pages}", "2"), align="right"
    )
    footer(canvas, invoice)
    return canvas


def goods_sent(rng: random.Random, invoice: Invoice) -> Canvas:
    """A delivery note or an offer: no invoice, so no number of one, and no amount to pay."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.without |= {"invoice_number", "amount", "net", "tax"}
    canvas.lines(LEFT, 60, [*address(invoice.seller), *contact_lines(invoice, invoice.seller)[:3]], bold_first=True)
    canvas.lines(LEFT, 160, recipient(rng, invoice))
    label = invoice.labels
    pairs = [
        (label["paper_number"], invoice.number),
        (label["order"], invoice.order),
        (label["customer"], invoice.customer),
    ]
    if invoice.date and label["paper_date"] in label["date"]:
        pairs.append((label["date"], invoice.date))
    else:
        canvas.without.add("date")
        pairs.append((label["delivery"], invoice.delivery))
    canvas.pairs(340, 120, 160, pairs)
    canvas.text(LEFT, 250, label["paper"], size=14, bold=True)
    y = 280.0
    for name, count, price, _ in invoice.items:
        canvas.text(LEFT, y, name)
        canvas.text(340, y, count, align="right")
        canvas.text(RIGHT, y, price if rng.random() < 0.5 else "", align="right")
        y += canvas.step
    small_print(canvas, invoice, y + 20)
    footer(canvas, invoice)
    return canvas


def plain_letter(rng: random.Random, invoice: Invoice) -> Canvas:
    """A letter with dates and sums of money in its sentences."""
    canvas = Canvas(rng)
    canvas.page()
    canvas.without |= {"invoice_number", "amount", "net", "tax"}
    if rng.random() < 0.5:
        canvas.lines(LEFT, 60, [*address(invoice.seller), *contact_lines(invoice, invoice.seller)[:3]])
    else:
        canvas.lines(RIGHT, 60, address(invoice.seller), align="right")
        footer(canvas, invoice)
    canvas.lines(LEFT, 150, recipient(rng, invoice))
    if invoice.date:
        town = invoice.seller.city.split(",")[0] if rng.random() < 0.5 else ""
        canvas.text(RIGHT, 230, f"{town}, {invoice.date}".removeprefix(", "), align="right")
    money = invoice.total or invoice.items[0][3]
    y = 270.0
    for line in rng.sample(invoice.letter, 3):
        text = line.replace("{other}", invoice.order_date).replace("{due}", invoice.due).replace("{money}", money)
        canvas.text(LEFT, y, text)
        y += 1.5 * canvas.step
    canvas.lines(LEFT, y + 30, [invoice.notes[0], invoice.seller.name])
    return canvas
