"""The pieces of a report: one HTML page that loads nothing and needs nothing beside it."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, tostring
from lxml.html import builder as E

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem } h3 { margin: 1.5rem 0 .25rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto } summary { cursor: pointer }
details { border-top: 1px solid #ddd; padding: .4rem 0 }
@media (max-width: 40rem) { table { display: block; overflow-x: auto } th, td { padding-right: .6rem } }
dt { color: #555 } dd { margin: 0 0 .4rem; white-space: pre-wrap; overflow-wrap: anywhere }
"""


def page(title: str, elements: Iterable[HtmlElement]) -> str:
    """The whole page, the title above its elements."""
    html = E.HTML(
        E.HEAD(E.META(charset="utf-8"), E.TITLE(text(title)), E.STYLE(_STYLE)),
        E.BODY(E.H1(text(title)), *elements),
        lang="en",
    )
    return str(tostring(html, encoding="unicode", doctype="<!doctype html>"))


def plot(svg: str) -> HtmlElement:
    """A plot in a paragraph."""
    return E.P(etree.fromstring(svg.encode()))


def pairs(of: Iterable[tuple[str, Any]]) -> HtmlElement:
    """Names and what they stand for."""
    return E.DL(*(element for name, value in of for element in (E.DT(text(name)), E.DD(text(_plain(value))))))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> HtmlElement:
    """The first column is a name, the others are numbers."""

    def cells(make: Any, values: Sequence[str]) -> list[HtmlElement]:
        return [make(text(value), *([E.CLASS("number")] if place else [])) for place, value in enumerate(values)]

    return E.TABLE(E.TR(*cells(E.TH, header)), *(E.TR(*cells(E.TD, row)) for row in rows))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def text(value: str) -> str:
    """``value`` without what XML cannot hold."""
    return _CONTROL.sub("\ufffd", value)
