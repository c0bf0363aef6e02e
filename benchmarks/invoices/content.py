"""What an invoice says: parties, numbers, dates, amounts, in the forms of its country, and which of it is missing."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.dates import format_date
from faker import Faker

from benchmarks.invoices.words import LANGUAGES, Words

_RATES = {"en_GB": 20, "en_US": 8, "de_DE": 19, "fr_FR": 20, "nl_NL": 21, "es_ES": 21}
_CURRENCIES = {
    "en_GB": ("GBP",),
    "en_US": ("USD",),
    "de_DE": ("EUR", "EUR", "CHF"),
    "fr_FR": ("EUR",),
    "nl_NL": ("EUR",),
}
_SIGNS = {"EUR": ("€", "EUR"), "GBP": ("£", "GBP"), "USD": ("$", "USD", "US$"), "CHF": ("CHF", "Fr.")}
_FORMS = {
    "en_GB": ("Ltd", "Limited", "plc", "LLP", ""),
    "en_US": ("Inc.", "LLC", "Corp.", ""),
    "de_DE": ("GmbH", "AG", "GmbH & Co. KG", "UG (haftungsbeschränkt)", "e.K.", ""),
    "fr_FR": ("SARL", "SAS", "S.A.", "EURL", ""),
    "nl_NL": ("B.V.", "BV", "N.V.", "VOF", ""),
    "es_ES": ("S.L.", "S.A.", "SLU", ""),
}
_NUMERIC_DATES = {
    "en_GB": ("dd/MM/yyyy", "d MMMM yyyy", "dd MMM yyyy", "dd-MM-yyyy", "yyyy-MM-dd"),
    "en_US": ("MM/dd/yyyy", "MMMM d, yyyy", "MMM d, yyyy", "M/d/yy", "yyyy-MM-dd"),
    "de_DE": ("dd.MM.yyyy", "d. MMMM yyyy", "dd.MM.yy", "yyyy-MM-dd"),
    "fr_FR": ("dd/MM/yyyy", "d MMMM yyyy", "dd/MM/yy", "dd-MM-yyyy"),
    "nl_NL": ("dd-MM-yyyy", "d MMMM yyyy", "d-M-yyyy", "dd/MM/yyyy"),
    "es_ES": ("dd/MM/yyyy", "d 'de' MMMM 'de' yyyy", "dd-MM-yyyy", "d MMM yyyy"),
}
_NUMBERS = (
    "########",
    "RE-%%%%-###",
    "INV-#####",
    "%%%%/####",
    "F%%%%-####",
    "######",
    "VK#######",
    "%%%%-%%-###",
    "A#####-#",
    "INV/%%%%/#####",
    "### ####",
    "%%%%#####",
    "FA-###",
    "####",
)
_MISSING = {"seller": 0.1, "number": 0.12, "date": 0.12, "total": 0.08, "sums": 0.06}
"""How often something is left out; without its sums an invoice ends after the items, as its first page alone does."""
_CUSTOMERS = ("#####", "K######", "C-####", "##########")
_FREE_MAIL = ("gmail.com", "outlook.com", "web.de", "orange.fr")


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a buyer, as its letterhead tells."""

    name: str
    street: str
    city: str
    country: str
    phone: str
    email: str
    web: str
    vat: str
    iban: str
    register: str
    brand: str
    """What it calls itself: the name's beginning, or another name."""
    notice: str
    """What the law asks of it, in a line."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as texts, ready to be set; ``labels`` are its wordings. What is None is missing on purpose."""

    language: str
    locale: str
    credit: bool
    title: str
    seller: Party
    buyer: Party
    number: str | None
    date: str | None
    due: str
    delivery: str
    order_date: str
    order: str
    customer: str
    clerk: str
    items: tuple[tuple[str, str, str, str], ...]
    net: str | None
    tax: str | None
    shipping: str
    carried: str
    """The sum of the items, carried to a page that is not there."""
    total: str | None
    labels: dict[str, str]
    columns: tuple[str, str, str, str]
    notes: tuple[str, ...]
    dated_items: bool
    """Whether a day stands before each item."""
    letter: tuple[str, ...]
    """Sentences of a letter that is no invoice, with places for an earlier day, a later one, and money."""
    legal_notice: bool
    gold: dict[str, str | None] = field(default_factory=dict)


