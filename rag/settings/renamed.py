"""Settings that had another name once: still understood, put right in the file, and told."""

import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vectorstore.disk import replace_text

logger = logging.getLogger(__name__)

_RENAMED = (("generator", "quantise_on_load", "quantize_on_load"),)
"""Section, old name, new name."""


def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by section, old names replaced; where both are given, the new one counts.

    >>> renamed({"generator": {"quantise_on_load": False}})
    {'generator': {'quantize_on_load': False}}
    """
    result = dict(values)
    for section, old, new in _RENAMED:
        inner = result.get(section)
        if isinstance(inner, Mapping) and old in inner:
            result[section] = {new: inner[old]} | {name: value for name, value in inner.items() if name != old}
    return result


def rename_in_file(file: Path) -> None:
    """Replace old names in a settings file and say so. A file that cannot be read, written or changed stays."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # whoever reads the settings says why
        return
    for section, old, new in _RENAMED:
        if new in text or not re.search(name := rf"\b{old}(?=\s*=)", text):
            continue
        text = re.sub(name, new, text)
        try:
            replace_text(file, text)
        except OSError as error:
            logger.warning("%s.%s is now %s; change it in %s (%s).", section, old, new, file, error.strerror)
        else:
            logger.warning("%s.%s is now %s, and was renamed in %s.", section, old, new, file)


def tell_of_variables(prefix: str) -> None:
    """Say which environment variables have an old name."""
    for section, old, new in _RENAMED:
        variable = f"{prefix}{section}__{old}".upper()
        if variable in os.environ:
            logger.warning("The environment variable %s is now %s.", variable, f"{prefix}{section}__{new}".upper())
