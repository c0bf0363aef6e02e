"""Methods side by side: each quantized into a folder, measured in a process of its own, and cleared away."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.evaluation import machine
from rag.files import write_json
from rag.jobs.isolated import Apart, run_apart
from rag.quantization.folder import OnProgress
from rag.quantization.measuring import check_text, measure, measure_gguf_perplexity
from rag.quantization.methods import MethodComparison, Quantization
from rag.quantization.quantize import open_source, quantize
from rag.quantization.report import write_report
from rag.quantization.source import SourceModel
from rag.quantization.tasks import Tasks
from rag.training.runs.folder import RunFolder
from vectorstore.errors import RefdeskError
from vectorstore.models import ResolvedModel


def compare_methods(
    model: ResolvedModel,
    methods: Sequence[Quantization],
    tasks: Tasks,
    folder: Path,
    unpacked: Path,
    on_progress: OnProgress,
    apart: Apart = run_apart,
) -> MethodComparison:
    """Measure each of ``methods`` that ``folder`` does not hold a result of yet, and write the report there.

    Raises UsageError when ``folder`` holds a comparison of another model, text, questions or machine, and as
    ``check_text`` does.
    """
    source = open_source(model, unpacked, on_progress)
    check_text(source, tasks)
    setup = {
        "model": {"name": Path(model.name).name, "sha256": source.sha256, "parameters": source.parameters},
        **tasks.named,
        "tokens": tasks.tokens,
        "questions_asked": len(tasks.questions),
        "machine": machine.describe(),
    }
    run = RunFolder(folder)
    run.claim(setup, resume=True)
    kept = folder / "results"
    results = []
    for number, method in enumerate(methods, start=1):
        file = kept / f"{method.name}.json"
        if file.exists():
            results.append(json.loads(file.read_text(encoding="utf-8")))
            continue

        def show(what: str, done: int, total: int, title: str = f"{number} of {len(methods)}, {method.name}") -> None:
            on_progress(f"{title}: {what}", done, total)

        result = {
            "method": method.name,
            "kind": method.kind,
            **_result(model, source, method, tasks, folder, unpacked, show, apart),
        }
        if "problem" not in result:  # what failed is tried again by the next call
            write_json(file, result)
        results.append(result)
    comparison = MethodComparison(Path(model.name).name, setup, tuple(results))
    write_report(folder, comparison.as_json())
    return comparison


def _result(
    model: ResolvedModel,
    source: SourceModel,
    method: Quantization,
    tasks: Tasks,
    folder: Path,
    unpacked: Path,
    on_progress: OnProgress,
    apart: Apart,
) -> dict[str, Any]:
    """All figures, or those up to the ``problem``."""
    written = folder / "model"
    shutil.rmtree(written, ignore_errors=True)
    result: dict[str, Any] = {}
    missing = "Nothing was measured"
    try:
        made = quantize(model, method, written, unpacked, on_progress)
        result |= {key: made[key] for key in ("bytes", "bits_per_parameter")}
        missing = "Only the size is known"
        result |= apart(measure, source, written, tasks, on_progress=on_progress)
        missing = "The perplexity is missing"
        if method.kind == "gguf":
            result["perplexity"] = apart(measure_gguf_perplexity, source, written, tasks, on_progress=on_progress)
    except RefdeskError as error:
        result["problem"] = f"{missing}. {error}"
    finally:
        shutil.rmtree(written, ignore_errors=True)
    return result
