"""What a training run can be told, each thing described once: presets, a command's options and the page's form are made
of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from vectorstore.errors import UsageError


def described(
    help: str, *, title: str = "", option: str = "", default: str = "", methods: tuple[str, ...] = (), **bounds: float
) -> Any:
    """A field's description, as part of its type. ``title`` stands above it on a page.

    ``option`` is its name on the command line where that is another one, ``default`` says what is done where nothing is
    given, and ``methods`` are those that need it, where not all do.
    """
    more = {"option": option, "default": default, "methods": list(methods)}
    return Field(description=help, title=title or None, json_schema_extra=dict(more), **bounds)  # type: ignore[call-overload]


Epochs = Annotated[int, described("Times that all of the data is gone through.", title="Epochs", ge=1)]
MaxSteps = Annotated[
    int | None,
    described(
        "Stop after so many steps. A step is one change of the weights.",
        title="Steps at most",
        default="no limit",
        ge=1,
    ),
]
Batch = Annotated[int, described("Samples at once; fewer need less memory.", ge=1)]
HeldOut = Annotated[float, described("Share kept to judge by.", ge=0.0, le=0.9)]
Patience = Annotated[int, described("Stop after so many evaluations without a gain; 0: never.", ge=0)]
CheckpointEvery = Annotated[int, described("Steps between checkpoints.", ge=1)]
Seed = Annotated[int, described("Decides everything that is drawn by chance.", ge=0)]
Longest = Annotated[int, described("Tokens of a sample; what is longer is cut.", option="--max-length", ge=8)]


class TrainingSettings(BaseModel):
    """How a model is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """With what is named, and what is usual for the rest. Raises UsageError."""
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = " ".join(str(part) for part in first["loc"])
            raise UsageError("Wrong value", where=where, remedy=f"{first['msg']}.") from error

    def recorded(self) -> dict[str, Any]:
        """As the folder of a run keeps them; the model stands there with its fingerprint."""
        return self.model_dump(exclude={"model"})


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as a form or a command shows it: see ``described``. ``choices`` is empty for a number or a text."""

    name: str
    annotation: Any
    kind: type[int] | type[float] | type[bool] | type[str]
    choices: tuple[str, ...]
    title: str
    help: str
    option: str
    default: Any
    default_text: str
    minimum: float | None
    maximum: float | None


def fields_of(settings: type[TrainingSettings]) -> tuple[SettingField, ...]:
    """All settings, in the order in which they are declared."""
    return tuple(_field(name, info) for name, info in settings.model_fields.items())


def _field(name: str, info: FieldInfo) -> SettingField:
    more: Any = info.json_schema_extra or {}
    inner = _without_none(info.annotation)
    choices = get_args(inner) if get_origin(inner) is Literal else ()
    default = None if info.is_required() or info.default_factory else info.default
    methods = more.get("methods", ())
    return SettingField(
        name,
        info.annotation,
        str if choices else inner,
        choices,
        info.title or name.replace("_", " ").capitalize(),
        f"{info.description} For {', '.join(methods)}." if methods else str(info.description),
        more.get("option") or f"--{name.replace('_', '-')}",
        default,
        more.get("default") or ("" if default is None else str(default)),
        _number(getattr(bound, "ge", None) for bound in info.metadata),
        _number(getattr(bound, "le", None) for bound in info.metadata),
    )


def _number(bounds: Iterable[float | None]) -> float | None:
    return next((bound for bound in bounds if bound is not None), None)


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    return annotation
