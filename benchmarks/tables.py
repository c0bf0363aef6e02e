"""Tables of docs/benchmarks.md."""

from collections.abc import Sequence


def table(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def with_interval(value: float, interval: Sequence[float], digits: int = 2) -> str:
    low, high = interval
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _cell(value: object) -> str:
    return " ".join(f"{value:,}".split() if isinstance(value, int) else str(value).replace("|", "\\|").split())
