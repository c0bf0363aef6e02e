"""The options of the commands that train, made of the settings that they set."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rag.training.settings import SettingField, TrainingSettings, fields_of

BatchOption = Annotated[int, typer.Option("--batch", min=1, help="Samples a step; fewer need less memory.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Decides everything that is drawn by chance.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the same call.")]


Command = Callable[..., None]


def training_options(settings: type[TrainingSettings], *names: str) -> Callable[[Command], Command]:
    """Give a command an option for each of the settings, or for those named, in place of its parameter ``values``.

    That gets those that a person has given, by their names in ``settings``: the others are as the settings have them.
    """
    shown = [field for field in fields_of(settings) if not names or field.name in names]

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += map(_option, shown) if parameter.name == "values" else [parameter]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            values = {field.name: given.pop(field.name) for field in shown}
            command(**given, values={name: value for name, value in values.items() if value is not None})

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined] # read by Typer
        return run

    return decorate


def _option(field: SettingField) -> inspect.Parameter:
    declared = f"{field.option}/--no-{field.option[2:]}" if field.kind is bool else field.option
    option = typer.Option(
        None,
        declared,
        min=field.minimum,
        max=field.maximum,
        help=field.help,
        show_default=field.default_text or False,
    )
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(field.name, kind, default=option, annotation=field.annotation | None)
