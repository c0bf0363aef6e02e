"""What the pages have in common, as the plain data that components draw. Pure functions, no Streamlit.

The components build the page with ``textContent`` only, so nothing here needs escaping, and nothing here may be markup.
"""

from collections.abc import Iterable, Sequence

from rag.evaluation.tables import shown
from ui import texts
from vectorstore.errors import RefdeskError

View = dict[str, object]


def notice_view(error: RefdeskError) -> View:
    """An error in the order people need it: what happened, where, what to do."""
    return {"what": texts.ended(error.what), "where": error.where, "remedy": texts.ended(error.remedy)}


def marked_parts(text: str, mark: str | None) -> list[View]:
    """``text`` cut into plain and marked pieces; the first occurrence of ``mark`` is the marked one.

    >>> marked_parts("It costs 5 euros.", "5 euros")
    [{'text': 'It costs ', 'mark': False}, {'text': '5 euros', 'mark': True}, {'text': '.', 'mark': False}]
    """
    start = text.find(mark) if mark else -1
    if mark is None or start < 0:
        return [{"text": text, "mark": False}]
    end = start + len(mark)
    pieces = ((text[:start], False), (text[start:end], True), (text[end:], False))
    return [{"text": piece, "mark": marked} for piece, marked in pieces if piece]


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Iterable[int] = ()) -> View:
    """``numbers`` says which columns stand to the right; a cell is a text or what ``bar`` gives."""
    right = set(numbers)
    return {
        "columns": [{"label": label, "number": place in right} for place, label in enumerate(columns)],
        "rows": [list(row) for row in rows],
    }


def bar(value: float | None, bounds: Sequence[float] | None = None) -> object:
    """A share as a number with a bar, and its 95% interval on it; other numbers as a text."""
    if value is None or not 0.0 <= value <= 1.0:
        return shown(value)
    low, high = bounds or (value, value)
    return {"text": f"{value:.3f}", "value": value, "low": low, "high": high}


def label(name: str) -> str:
    """A figure's name for people: its key, as the command line prints it, without underscores.

    >>> label("false_answers")
    'False answers'
    """
    spaced = "EM" if name == "em" else name.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]
