"""Currencies: the codes and symbols that stand for them, and which of several a symbol means here."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from babel.core import get_global
from babel.numbers import get_territory_currencies

from rag.extraction.page import FormText
from rag.extraction.types import Candidate
from rag.extraction.values.origin import Clue, Origin

_SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "£": ("GBP",), "US$": ("USD",), "C$": ("CAD",), "CA$": ("CAD",), "CAD$": ("CAD",), "A$": ("AUD",),
    "AU$": ("AUD",), "NZ$": ("NZD",), "HK$": ("HKD",), "S$": ("SGD",), "R$": ("BRL",), "MX$": ("MXN",), "NT$": ("TWD",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"), "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "円": ("JPY",),
    "元": ("CNY",), "₹": ("INR",), "Rs": ("INR", "PKR", "LKR"), "Rs.": ("INR", "PKR", "LKR"), "zł": ("PLN",),
    "Kč": ("CZK",), "Ft": ("HUF",), "kr": ("SEK", "NOK", "DKK", "ISK"), "kr.": ("DKK", "SEK", "NOK"), "SFr": ("CHF",),
    "SFr.": ("CHF",), "Fr.": ("CHF",), "₺": ("TRY",), "TL": ("TRY",), "₩": ("KRW",), "฿": ("THB",), "₫": ("VND",),
    "₱": ("PHP",), "₽": ("RUB",), "₴": ("UAH",), "₪": ("ILS",), "RM": ("MYR",), "lei": ("RON",), "лв": ("BGN",),
    "euro": ("EUR",), "euros": ("EUR",), "Euro": ("EUR",), "Euros": ("EUR",), "EURO": ("EUR",), "EUROS": ("EUR",),
    "원": ("KRW",), "RMB": ("CNY",), "CN¥": ("CNY",),
    "Eur": ("EUR",), "dollars": ("USD",), "Dollars": ("USD",), "pounds": ("GBP",),
}  # fmt: skip
_ALONE = frozenset("€ £ $ ¥ ￥ ₹ ₺ ₩ ฿ ₫ ₱ ₽ ₴ ₪ US$ C$ CA$ A$ AU$ NZ$ HK$ S$ R$ MX$ NT$ zł Kč".split())
"""Symbols that mean money wherever they stand; the others do beside a number."""
_PLAIN_CODES = frozenset("EUR USD GBP CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF INR JPY CNY HKD SGD BRL MXN ZAR".split())
"""Codes that are no words; of the others, such as ALL or TOP, that is only sure beside a number."""


@cache
def _codes() -> frozenset[str]:
    """ISO 4217 codes that are legal tender somewhere today, by CLDR."""
    of_territories = get_global("territory_currencies").values()
    return frozenset(code for of in of_territories for code, _, end, tender in of if tender and not end)


@cache
def money_sign() -> str:
    """A pattern for a currency beside a number."""
    signs = sorted((*_SYMBOLS, *_codes()), key=len, reverse=True)
    return "(?:" + "|".join(rf"{re.escape(s)}" + (r"(?![^\W\d_])" if s[-1].isalpha() else "") for s in signs) + ")"


def meant_by(sign: str, origin: Origin) -> str:
    """The currency that a symbol or code means in a form of this origin."""
    options = _SYMBOLS.get(sign) or ((sign,) if sign in _codes() else ())
    if not options:
        return ""
    local = _of_country(origin.country)
    return local if local in options else options[0]


def find_currencies(form: FormText, origin: Origin, beside: Sequence[tuple[range, str]]) -> Iterator[Candidate]:
    """Every mention, and what the country's clues speak for. ``beside`` are those that stand beside an amount."""
    seen: set[int] = set()
    mentions: list[tuple[range, str, bool]] = [(tokens, meant_by(sign, origin), True) for tokens, sign in beside]
    seen.update(n for tokens, _, _ in mentions for n in tokens)
    for number, token in enumerate(form.tokens):
        text = token.text.strip(".,:;()*")
        if number not in seen and (text in _ALONE or text in _PLAIN_CODES or text.lower() in {"euro", "euros"}):
            mentions.append((range(number, number + 1), meant_by(text, origin), False))
    counted: dict[str, int] = {}
    for _, code, _ in mentions:
        counted[code] = counted.get(code, 0) + 1
    for tokens, code, is_beside in mentions:
        if code:
            value = form.text[form.tokens[tokens.start].start : form.tokens[tokens.stop - 1].end]
            traits = {"beside_number": float(is_beside), "share": counted[code] / len(mentions)}
            yield Candidate(tokens, value, code, traits)
    for clue, strength in _best_clues(origin):
        if (code := _of_country(clue.country)) and (tokens := form.tokens_between(clue.start, clue.end)):
            traits = {"by_country": 1.0, "clue": strength, "nothing_named": float(not mentions)}
            yield Candidate(tokens, form.text[clue.start : clue.end], code, traits, stand_in=True)


def _best_clues(origin: Origin) -> Iterator[tuple[Clue, float]]:
    """The surest clue to the form's country."""
    kinds = ("iban", "vat", "postcode", "name", "phone", "domain")
    for rank, kind in enumerate(kinds):
        for clue in origin.clues:
            if clue.kind == kind and clue.country == origin.country:
                yield clue, 1 - rank / len(kinds)
                return


@cache
def _of_country(country: str) -> str:
    return str(next(iter(get_territory_currencies(country)), "")) if country else ""
