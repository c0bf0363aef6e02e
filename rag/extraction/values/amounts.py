"""Amounts of money: digits grouped as in Europe, America, Switzerland or India, with a currency or without."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from price_parser.parser import parse_number

from rag.extraction.page import FormText, Segment
from rag.extraction.types import Candidate
from rag.extraction.values.currencies import money_sign

_GROUPS = r"\d{1,3}(?:([.,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?!\d)(?:[.,]\d{1,3}(?!\d)|[.,][-–—]{1,2}(?!\d))?"
_INDIAN = r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?"
_PLAIN = r"\d+(?:[.,]\d{1,4})?(?:[.,][-–—]{1,2}(?!\d))?"
_LONGEST_BARE = 6
"""Digits alone that are more are a number of something."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a form, with the currency sign beside it, and the tokens that the sign stands on."""

    candidate: Candidate
    sign: str
    sign_tokens: range


def find_amounts(form: FormText) -> list[Amount]:
    """Every number that may be an amount: one with a currency or cents, or a whole one that is no part of a code."""
    return [amount for segment in form.segments for amount in _in_segment(form, segment)]


def parse_amount(text: str) -> str | None:
    """The first amount in a text, as a plain decimal."""
    found = _pattern().search(text)
    number = _number(found["number"]) if found else None
    return None if found is None or number is None else _plain(-number if _is_negative(found, text) else number)


def _in_segment(form: FormText, segment: Segment) -> Iterator[Amount]:
    text = segment.text
    for found in _pattern().finditer(text):
        number = _number(found["number"])
        if number is None:
            continue
        start, end = found.span("number")
        if re.match(r"\s{0,3}%", text[end:]):
            continue
        tokens = form.tokens_between(segment.start + start, segment.start + end)
        sign, sign_tokens = _sign(form, segment, found, tokens)
        digits = found["number"]
        if not sign and (len(digits) > _LONGEST_BARE or digits.startswith("0")) and digits.isdigit():
            continue
        cents = bool(re.search(r"[.,]\d{2}$", digits)) or bool(re.search(r"[.,][-–—]+$", digits))
        if _is_negative(found, text):
            number = -number
        traits = {
            "cents": float(cents),
            "with_sign": float(bool(sign)),
            "zero": float(number == 0),
            "negative": float(number < 0),
            "plain_number": float(not cents and not sign),
        }
        if number < 0 and text[start - 1 : start] in ("-", "−"):
            start -= 1
        yield Amount(Candidate(tokens, text[start:end], _plain(number), traits), sign, sign_tokens)


def _sign(form: FormText, segment: Segment, found: re.Match[str], tokens: range) -> tuple[str, range]:
    """The currency sign before or after the number, in the next segment where that is all it holds."""
    for name in ("before", "after"):
        if found[name]:
            start, end = found.span(name)
            return found[name], form.tokens_between(segment.start + start, segment.start + end)
    line = form.lines[segment.line]
    place = line.index(segment)
    if tokens.start == segment.first and place:
        other = line[place - 1]
        if re.fullmatch(money_sign(), other.text):
            return other.text, range(other.first, other.last)
    if tokens.stop == segment.last and place + 1 < len(line):
        other = line[place + 1]
        if re.fullmatch(money_sign(), other.text):
            return other.text, range(other.first, other.last)
    return "", range(0)


def _number(digits: str) -> Decimal | None:
    bare = re.sub(r"[.,]?[-–—]+$", "", digits).replace("'", "").replace("’", "")
    bare = re.sub(r"\s", "", bare)
    last = max(bare.rfind("."), bare.rfind(","))
    separator = None
    if last >= 0:
        behind = len(bare) - last - 1
        other = "," if bare[last] == "." else "."
        grouped = bare.count(bare[last]) > 1 or (behind == 3 and not bare.startswith("0") and other not in bare)
        separator = other if grouped else bare[last]
    return parse_number(bare, separator)


def _plain(number: Decimal) -> str:
    return f"{number:.2f}" if number == number.quantize(Decimal("0.01")) else f"{number.normalize():f}"


def _is_negative(found: re.Match[str], text: str) -> bool:
    """Whether a minus stands right before the number or its currency, or right after it, or brackets around it."""
    start, end = found.span("number")
    for left in (text[:start], text[: found.start()]):
        if left.endswith(("-", "−")) and not left[-2:-1].isalnum():
            return True
    bracketed = text[: found.start()].endswith("(") or text[:start].endswith("(")
    return (bracketed and text[end:].lstrip().startswith(")")) or bool(re.match(r"[-−](?![\w-])", text[end:]))


@cache
def _pattern() -> re.Pattern[str]:
    sign = money_sign()
    return re.compile(
        rf"(?:(?<![^\W_])(?P<before>{sign})[\s:]{{0,2}}[-−]?|(?<![\w#/.,'’])(?<!\w-)(?<!\d:))"
        rf"(?P<number>{_INDIAN}|{_GROUPS}|{_PLAIN})"
        rf"(?:\s{{0,2}}(?P<after>{sign}))?(?:/[-=])?(?![\w/]|[.,:]\d|-\w)"
    )
