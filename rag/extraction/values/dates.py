"""Dates in the forms of Europe, America and Asia, month names in all languages that Babel is asked for."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from babel import Locale

from rag.extraction.page import FormText
from rag.extraction.types import Candidate
from rag.extraction.values.origin import Origin

_LANGUAGES = "en de fr nl es it pt pl sv da nb fi cs hu ro tr id".split()
_SEPARATOR = r"\s?[./\-–]\s?"
_NUMERIC = re.compile(rf"(?<![\w.,/\-])(\d{{1,4}})({_SEPARATOR})(\d{{1,2}})\2(\d{{4}}|\d{{2}})(?![\w/]|[.,\-]\d)")
_COMPACT = re.compile(r"(?<![\w.,/\-])(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?![\w/]|[.,\-]\d)")
_SINGLE_DAY = re.compile(r"(?<![\w.,/\-])(\d{4})\s?[./\-]\s?(\d{1,2})\s?[./\-]\s?(\d)(?![\w/]|[.,\-]\d)")
"""2024. 3. 5."""
_ERA = re.compile(r"(令和|平成|昭和)\s*(\d{1,2}|元)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_BEFORE_ERA = {"令和": 2018, "平成": 1988, "昭和": 1925}
_ASIAN = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?")
_ORDINAL = r"(?:\.|st|nd|rd|th|er|e|º|ª)?"
_OF = r"(?:of|de|del|d')?"


def find_dates(form: FormText, origin: Origin) -> Iterator[Candidate]:
    """Every date of the form. Numbers whose order is open are read as in the other dates, or the country."""
    found = [numbers for segment in form.segments for numbers in _numeric(segment.text)]
    month_first = _is_month_first(found, origin)
    for segment in form.segments:
        for start, end, day, trait in _in_text(segment.text, month_first):
            tokens = form.tokens_between(segment.start + start, segment.start + end)
            if tokens:
                yield Candidate(tokens, segment.text[start:end], day.isoformat(), {trait: 1.0})


def parse_date(text: str, origin: Origin) -> str | None:
    """The first date in a text, in ISO 8601."""
    month_first = _is_month_first(list(_numeric(text)), origin)
    return next((day.isoformat() for _, _, day, _ in _in_text(text, month_first)), None)


def _in_text(text: str, month_first: bool) -> Iterator[tuple[int, int, date, str]]:
    """Start, end and meaning of each date, and how it is written."""
    for found in _NUMERIC.finditer(text):
        first, second, third = int(found[1]), int(found[3]), int(found[4])
        if len(found[1]) == 4:
            day = _date(first, second, third)
        elif len(found[1]) <= 2:
            flip = (month_first and first <= 12) or second > 12
            day = _date(_year(found[4]), *((first, second) if flip else (second, first)))
        else:
            day = None
        if day:
            yield found.start(), found.end(), day, "in_numbers"
    for found in _ERA.finditer(text):
        of_era = 1 if found[2] == "元" else int(found[2])
        if day := _date(_BEFORE_ERA[found[1]] + of_era, int(found[3]), int(found[4])):
            yield found.start(), found.end(), day, "in_numbers"
    for pattern in (_ASIAN, _SINGLE_DAY, _COMPACT):
        for found in pattern.finditer(text):
            if day := _date(int(found[1]), int(found[2]), int(found[3])):
                yield found.start(), found.end(), day, "compact" if pattern is _COMPACT else "in_numbers"
    for found in _named().finditer(text):
        month = _months()[_folded(found["month"] or found["month2"] or found["month3"])]
        year = found["year"] or found["year2"] or found["year3"]
        day = _date(_year(year), month, int(found["day"] or found["day2"] or found["day3"]))
        if day:
            yield found.start(), found.end(), day, "in_words"


def _numeric(text: str) -> Iterator[tuple[int, int]]:
    return ((int(found[1]), int(found[3])) for found in _NUMERIC.finditer(text) if len(found[1]) <= 2)


def _is_month_first(found: list[tuple[int, int]], origin: Origin) -> bool:
    """12/31/2024 anywhere settles it, and so does 31/12/2024; else the country does."""
    month_first = sum(1 for first, second in found if first <= 12 < second)
    day_first = sum(1 for first, second in found if second <= 12 < first)
    return month_first > day_first if month_first != day_first else origin.month_first


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 70 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year < 2100 else None
    except ValueError:
        return None


def _folded(text: str) -> str:
    return text.lower().rstrip(".")


@cache
def _months() -> dict[str, int]:
    """Month by name and by usual abbreviation, in lower case without a full stop."""
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in Locale(language).months[context][width].items():
                    if not name[0].isdigit():
                        names.setdefault(_folded(name), month)
                        if width == "wide" and len(name) > 4:
                            names.setdefault(_folded(name)[:3], month)
    return {**names, "sept": 9, "aout": 8, "fevrier": 2, "decembre": 12, "maerz": 3, "mrz": 3}


@cache
def _named() -> re.Pattern[str]:
    month = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    gap = r"[\s,.\-/]{0,3}"
    return re.compile(
        rf"(?<![\w.,])(?:"
        rf"(?P<day>\d{{1,2}}){_ORDINAL}{gap}{_OF}{gap}(?P<month>{month})\.?{gap}{_OF}{gap}'?(?P<year>\d{{4}}|\d{{2}})"
        rf"|(?P<month2>{month})\.?{gap}(?P<day2>\d{{1,2}}){_ORDINAL}(?!\d){gap}(?P<year2>\d{{4}})"
        rf"|(?P<year3>\d{{4}})[\s\-.,/]+(?P<month3>{month})\.?[\s\-./]+(?P<day3>\d{{1,2}})"
        rf")(?!\w)",
        re.IGNORECASE,
    )