def make_invoice(rng: random.Random, language: str, *, unseen: bool) -> Invoice:
    words = LANGUAGES[language]
    locale = rng.choice(words.locales)
    fake = _faker(locale)
    fake.seed_instance(rng.getrandbits(32))
    seller, buyer = (
        _party(rng, fake, locale, words, business=True),
        _party(rng, fake, locale, words, business=rng.random() < 0.5),
    )
    missing = {name for name, share in _MISSING.items() if rng.random() < share}
    others = {
        name for name in _MISSING if name in missing and rng.random() < 0.4
    }  # nothing of the kind is left then, not even of others
    if "seller" in missing:
        seller = _unnamed(seller, address="seller" not in others)
    issued = date(rng.randint(2012, 2025), rng.randint(1, 12), rng.randint(1, 28))
    pattern = rng.choice(_NUMERIC_DATES[locale])
    credit = rng.random() < 0.08
    money = _Money(rng, locale)
    lines = [
        (rng.choice(words.options("items", unseen=False)), rng.randint(1, 12), _price(rng))
        for _ in range(rng.choice((1, 2, 2, 3, 4, 6, 9)))
    ]
    net = sum((price * quantity for _, quantity, price in lines), Decimal(0))
    shipping = _price(rng) if rng.random() < 0.25 else Decimal(0)
    rate = _RATES[locale]
    tax = ((net + shipping) * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    total = net + shipping + tax
    sign = "-" if credit and rng.random() < 0.6 else ""
    number = _filled(rng, rng.choice(_NUMBERS), issued)
    due = issued + timedelta(days=rng.choice((7, 14, 30)))
    delivered = issued - timedelta(days=rng.randint(1, 9))
    ordered = issued - timedelta(days=rng.randint(10, 25))
    labels = {
        name: rng.choice(words.options("total" if name == "again" else name, unseen=unseen)).replace(
            "{rate}", str(rate)
        )
        for name in (
            "number date due delivery order_date order customer bill_to ship_to net tax shipping total vat phone "
            "seller sentence bank page carried clerk paid balance again paper paper_number paper_date".split()
        )
    }
    if not {"number", "date"} & missing and labels["number"].lower() == labels["date"].lower():
        labels["number"] = "#"
    shown = {
        name: "" if "date" in others else format_date(day, pattern, locale)
        for name, day in (("due", due), ("delivery", delivered), ("order_date", ordered))
    }
    notes = [rng.choice(words.options(name, unseen=unseen)) for name in ("thanks", "terms")]
    if rng.random() < 0.5 and "date" not in others:
        remark = rng.choice(words.options("remark", unseen=unseen))
        money_said = money.shown(Decimal(rng.randint(1, 40) * 50), total=True)
        said = remark.replace("{other}", shown["order_date"]).replace("{due}", shown["due"])
        notes.append(said.replace("{money}", money_said))
    return Invoice(
        language,
        locale,
        credit,
        rng.choice(words.options("credit" if credit else "title", unseen=unseen)),
        seller,
        buyer,
        None if "number" in missing else number,
        None if "date" in missing else format_date(issued, pattern, locale),
        shown["due"],
        shown["delivery"],
        shown["order_date"],
        "" if "number" in others else _filled(rng, rng.choice(_NUMBERS), issued),
        "" if "number" in others else _filled(rng, rng.choice(_CUSTOMERS), issued),
        f"{fake.first_name()} {fake.last_name()}",
        tuple((name, str(count), money.of_item(price), money.of_item(price * count)) for name, count, price in lines),
        None if "sums" in missing else sign + money.shown(net),
        None if "sums" in missing else sign + money.shown(tax),
        money.shown(shipping) if shipping and "sums" not in missing else "",
        money.shown(net) if "sums" in missing and "sums" not in others else "",
        None if missing & {"total", "sums"} else sign + money.shown(total, total=True),
        labels,
        tuple(rng.choice(words.options("columns", unseen=unseen)).split(",")),  # type: ignore[arg-type]
        tuple(notes),
        rng.random() < 0.2 and "date" not in others,
        tuple(words.options("letter", unseen=unseen)),
        rng.random() < 0.3,
        {
            "issuer": seller.name or None,
            "invoice_number": None if "number" in missing else number,
            "date": None if "date" in missing else issued.isoformat(),
            "amount": None if missing & {"total", "sums"} else f"{sign}{total:.2f}",
            "currency": money.currency,
            "net": None if "sums" in missing else f"{sign}{net:.2f}",
            "tax": None if "sums" in missing else f"{sign}{tax:.2f}",
            "buyer": buyer.name,
        },
    )


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)


