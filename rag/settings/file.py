"""Changing single values of ``settings.toml``, and nothing else in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from rag.settings.model import SETTINGS_FILE, load_settings
from vectorstore.disk import replace_text
from vectorstore.errors import RefdeskError, UsageError

Values = Mapping[str, Any]
"""Values by their names with a dot, as in ``generator.adapter``; None stands for a value that is not set."""


def change_settings(home: Path, values: Values) -> dict[str, Any]:
    """Set ``values`` in the file of the home; what is beside them stays as it is, comments included.

    Returns the values that stood there before, with which this can be undone. Raises UsageError, and changes nothing,
    where the file cannot be read, would not be valid, or an environment variable would win over it; RefdeskError where
    it cannot be written.
    """
    file = (home / SETTINGS_FILE).resolve()  # it may be a link to a file that is kept elsewhere
    load_settings(home)  # a file that is wrong already is not touched
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    try:
        document = tomlkit.parse(text)
        before = {name: _set(document, name, value) for name, value in values.items()}
    except (TOMLKitError, TypeError) as error:
        what = f"The settings cannot be changed ({error})"
        raise UsageError(what, where=str(file), remedy="Change them by hand.") from error
    _write(file, tomlkit.dumps(document))
    try:
        _refuse_shadowed(home, values)
    except UsageError:
        _write(file, text)
        raise
    return before


@contextmanager
def settings_restored_on_failure(home: Path) -> Iterator[None]:
    """Where what is done meanwhile fails, the file is again as it was."""
    file = (home / SETTINGS_FILE).resolve()
    text = file.read_text(encoding="utf-8") if file.exists() else None
    try:
        yield
    except BaseException:
        if text is None:
            file.unlink(missing_ok=True)
        else:
            _write(file, text)
        raise


def _set(document: Any, name: str, value: Any) -> Any:
    """Set one value, and return the one before."""
    section, _, key = name.rpartition(".")
    table = document
    if section:
        if section not in document:
            if value is None:
                return None
            document[section] = tomlkit.table()
        table = document[section]
    before = table.get(key)
    if value is not None:
        table[key] = value
    elif before is not None:
        del table[key]
        if section and not table.as_string().strip():  # nor a comment is left
            del document[section]
    return before.unwrap() if before is not None else None


def _refuse_shadowed(home: Path, values: Values) -> None:
    """What the file says has to be what counts."""
    settings = load_settings(home).model_dump(mode="json")
    for name, value in values.items():
        found: Any = settings
        for part in name.split("."):
            found = found[part]
        if value is not None and found != value:
            variable = "REFDESK_" + name.replace(".", "__").upper()
            remedy = "Remove it, and start Refdesk again."
            raise UsageError("An environment variable wins over the settings", where=variable, remedy=remedy)


def _write(file: Path, text: str) -> None:
    try:
        replace_text(file, text)
    except OSError as error:
        what = f"The settings cannot be written ({error.strerror})"
        raise RefdeskError(what, where=str(file), remedy="Free space or correct the permissions.") from error
