"""The chart of a training run as a Vega-Lite specification."""

from collections.abc import Sequence
from typing import Any

_RUN_COLOURS = ["#1f8f6d", "#c8701d", "#4a80d4", "#a763c4", "#cc5566", "#7d8a2e"]
"""They stand three to one from either background."""


def loss_curves(runs: Sequence[str]) -> dict[str, Any]:
    """The losses of one or more runs over their steps; for points with step, value, curve and run.

    Of one run the two curves have a colour each, of several each run has one, and what it was trained on is dashed.
    """
    one = len(runs) == 1
    names = ["training", "held out"] if one else list(runs)
    legend = {"orient": "top", "title": None, "labelLimit": 400, "columns": 2 if one else 1}
    encoding = {
        "x": {"field": "step", "type": "quantitative", "title": "Step", "axis": {"tickMinStep": 1}},
        "y": {"field": "value", "type": "quantitative", "title": "Loss", "scale": {"zero": False}},
        "color": {
            "field": "curve" if one else "run",
            "type": "nominal",
            "scale": {"domain": names, "range": _RUN_COLOURS[: len(names)]},
            "legend": legend,
        },
        "detail": [{"field": "run"}, {"field": "curve"}],
        "tooltip": [
            *([] if one else [{"field": "run", "title": "run"}]),
            {"field": "curve", "title": "curve"},
            {"field": "step", "title": "step"},
            {"field": "value", "title": "loss", "format": ".3f"},
        ],
    }
    dash = {"condition": {"test": "datum.curve == 'training'", "value": [4, 3]}, "value": [1, 0]}
    held_out = [{"filter": "datum.curve == 'held out'"}]
    return {
        "height": 320,
        "encoding": encoding,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {} if one else {"strokeDash": dash}},
            {"transform": held_out, "mark": {"type": "point", "filled": True, "size": 60}},
            {"mark": {"type": "point", "size": 90, "opacity": 0}},
        ],
    }
