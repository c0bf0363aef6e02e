"""``refdesk evaluate``: how good search, reader and answers are, on questions whose answers are known."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rag.access.types import LOCAL_OWNER
from rag.evaluation.types import Figures, Run
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import EngineOption, HomeOption, JsonOption, console, json_text, print_json, say
from ui.cli.progress import stages, stoppable
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING, Scope

app = typer.Typer(rich_markup_mode=None, help="Measure search, reader and answers.")

SquadArgument = Annotated[Path, typer.Argument(help="Questions in the SQuAD form.", metavar="SQUAD_FILE")]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="Ask only so many of the questions, always the same ones.")
]
RunArgument = Annotated[str, typer.Argument(help="An evaluation's id or folder.", metavar="RUN")]


@app.command("retrieval")
def evaluate_retrieval(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Documents, queries, judgements.", metavar="BEIR_FOLDER")],
    limit: LimitOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether search finds the right documents, on a folder in the BEIR form."""
    with open_desk(context, load_settings(home)) as desk, stages("Loading the models") as show:
        run = desk.evaluations.measure_retrieval(LOCAL_OWNER, folder, limit, show)
    _print_run(run, as_json)


@app.command("qa")
def evaluate_qa(
    context: typer.Context,
    file: SquadArgument,
    limit: LimitOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well the reader finds the answer in each question's own paragraph."""
    with open_desk(context, load_settings(home)) as desk, stages("Loading the models") as show:
        run = desk.evaluations.measure_reader(LOCAL_OWNER, file, limit, show)
    _print_run(run, as_json)


@app.command("answers")
def evaluate_answers(
    context: typer.Context,
    file: SquadArgument,
    limit: LimitOption = None,
    engine: EngineOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where the same call was stopped.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the answers of the whole desk, search included, with all paragraphs of the file as its documents."""
    settings = load_settings(home, generator={"engine": engine} if engine else {})
    with (
        stoppable(settings.home, "The same call with --resume goes on after the questions that were asked."),
        open_desk(context, settings) as desk,
        stages("Loading the models") as show,
    ):
        run = desk.evaluations.measure_answers(LOCAL_OWNER, file, limit, show, resume=resume)
    _print_run(run, as_json)


@app.command("questions")
def evaluate_questions(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Your questions, and what a right answer must hold: JSON or YAML.", metavar="FILE")
    ],
    collection: Annotated[list[str] | None, typer.Option("--collection", help="Ask only these collections.")] = None,
    at_least: Annotated[
        float | None,
        typer.Option(
            "--at-least", min=0, max=1, metavar="SHARE", help="Exit with 1 where less is right, or rightly silent."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write what --json prints into this file too.")
    ] = None,
    engine: EngineOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask your documents your own questions: are the answers right, and is it silent where it should be?"""
    from rag.evaluation.tables import asked_answers, reached

    settings = load_settings(home, generator={"engine": engine} if engine else {})
    scope = Scope(collections=frozenset(collection)) if collection else EVERYTHING
    with open_desk(context, settings) as desk, stages("Loading the models") as show:
        run = desk.evaluations.measure_questions(LOCAL_OWNER, scope, file, show)
    answers = asked_answers(run)
    if output:
        output.write_text(json_text(_as_json(run, {"answers": answers})), encoding="utf-8")
    _print_run(run, as_json, {"answers": answers})
    for answer in () if as_json else answers:
        if not answer["ok"]:
            say(f"\n{answer['ask']}\n  {'; '.join(answer['why'])}\n  {answer['text'] or 'no answer'}")
    if at_least is not None and not reached(run, at_least):
        remedy = f"`refdesk evaluate report {run.id}` shows what went wrong."
        raise RefdeskError(f"Less than {at_least:g} is right, or rightly silent", where=str(file), remedy=remedy)


@app.command("judged")
def add_judged(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A JSON file, new or one that grows.", metavar="FILE")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make questions of the answers that were judged in the chat, for `refdesk evaluate questions`."""
    with open_desk(context, load_settings(home)) as desk:
        _, added, unclear = desk.evaluations.add_judged(LOCAL_OWNER, file)
    if as_json:
        print_json({"file": str(file), "added": added, "unclear": unclear})
        return
    say(f"{added:,} new in {file}.")
    if unclear:
        say(f"{unclear:,} left out: judged wrong, and nobody has said what would be right.")


@app.command("golden")
def evaluate_golden(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", help="Where to write the set.", show_default="evaluations/golden.json")
    ] = None,
    engine: EngineOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask your documents again what was judged in the chat, and keep these questions as a file in the SQuAD form."""
    settings = load_settings(home, generator={"engine": engine} if engine else {})
    with open_desk(context, settings) as desk, stages("Loading the models") as show:
        run, file = desk.evaluations.measure_golden(LOCAL_OWNER, output, show)
    _print_run(run, as_json, {"file": str(file)})
    if not as_json:
        say(f"The questions are in {file}.")


@app.command("counterfactuals")
def evaluate_counterfactuals(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="Questions, one a line, or in the SQuAD form.", metavar="QUESTIONS_FILE")
    ],
    limit: LimitOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask your documents each question, and again with the person's sex, age or origin swapped: what changes?"""
    with open_desk(context, load_settings(home)) as desk, stages("Loading the models") as show:
        run = desk.evaluations.measure_counterfactuals(LOCAL_OWNER, file, limit, show)
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


@app.command("fit")
def fit_numbers(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Questions in the SQuAD form. Without: those judged in the chat or, where these are few, headings.",
            metavar="QUESTIONS",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Use only so many of the questions.")] = 400,
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the numbers that come with Refdesk.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit to the models in use what puts passages and sentences in order and says whether there is an answer."""
    with open_desk(context, load_settings(home)) as desk:
        if reset:
            changed = desk.evaluations.reset_fit(LOCAL_OWNER)
            if as_json:
                print_json({"reset": changed})
            else:
                say("Back to the numbers that come with Refdesk." if changed else "These are in use already.")
            return
        with stages("Loading the models") as show:
            figures = desk.evaluations.fit(LOCAL_OWNER, file, limit, show)
    if as_json:
        print_json(figures)
        return
    say(f"Fitted to {figures['passage_found']:,} of {figures['questions']:,} questions ({figures['fitted_to']}).")
    for name in ("first_passage_right", "sentence_right", "answerability_right", "sure_and_right", "right_and_sure"):
        before, after = figures[f"{name}_before"], figures[f"{name}_after"]
        say(f"  {name.replace('_', ' ')}: {before:.2f} before, {after:.2f} after")
    say(f"Written to {figures['file']}. What is started from now on uses it; `--reset` goes back.")


@app.command("runs")
def list_evaluations(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the evaluations that are kept, newest first."""
    with open_desk(context, load_settings(home)) as desk:
        found = desk.evaluations.list(LOCAL_OWNER)
    if as_json:
        print_json(found)
    else:
        say("\n".join(found) or "There are no evaluations yet.")


@app.command("compare")
def compare_runs(
    context: typer.Context,
    before: RunArgument,
    after: RunArgument,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two evaluations of the same kind, and whether it is more than chance."""
    with open_desk(context, load_settings(home)) as desk:
        comparison = desk.evaluations.compare(LOCAL_OWNER, before, after)
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
    context: typer.Context,
    run: RunArgument,
    output: Annotated[
        Path | None, typer.Option("--output", help="The HTML file.", show_default="report.html beside the evaluation")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an evaluation as a page: figures, plots, where it is weak, and the failures to read."""
    with open_desk(context, load_settings(home)) as desk:
        file = output or desk.evaluations.load(LOCAL_OWNER, run).folder / "report.html"
        file.write_text(desk.evaluations.report(LOCAL_OWNER, run), encoding="utf-8")
    if as_json:
        print_json({"report": str(file)})
    else:
        say(f"Written to {file}.")


def _as_json(run: Run, more: Figures) -> Figures:
    return {"kind": run.kind, "run": run.id, **run.figures, "intervals": run.intervals, **more}


def _print_run(run: Run, as_json: bool, more: Figures | None = None) -> None:
    from rag.evaluation.tables import figure_rows

    if as_json:
        print_json(_as_json(run, more or {}))
        return
    table = Table("figure", "value", "95% interval", box=None)
    for row in figure_rows(run):
        table.add_row(*row)
    console.print(table)
    say(f"Kept as {run.id}. `refdesk evaluate report {run.id}` shows the questions behind the figures.")
