"""Draw the house from its code: ``python scripts/draw_house.py [--check]``.

Writes docs/images/house.svg, and the table of rooms in docs/architecture.md between its two marks. A room is a package
one level below ``ui``, ``rag``, ``ingest`` or ``vectorstore``; what it says of itself is its docstring. Lines are
imports within a folder, from above to below. With ``--check`` nothing is written, and the exit code says whether the
table is true.
"""

import argparse
import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/images/house.svg"
MAP = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- rooms: made by scripts/draw_house.py -->", "<!-- end of rooms -->"
FOLDERS = ("ui", "rag", "ingest", "vectorstore")

_WIDTH, _MARGIN, _BOX, _GAP, _ROW, _HEAD = 1180, 20, 150, 14, 78, 34
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2430 }
.folder { fill: #f3f5f8; stroke: #d5dbe3 }
.name { font-weight: 600 }
.room { fill: #fff; stroke: #8fa1b5 }
.lines { fill: #5b6878; font-size: 11px }
.arrow { fill: none; stroke: #5276a8; opacity: .4 }
"""


@dataclass(frozen=True)
class Room:
    """A package or a module one level below its folder."""

    name: str
    folder: str
    says: str
    modules: int
    lines: int


def room_of(module: str) -> str:
    """``rag.query.spelling`` lies in ``rag.query``; ``rag.types`` is a room of its own."""
    return ".".join(module.split(".")[:2])


def rooms() -> dict[str, Room]:
    files: defaultdict[str, list[Path]] = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            files[room_of(module)].append(path)
    found = {}
    for name, paths in files.items():
        folder, _, inside = name.partition(".")
        if inside:
            says = ast.get_docstring(ast.parse(min(paths, key=lambda path: len(path.parts)).read_text("utf-8"))) or ""
            lines = sum(len(path.read_text("utf-8").splitlines()) for path in paths)
            modules = sum(path.name != "__init__.py" for path in paths)
            found[name] = Room(name, folder, " ".join(says.split("\n\n")[0].split()), modules, lines)
    return found


def imports(found: dict[str, Room]) -> dict[tuple[str, str], int]:
    """How many modules of one room import from another."""
    graph = grimp.build_graph(*FOLDERS, cache_dir=None)
    pairs = {
        (importer, room_of(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for importer, target in pairs:
        if room_of(importer) != target and {room_of(importer), target} <= found.keys():
            counts[room_of(importer), target] += 1
    return dict(counts)


def levels(found: dict[str, Room], arrows: dict[tuple[str, str], int]) -> dict[str, int]:
    """How far above the ground a room stands within its folder: above all rooms that it imports.

    Ends the program where rooms import each other in a circle.
    """
    below: dict[str, set[str]] = {name: set() for name in found}
    for source, target in arrows:
        if found[source].folder == found[target].folder:
            below[source].add(target)
    height: dict[str, int] = {}
    try:
        for name in TopologicalSorter(below).static_order():
            height[name] = max((height[other] + 1 for other in below[name]), default=0)
    except CycleError as error:
        sys.exit(f"error: rooms import each other in a circle: {' -> '.join(error.args[1])}")
    return height


def drawn(found: dict[str, Room], arrows: dict[tuple[str, str], int]) -> str:
    height = levels(found, arrows)
    places: dict[str, tuple[float, float]] = {}
    boxes: list[str] = []
    top = _MARGIN
    for folder in FOLDERS:
        inside = [room for room in found.values() if room.folder == folder]
        begin, at = top, top + _HEAD
        for level in sorted({height[room.name] for room in inside}, reverse=True):
            row = sorted((room for room in inside if height[room.name] == level), key=lambda room: room.name)
            for first in range(0, len(row), 7):
                some = row[first : first + 7]
                left = (_WIDTH - len(some) * (_BOX + _GAP) + _GAP) / 2
                for number, room in enumerate(some):
                    places[room.name] = (left + number * (_BOX + _GAP), at)
                at += _ROW
        lines = sum(room.lines for room in inside)
        head = f"{folder}/  {sum(room.modules for room in inside)} modules, {lines:,} lines"
        boxes.append(
            f'<rect class="folder" x="{_MARGIN}" y="{begin}" width="{_WIDTH - 2 * _MARGIN}" '
            f'height="{at - begin - 8}" rx="8"/>'
            f'<text class="name" x="{_MARGIN + 12}" y="{begin + 22}">{head}</text>'
        )
        top = at + 14
    curves = [
        _curve(places[source], places[target], count)
        for (source, target), count in sorted(arrows.items())
        if found[source].folder == found[target].folder
    ]
    cards = [_card(found[name], *place) for name, place in places.items()]
    body = "\n".join([*boxes, *curves, *cards])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'aria-label="The rooms of Refdesk and what they import">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def _curve(source: tuple[float, float], target: tuple[float, float], count: int) -> str:
    x1, y1 = source[0] + _BOX / 2, source[1] + 48
    x2, y2 = target[0] + _BOX / 2, target[1]
    middle = (y1 + y2) / 2
    width = 0.6 + min(count, 12) / 4
    return (
        f'<path class="arrow" stroke-width="{width:.1f}" '
        f'd="M{x1:.0f},{y1:.0f} C{x1:.0f},{middle:.0f} {x2:.0f},{middle:.0f} {x2:.0f},{y2:.0f}"/>'
    )


def _card(room: Room, x: float, y: float) -> str:
    name = room.name.partition(".")[2]
    return (
        f"<g><title>{escape(room.says)}</title>"
        f'<rect class="room" x="{x:.0f}" y="{y}" width="{_BOX}" height="48" rx="6"/>'
        f'<text class="name" x="{x + _BOX / 2:.0f}" y="{y + 20}" text-anchor="middle">{escape(name)}</text>'
        f'<text class="lines" x="{x + _BOX / 2:.0f}" y="{y + 37}" text-anchor="middle">'
        f"{room.modules} {'modules' if room.modules > 1 else 'module'}, {room.lines:,} lines</text></g>"
    )


def table(found: dict[str, Room]) -> str:
    rows = ["| room | what is in it |", "|---|---|"]
    for folder in FOLDERS:
        inside = sorted((room for room in found.values() if room.folder == folder), key=lambda room: room.name)
        rows += [f"| `{room.name.replace('.', '/')}` | {room.says} |" for room in inside]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the house from its code.")
    parser.add_argument("--check", action="store_true", help="Only say whether the table of rooms is true.")
    check = parser.parse_args().check
    sys.path.insert(0, str(ROOT))
    found = rooms()
    text = MAP.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    told = f"{before}{BEGIN}\n{table(found)}\n{END}{after}"
    if check:
        if told != text:
            sys.exit("error: the rooms in docs/architecture.md are not those of the code. Run `make map`.")
        return
    PICTURE.write_text(drawn(found, imports(found)), encoding="utf-8")
    MAP.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
