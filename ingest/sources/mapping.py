"""Mapping files: a few lines of TOML that say where the records of an XML or CSV layout are.

root = "Document"             # XML: the root element's name; CSV: leave it out and name the columns below
title = "Focus"               # the document's title
record = "QAPairs/QAPair"     # XML: path from the root to one record
heading = "Question"          # path (XML) or column (CSV) of the record's heading
text = ["Answer"]             # paths or columns that make up the record's text, in this order
[metadata]                    # name = path or column; "Question/@qtype" is an attribute
qtype = "Question/@qtype"
"""

import hashlib
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vectorstore.errors import UsageError

MAPPING_FILE = "refdesk-mapping.toml"


class Mapping(BaseModel):
    """One record layout. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["xml", "csv"]
    root: str = ""
    title: str = ""
    record: str = ""
    heading: str = ""
    text: tuple[str, ...]
    metadata: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file; raises UsageError naming the file and the key that is wrong."""
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("The mapping file cannot be read", where=str(path), remedy=str(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError("The mapping file is not valid TOML", where=str(path), remedy=f"{error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            "The mapping file has a wrong entry", where=f"{path}, {key}", remedy=f"{first['msg']}."
        ) from error


@cache
def presets() -> tuple[Mapping, ...]:
    """The layouts that Refdesk knows without being told."""
    folder = files("ingest.sources") / "presets"
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return tuple(Mapping.model_validate(tomllib.loads(text)) for text in sorted(texts))


def fitting(mappings: Iterable[Mapping], kind: Literal["xml", "csv"], names: Iterable[str]) -> Mapping | None:
    """The first mapping for ``kind`` whose root (XML) is, or whose columns (CSV) are all, among ``names``."""
    present = set(names)
    for mapping in mappings:
        wanted = {mapping.root} if kind == "xml" else {*mapping.text, *filter(None, [mapping.heading, mapping.title])}
        if mapping.format == kind and wanted <= present:
            return mapping
    return None
