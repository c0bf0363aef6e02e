"""``refdesk evaluate``: how good search, reader and answers are, on questions whose answers are known."""

import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from rag.evaluation import machine
from rag.evaluation.beir import load_beir
from rag.evaluation.items import sampled
from rag.evaluation.squad import SquadFile, SquadQuestion, load_question_file
from rag.evaluation.types import Evaluation, Figures, OnProgress
from rag.settings.model import Settings, load_settings
from ui.cli.doctor import models_in_use
from ui.cli.output import HomeOption, JsonOption, console, print_json, say
from ui.cli.progress import stages, stoppable
from vectorstore.errors import UsageError

if TYPE_CHECKING:
    from rag.evaluation.types import Run

# The models, and the statistics, take seconds to import: not before the call is known to be right.

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure search, reader and answers.")

SquadArgument = Annotated[Path, typer.Argument(help="Questions in the SQuAD form.", metavar="SQUAD_FILE")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Ask only so many of the questions, always the same ones.")
]
EngineOption = Annotated[str | None, typer.Option("--engine", help="transformers, llamacpp, openai or extractive.")]
RunArgument = Annotated[str, typer.Argument(help="An evaluation's id or folder.", metavar="RUN")]


@app.command("retrieval")
def evaluate_retrieval(
    folder: Annotated[Path, typer.Argument(help="Documents, queries, judgements.", metavar="BEIR_FOLDER")],
    limit: LimitOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether search finds the right documents, on a folder in the BEIR form."""
    settings = load_settings(home)
    data = load_beir(folder, limit)

    def measure(show: OnProgress) -> Evaluation:
        from rag.components import build_retriever, open_embedder, open_reader, worker_settings
        from rag.evaluation.retrieval import evaluate_retrieval as evaluate
        from rag.evaluation.temporary_collection import temporary_collection

        embedder, reader = open_embedder(settings), open_reader(settings)
        with temporary_collection(data.documents, embedder, worker_settings(settings, embedder), show) as collection:
            return evaluate(data, collection, build_retriever(settings, collection.knowledge), reader, show)

    _run(measure, settings, folder, limit, as_json)


@app.command("qa")
def evaluate_qa(
    file: SquadArgument, limit: LimitOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Measure how well the reader finds the answer in each question's own paragraph."""
    settings = load_settings(home)
    data, questions = _load(file, limit)

    def measure(show: OnProgress) -> Evaluation:
        from rag.components import open_reader
        from rag.evaluation.qa import evaluate_qa as evaluate

        return evaluate(data, questions, open_reader(settings), show)

    _run(measure, settings, file, limit, as_json)


@app.command("answers")
def evaluate_answers(
    file: SquadArgument,
    limit: LimitOption = None,
    engine: EngineOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where the same call was stopped.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the answers of the whole desk, search included, with all paragraphs of the file as its documents."""
    settings = load_settings(home, generator={"engine": engine} if engine else {})
    data, questions = _load(file, limit)

    def measure(show: OnProgress) -> Evaluation:
        from rag.components import build_flow, open_embedder, open_generator, open_reader, worker_settings
        from rag.evaluation.answers import evaluate_answers as evaluate
        from rag.evaluation.answers import texts_of
        from rag.evaluation.temporary_collection import temporary_collection
        from rag.evaluation.unfinished import unfinished

        embedder, reader, writer = open_embedder(settings), open_reader(settings), open_generator(settings)
        with (
            unfinished(settings.home, _setup(settings, file, limit), resume=resume) as asked,
            temporary_collection(texts_of(data), embedder, worker_settings(settings, embedder), show) as collection,
        ):
            flow = build_flow(settings, collection.knowledge, reader, writer)
            return evaluate(data, questions, collection, flow.events, show, asked)

    with stoppable(settings.home, "The same call with --resume goes on after the questions that were asked."):
        _run(measure, settings, file, limit, as_json)


@app.command("golden")
def evaluate_golden(
    output: Annotated[
        Path | None, typer.Option("--output", help="Where to write the set.", show_default="evaluations/golden.json")
    ] = None,
    engine: EngineOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask your documents again what was judged in the chat, and keep these questions as a file in the SQuAD form."""
    settings = load_settings(home, generator={"engine": engine} if engine else {})

    from rag.evaluation.golden_set import GOLDEN_FILE, export_golden, golden_questions
    from rag.evaluation.runs import runs_folder

    questions = golden_questions(settings.home)
    if not questions:
        remedy = "Say in the chat, under an answer, whether it is right or wrong."
        raise UsageError("No answer has been judged yet", where=str(settings.home), remedy=remedy)
    file = output or runs_folder(settings.home) / GOLDEN_FILE
    export_golden(settings.home, questions, file)

    def measure(show: OnProgress) -> Evaluation:
        from rag.components import open_flow
        from rag.evaluation.golden import evaluate_golden as evaluate

        return evaluate(questions, open_flow(settings), show)

    _print_run(_measured(measure, settings, file, None), as_json, {"file": str(file)})
    if not as_json:
        say(f"The questions are in {file}.")


@app.command("counterfactuals")
def evaluate_counterfactuals(
    file: Annotated[
        Path, typer.Argument(help="Questions, one a line, or in the SQuAD form.", metavar="QUESTIONS_FILE")
    ],
    limit: LimitOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask your documents each question, and again with the person's sex, age or origin swapped: what changes?"""
    settings = load_settings(home)

    from rag.evaluation.counterfactuals import evaluate_counterfactuals as evaluate
    from rag.evaluation.counterfactuals import load_questions

    questions = sampled(load_questions(file), limit)

    def measure(show: OnProgress) -> Evaluation:
        from rag.components import open_what_if

        return evaluate(questions, open_what_if(settings).attempt, show)

    run = _measured(measure, settings, file, limit)
    flipped = [
        {
            "swapped": item.slices["swapped"],
            "question": item.details["original_question"],
            "variant": item.question,
            "answer": " ".join(item.gold) or None,
            "variant_answer": item.given or None,
            "differs": [name for name, value in item.scores.items() if value and name != "flipped"],
        }
        for item in run.items
        if item.scores["flipped"]
    ]
    _print_run(run, as_json, {"flips": flipped})
    for flip in () if as_json else flipped:
        say(f"\n{flip['swapped']}: {flip['question']}\n  {flip['answer'] or 'no answer'}")
        say(f"{flip['variant']}\n  {flip['variant_answer'] or 'no answer'}")


@app.command("runs")
def list_evaluations(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the evaluations that are kept, newest first."""
    from rag.evaluation.runs import list_runs

    found = list_runs(load_settings(home).home)
    if as_json:
        print_json(found)
    else:
        say("\n".join(found) or "There are no evaluations yet.")


@app.command("compare")
def compare_runs(before: RunArgument, after: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say what changed between two evaluations of the same kind, and whether it is more than chance."""
    from rag.evaluation.comparison import compare
    from rag.evaluation.runs import load_run

    folder = load_settings(home).home
    comparison = compare(load_run(folder, before), load_run(folder, after))
    if as_json:
        print_json(dataclasses.asdict(comparison))
        return
    if not comparison.same_data:
        say("The two used different data; only questions with the same id are compared.")
    for change in comparison.changes:
        say(f"{change.name}: {change.before} before, {change.after} after")
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)  # fits 80 columns
    for heading in ("score", "before", "after", "difference (95% interval)", "p", "by chance?"):
        table.add_column(heading, no_wrap=True)
    for difference in comparison.differences:
        interval = f"{difference.difference:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
        verdict = "no" if difference.significant else "may be"
        scores = (f"{difference.before:.3f}", f"{difference.after:.3f}")
        table.add_row(difference.name, *scores, interval, f"{difference.p:.4f}", verdict)
    console.print(table)
    say(f"{comparison.questions:,} questions: {comparison.better:,} went better, {comparison.worse:,} worse.")


@app.command("report")
def write_report(
    run: RunArgument,
    output: Annotated[
        Path | None, typer.Option("--output", help="The HTML file.", show_default="report.html beside the evaluation")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an evaluation as a page: figures, plots, where it is weak, and the failures to read."""
    from rag.evaluation.report import html_report
    from rag.evaluation.runs import load_run

    loaded = load_run(load_settings(home).home, run)
    file = output or loaded.folder / "report.html"
    file.write_text(html_report(loaded), encoding="utf-8")
    if as_json:
        print_json({"report": str(file)})
    else:
        say(f"Written to {file}.")


def _load(file: Path, limit: int | None) -> tuple[SquadFile, list[SquadQuestion]]:
    data = load_question_file(file)
    return data, sampled(data.questions, limit)


def _run(
    measure: Callable[[OnProgress], Evaluation], settings: Settings, data: Path, limit: int | None, as_json: bool
) -> None:
    """Measure, keep the run, print its figures."""
    _print_run(_measured(measure, settings, data, limit), as_json)


def _measured(measure: Callable[[OnProgress], Evaluation], settings: Settings, data: Path, limit: int | None) -> "Run":
    """Measure with a progress bar, and keep the run."""
    from rag.evaluation.runs import runs_folder, store_run

    runs_folder(settings.home)  # where nothing can be kept, that is said before anything slow begins
    started, clock = datetime.now(UTC), time.perf_counter()
    with stages("Loading the models") as show:
        evaluation = measure(show)
    took = {"seconds": round(time.perf_counter() - clock, 1), "machine": machine.describe()}
    return store_run(settings.home, evaluation, started, _setup(settings, data, limit) | took)


def _setup(settings: Settings, data: Path, limit: int | None) -> Figures:
    """What is measured: equal for two evaluations that can be compared question by question."""
    from rag.evaluation.runs import sha256_of

    return {
        "refdesk": version("refdesk"),
        "data": {"name": data.resolve().name, "sha256": sha256_of(data), "limit": limit},
        "settings": settings.model_dump(mode="json"),
        "models": models_in_use(settings),
    }


def _print_run(run: "Run", as_json: bool, more: Figures | None = None) -> None:
    from rag.evaluation.tables import figure_rows

    if as_json:
        print_json({"kind": run.kind, "run": run.id, **run.figures, "intervals": run.intervals, **(more or {})})
        return
    table = Table("figure", "value", "95% interval", box=None)
    for row in figure_rows(run):
        table.add_row(*row)
    console.print(table)
    say(f"Kept as {run.id}. `refdesk evaluate report {run.id}` shows the questions behind the figures.")
