"""What the commands that train have in common."""

from enum import StrEnum
from typing import Annotated

import typer


class Method(StrEnum):
    """What of an encoder is trained."""

    lora = "lora"
    full = "full"


LEARNING_RATES = {Method.lora: 1e-3, Method.full: 1e-4}
"""Those of an encoder, where none is named."""

RankOption = Annotated[int, typer.Option("--rank", min=1, help="Size of a new LoRA adapter.")]
LearningRateOption = Annotated[
    float | None,
    typer.Option("--learning-rate", min=0.0, help="Highest learning rate.", show_default="lora 0.001, full 0.0001"),
]
EpochsOption = Annotated[int, typer.Option("--epochs", min=1, help="Times that all of the data is gone through.")]
MaxStepsOption = Annotated[int | None, typer.Option("--max-steps", min=1, help="Stop after so many steps.")]
BatchOption = Annotated[int, typer.Option("--batch", min=1, help="Samples a step; fewer need less memory.")]
SampleLengthOption = Annotated[
    int | None,
    typer.Option("--max-length", min=8, help="Tokens of a sample; what is longer is cut.", show_default="512"),
]
PatienceOption = Annotated[
    int, typer.Option("--patience", min=0, help="Stop after so many evaluations without a gain; 0: never.")
]
CheckpointEveryOption = Annotated[int, typer.Option("--checkpoint-every", min=1, help="Steps between checkpoints.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Decides everything that is drawn by chance.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the same call.")]
