"""``refdesk finetune generator``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.access.types import LOCAL_OWNER
from rag.desk.curator_protocols import Models
from rag.settings.model import load_settings
from rag.training.generator.presets import chosen
from rag.training.generator.settings import GeneratorTraining
from ui.cli.desk import open_desk
from ui.cli.finetune.check import about_data
from ui.cli.finetune.options import ResumeOption, training_options
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.errors import ModelUnavailable
from vectorstore.models import SMOLLM2, ResolvedModel

_PARTS = {"training": "Training data", "held_out": "Held-out data", "general": "General questions"}


@training_options(GeneratorTraining)
def generator(
    context: typer.Context,
    data: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, JSONL or Parquet files, or folders of them, with the columns text; or prompt and answer (and "
            "context); or messages; or prompt, chosen and rejected.",
            metavar="DATA...",
        ),
    ],
    values: Mapping[str, Any],
    preset: Annotated[str, typer.Option("--preset", help="Values to begin with; options win over them.")] = "laptop",
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Go on from this LoRA adapter instead of a new one.")
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option("--test", help="Files to judge by, instead of a share of the data; none of it is learned."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="Folder of the run.", show_default="training/generator in the home"),
    ] = None,
    resume: ResumeOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a generator: the model that writes answers.

    Of prompts with answers and of chats, only the answers are learned; of raw text all. The run's folder then holds the
    adapter (or the model), report.md and plots. A run that was stopped or killed goes on with the same call and
    --resume.
    """
    settings = load_settings(home)

    training = chosen(preset, values)
    folder = output or settings.home / "training" / "generator"
    loading = errors.status("Loading the model")
    with open_desk(context, settings, confirm_download(loading)) as desk:
        with loading:
            model = _found(desk.models, training.model, or_packaged="model" not in values)
        with training_progress("held-out loss", folder) as shown:
            report = desk.models.train_generator(
                LOCAL_OWNER,
                data,
                test or [],
                model,
                adapter,
                training,
                folder,
                resume=resume,
                on_phase=shown.phase,
                on_checked=lambda checked: errors.print("\n".join(about_data(checked)), markup=False, soft_wrap=True),
                on_tick=shown.tick,
            )
    if as_json:
        print_json(report)
        return
    for part, figures in report["held_out"].items():
        say(f"{_PARTS[part]}: loss {figures['loss']:.3f}, before {figures['loss_before']:.3f}")
    say(f"Trained in {report['seconds']:,} s. The result and the report are in {folder}.")


def _found(models: Models, name: str, *, or_packaged: bool) -> ResolvedModel:
    """The model of this name; what a preset names, and nobody else, may be replaced by the packaged one."""
    try:
        return models.find(LOCAL_OWNER, name)
    except ModelUnavailable as missing:
        if not or_packaged:
            raise
        errors.print(f"{missing} {SMOLLM2} is trained instead.", markup=False, soft_wrap=True)
        return models.find(LOCAL_OWNER, SMOLLM2)
