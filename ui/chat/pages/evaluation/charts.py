"""Charts as Vega-Lite specifications, drawn in the colours of the theme."""

from collections.abc import Mapping, Sequence
from typing import Any

_TOOLTIP = [
    ("confidence", "answering.caution", ".2f"),
    ("coverage", "questions answered", ".0%"),
    ("risk", "of which wrong", ".0%"),
    ("answered", "answerable ones answered", ".0%"),
    ("false_answers", "unanswerable ones answered", ".0%"),
]


Curve = Sequence[Mapping[str, float]]


def risk_coverage(curve: Curve, caution: float) -> dict[str, Any]:
    """How many of the answers are wrong if only the surest are given."""
    return _curve(curve, caution, ("coverage", "Questions answered"), ("risk", "Of which wrong"))


def false_answers(curve: Curve, caution: float) -> dict[str, Any]:
    """What answering more of the answerable questions costs in answers to unanswerable ones."""
    return _curve(curve, caution, ("answered", "Answered"), ("false_answers", "False answers"))


def _curve(curve: Curve, caution: float, x: tuple[str, str], y: tuple[str, str]) -> dict[str, Any]:
    def axis(field: str, title: str) -> dict[str, Any]:
        scale = {"domain": [0, 1]}
        return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": {"format": "%"}}

    tooltip = [
        {"field": field, "title": title, "format": form, "type": "quantitative"} for field, title, form in _TOOLTIP
    ]
    given = [point for point in curve if point["confidence"] >= caution]
    encoding = {"x": axis(*x), "y": axis(*y), "order": {"field": "confidence", "sort": "descending"}}
    return {
        "data": {"values": [dict(point) for point in curve]},
        "height": 260,
        "encoding": encoding,
        "layer": [
            {"mark": {"type": "line", "interpolate": "linear"}},
            {"mark": {"type": "point", "size": 90, "opacity": 0}, "encoding": {"tooltip": tooltip}},
            {
                "data": {"values": [dict(point) for point in given[-1:]]},  # the desk as it was set
                "mark": {"type": "point", "filled": True, "size": 90},
                "encoding": {"tooltip": tooltip},
            },
        ],
    }
