"""Where a form comes from: its language, and its country by the clues that stand in it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import py3langid.langid as langid
from babel import Locale
from stdnum import iban

from rag.extraction.page import FormText

_LANGUAGES = ["en", "de", "fr", "nl", "es", "it", "pt", "pl", "sv", "da", "fi", "cs"]
_HOME = {"de": "DE", "fr": "FR", "nl": "NL", "es": "ES", "it": "IT", "pt": "PT", "pl": "PL", "sv": "SE", "da": "DK"}
"""The country a language speaks for where nothing else does; English speaks for none."""
_DIALLED = {
    "1": "US", "31": "NL", "32": "BE", "33": "FR", "34": "ES", "39": "IT", "41": "CH", "43": "AT", "44": "GB",
    "45": "DK", "46": "SE", "47": "NO", "48": "PL", "49": "DE", "55": "BR", "61": "AU", "64": "NZ", "65": "SG",
    "81": "JP", "86": "CN", "91": "IN", "351": "PT", "352": "LU", "353": "IE", "358": "FI", "420": "CZ", "852": "HK",
}  # fmt: skip
_DOMAINS = {"uk": "GB"} | {
    code.lower(): code
    for code in "NL BE FR ES IT CH AT DK SE NO PL DE BR AU NZ SG JP CN IN PT LU IE FI CZ HK CA US ZA MX".split()
}
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9*]{2,4}){3,8}(?!\w)")
_VAT = re.compile(
    r"(?<!\w)(AT ?U\d{8}|BE ?[01]\d{3}|CHE-?\d{3}|DE ?\d{3} ?\d{3} ?\d{3}|DK ?\d{8}|ES ?[A-Z]\d{7}"
    r"|FR ?[A-Z0-9]{2} ?\d{3}|GB ?\d{3} ?\d{4}|IE ?\d{7}|IT ?\d{11}|LU ?\d{8}|NL ?\d{3,4}\.?\d{2,3}|PL ?\d{10}"
    r"|PT ?\d{9}|SE ?\d{12})"
)
_PHONE = re.compile(r"(?:\+|\b00)(\d{1,3})[\s(.\-]")
_DOMAIN = re.compile(r"[\w\-]\.([a-z]{2})(?![\w.])", re.IGNORECASE)
_AMERICAN = re.compile(
    r",? (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY]),? \d{5}(?:-\d{4})?(?!\d)"
)
_BRITISH = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)")
_INDIAN = re.compile(r"(?i)\bGSTIN\b|\bPAN\b\W{0,3}[A-Z]{5}\d{4}[A-Z]")
_CAPITALISED = re.compile(r"(?<!\w)[A-ZÉÖÎ][^\W\d_]+(?:[ \-][A-Z][^\W\d_]+){0,2}(?!\w)")
_WEIGHTS = {"iban": 4.0, "vat": 4.0, "postcode": 3.0, "name": 1.5, "phone": 2.0, "domain": 1.5, "language": 1.0}
_MONTH_FIRST = frozenset({"US", "PH"})


@dataclass(frozen=True, slots=True)
class Clue:
    """Characters of a form's text that speak for a country."""

    country: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The language (ISO 639) and the likeliest country (ISO 3166, or "") of a form, with the clues to countries."""

    language: str
    country: str
    clues: tuple[Clue, ...] = ()
    dollars: bool = False

    @property
    def month_first(self) -> bool:
        """Whether 5/4/2024 is in May here."""
        if self.country:
            return self.country in _MONTH_FIRST
        return self.language == "en" and self.dollars


def find_origin(form: FormText) -> Origin:
    language = _identifier().classify(form.text)[0] if form.text.strip() else ""
    clues = tuple(_clues(form.text))
    votes: defaultdict[str, float] = defaultdict(float)
    for kind in _WEIGHTS:
        # The same clue over and over counts once more at most: a seller's country, not how often it is named.
        of_kind = Counter(clue.country for clue in clues if clue.kind == kind)
        for country, times in of_kind.items():
            votes[country] += _WEIGHTS[kind] * min(times, 2) / 2
    if language in _HOME:
        votes[_HOME[language]] += _WEIGHTS["language"]
    country = max(votes, key=lambda code: votes[code], default="")
    return Origin(language, country, clues, "$" in form.text)


def _clues(text: str) -> Iterator[Clue]:
    for found in _IBAN.finditer(text):
        if "*" in found.group() or iban.is_valid(found.group()):
            yield Clue(found.group()[:2], "iban", found.start(), found.end())
    for found in _VAT.finditer(text):
        yield Clue(found.group()[:2], "vat", found.start(), found.end())
    for found in _PHONE.finditer(text):
        for length in (3, 2, 1):
            if country := _DIALLED.get(found[1][:length]):
                yield Clue(country, "phone", found.start(), found.end() - 1)
                break
    for found in _DOMAIN.finditer(text):
        if country := _DOMAINS.get(found[1].lower()):
            yield Clue(country, "domain", found.start(1), found.end(1))
    for pattern, country in ((_AMERICAN, "US"), (_BRITISH, "GB"), (_INDIAN, "IN")):
        for found in pattern.finditer(text):
            yield Clue(country, "postcode", found.start(), found.end())
    for found in _CAPITALISED.finditer(text):
        for words in (found.group(), found.group().split()[0]):
            if country := _country_names().get(words.lower()):
                yield Clue(country, "name", found.start(), found.start() + len(words))
                break


@cache
def _country_names() -> dict[str, str]:
    names = {"usa": "US", "u.s.a.": "US", "uk": "GB", "holland": "NL", "hong kong": "HK"}
    for language in _LANGUAGES[:5]:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "ZZ", "XA", "XB"}:
                names.setdefault(name.lower(), code)
    return names


@cache
def _identifier() -> langid.LanguageIdentifier:
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    identifier.set_languages(_LANGUAGES)
    return identifier
