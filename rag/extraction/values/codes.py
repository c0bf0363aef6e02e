"""Numbers and codes: identifiers of any kind, and those with a form of their own (IBAN, VAT number, e-mail address)."""

import re
from collections.abc import Iterator, Set

from stdnum import iban, vatin
from stdnum.exceptions import ValidationError

from rag.extraction.page import FormText
from rag.extraction.types import Candidate

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_\-–]*")
_PREFIX = re.compile(r"[A-Z]{1,5}[-/.]?")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?!\w)")
_COUNTRIES = "AT|BE|BG|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI"
_VAT = re.compile(rf"(?<!\w)(?:{_COUNTRIES})[ \-]?[0-9A-Z+*](?:[ .\-]?[0-9A-Z+*]){{6,13}}(?!\w)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
_OTHERWISE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d+[.,]\d{2}|\d+%|https?\S*|www\..*|.*\.(?:com|org|net|[a-z]{2})"
)
"""Dates, amounts, addresses: what else has digits."""
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}-)?\d{4,5}(?: [A-Z]{2})?,? [A-ZÀ-Ý][a-zà-ÿ]")
_MONEY = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF)\b")
_LONGEST = 30


def find_identifiers(form: FormText) -> Iterator[Candidate]:
    """Every word with a digit; also with the capitals before it (RE 2024-17), and groups of digits together."""
    known = {n for find in (find_ibans, find_vat_numbers, find_emails) for found in find(form) for n in found.tokens}
    for segment in form.segments:
        for number in range(segment.first, segment.last):
            text = _trimmed(form.tokens[number].text)
            if not text or not any(character.isdigit() for character in text) or len(text) > _LONGEST:
                continue
            yield _identifier(form, range(number, number + 1), text, known)
            before = form.tokens[number - 1].text if number > segment.first else ""
            if _PREFIX.fullmatch(before) and form.tokens[number - 1].word != form.tokens[number].word:
                yield _identifier(form, range(number - 1, number + 1), f"{before} {text}", known)
            joined, last = text, number + 1
            while last < segment.last and re.fullmatch(r"\d+|[-/–]|\d+[-/]\d+", form.tokens[last].text):
                joined += form.text[form.tokens[last - 1].end : form.tokens[last].start] + form.tokens[last].text
                last += 1
            if last > number + 1 and len(joined) <= _LONGEST and joined[-1].isdigit():
                yield _identifier(form, range(number, last), joined, known)


def _identifier(form: FormText, tokens: range, text: str, known: Set[int]) -> Candidate:
    digits = sum(character.isdigit() for character in text)
    segment = form.segments[form.segment_of[tokens.start]]
    traits = {
        "letters_too": float(any(character.isalpha() for character in text)),
        "short": float(digits < 4),
        "very_short": float(digits < 2),
        "long": float(len(text) > 16),
        "otherwise": float(bool(_OTHERWISE.fullmatch(text)) or not known.isdisjoint(tokens)),
        "postcode": float(bool(_POSTCODE.match(form.text, form.tokens[tokens.start].start))),
        "money": float(bool(_MONEY.search(form.text, segment.start, form.tokens[tokens.stop - 1].end + 2))),
        "several_words": float(len(tokens) > 1),
        "alone": float(len(tokens) == segment.last - segment.first),
        "ends_segment": float(tokens.stop == segment.last),
        "like_year": float(bool(re.fullmatch(r"(?:19|20)\d\d", text))),
        "zeros_or_dashes": float(bool(re.search(r"^0|[/\-]", text))),
    }
    return Candidate(tokens, text, " ".join(text.split()), traits)


def _trimmed(text: str) -> str:
    bare = text.strip("*'\"./-–_,;:")
    return bare if _CODE.fullmatch(bare) else ""


def find_ibans(form: FormText) -> Iterator[Candidate]:
    for found in _IBAN.finditer(form.text):
        if iban.is_valid(found.group()):
            tokens = form.tokens_between(*found.span())
            yield Candidate(tokens, found.group(), iban.compact(found.group()), {"valid": 1.0})


def find_vat_numbers(form: FormText) -> Iterator[Candidate]:
    for segment in form.segments:
        for found in _VAT.finditer(segment.text):
            try:
                number = vatin.validate(found.group())
            except ValidationError:
                continue
            tokens = form.tokens_between(segment.start + found.start(), segment.start + found.end())
            yield Candidate(tokens, found.group(), number, {"valid": 1.0})


def find_emails(form: FormText) -> Iterator[Candidate]:
    for found in _EMAIL.finditer(form.text):
        yield Candidate(form.tokens_between(*found.span()), found.group(), found.group().lower(), {"valid": 1.0})
