"""The plots of a report, as SVG to be put into a page."""

import io
from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

ACCENT, SECOND = "#1f5f8b", "#b3541e"


def plot_scores(scores: Mapping[str, float], intervals: Mapping[str, Sequence[float] | None]) -> str:
    """Each score as a point with its 95% interval."""
    figure = Figure(figsize=(6.4, 0.7 + 0.32 * len(scores)), layout="constrained")
    axes = figure.add_subplot()
    for row, (name, value) in enumerate(scores.items()):
        low, high = intervals.get(name) or (value, value)
        axes.plot([low, high], [row, row], color=ACCENT, linewidth=2)
        axes.plot([value], [row], marker="o", color=ACCENT)
    axes.set(yticks=range(len(scores)), yticklabels=list(scores), ylim=(len(scores) - 0.5, -0.5))
    axes.set_xlim(left=0.0, right=max(1.0, *scores.values()))
    axes.grid(axis="x", alpha=0.3)
    return svg(figure)


def plot_latency(milliseconds: Sequence[float]) -> str:
    """How many questions took how long."""
    figure = Figure(figsize=(6.4, 2.2), layout="constrained")
    axes = figure.add_subplot()
    axes.hist(milliseconds, bins=30, color=ACCENT)
    axes.set(xlabel="milliseconds until the answer", ylabel="questions")
    axes.set_xlim(left=0.0)
    return svg(figure)


def plot_curve(curve: Sequence[Mapping[str, float]]) -> str:
    """Risk against coverage, and the false answers that come with more answers."""
    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([point["coverage"] for point in curve], [point["risk"] for point in curve], color=ACCENT)
    left.set(xlabel="questions answered", ylabel="of which wrong")
    right.plot([point["answered"] for point in curve], [point["false_answers"] for point in curve], color=SECOND)
    right.set(xlabel="answerable questions answered", ylabel="unanswerable ones answered")
    for axes in (left, right):
        axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(alpha=0.3)
    return svg(figure)


def svg(figure: Figure) -> str:
    """The ``<svg>`` element alone: the document type before it names an address on the net."""
    buffer = io.StringIO()
    # Text stays text, and with a fixed salt the same data give the same file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "refdesk"}):
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = buffer.getvalue()
    return text[text.index("<svg") :]