def _party(rng: random.Random, fake: Faker, locale: str, words: Words, *, business: bool) -> Party:
    if business:
        stem = rng.choice(
            (fake.last_name(), f"{fake.last_name()} {rng.choice(_TRADES[words.locales[0]])}", _coined(rng))
        )
        name = f"{stem} {rng.choice(_FORMS[locale])}".strip()
    else:
        stem = name = f"{fake.first_name()} {fake.last_name()}"
    brand = _coined(rng) if business and rng.random() < 0.2 else stem
    domain = "".join(
        c for c in brand.lower().replace(" ", rng.choice(("", "-"))) if c.isascii() and (c.isalnum() or c == "-")
    )
    domain += rng.choice((".com", {"en_GB": ".co.uk", "en_US": ".com"}.get(locale, f".{locale[:2]}")))
    iban = fake.iban()
    iban = " ".join(iban[n : n + 4] for n in range(0, len(iban), 4)) if rng.random() < 0.5 else iban
    city = fake.city()
    register = (
        rng.choice(words.options("register", unseen=False))
        .replace("{n}", str(rng.randint(10000, 99999999)))
        .replace("{city}", city)
    )
    mail = rng.choice(_FREE_MAIL) if rng.random() < 0.15 else domain
    place = f"{city}, {fake.state_abbr()} {fake.postcode()}" if locale == "en_US" else f"{fake.postcode()} {city}"
    place = f"{city} {fake.postcode()}" if locale == "en_GB" else place
    return Party(
        name,
        fake.street_address().replace("\n", " "),
        place,
        {"de_DE": "Deutschland", "fr_FR": "France", "nl_NL": "Nederland", "es_ES": "España"}.get(locale, ""),
        fake.phone_number(),
        f"{rng.choice(('info', 'billing', 'contact', 'service'))}@{mail}",
        f"www.{domain}",
        {"de_DE": f"DE{rng.randint(10**8, 10**9 - 1)}", "en_GB": f"GB{rng.randint(10**8, 10**9 - 1)}"}.get(
            locale, f"{locale[3:]}{rng.randint(10**8, 10**9 - 1)}{'B01' if locale == 'nl_NL' else ''}"
        ),
        iban if locale != "en_US" else "",
        register,
        brand,
        _notice(rng, locale, name, register, city),
    )


def _unnamed(party: Party, *, address: bool) -> Party:
    """Without anything that says who it is; without an ``address`` nothing is left of it."""
    left = replace(party, name="", brand="", email="", web="", notice="")
    return left if address else replace(left, street="", city="", country="", phone="", vat="", iban="", register="")


def _notice(rng: random.Random, locale: str, name: str, register: str, city: str) -> str:
    capital = f"{rng.randint(1, 900)}.000"
    return {
        "de_DE": f"{name} · {register} · Geschäftsführer: {city}er & Partner",
        "fr_FR": f"{name} au capital de {capital} euros - {register} - {city}",
        "nl_NL": f"{name}, {register}, statutair gevestigd te {city}",
        "es_ES": f"{name} - {register} - Capital social {capital} euros",
    }.get(locale, f"{name} is a company registered in {city}. {register}.")


_TRADES = {
    "en_GB": ("Trading", "Supplies", "Consulting", "Software", "Hotel", "Services", "Logistics", "Foods"),
    "de_DE": ("Handel", "Bürobedarf", "Software", "Beratung", "Elektrotechnik", "Logistik", "Hotel", "Reinigung"),
    "fr_FR": ("Distribution", "Conseil", "Services", "Informatique", "Hôtel", "Bâtiment", "Télécom"),
    "nl_NL": ("Handel", "Advies", "Techniek", "Groothandel", "Software", "Transport", "Webshop"),
    "es_ES": ("Suministros", "Servicios", "Informática", "Consultores", "Hotel", "Distribuciones"),
}


def _coined(rng: random.Random) -> str:
    parts = ("nor", "vel", "qua", "tra", "lum", "ix", "ora", "zen", "mar", "kel", "fi", "do", "sys", "net", "ter", "bo")
    return "".join(rng.sample(parts, rng.randint(2, 3))).capitalize()


def _price(rng: random.Random) -> Decimal:
    return Decimal(rng.choice((rng.randint(99, 9999), rng.randint(1000, 99999), rng.randint(50, 400) * 100))) / 100


def _filled(rng: random.Random, pattern: str, issued: date) -> str:
    text = pattern.replace("%%%%", str(issued.year)).replace("%%", f"{issued.month:02}")
    return "".join(str(rng.randint(1 if n == 0 else 0, 9)) if c == "#" else c for n, c in enumerate(text))


class _Money:
    """Writes amounts as one document does."""

    def __init__(self, rng: random.Random, locale: str) -> None:
        self.currency = rng.choice(_CURRENCIES.get(locale, ("EUR",)))
        self._sign = rng.choice(_SIGNS[self.currency])
        self._everywhere = rng.random() < 0.5
        self._items_too = rng.random() < 0.4
        self._before = rng.random() < (0.9 if locale.startswith("en") else 0.35)
        english = locale.startswith("en") or self.currency == "CHF"
        self._decimal = "." if english else ","
        self._group = (
            rng.choice(("'", "") if self.currency == "CHF" else (",", ",", ""))
            if english
            else rng.choice((".", ".", " ", ""))
        )

    def plain(self, value: Decimal) -> str:
        return f"{value:,.2f}".replace(".", "\0").replace(",", self._group).replace("\0", self._decimal)

    def of_item(self, value: Decimal) -> str:
        return self.shown(value) if self._items_too else self.plain(value)

    def shown(self, value: Decimal, *, total: bool = False) -> str:
        if not (total or self._everywhere):
            return self.plain(value)
        space = "" if len(self._sign) == 1 and self._before else " "
        return f"{self._sign}{space}{self.plain(value)}" if self._before else f"{self.plain(value)} {self._sign}"
