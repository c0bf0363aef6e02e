"""Rows of records, tables and lists of settings, made up: questions of public data stand beside prose alone.

Each is answered by one field of one row among others like it, or by none: the row or the column is not there. What they
are about is in ``records.toml``.
"""

import functools
import itertools
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.training.reader.rows import Row, Source

_SIZE = 20_000
_FILE = Path(__file__).with_name("records.toml")

_FIRST = "Anna Ben Chloe David Emma Farid Grace Hanna Ivan Julia Karim Lena Marek Nora Omar Paula Ravi Sofia Tomas Yara"
_LAST = "Abbott Berger Costa Dietrich Egger Fontaine Gruber Hassan Ivanov Jansen Keller Lopez Moreau Novak Okafor Petit"
_LAST += " Quist Romano Schmid Tanaka Ulrich Vogel Weiss Young Zeller Marsh Holt Brook Lind Ferreira"
_SYLLABLES = "al bar cor den el fen gor har is kel lum mar nor ost pel quin ros sel tor ul ver win yar zen"
_TOWN_ENDS = "burg ford ham haven stead ton mouth field minster wick"
_JOBS = (
    "Managing director|Head of accounts|Head of production|Office manager|Works doctor|Safety officer|Data protection "
    "officer|Head of purchasing|Site manager|Personnel officer|Caretaker|Sales manager|Quality manager|Receptionist"
)
_MONTHS = "January February March April May June July August September October November December".split()
_DOES = (
    "Sets how long a connection may be idle before it is closed.|Turns the log of slow requests on.|Says where "
    "temporary files are kept.|Limits the memory that one job may take.|Chooses the format of the output.|Leaves out "
    "entries that have not changed.|Shows what would be done without doing it.|Sends a message when a job has failed."
    "|Sets the number of worker processes.|Overwrites files that exist already.|Reads settings from this file.|Checks "
    "certificates before a connection is made.|Compresses what is sent.|Writes one line for each file that was read."
    "|Sets the address that the server listens on.|Keeps old versions for so many days."
)
_SETTING_PARTS = "cache log worker index sync mail buffer retry session queue archive auth proxy query backup lock"
_SETTING_ENDS = "size level timeout mode path limit count interval format enabled threshold policy"
_JOINS = ("_", ".", "-", "")


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    asks: Sequence[str]
    back: Sequence[str]
    said: str


@dataclass(frozen=True, slots=True)
class _Table:
    """``cells`` by row and column; the first column names the row."""

    kind: Mapping[str, Any]
    columns: Sequence[_Column]
    cells: Sequence[Sequence[str]]
    missing: str
    """A name of the kind that none of the rows has."""


def record_source(share: float, whole: float) -> Source:
    """Made-up rows: a ``share`` of all, where the others weigh ``whole``."""
    return Source("records", "", _SIZE, whole * share / (1 - share), lambda _, draw: record_row(draw))


def record_row(draw: random.Random) -> Row:
    """A question to a record, a table, a list of settings or a table by ranges."""
    kinds, tiers = _kinds()
    return tier_row(draw.choice(tiers), draw) if draw.random() < 0.12 else _table_row(draw.choice(kinds), draw)


@functools.cache
def _kinds() -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    made = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return made["kind"], made["tiers"]


def _table_row(kind: Mapping[str, Any], draw: random.Random) -> Row:
    form = kind.get("form") or draw.choice(("table", "table", "lines", "record", "grid"))
    table = _table(kind, 1 if form == "record" else draw.choice((2, 3, 3, 4, 4, 5, 6, 8)), draw)
    asked = draw.randrange(len(table.cells))
    column = draw.randrange(1, len(table.columns))
    chosen = table.columns[column]
    name, value = table.cells[asked][0], table.cells[asked][column]
    alone = [row[column] for row in table.cells].count(value) == 1
    told: int | None = asked
    if chosen.back and alone and draw.random() < 0.3:
        question, goal = draw.choice(chosen.back).format(v=value), 0
    elif not chosen.asks:
        return _table_row(kind, draw)
    else:
        chance = draw.random()
        if chance < 0.2:  # a row that is not there
            name, told = table.missing, None
        elif chance < 0.3 and len(table.columns) > 3:  # a column that is not there
            table = _without(table, column)
            told = None
        question, goal = draw.choice(chosen.asks).format(k=_as_typed(name, draw)), column
    return _row(form, table, question, told, goal, draw)


def _table(kind: Mapping[str, Any], count: int, draw: random.Random) -> _Table:
    first, *others = kind["columns"]
    if kind.get("form") != "entries":
        others = draw.sample(others, draw.randint(min(2, len(others)), len(others)))
    made = [first, *others]
    columns = [
        _Column(draw.choice(c["headers"]), c["asks"], c.get("back", ()), draw.choice(c.get("said", ["{v}"])))
        for c in made
    ]
    names: list[str] = []
    while len(names) <= count:
        name = _alike(names, draw) or _value(first, draw)
        if name not in names:
            names.append(name)
    draw.shuffle(names)
    missing = names.pop()
    return _Table(kind, columns, [[name, *(_value(c, draw) for c in made[1:])] for name in names], missing)


