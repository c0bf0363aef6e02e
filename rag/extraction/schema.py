r"""Schemas: TOML files that say which fields a kind of form has, and what announces them.

description = "Invoices and credit notes"
signs = ["invoice", "rechnung"]            # words that documents of this kind hold

[fields.date]
description = "The day on which the invoice was issued"
type = "date"                              # see rag.extraction.types.FieldType
questions = ["What is the invoice date?"]  # for the reader
labels = ["invoice date"]                  # words beside or above the value that announce it
weak_labels = ["date"]                     # words that announce it where nothing better does
not_labels = ["due date"]                  # words that announce something else
patterns = ['dated (?P<value>\S+)']       # regular expressions; the value is the group, or the whole match
required = true
repeated = false                           # true: every value that is found, not the best alone

[[checks]]                                 # sums that hold
parts = ["net", "tax"]
total = "amount"
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rag.extraction.types import FieldInfo, FieldType, SchemaInfo
from vectorstore.errors import UsageError

FOLDER = "schemas"
"""Of the home: where saved schemas are."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")


class FormField(BaseModel):
    """A field of a form. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = ""
    type: FieldType = "text"
    questions: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    weak_labels: tuple[str, ...] = ()
    not_labels: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    choices: dict[str, tuple[str, ...]] = Field(default={}, description="Name of a choice: the words that say it.")
    required: bool = True
    repeated: bool = False
    shown: bool = Field(default=True, description="Fields that are not shown are found for the checks alone.")
    prefer: Literal["", "largest", "first"] = ""
    of: str = Field(default="", description="For a currency: the amount it belongs to.")

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression ({error})") from error
        return patterns

    @model_validator(mode="after")
    def _has_choices(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice needs `choices`, and nothing else has them")
        return self


class Check(BaseModel):
    """Amounts that add up: ``total`` is the sum of ``parts``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parts: tuple[str, ...] = Field(min_length=2)
    total: str


class Schema(BaseModel):
    """A kind of form. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    description: str = ""
    signs: tuple[str, ...] = ()
    fields: dict[str, FormField] = Field(min_length=1)
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _refers_to_its_fields(self) -> Self:
        for name in self.fields:
            if not _NAME.fullmatch(name):
                raise ValueError(f"the field name {name!r} must be lower-case letters, digits, - and _")
        for check in self.checks:
            for name in (*check.parts, check.total):
                if name not in self.fields or self.fields[name].type != "amount":
                    raise ValueError(f"a check names {name!r}, which is no amount field of the schema")
        for name, field in self.fields.items():
            if field.of and (field.of not in self.fields or field.type != "currency"):
                raise ValueError(f"{name} is `of` {field.of!r}: only a currency is, of a field of the schema")
        return self

    @property
    def shown(self) -> dict[str, FormField]:
        return {name: field for name, field in self.fields.items() if field.shown}

    def info(self, *, builtin: bool) -> SchemaInfo:
        fields = tuple(
            FieldInfo(name, field.description, field.type, field.required, field.repeated)
            for name, field in self.shown.items()
        )
        return SchemaInfo(self.name, self.description, fields, builtin)


def parse_schema(text: str, name: str, where: str) -> Schema:
    """Raises UsageError naming the file and the entry that is wrong."""
    try:
        return Schema.model_validate({**tomllib.loads(text), "name": name})
    except tomllib.TOMLDecodeError as error:
        raise UsageError("The schema is not valid TOML", where=where, remedy=f"{error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            "The schema has a wrong entry",
            where=f"{where}, {key}",
            remedy=f"{first['msg'].removeprefix('Value error, ')}.",
        ) from error


def schema_text(name: str, home: Path) -> tuple[str, str]:
    """The schema's name and its TOML: one that comes with Refdesk, a saved one, or a file. Raises UsageError."""
    if name in _builtin_texts():
        return name, _builtin_texts()[name]
    path = home / FOLDER / f"{name}.toml" if _NAME.fullmatch(name) else Path(name).expanduser()
    try:
        return path.stem, path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join([*_builtin_texts(), *(saved.stem for saved in _saved(home))])
        raise UsageError("There is no such schema", where=name, remedy=f"There are {known}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("The schema cannot be read", where=str(path), remedy=f"{error}.") from error


def load_schema(name: str, home: Path) -> Schema:
    """As ``schema_text``, read."""
    called, text = schema_text(name, home)
    return parse_schema(text, called, name)


def list_schemas(home: Path) -> Iterator[SchemaInfo]:
    """Those that come with Refdesk, then those saved in the home; a saved one that is wrong is left out."""
    for name, text in _builtin_texts().items():
        yield parse_schema(text, name, name).info(builtin=True)
    for path in _saved(home):
        try:
            yield load_schema(path.stem, home).info(builtin=False)
        except UsageError:
            continue


def is_builtin(name: str) -> bool:
    return name in _builtin_texts()


def valid_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _saved(home: Path) -> list[Path]:
    return sorted(path for path in (home / FOLDER).glob("*.toml") if _NAME.fullmatch(path.stem))


@cache
def _builtin_texts() -> dict[str, str]:
    folder = files("rag.extraction") / FOLDER
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in entries
        if entry.name.endswith(".toml")
    }
