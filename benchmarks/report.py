"""docs/benchmarks.md, written from the results."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import (
    abstention,
    adding,
    citations,
    embedding,
    extraction,
    grounding,
    large,
    letters,
    lookups,
    pdf_text,
    qlora,
    quantization,
    rag_vs_finetuning,
    reader,
    reading_speed,
    reranking,
    scale,
    scopes,
    shapes,
    startup,
)
from benchmarks.generator import measure as generator
from benchmarks.peers import measure as peers
from benchmarks.questions import measure as questions
from benchmarks.tables import table, with_interval

REPORT = Path(__file__).parents[1] / "docs/benchmarks.md"

_INTRODUCTION = """# Benchmarks

Written by `make bench DATA=folder`, where the folder holds `medquad.tar.xz` (github.com/abachaa/MedQuAD) and
SQuAD-format files under `qa/`; without `DATA` only what needs no data is measured. Every figure is from the
run it stands under, with the default models that come with the installation, on the machine named there. All results,
every answer included: [benchmarks.json](benchmarks.json). "Putting passages in order", "Retrieval or fine-tuning" and
"Beside its peers" were measured with the smaller reader of before, and are to be run again."""


def write_report(results: Mapping[str, Any]) -> None:
    """Render what there is; a measurement that was not run has no section."""
    sections = [_INTRODUCTION]
    for name, render in (
        ("startup", startup.section),
        ("ingestion", _ingestion),
        ("scale", scale.section),
        ("scopes", scopes.section),
        ("adding", adding.section),
        ("large", large.section),
        ("lookups", lookups.section),
        ("answers", _answers),
        ("questions", questions.section),
        ("conversations", _conversations),
        ("smalltalk", _smalltalk),
        ("shapes", shapes.section),
        ("medical", _medical),
        ("reader", reader.section),
        ("qlora", qlora.section),
        ("reading_speed", reading_speed.section),
        ("reranking", reranking.section),
        ("abstention", abstention.section),
        ("letters", letters.section),
        ("grounding", grounding.section),
        ("generator", generator.section),
        ("citations", citations.section),
        ("pdf_text", pdf_text.section),
        ("quantization", quantization.section),
        ("rag_vs_finetuning", rag_vs_finetuning.section),
        ("extraction", extraction.section),
        ("peers", peers.section),
    ):
        if name in results:
            result = results[name]
            where = result["machine"]
            hardware = f"{where['processor']}, {where['cores']} cores, {where['memory']}"
            machine = f"{hardware}; {where['system']}; {where['libraries']}"
            sections.append(f"{render(result)}\n\nMachine: {machine}.")
    REPORT.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _ingestion(result: Mapping[str, Any]) -> str:
    figures = table(
        ("`refdesk ingest` on MedQuAD, all files", "figure"),
        [
            ("files indexed / refused", f"{result['indexed']:,} / {result['refused']:,}"),
            ("units (question-answer pairs)", result["units"]),
            ("chunks", result["chunks"]),
            ("minutes", result["minutes"]),
            ("chunks a second", result["chunks_per_second"]),
            ("again, unchanged: seconds", result["unchanged_again_seconds"]),
            ("peak memory of the largest process (MB)", result["peak_memory_mb"]),
            ("stored on disk (MB)", result["stored_mb"]),
        ],
    )
    return f"## Ingestion\n\n{figures}\n\n{embedding.tables(result)}"


def _answers(result: Mapping[str, Any]) -> str:
    first, total = result["first_answer_ms"], result["total_ms"]
    figures = table(
        ("the handbook's questions", "figure"),
        [
            ("answered, of those it answers", f"{result['answered']} of {result['answerable']}"),
            ("from the right document", result["from_the_right_document"]),
            ("with the expected words", result["with_the_right_words"]),
            (
                "false answers, of those it does not answer",
                f"{result['false_answers']} of {result['not_in_the_handbook']}",
            ),
            ("written answers", result["generated"]),
            (
                "citations equal to the stored text",
                f"{result['citations_equal_to_the_stored_text']} of {result['citations']}",
            ),
            ("first answer, ms (median / p95 / worst)", f"{first['median']:,} / {first['p95']:,} / {first['max']:,}"),
            ("final answer, ms (median / p95 / worst)", f"{total['median']:,} / {total['p95']:,} / {total['max']:,}"),
        ],
    )
    return f"## Answers on the handbook\n\n{figures}"


def _conversations(result: Mapping[str, Any]) -> str:
    names = ("hits@1", "hits@3", "answered_rightly", "abstained")
    rows: list[tuple[object, ...]] = [
        (way, *(with_interval(of["figures"][name], of["intervals"][name]) for name in names))
        for way, of in result["ways"].items()
    ]
    figures = table(("the last question is searched for", *names), rows)
    kinds = result["first_hits_by_kind"]
    by_kind = table(
        ("first hits", *kinds), [(way, *(int(hits[way]) for hits in kinds.values())) for way in result["ways"]]
    )
    return (
        f"## Follow-up questions\n\n{figures}\n\n{by_kind}\n\n{result['conversations']} conversations of two and three "
        "turns over the handbook and sixteen documents written for them, extractive answers; 95% bootstrap intervals."
    )


def _smalltalk(result: Mapping[str, Any]) -> str:
    figures = table(
        ("told by the classifier", "figure"),
        [
            ("small talk, recognised", f"{result['recognised']} of {result['small_talk']}"),
            ("small talk, of the right topic", f"{result['right_topic']} of {result['small_talk']}"),
            (
                "questions that look like small talk, taken for it",
                f"{len(result['tricky_taken_for_small_talk'])} of {result['tricky_questions']}",
            ),
            (
                "questions of the data sets, taken for it",
                f"{len(result['taken_for_small_talk'])} of {result['questions']:,}",
            ),
        ],
    )
    return f"## Small talk\n\n{figures}"


def _medical(result: Mapping[str, Any]) -> str:
    rows: list[tuple[object, ...]] = []
    for item in result["answers"]:
        titles = "; ".join(dict.fromkeys(source["title"] for source in item["sources"]))
        rows.append(
            (
                item["group"],
                item["question"],
                item["kind"],
                item["answer"] or "(does not say)",
                titles,
                item["first_answer_ms"],
            )
        )
    asked = table(
        ("group", "question", "kind", "answer", "sources (nearest, where it does not say)", "first answer, ms"), rows
    )
    return (
        f"## Twenty-three medical questions\n\nThe whole of MedQuAD; the questions were written down first.\n\n{asked}"
    )