def _alike(names: Sequence[str], draw: random.Random) -> str | None:
    """Now and then a code that is like one that is there in all but one character."""
    code = draw.choice(names) if names else ""
    places = [place for place, character in enumerate(code) if character.isdigit()]
    if not places or len(code) > 12 or draw.random() < 0.5:
        return None
    place = draw.choice(places)
    return code[:place] + draw.choice("123456789") + code[place + 1 :]


def _without(table: _Table, column: int) -> _Table:
    def left(row: Sequence[Any]) -> list[Any]:
        return [cell for number, cell in enumerate(row) if number != column]

    return _Table(table.kind, left(table.columns), [left(row) for row in table.cells], table.missing)


def _row(form: str, table: _Table, question: str, told: int | None, goal: int, draw: random.Random) -> Row:
    """The table as text, with the places of its rows and of the cell that answers."""
    text, span, sentences = "", None, []
    heading = draw.choice(table.kind["headings"])
    if form in ("table", "grid") and draw.random() < 0.4 and (intros := table.kind.get("intros")):
        sentences.append((0, len(text := draw.choice(intros))))
        text += "\n\n"
    if form == "grid":
        text += "  ".join(column.header for column in table.columns) + "\n"
    chosen: list[int] = []
    for number, cells in enumerate(table.cells):
        begin = len(text)
        for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
            before, after = _around(form, place, column)
            text += before
            if number == told and place == goal:
                span = (len(text), len(text) + len(cell))
            text += cell + after
        text = text.rstrip(" ;,")
        if form in ("table", "lines"):
            text += "."
        if number == told:
            chosen.append(len(sentences))
        sentences.append((begin, len(text)))
        text += "\n\n" if form == "entries" else "\n"
    return Row(
        question,
        text.rstrip(),
        heading,
        span=span,
        span_known=True,
        sentences=tuple(sentences),
        selected=frozenset(chosen),
        relevant=told is not None,
    )


def _around(form: str, place: int, column: _Column) -> tuple[str, str]:
    """What stands before and behind a cell."""
    if form == "entries":
        before, _, after = column.said.partition("{v}")
        return before, after + ("\n" if place == 0 else " ")
    if form == "grid":
        return "", "  "
    if form == "record":
        return f"{column.header}: ", "\n"
    if form == "lines":
        return ("", ", ") if place == 0 else (f"{column.header}: ", ", ")
    return f"{column.header}: ", "; "


def tier_row(kind: Mapping[str, Any], draw: random.Random) -> Row:
    """A question to a table of a kind of ``tiers`` in ``records.toml``: the row that has a number in its range."""
    lowest, highest = kind["range"]
    count = draw.randint(3, 6)
    bounds = sorted(draw.sample(range(lowest + 1, highest), count - 1))
    unit, by = kind["unit"], draw.choice(kind["by"])
    ranges = [(lowest, bounds[0] - 1), *[(a, b - 1) for a, b in itertools.pairwise(bounds)]]
    ranges.append((bounds[-1], highest))
    names = [
        draw.choice((f"fewer than {b + 1}", f"up to {b}", f"under {b + 1}")) if number == 0
        else draw.choice((f"{a} or more", f"from {a}", f"over {a - 1}")) if number == count - 1
        else f"{a}" if a == b else draw.choice((f"{a} to {b}", f"{a}-{b}", f"from {a} to {b}"))
        for number, (a, b) in enumerate(ranges)
    ]  # fmt: skip
    made = draw.sample(kind["columns"], draw.randint(1, len(kind["columns"])))
    columns = [_Column(by, (), (), ""), *[_Column(draw.choice(c["headers"]), c["asks"], (), "") for c in made]]
    cells = [[name + unit, *(_value(c, draw) for c in made)] for name in names]
    asked, goal = draw.randrange(count), draw.randint(1, len(made))
    number = draw.randint(*ranges[asked])
    question = draw.choice(columns[goal].asks).format(n=number)
    return _row(draw.choice(("table", "lines", "grid")), _Table(kind, columns, cells, ""), question, asked, goal, draw)


def _as_typed(name: str, draw: random.Random) -> str:
    """A name as people write it: in lower case, by the last name alone."""
    if draw.random() < 0.15:
        return name.lower()
    if name[1:].islower() and draw.random() < 0.6:  # no name, but a word at the beginning of a cell
        return name[0].lower() + name[1:]
    first, _, last = name.partition(" ")
    return last if last and first in _FIRST.split() and draw.random() < 0.25 else name


def _value(column: Mapping[str, Any], draw: random.Random) -> str:
    if "choice" in column:
        return str(draw.choice(column["choice"]))
    if "number" in column:
        return f"{draw.randint(*column['number'])}{column['unit']}"
    return _MAKERS[column["values"]](draw)


