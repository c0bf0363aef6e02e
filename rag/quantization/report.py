"""The report of a comparison: results.json for programs, report.html with a table and plots for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml.html import builder as E

from rag.evaluation.page import page, pairs, plot, table
from rag.evaluation.tables import flat
from rag.files import write_json, write_text
from rag.quantization.methods import METHODS
from rag.quantization.plots import plot_against_size

COLUMNS = ("MB", "bits", "load s", "memory MB", "tokens/s", "perplexity", "F1", "contained", "abstained rightly")


def cells(result: Mapping[str, Any]) -> list[str]:
    """A result in the order of ``COLUMNS``; "-" where nothing was measured."""
    size = result.get("bytes")
    return [
        f"{size / 1e6:,.1f}" if size else "-",
        _shown(result.get("bits_per_parameter"), 2),
        _shown(result.get("load_seconds"), 1),
        _shown(result.get("memory_mb"), 0),
        _shown(result.get("tokens_per_second"), 1),
        _shown(result.get("perplexity"), 2),
        _shown(result.get("f1"), 3),
        _shown(result.get("contained"), 3),
        _shown(result.get("abstained_rightly"), 3),
    ]


def write_report(folder: Path, comparison: Mapping[str, Any]) -> None:
    """Write both files. Raises RefdeskError when they cannot be written."""
    results: Sequence[Mapping[str, Any]] = comparison["results"]
    write_json(folder / "results.json", comparison)
    plots = [
        plot_against_size(results, "perplexity", "perplexity (lower is better)"),
        plot_against_size(results, "f1", "F1 of the answers (higher is better)"),
        plot_against_size(results, "tokens_per_second", "tokens written a second"),
    ]
    problems = [(result["method"], result["problem"]) for result in results if "problem" in result]
    summaries = [(result["method"], METHODS[result["method"]].summary) for result in results]
    text = page(
        f"Refdesk: {comparison['model']} quantized",
        [
            E.H2("Figures"),
            table(["method", *COLUMNS], [[result["method"], *cells(result)] for result in results]),
            E.H2("Quality and speed against size"),
            *(plot(one) for one in plots if one),
            *([E.H2("What could not be measured"), pairs(problems)] if problems else []),
            E.H2("The methods"),
            pairs(summaries),
            E.H2("How it was measured"),
            E.P(
                "Every method writes a model to disk and the engine that would serve it loads it (llama.cpp the GGUF "
                "files, transformers the others). Perplexity is computed in torch, for GGUF files from their unpacked "
                "weights. The questions are answered through the desk's own prompt, each with its right passage. A "
                "pruned model is stored whole: its zeros save space only in a format for sparse matrices."
            ),
            pairs(flat(comparison["setup"])),
        ],
    )
    write_text(folder / "report.html", text + "\n")


def _shown(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
