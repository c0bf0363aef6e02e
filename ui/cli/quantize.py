"""``refdesk quantize``: a model in fewer bits, and the methods for it side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup
from typing_extensions import override

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, confirm_download, console, errors, print_json, say
from ui.cli.progress import stages, stoppable
from vectorstore.models import SMOLLM2

if TYPE_CHECKING:
    from rag.quantization.methods import MethodComparison

# The libraries take seconds to import: not before the call is known to be right.

_WRITE = "model"


class _ModelOrCommand(TyperGroup):
    """``quantize MODEL`` beside ``quantize compare MODEL``: what is no command's name is a model's."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_WRITE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ModelOrCommand,
    rich_markup_mode=None,
    help="Make a model smaller: `refdesk quantize MODEL --method NAME --output FOLDER`. "
    "`refdesk quantize compare MODEL` measures the methods side by side.",
)

ModelArgument = Annotated[str, typer.Argument(help="The model: a name, a folder or a .gguf file.", metavar="MODEL")]


@app.command(_WRITE)
def quantize(
    context: typer.Context,
    model: ModelArgument,
    method: Annotated[str, typer.Option("--method", help="nf4, fp4, int8, int4, gguf-q4_k_m, gguf-q8_0, ...")],
    output: Annotated[Path, typer.Option("--output", help="A new folder for the result.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write MODEL in fewer bits to a folder that `--model` takes. The word "model" itself may be left out."""
    from rag.quantization.methods import find_method

    chosen = find_method(method)
    settings = load_settings(home)
    looking = errors.status("Looking for the model")
    with open_desk(context, settings, confirm_download(looking)) as desk:
        with looking:
            source = desk.models.find(LOCAL_OWNER, model)
        with stages("Starting") as show:
            result = desk.models.quantize(LOCAL_OWNER, source, chosen, output, show)
    if as_json:
        print_json(result)
        return
    say(f"{chosen.name}: {chosen.summary}.")
    size, numbers = f"{result['bytes'] / 1e6:,.0f} MB", f"{result['parameters']:,} numbers"
    say(f"{size}, {result['bits_per_parameter']} bits for each of {numbers}.")
    say(f"Try it: refdesk ask QUESTION --engine {chosen.engine} --model {output}")


@app.command("compare")
def compare(
    context: typer.Context,
    model: ModelArgument = SMOLLM2,
    methods: Annotated[
        str | None,
        typer.Option("--methods", help="Names with commas between them.", show_default="one of each kind, 21 in all"),
    ] = None,
    text: Annotated[
        Path | None, typer.Option("--text", help="A text file for the perplexity.", show_default="a page of our own")
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option("--questions", help="Questions in the SQuAD form.", show_default="24 questions on that page"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Ask only so many of the questions, always the same ones.")
    ] = None,
    tokens: Annotated[int, typer.Option("--tokens", min=2, help="Read only so many tokens of the text.")] = 8192,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the results.", show_default="quantization/MODEL in the home"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure size, speed and quality of MODEL under many methods.

    Each method's result is kept: the same call goes on where it was stopped. The folder then holds report.html with
    plots, and results.json.
    """
    from rag.quantization.methods import COMPARED, find_method

    chosen = [find_method(name.strip()) for name in (methods.split(",") if methods else COMPARED)]
    settings = load_settings(home)
    looking = errors.status("Looking for the model")
    with open_desk(context, settings, confirm_download(looking)) as desk:
        with looking:
            source = desk.models.find(LOCAL_OWNER, model)
        folder = output or settings.home / "quantization" / Path(source.name).name
        with stoppable(folder, "The same call goes on where it was."), stages("Starting") as show:
            comparison = desk.models.compare_quantized(
                LOCAL_OWNER,
                source,
                chosen,
                folder,
                show,
                text=text,
                questions=questions,
                limit=limit,
                tokens=tokens,
            )
    if as_json:
        print_json(comparison.as_json())
        return
    _print(comparison)
    say(f"The report with its plots: {folder / 'report.html'}")


def _print(comparison: "MethodComparison") -> None:
    from rag.quantization.report import COLUMNS, cells

    table = Table("method", *COLUMNS, box=None)
    for result in comparison.results:
        table.add_row(result["method"], *cells(result))
    console.print(table)
    for result in comparison.results:
        if "problem" in result:
            say(f"{result['method']}: {result['problem']}")