def _word(draw: random.Random, count: int = 2) -> str:
    return "".join(draw.choice(_SYLLABLES.split()) for _ in range(count))


def _code(draw: random.Random) -> str:
    letters = "".join(draw.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(draw.randint(1, 3)))
    return f"{letters}{draw.choice('- -')}{draw.choice((draw.randint(2, 99), draw.randint(100, 9999)))}".replace(
        "- ", "-"
    )


def _price(draw: random.Random) -> str:
    number = draw.choice((draw.randint(2, 60), draw.randint(60, 900), draw.randint(900, 9000)))
    cents = draw.choice(("", "", ".50", ".90", ".00"))
    return draw.choice((f"{number}{cents}", f"{number}{cents} EUR", f"£{number}{cents}", f"{number}{cents} euros"))


def _time(draw: random.Random) -> str:
    number = draw.randint(2, 30)
    return f"{number} {draw.choice(('days', 'weeks', 'months', 'years', 'working days'))}"


def _date(draw: random.Random) -> str:
    day, month, year = draw.randint(1, 28), draw.randint(1, 12), draw.randint(2024, 2027)
    return draw.choice(
        (f"{day} {_MONTHS[month - 1]} {year}", f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}")
    )


def _clock(draw: random.Random) -> str:
    return f"{draw.randint(5, 22)}:{draw.choice(('00', '10', '15', '25', '30', '45', '50'))}"


def _hours(draw: random.Random) -> str:
    if draw.random() < 0.1:
        return "closed"
    return f"{draw.randint(6, 11)}:{draw.choice(('00', '30'))} to {draw.randint(12, 21)}:{draw.choice(('00', '30'))}"


def _setting(draw: random.Random) -> str:
    join = draw.choice(_JOINS)
    parts = [draw.choice(_SETTING_PARTS.split()), draw.choice(_SETTING_ENDS.split())]
    if draw.random() < 0.4:
        parts.insert(0, _word(draw))
    return join.join(parts) if join else parts[0] + "".join(part.capitalize() for part in parts[1:])


def _default(draw: random.Random) -> str:
    return draw.choice(
        (str(draw.randint(0, 4096)), f"{draw.randint(1, 90)} seconds", "on", "off", "none", "auto", "true")
    )


def _allowed(draw: random.Random) -> str:
    words = draw.sample(["on", "off", "auto", "never", "always", "warn", "strict", "fast", "full", "minimal"], 3)
    low, high = draw.randint(0, 9), draw.randint(10, 900)
    return draw.choice(
        (", ".join(words), f"{words[0]} and {words[1]}", f"{low} to {high}", f"{words[0]}, {words[1]} or {words[2]}")
    )


def _option(draw: random.Random) -> str:
    name = f"--{draw.choice(_SETTING_PARTS.split())}-{draw.choice(_SETTING_ENDS.split())}"
    return draw.choice((name, f"-{draw.choice('abcdefghknpqrstvx')}, {name}", f"{name}=N"))


_MAKERS: Mapping[str, Callable[[random.Random], str]] = {
    "code": _code,
    "price": _price,
    "span of time": _time,
    "person": lambda draw: f"{draw.choice(_FIRST.split())} {draw.choice(_LAST.split())}",
    "job": lambda draw: draw.choice(_JOBS.split("|")),
    "phone": lambda draw: draw.choice(
        (f"{draw.randint(10, 9999)}", f"0{draw.randint(20, 99)} {draw.randint(100000, 999999)}")
    ),
    "mail": lambda draw: f"{draw.choice(_LAST.split()).lower()}@{_word(draw)}.example",
    "room": lambda draw: draw.choice((f"{draw.choice('ABCDE')}{draw.randint(1, 420)}", f"Room {draw.randint(1, 420)}")),
    "error": lambda draw: f"{draw.choice(('E', 'F', 'ERR-', 'A', ''))}{draw.randint(1, 99):02}",
    "town": lambda draw: _word(draw, 1).capitalize() + draw.choice(_TOWN_ENDS.split()),
    "street": lambda draw: (
        f"{draw.randint(1, 180)} {_word(draw).capitalize()} {draw.choice(('Street', 'Road', 'Lane'))}"
    ),
    "product": lambda draw: _word(draw).capitalize() + draw.choice(("", " Office", " CAD", " Studio", " Server")),
    "drug": lambda draw: _word(draw).capitalize() + draw.choice(("ol", "in", "ine", "amid", "axin")),
    "date": _date,
    "clock": _clock,
    "hours": _hours,
    "version": lambda draw: f"{draw.randint(1, 17)}.{draw.randint(0, 12)}",
    "setting": _setting,
    "option": _option,
    "default": _default,
    "allowed": _allowed,
    "does": lambda draw: draw.choice(_DOES.split("|")),
}
