"""``refdesk compare``: ways to make a desk know something, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from rag.training.generator.settings import Method
from ui.cli.desk import open_desk
from ui.cli.finetune.options import BatchOption, SeedOption
from ui.cli.output import HomeOption, JsonOption, confirm_download, console, errors, print_json, say
from ui.cli.progress import stages, stoppable
from vectorstore.errors import UsageError
from vectorstore.models import SMOLLM2

app = typer.Typer(rich_markup_mode=None, help="Ways to make a desk know something, side by side.")


@app.command("rag-vs-finetuning")
def rag_vs_finetuning(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(help="Questions in the SQuAD form, as for `evaluate answers`.", metavar="QUESTIONS_FILE")
    ],
    documents: Annotated[
        list[Path] | None,
        typer.Option("--documents", help="Files or folders to search beside the paragraphs of the questions."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Ask only so many of the questions, always the same ones.")
    ] = 60,
    unseen: Annotated[
        float, typer.Option("--unseen", min=0.0, max=0.9, help="Share of the questions that is not taught.")
    ] = 0.5,
    changes: Annotated[
        int,
        typer.Option("--changes", min=0, help="Facts that change afterwards, in the documents and in the training."),
    ] = 5,
    model: Annotated[str, typer.Option("--model", help="The model that writes and is trained.")] = SMOLLM2,
    method: Annotated[
        Method, typer.Option("--method", help="How it is trained, as for `finetune generator`.")
    ] = "lora",
    max_steps: Annotated[int, typer.Option("--max-steps", min=1, help="The budget: steps of training.")] = 100,
    batch: BatchOption = 8,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the comparison.", show_default="comparisons/QUESTIONS in the home"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Is it worth training a model on what you know, or does it suffice to let it look things up?

    The same questions are answered by the model alone, by the model fine-tuned on a part of them, by retrieval with the
    model as it is, and by both together. Then some facts change, and what that costs is really done: the documents
    are ingested again, the model is trained anew. Your knowledge base is not touched. Stopped, the same call goes on
    where it was. The folder then holds report.html and report.json.
    """
    settings = load_settings(home, generator={"engine": "auto", "model": model, "adapter": None})
    if not questions.is_file():
        raise UsageError("No such file", where=str(questions), remedy="Name a question file in the form of SQuAD.")

    folder = output or settings.home / "comparisons" / questions.stem
    looking = errors.status("Looking for the model")
    with open_desk(context, settings, confirm_download(looking)) as desk:
        with looking:
            resolved = desk.models.find(LOCAL_OWNER, model)
        with stoppable(folder, "The same call goes on where it was."), stages("Starting") as show:
            report = desk.models.compare_with_retrieval(
                LOCAL_OWNER,
                questions,
                documents or [],
                resolved,
                folder,
                show,
                method=method,
                max_steps=max_steps,
                batch=batch,
                seed=seed,
                limit=limit,
                unseen=unseen,
                changes=changes,
            )
    if as_json:
        print_json(report)
        return
    _print(report)
    say(f"The report, with every answer: {folder / 'report.html'}")


def _print(report: Mapping[str, Any]) -> None:
    from rag.rag_vs_finetuning.report import COLUMNS, rows

    table = Table("", *COLUMNS, box=None)
    for row in rows(report):
        table.add_row(*row)
    console.print(table)
    recommended = report["recommendation"]
    say(f"\n{recommended['verdict']}")
    for reason in recommended["reasons"]:
        say(f"- {reason}")
