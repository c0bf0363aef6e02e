"""How well fields are read from invoices: generated ones, most of them in layouts nothing was fitted on, and real ones.

Beside Refdesk's way (labels, signals, and the reader for what they leave open) the same without the reader, the reader
alone, and patterns alone.
"""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.invoices.generate import Sample, generate
from benchmarks.invoices.layouts import FITTING, TESTING
from benchmarks.tables import table
from ingest.limits import Limits
from rag.components import open_reader
from rag.extraction.correcting import normalise
from rag.extraction.extractor import Extractor
from rag.extraction.page import FormText, read_form
from rag.extraction.schema import FormField, Schema, load_schema
from rag.extraction.signals import group_of
from rag.extraction.types import Extraction, FieldType
from rag.extraction.values.amounts import find_amounts
from rag.extraction.values.origin import find_origin
from rag.reader.model import ExtractiveReader
from rag.reader.types import PassageText
from rag.settings.model import load_settings

_COUNT, _SEED = 200, 2026
_SURE = 0.9
_BINS = (0.5, 0.7, 0.8, 0.9, 0.97, 1.01)
_FIELDS = ("issuer", "invoice_number", "date", "amount", "currency")

Found = tuple[str | None, float]
"""What was given for a field (normalised), and how sure."""
Way = Callable[[Extraction], Mapping[str, Found]]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One field of one invoice."""

    invoice: str
    layout: str
    language: str
    field: str
    gold: str | None
    given: str | None
    confidence: float
    right: bool


def run(data: Path | None, count: int = _COUNT, seed: int = _SEED) -> dict[str, Any]:
    schema = load_schema("invoice", Path())
    apart = count // 2
    samples = [
        *generate(FITTING, count - apart, seed, unseen=False),
        *generate(TESTING, apart, seed + 1, unseen=True),
    ]
    with tempfile.TemporaryDirectory() as folder:
        reader = open_reader(load_settings(Path(folder)))
        files = [Path(folder, f"{sample.name}.pdf") for sample in samples]
        for file, sample in zip(files, samples, strict=True):
            file.write_bytes(sample.canvas.bytes())
        with Extractor(Limits(), reader) as with_reader, Extractor(Limits(), None) as without:
            extractions = list(with_reader.extract(files, schema, ()))
            found: dict[str, list[Mapping[str, Found]]] = {
                "Refdesk": [_given(one) for one in extractions],
                "Refdesk without the reader": [_given(one) for one in without.extract(files, schema, ())],
                "the reader alone": [_by_reader(one, schema, reader) for one in extractions],
                "patterns alone": [_by_patterns(one, schema) for one in extractions],
            }
            speed = _speed(with_reader, files, samples, schema)
            real = _real(data / "invoices", with_reader, schema) if data else []
    judged = {way: list(_judge(samples, of)) for way, of in found.items()}
    return {
        "invoices": len(samples),
        "ways": {way: _figures(of) for way, of in judged.items()},
        "fields": {name: _figures([one for one in judged["Refdesk"] if one.field == name]) for name in _FIELDS},
        "layouts": {
            name: _share([one for one in judged["Refdesk"] if one.layout == name and one.gold is not None])
            for name in (*FITTING, *TESTING)
        },
        "calibration": _calibration([one for one in judged["Refdesk"] if one.layout in TESTING]),
        "speed": speed,
        "real": real,
        "wrong": [asdict(one) for one in judged["Refdesk"] if not one.right],
    }


def _given(extraction: Extraction) -> dict[str, Found]:
    return {name: (found.normalised, found.confidence) for name, found in extraction.fields.items()}


def _by_reader(extraction: Extraction, schema: Schema, reader: ExtractiveReader) -> dict[str, Found]:
    """The best span of each field's first question over the whole text, where it is more than no answer."""
    assert extraction.layout is not None
    form = read_form(extraction.layout)
    origin = find_origin(form)
    given: dict[str, Found] = {}
    for name, field in schema.shown.items():
        question = field.questions[0] if field.questions else f"What is the {name}?"
        (reading,) = reader.read(question, [PassageText("", form.text, ())])
        value = None
        if reading.spans and (best := reading.spans[0]).margin > reader.no_answer_margin:
            text = form.text[best.start : best.end].strip(" :,;")
            value = normalise(text, field, origin)
        given[name] = (value, 1.0)
    return given


def _by_patterns(extraction: Extraction, schema: Schema) -> dict[str, Found]:
    """What follows the first label of a field on its line, as a template of regular expressions would have it."""
    assert extraction.layout is not None
    form = read_form(extraction.layout)
    origin = find_origin(form)
    given: dict[str, Found] = {}
    for name, field in schema.shown.items():
        value: str | None = None
        if field.type == "organisation":
            value = form.lines[0][0].text
        elif field.type == "currency":
            value = next((normalise(a.sign, field, origin) for a in find_amounts(form) if a.sign), None)
        else:
            value = next(_after_labels(form, field), None)
        given[name] = (value, 1.0)
    return given


def _after_labels(form: FormText, field: FormField) -> Iterator[str]:
    origin = find_origin(form)
    shapes = {"identifier": r"[\w/.\-]*\d[\w/.\-]*", "amount": r"[^\d\n]{0,6}[\d.,' ]*\d", "date": r"[^\n]{6,20}"}
    for label in sorted(field.labels, key=len, reverse=True):
        for found in re.finditer(rf"(?i)(?<!\w){re.escape(label)}[\s:.#]{{0,12}}({shapes[field.type]})", form.text):
            if value := normalise(found[1].strip(), field, origin):
                yield value


