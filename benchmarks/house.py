"""How large the house is, and how far a question walks in it, beside another version.

python -m benchmarks.house [--before FOLDER]

FOLDER is a checkout of the other version. A crossing is a call of our own code from one room (a package below ``ui``,
``rag``, ``ingest`` or ``vectorstore``) into another, counted once for each pair of functions, while ``refdesk ask``
answers one question from a page of text; a fragment is a module of fewer than 25 lines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.tables import table

_FOLDERS = ("ui", "rag", "ingest", "vectorstore")
_FRAGMENT = 25
_PAGE = "# Opening hours\n\nThe library opens at nine in the morning. On Sundays it stays closed."
_QUESTION = "When does the library open?"
_TRACE = """
import contextlib, io, json, sys, threading

root, home, question = sys.argv[1:]
sys.path.insert(0, root)
from ui.cli.main import main

inside = tuple(f"{root}/{name}/" for name in ("ui", "rag", "ingest", "vectorstore"))
modules, pairs = set(), set()


def room(file):
    return "/".join(file[len(root) + 1 :].split("/")[:2])


def watch(frame, event, _):
    if event != "call" or not frame.f_code.co_filename.startswith(inside) or frame.f_code.co_name == "<module>":
        return
    called, caller = frame.f_code, frame.f_back
    modules.add(called.co_filename)
    while caller and not caller.f_code.co_filename.startswith(inside):
        caller = caller.f_back
    if caller and room(caller.f_code.co_filename) != room(called.co_filename):
        pairs.add((caller.f_code.co_filename, caller.f_code.co_qualname, called.co_filename, called.co_qualname))


said = io.StringIO()
sys.argv = ["refdesk", "ask", question, "--home", home, "--engine", "extractive", "--json"]
threading.setprofile(watch)
sys.setprofile(watch)
with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
    main()
sys.setprofile(None)
assert json.loads(said.getvalue())["kind"] == "extractive", said.getvalue()
rooms = {(room(pair[0]), room(pair[2])) for pair in pairs}
folders = sum(room(pair[0]).split("/")[0] != room(pair[2]).split("/")[0] for pair in pairs)
print(json.dumps({"modules": len(modules), "crossings": len(pairs), "doors": len(rooms), "folders": folders}))
"""


def measure(root: Path) -> dict[str, int]:
    """The figures of the checkout at ``root``."""
    files = [path for folder in _FOLDERS for path in (root / folder).rglob("*.py")]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    modules = {path: lines for path, lines in lengths.items() if path.name != "__init__.py"}
    environment = os.environ | {"PYTHONPATH": str(root)}
    with tempfile.TemporaryDirectory() as folder:
        page, home = Path(folder, "hours.md"), Path(folder, "home")
        page.write_text(_PAGE, "utf-8")
        # In a fresh interpreter each: both versions have packages of the same names.
        ingest = "import sys; from ui.cli.main import main; sys.argv[0] = 'refdesk'; main()"
        subprocess.run(
            [sys.executable, "-c", ingest, "ingest", page, "--home", home],
            cwd=root,
            env=environment,
            check=True,
            capture_output=True,
        )
        traced = subprocess.run(
            [sys.executable, "-c", _TRACE, root, home, _QUESTION],
            cwd=root,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    way: dict[str, int] = json.loads(traced.stdout.splitlines()[-1])
    return {
        "modules": len(modules),
        "lines": sum(lengths.values()),
        f"fragments (under {_FRAGMENT} lines)": sum(lines < _FRAGMENT for lines in modules.values()),
        "modules over 400 lines": sum(lines > 400 for lines in modules.values()),
        "modules that one question runs": way["modules"],
        "calls between rooms for one question": way["crossings"],
        "pairs of rooms that call each other": way["doors"],
        "calls between the four folders for one question": way["folders"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.house", description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of another version")
    before = parser.parse_args().before
    roots = {"before": before, "now": Path(__file__).parents[1]} if before else {"now": Path(__file__).parents[1]}
    figures = {name: measure(root.resolve()) for name, root in roots.items()}
    rows = [(name, *(column[name] for column in figures.values())) for name in figures["now"]]
    sys.stdout.write(table(("", *figures), rows) + "\n")


if __name__ == "__main__":
    main()
