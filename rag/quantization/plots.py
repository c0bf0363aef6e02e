"""Quality against size, as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from rag.evaluation.plots import svg
from rag.quantization.methods import METHODS

_COLOURS = {
    "plain": "#555555",
    "bitsandbytes": "#1f5f8b",
    "rounded": "#b3541e",
    "clustered": "#7a3e9d",
    "pruned": "#a08a2c",
    "gguf": "#2e7d4f",
}
_MARKERS = {"plain": "s", "bitsandbytes": "o", "rounded": "^", "clustered": "D", "pruned": "x", "gguf": "v"}
# A ruined model's perplexity would press all others into a line.
_SPREAD = 20


def plot_against_size(results: Sequence[Mapping[str, Any]], name: str, label: str) -> str | None:
    """A point for each method: its size on disk, and its figure ``name``; None where there is none."""
    points = [result for result in results if result.get(name) is not None]
    if not points:
        return None
    figure = Figure(figsize=(7.4, 4.4), layout="constrained")
    axes = figure.add_subplot(xlabel="size on disk, MB", ylabel=label)
    for kind, colour in _COLOURS.items():
        of_kind = [point for point in points if METHODS[point["method"]].kind == kind]
        if of_kind:
            sizes, values = [point["bytes"] / 1e6 for point in of_kind], [point[name] for point in of_kind]
            axes.scatter(sizes, values, color=colour, marker=_MARKERS[kind], label=kind, s=28, zorder=3)
    for number, point in enumerate(sorted(points, key=lambda one: (one["bytes"], one[name]))):
        above = 5 if number % 2 else -11
        place = (point["bytes"] / 1e6, point[name])
        axes.annotate(point["method"], place, xytext=(4, above), textcoords="offset points", fontsize=6.5)
    values = [point[name] for point in points]
    if min(values) > 0 and max(values) > _SPREAD * min(values):
        axes.set_yscale("log")
    axes.set_xscale("log")
    axes.margins(x=0.12, y=0.1)
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    return svg(figure)