def _judge(samples: Sequence[Sample], given: Sequence[Mapping[str, Found]]) -> Iterator[_Judged]:
    for sample, of in zip(samples, given, strict=True):
        for name in _FIELDS:
            gold = sample.gold[name]
            value, confidence = of[name]
            yield _Judged(
                sample.name, sample.layout, sample.language, name, gold, value, confidence, _is_right(name, gold, value)
            )


def _is_right(name: str, gold: str | None, value: str | None) -> bool:
    if gold is None or value is None:
        return gold is value
    kind: FieldType = "organisation" if name == "issuer" else "text"
    return group_of(kind, gold) == group_of(kind, value)


def _figures(judged: Sequence[_Judged]) -> dict[str, Any]:
    """Shares on the layouts for fitting and on those for testing; of missing fields; of sure values."""
    figures: dict[str, Any] = {}
    for part, layouts in (("fitted", FITTING), ("unseen", TESTING)):
        of_part = [one for one in judged if one.layout in layouts]
        missing = [one for one in of_part if one.gold is None]
        sure = [one for one in of_part if one.given is not None and one.confidence > _SURE]
        figures[part] = {
            "right": _share([one for one in of_part if one.gold is not None]),
            "abstained": _share(missing),
            "missing": len(missing),
            "sure_right": _share(sure),
            "sure": len(sure) / max(1, len(of_part)),
        }
    return figures


def _share(judged: Sequence[_Judged]) -> float | None:
    return sum(one.right for one in judged) / len(judged) if judged else None


def _calibration(judged: Sequence[_Judged]) -> list[dict[str, Any]]:
    given = [one for one in judged if one.given is not None]
    bins = []
    for low, high in pairwise(_BINS):
        inside = [one for one in given if low <= one.confidence < high]
        if inside:
            mean = sum(one.confidence for one in inside) / len(inside)
            bins.append({"from": low, "values": len(inside), "confidence": mean, "right": _share(inside)})
    return bins


def _speed(extractor: Extractor, files: Sequence[Path], samples: Sequence[Sample], schema: Schema) -> dict[str, float]:
    """Pages a second of the invoices without pictures, once everything has started."""
    typed = [file for file, sample in zip(files, samples, strict=True) if not sample.layout.startswith("picture")]
    started, processor = time.perf_counter(), time.process_time()
    pages = sum(len(one.layout.pages) for one in extractor.extract(typed, schema, ()) if one.layout)
    elapsed = time.perf_counter() - started
    return {
        "pages": pages,
        "seconds": elapsed,
        "per_second": pages / elapsed,
        "processor_seconds": time.process_time() - processor,
    }


def _real(folder: Path, extractor: Extractor, schema: Schema) -> list[dict[str, Any]]:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    files = [folder / name for name in expected]
    results = []
    for extraction in extractor.extract(files, schema, ()):
        for name, gold in expected[extraction.document.name].items():
            text = f"{gold:.2f}" if name == "amount" else str(gold)
            found = extraction.fields[name]
            results.append(
                {
                    "invoice": extraction.document.name,
                    "field": name,
                    "expected": text,
                    "given": found.normalised,
                    "confidence": round(found.confidence, 3),
                    "right": _is_right(name, text, found.normalised),
                }
            )
    return results


def section(result: Mapping[str, Any]) -> str:
    ways = table(
        (
            "read by",
            "right, layouts of the fitting",
            "right, unseen layouts",
            "missing fields left out, unseen",
            "right of those above 0.9, unseen",
            "values above 0.9, unseen",
        ),
        [
            (
                way,
                _shown(of["fitted"]["right"]),
                *(_shown(of["unseen"][name]) for name in ("right", "abstained", "sure_right", "sure")),
            )
            for way, of in result["ways"].items()
        ],
    )
    fields = table(
        ("Refdesk on unseen layouts", "right", "missing ones left out", "right of those above 0.9"),
        [
            (name, *(_shown(of["unseen"][part]) for part in ("right", "abstained", "sure_right")))
            for name, of in result["fields"].items()
        ],
    )
    calibration = table(
        ("confidence from", "values", "mean confidence", "right"),
        [
            (one["from"], one["values"], f"{one['confidence']:.3f}", f"{one['right']:.3f}")
            for one in result["calibration"]
        ],
    )
    layouts = ", ".join(f"{name} {_shown(result['layouts'][name])}" for name in TESTING if name in result["layouts"])
    speed = result["speed"]
    parts = [
        f"""## Fields of invoices

{result["invoices"]} generated invoices in {len(FITTING) + len(TESTING)} layouts and five languages. Half of them are in
the {len(TESTING)} layouts that were kept apart from the fitting, as was a part of the wordings. Right: the normalised
value is the expected one (an organisation's without its legal form). The reader and the patterns alone give no
confidence.

{ways}

{fields}

{calibration}

Right by unseen layout: {layouts}.

{speed["per_second"]:.1f} pages a second ({speed["pages"]} pages of invoices without pictures, reading included,
after start)."""
    ]
    if result["real"]:
        right = sum(one["right"] for one in result["real"])
        rows = [
            (one["invoice"], one["field"], one["expected"], one["given"], one["confidence"]) for one in result["real"]
        ]
        parts.append(
            f"Real invoices: {right} of {len(rows)} fields right.\n\n"
            + table(("invoice", "field", "expected", "given", "confidence"), rows)
        )
    return "\n\n".join(parts)


def _shown(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"
