"""``refdesk finetune generator``."""

from pathlib import Path
from typing import Annotated

import typer

from rag.settings.model import load_settings
from rag.training.generator.settings import Method, Objective, Target
from ui.cli.finetune.check import about_data
from ui.cli.finetune.options import MaxStepsOption, ResumeOption, SampleLengthOption, SeedOption
from ui.cli.finetune.progress import training_progress
from ui.cli.output import HomeOption, JsonOption, confirm_download, errors, print_json, say
from vectorstore.errors import ModelUnavailable
from vectorstore.models import SMOLLM2, resolve_model

_PARTS = {"training": "Training data", "held_out": "Held-out data", "general": "General questions"}


def generator(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="CSV, JSONL or Parquet files, or folders of them, with the columns text; or prompt and answer (and "
            "context); or messages; or prompt, chosen and rejected.",
            metavar="DATA...",
        ),
    ],
    preset: Annotated[str, typer.Option("--preset", help="Values to begin with; options win over them.")] = "laptop",
    model: Annotated[
        str | None,
        typer.Option("--model", help="The model to train: a name or a folder.", show_default="the packaged SmolLM2"),
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Go on from this LoRA adapter instead of a new one.")
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(
            "--method",
            help="What is trained: adapters of the kinds LoRA, QLoRA (on the model in 4 bits), DoRA, bottlenecks or "
            "IA3; prompt or prefix tokens; biases and norms (bitfit); or all.",
            show_default="lora",
        ),
    ] = None,
    objective: Annotated[
        Objective | None,
        typer.Option(
            "--objective",
            help="lm: raw text; sft: answers; dpo: what people liked better; rl: the same, by a reward model.",
            show_default="by the data",
        ),
    ] = None,
    rank: Annotated[
        int | None,
        typer.Option(
            "--rank",
            min=1,
            help="Size of what is added: rank of LoRA, width of bottlenecks, number of prompt or prefix tokens.",
            show_default="16",
        ),
    ] = None,
    alpha: Annotated[
        int | None, typer.Option("--alpha", min=1, help="Weight of a LoRA adapter.", show_default="twice the rank")
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option("--dropout", min=0.0, max=0.9, help="Dropout in a LoRA adapter.", show_default="0"),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option("--target", help="Layers that LoRA changes: all, or those of attention.", show_default="all"),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning-rate", min=0.0, help="Highest learning rate.", show_default="by method"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Times that all is gone through.", show_default="3")
    ] = None,
    max_steps: MaxStepsOption = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", min=1, help="Samples at once; fewer need less memory.", show_default="8"),
    ] = None,
    accumulate: Annotated[
        int | None, typer.Option("--accumulate", min=1, help="Batches a step.", show_default="1")
    ] = None,
    recompute: Annotated[
        bool | None,
        typer.Option(
            "--recompute/--no-recompute",
            help="Compute the layers' inner values again for the gradient: less memory, a third more time.",
            show_default="no",
        ),
    ] = None,
    max_length: SampleLengthOption = None,
    augment: Annotated[
        float | None,
        typer.Option(
            "--augment",
            min=0.0,
            max=1.0,
            help="Share of prompts shown in other words or mistyped, another way each time.",
            show_default="0",
        ),
    ] = None,
    new_adapter: Annotated[
        bool | None,
        typer.Option("--new-adapter", help="Begin with a new adapter where the packaged model has one to go on from."),
    ] = None,
    convert_markup: Annotated[
        bool | None,
        typer.Option("--convert-markup", help="Make chats of texts that carry another model's chat marks."),
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option("--test", help="Files to judge by, instead of a share of the data; none of it is learned."),
    ] = None,
    held_out: Annotated[
        float | None,
        typer.Option("--held-out", min=0.0, max=0.9, help="Share kept to judge by.", show_default="0.1"),
    ] = None,
    evaluate_every: Annotated[
        int | None,
        typer.Option(
            "--evaluate-every",
            min=1,
            help="Steps between evaluations.",
            show_default="a fifth of an epoch, 10 at least",
        ),
    ] = None,
    evaluate_on: Annotated[
        int | None,
        typer.Option(
            "--evaluate-on",
            min=1,
            help="Held-out samples, at most, for an evaluation on the way.",
            show_default="200",
        ),
    ] = None,
    answers: Annotated[
        int | None,
        typer.Option(
            "--answers", min=0, help="Held-out prompts to answer before and after, for the report.", show_default="3"
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            "--patience", min=0, help="Stop after so many evaluations without a gain; 0: never.", show_default="3"
        ),
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option("--checkpoint-every", min=1, help="Steps between checkpoints.", show_default="50")
    ] = None,
    seed: SeedOption = 0,
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

    from rag.training.generator.presets import chosen
    from rag.training.generator.training import finetune_generator  # the models take seconds to import

    named = {
        "model": model,
        "method": method,
        "objective": objective,
        "rank": rank,
        "alpha": alpha,
        "dropout": dropout,
        "target": target,
        "learning_rate": learning_rate,
        "epochs": epochs,
        "max_steps": max_steps,
        "batch": batch,
        "accumulation": accumulate,
        "recompute": recompute,
        "longest": max_length,
        "augment": augment,
        "convert_markup": convert_markup,
        "new_adapter": new_adapter,
        "held_out": held_out,
        "evaluate_every": evaluate_every,
        "evaluate_on": evaluate_on,
        "answers": answers,
        "patience": patience,
        "checkpoint_every": checkpoint_every,
        "seed": seed,
    }
    name, training = chosen(preset, named)
    with errors.status("Loading the model") as loading:
        confirm = confirm_download(loading)
        try:
            resolved = resolve_model(name, download=settings.downloads, confirm=confirm)
        except ModelUnavailable as missing:
            if model:  # the person's own choice
                raise
            resolved = resolve_model(SMOLLM2, download=settings.downloads, confirm=confirm)
            errors.print(f"{missing} {SMOLLM2} is trained instead.", markup=False, soft_wrap=True)
    folder = output or settings.home / "training" / "generator"
    with training_progress("held-out loss", folder) as shown:
        report = finetune_generator(
            data,
            test or [],
            resolved,
            settings.home / "models",
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
