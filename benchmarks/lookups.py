"""Names, codes, part numbers and versions looked up in an invented manual whose entries are much alike."""

import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.data import ingested
from benchmarks.tables import table
from rag.evaluation.machine import describe
from vectorstore.types import EVERYTHING

_AREAS = {"cache": "stored pages", "index": "the word index", "queue": "waiting jobs", "mail": "outgoing mail"}
_SETTINGS = {
    "timeout": "How long a request to {} may take, in seconds",
    "limit": "How many entries {} may have at once",
    "auto": "How many loose entries of {} are left before they are packed by themselves",
    "autoLimit": "How many packs of {} there may be before they are joined",
    "autoDetach": "Whether packing {} goes on in the background",
    "retries": "How often a failed access to {} is tried again",
    "path": "The folder of {}, below the home of the program",
    "level": "How much of {} is written to the log, from 0 to 9",
}
_FAULTS = ("no water", "lid open", "motor too warm", "sensor shorted", "filter blocked", "belt torn", "pump jammed")
_PARTS = ("belt", "roller", "seal", "hose", "fuse", "hinge")
_VERSIONS = ("2.9", "3.1", "3.10", "3.11", "3.12", "3.13", "3.13.1", "31.3")
_NEWS = ("a dark theme", "spoken replies", "a faster start", "signed updates", "two keyboards", "a new prompt")


def _settings() -> dict[str, str]:
    names = product(_AREAS, _SETTINGS)
    return {f"{area}.{name}": str(40 + 7 * number) for number, (area, name) in enumerate(names)}


def _faults() -> dict[str, str]:
    return {f"E-{4700 + 37 * n % 190}": f"{_FAULTS[n % 7]} in unit {n + 1}" for n in range(40)}


def _parts() -> dict[str, str]:
    return {f"40{n % 4}1-7{n % 7}-{'ABC'[n % 3]}": f"{_PARTS[n % 6]}, {n + 3} mm" for n in range(40)}


def write_manual(target: Path) -> None:
    """The manual's files: settings as a definition list, options and faults as lists, parts as a table, versions."""
    target.mkdir(parents=True)
    entries = []
    for (name, value), other in zip(_settings().items(), reversed(_settings()), strict=True):
        area, setting = name.split(".")
        said = f"{_SETTINGS[setting].format(_AREAS[area])}. The default is {value}. See also {other}."
        entries.append(f"<dt>{name}</dt><dd><p>{said}</p></dd>")
    page = f"<html><body><h1>Settings of Pressa</h1><dl>{''.join(entries)}</dl></body></html>"
    (target / "settings.html").write_text(page, encoding="utf-8")
    options = [
        f"- `-{letter}`, `--{word}-{end}`: {said}"
        for (letter, word), (end, said) in product(
            (("k", "keep"), ("n", "name"), ("N", "number"), ("x", "extract")),
            (
                ("all", "does so with every page."),
                ("none", "leaves that out."),
                ("new", "does so with new pages alone."),
            ),
        )
    ]
    (target / "options.md").write_text("# Options of Pressa\n\n" + "\n".join(options) + "\n", encoding="utf-8")
    faults = [f"- {code}: {said}. Call the service if it comes back." for code, said in _faults().items()]
    (target / "faults.md").write_text("# Faults of the Pressa 40\n\n" + "\n".join(faults) + "\n", encoding="utf-8")
    rows = [f"| {code} | {name} | {n + 2}.40 |" for n, (code, name) in enumerate(_parts().items())]
    parts = "# Spare parts\n\n| Part | Name | Price |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    (target / "parts.md").write_text(parts, encoding="utf-8")
    news = [
        f"## Pressa {version}\n\nVersion {version} brings {_NEWS[n % 6]} and mends {n + 3} faults of version "
        f"{_VERSIONS[n - 1]}. It runs for {n + 11} hours on one battery."
        for n, version in enumerate(_VERSIONS)
    ]
    (target / "news.md").write_text("# What is new\n\n" + "\n\n".join(news) + "\n", encoding="utf-8")


def lookups() -> Iterator[tuple[str, tuple[str, str]]]:
    """Each question, and two texts that the passage with its answer holds, in its heading or below."""
    settings, faults, parts = _settings(), _faults(), _parts()
    asked = ("What is the default of {}?", "{} default", "What does {} do?")
    for n, name in enumerate(list(settings)[2::3]):
        yield asked[n % 3].format(name), (name, f"default is {settings[name]}.")
    asked = ("What does fault {} mean?", "error code {}", "The display shows {}, what is wrong?")
    for n, code in enumerate(list(faults)[::5]):
        yield asked[n % 3].format(code), (code, f"{code}: {faults[code]}")
    asked = ("What is part {}?", "How much does {} cost?", "price of {}")
    for n, code in enumerate(list(parts)[3::5]):
        yield asked[n % 3].format(code), (code, f"Part: {code}; Name: {parts[code]}")
    of_versions = ("What is new in version {}?", "How many hours does {} run on one battery?")
    for n, version in enumerate(_VERSIONS):
        yield of_versions[n % 2].format(version), (f"Pressa {version}\n", f"Version {version} brings")
    for word, said in (
        ("--name-none", "leaves that out"),
        ("--extract-new", "with new pages"),
        ("--keep-all", "every"),
    ):
        yield f"What is the option {word} for?", (word, said)


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="refdesk-") as folder:
        write_manual(Path(folder, "manual"))
        knowledge = ingested(Path(folder, "home"), [Path(folder, "manual")])
        places: dict[str, int] = {}
        for question, (name, said) in lookups():
            found = knowledge.search(question, EVERYTHING, limit=20)
            texts = [f"{one.chunk.heading}\n{one.chunk.text}" for one in found]
            right = (n for n, text in enumerate(texts, start=1) if name in text and said in text)
            places[question] = next(right, 0)
        knowledge.close()
    ranks = list(places.values())
    return {
        "machine": describe(),
        "lookups": len(ranks),
        "first": ranks.count(1) / len(ranks),
        "among_three": sum(1 <= rank <= 3 for rank in ranks) / len(ranks),
        "mrr": sum(1 / rank for rank in ranks if rank) / len(ranks),
        "places": places,
    }


def section(result: dict[str, Any]) -> str:
    figures = (result["lookups"], *(f"{result[name]:.2f}" for name in ("first", "among_three", "mrr")))
    return "## Looking up names and codes\n\n" + table(
        ("lookups", "the right passage is first", "among three", "MRR"), [figures]
    )
