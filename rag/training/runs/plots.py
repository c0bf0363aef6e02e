"""The curves of a run, as SVG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from rag.files import explained

Curve = tuple[Sequence[float], Sequence[float]]
"""Steps, and the values at them."""


def plot_curves(path: Path, title: str, curves: Mapping[str, Curve]) -> None:
    """One plot over training steps, a line for each curve. Raises RefdeskError when it cannot be written."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot(xlabel="training step", title=title)
    for name, (steps, values) in curves.items():
        axes.plot(steps, values, label=name, marker="o" if len(steps) < 60 else None, markersize=3)
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend()
    with explained(path.parent):
        figure.savefig(path, format="svg", metadata={"Date": None})
