"""A schema made on a page, written into the home as a TOML file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag.extraction.schema import FOLDER, is_builtin, parse_schema, valid_name
from rag.extraction.types import FieldDraft, SchemaInfo
from vectorstore.errors import RefdeskError, UsageError


def save_schema(home: Path, name: str, description: str, fields: Sequence[FieldDraft]) -> SchemaInfo:
    """Write it, replacing one of the same name. Raises UsageError where it is none, RefdeskError where it cannot be."""
    if not valid_name(name):
        remedy = "Use lower-case letters, digits, - and _, a letter first."
        raise UsageError("A schema cannot be called so", where=name, remedy=remedy)
    if is_builtin(name):
        raise UsageError("A schema of this name comes with Refdesk", where=name, remedy="Choose another name.")
    if len({field.name for field in fields}) < len(fields):
        raise UsageError("Two fields have the same name", where=name, remedy="Rename one of them.")
    text = "\n".join(_lines(description, fields))
    schema = parse_schema(text, name, name)
    path = home / FOLDER / f"{name}.toml"
    half = path.with_suffix(".half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        remedy = "Free space or correct the permissions."
        raise RefdeskError(f"The schema cannot be kept ({error.strerror})", where=str(path), remedy=remedy) from error
    return schema.info(builtin=False)


def delete_schema(home: Path, name: str) -> None:
    """Raises UsageError where no schema of this name was saved, RefdeskError where it cannot be deleted."""
    path = home / FOLDER / f"{name}.toml"
    if is_builtin(name):
        raise UsageError("This schema comes with Refdesk", where=name, remedy="Only saved ones can be deleted.")
    if not valid_name(name) or not path.is_file():
        raise UsageError("There is no such schema", where=name, remedy="It may have been deleted already.")
    try:
        path.unlink()
    except OSError as error:
        remedy = "Correct the permissions."
        raise RefdeskError(
            f"The schema cannot be deleted ({error.strerror})", where=str(path), remedy=remedy
        ) from error


def _lines(description: str, fields: Sequence[FieldDraft]) -> Iterator[str]:
    yield f"description = {_text(description)}"
    for field in fields:
        yield f"\n[fields.{_text(field.name)}]"
        yield f"description = {_text(field.description)}"
        yield f"type = {_text(field.type)}"
        if field.question:
            yield f"questions = [{_text(field.question)}]"
        yield f"labels = [{', '.join(map(_text, field.labels))}]"
        yield f"required = {str(field.required).lower()}"
        yield f"repeated = {str(field.repeated).lower()}"
    yield ""


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's too, but for characters beyond U+FFFF, which stay as they are."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
