"""Figures of training as they are written on the page."""

from collections.abc import Mapping
from typing import Any

from babel import Locale


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def duration(seconds: float) -> str:
    """``duration(95)`` is ``"1 min 35 s"``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def languages_line(checked: Mapping[str, Any]) -> str:
    """What share of the data is in which language."""
    languages, names = checked["languages"], Locale("en").languages
    shares = [f"{names.get(name, name)} {many / sum(languages.values()):.0%}" for name, many in languages.items()]
    return ", ".join(shares) or "too short to tell"
