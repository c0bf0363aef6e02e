"""A stored evaluation as one HTML page that loads nothing and needs nothing beside it."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, tostring
from lxml.html import builder as E

from rag.evaluation.plots import plot_curve, plot_latency, plot_scores
from rag.evaluation.runs import Run
from rag.evaluation.tables import failures, figure_rows, flat, shown, slice_tables
from rag.evaluation.types import Item

_FAILURES_SHOWN = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem } h3 { margin: 1.5rem 0 .25rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto } summary { cursor: pointer }
details { border-top: 1px solid #ddd; padding: .4rem 0 }
dt { color: #555 } dd { margin: 0 0 .4rem; white-space: pre-wrap; overflow-wrap: anywhere }
"""


def html_report(run: Run) -> str:
    """The page: figures with their intervals, plots, slices, and the failures to open and read."""
    data = run.setup["data"]
    title = f"Refdesk: {run.kind} on {data['name']}"
    page = E.HTML(
        E.HEAD(E.META(charset="utf-8"), E.TITLE(_text(title)), E.STYLE(_STYLE)),
        E.BODY(
            E.H1(_text(title)),
            E.P(f"{len(run.items):,} questions, {run.started}. Run {run.id}."),
            *_figures(run),
            *_slices(run),
            *_failures(run.items),
            E.H2("What was measured"),
            E.DETAILS(E.SUMMARY("Data, settings, models and machine"), _pairs(flat(run.setup))),
        ),
        lang="en",
    )
    return str(tostring(page, encoding="unicode", doctype="<!doctype html>"))


def _figures(run: Run) -> list[HtmlElement]:
    scores = {name: value for name, value in run.figures.items() if name in run.intervals and value is not None}
    latencies = [item.latency_ms for item in run.items if item.latency_ms is not None]
    plots = [plot_scores(scores, run.intervals)] if scores else []
    if run.curve:
        plots.append(plot_curve(run.curve))
    if latencies:
        plots.append(plot_latency(latencies))
    return [
        E.H2("Figures"),
        _table(["", "value", "95% interval"], figure_rows(run)),
        *(E.P(etree.fromstring(plot.encode())) for plot in plots),
    ]


def _slices(run: Run) -> list[HtmlElement]:
    found: list[HtmlElement] = []
    for table in slice_tables(run):
        rows = [[row.value, str(row.questions), *map(shown, row.means)] for row in table.rows]
        found += [E.H3(_text(table.name.capitalize())), _table([table.name, "questions", *table.headlines], rows)]
        if table.left_out:
            found.append(E.P(f"The {len(rows)} largest of {len(rows) + table.left_out}."))
    return [E.H2("Where it is strong and where weak"), *found] if found else []


def _failures(items: Sequence[Item]) -> list[HtmlElement]:
    failed = failures(items)
    first = failed[:_FAILURES_SHOWN]
    listed = f"{len(failed):,} of {len(items):,} questions"
    more = f"; the first {len(first)} are shown, all of them are in items.jsonl" if len(failed) > len(first) else ""
    return [E.H2("Failures"), E.P(f"{listed}{more}."), *(_failure(item) for item in first)]


def _failure(item: Item) -> HtmlElement:
    facts = {"expected": " | ".join(item.gold) or "no answer", "given": item.given or "no answer"}
    scores = {name: round(value, 3) for name, value in item.scores.items()}
    rest = {name: value for name, value in item.details.items() if value not in (None, "", [])}
    return E.DETAILS(E.SUMMARY(_text(item.question)), _pairs([*facts.items(), *scores.items(), *rest.items()]))


def _pairs(pairs: Iterable[tuple[str, Any]]) -> HtmlElement:
    return E.DL(*(element for name, value in pairs for element in (E.DT(_text(name)), E.DD(_text(_plain(value))))))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> HtmlElement:
    def cells(make: Any, values: Sequence[str]) -> list[HtmlElement]:
        return [make(_text(value), *([E.CLASS("number")] if place else [])) for place, value in enumerate(values)]

    return E.TABLE(E.TR(*cells(E.TH, header)), *(E.TR(*cells(E.TD, row)) for row in rows))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
