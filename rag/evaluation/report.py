"""A stored evaluation as one HTML page that loads nothing and needs nothing beside it."""

from collections.abc import Sequence

from lxml.html import HtmlElement
from lxml.html import builder as E

from rag.evaluation.page import page, pairs, plot, table, text
from rag.evaluation.plots import plot_curve, plot_latency, plot_scores
from rag.evaluation.tables import failures, figure_rows, flat, shown, slice_tables
from rag.evaluation.types import Item, Run

_FAILURES_SHOWN = 200


def html_report(run: Run) -> str:
    """The page: figures with their intervals, plots, slices, and the failures to open and read."""
    data = run.setup["data"]
    title = f"Refdesk: {run.kind} on {data['name']}"
    return page(
        title,
        [
            E.P(f"{len(run.items):,} questions, {run.started}. Run {run.id}."),
            *_figures(run),
            *_slices(run),
            *_failures(run.items),
            E.H2("What was measured"),
            E.DETAILS(E.SUMMARY("Data, settings, models and machine"), pairs(flat(run.setup))),
        ],
    )


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
        table(["", "value", "95% interval"], figure_rows(run)),
        *map(plot, plots),
    ]


def _slices(run: Run) -> list[HtmlElement]:
    found: list[HtmlElement] = []
    for part in slice_tables(run):
        rows = [[row.value, str(row.questions), *map(shown, row.means)] for row in part.rows]
        found += [E.H3(text(part.name.capitalize())), table([part.name, "questions", *part.headlines], rows)]
        if part.left_out:
            found.append(E.P(f"The {len(rows)} largest of {len(rows) + part.left_out}."))
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
    return E.DETAILS(E.SUMMARY(text(item.question)), pairs([*facts.items(), *scores.items(), *rest.items()]))
