"""Every setting, read in one place and passed down.

Later sources win: defaults, ``settings.toml`` in the home folder, the environment (``REFDESK_SECTION__KEY``), explicit
arguments.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from ingest.limits import Limits
from rag.generators.settings import GeneratorSettings
from rag.settings.renamed import rename_in_file, renamed, tell_of_variables
from vectorstore.errors import UsageError
from vectorstore.models import Download

SETTINGS_FILE = "settings.toml"
DEFAULT_HOME = Path("~/.local/share/refdesk")
_PREFIX = "REFDESK_"
AUTO = "auto"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmbeddingSettings(_Section):
    """What turns text into vectors."""

    model: str = Field(
        default=AUTO,
        description="Embedding model: auto (by the languages of the documents that come first), a name or a folder.",
    )


class ReaderSettings(_Section):
    """What finds the answer's span in a passage."""

    model: str = Field(default="embedded", description="Reader: embedded, embedded-fast, a name or a folder.")
    passages: int = Field(default=12, gt=0, description="Passages that the reader scores for each question.")


class RetrievalSettings(_Section):
    """How passages are found."""

    candidates: int = Field(default=50, gt=0, description="Passages fetched by each leg before they are merged.")
    dense_weight: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Share of the dense score; the rest is lexical."
    )


class IngestSettings(Limits):
    """How documents are read and cut."""

    chunk_tokens: int = Field(
        default=200,
        ge=64,
        description="Longest chunk with its heading, in tokens, unless the embedding model reads less: about a "
        "paragraph, so that three fit a small generator's prompt.",
    )


class GroundingSettings(_Section):
    """How written sentences are checked."""

    model: str | None = Field(
        default=None,
        description="A model of natural language inference, or of consistency with one score: a name or a folder. It "
        "judges what the rules of the check allow; unset, a score fitted to the embedding model does.",
    )


class AnsweringSettings(_Section):
    """When the desk answers, and the queue in front of it."""

    caution: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        description="How sure the desk must be that the documents hold the answer: 0.2 is eager, 0.8 cautious.",
    )
    writes: Literal["adding", "always"] = Field(
        default="adding",
        description="When a generator of less than three billion parameters writes unasked: adding (only where it "
        "joins several passages) or always.",
    )
    queue_size: int = Field(default=16, gt=0, description="Questions that may wait; more are refused.")
    workers: int = Field(default=1, gt=0, description="Questions answered at the same time.")
    max_question_characters: int = Field(default=4000, gt=0, description="Longest question, in characters.")


class Settings(BaseSettings):
    """All settings of one desk. Build it with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid")

    home: Path = Field(description="Folder in which everything is kept.")
    downloads: Download = Field(
        default="never", description="Model downloads: never; ask (up to 1 GB without a question); allow."
    )
    generator: GeneratorSettings = GeneratorSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    reader: ReaderSettings = ReaderSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    ingest: IngestSettings = IngestSettings()
    grounding: GroundingSettings = GroundingSettings()
    answering: AnsweringSettings = AnsweringSettings()

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = Path(init_settings()["home"]) / SETTINGS_FILE
        toml = TomlConfigSettingsSource(settings_cls, file)
        if "home" in toml.toml_data:
            raise UsageError("A file in the home cannot set it", where=str(file), remedy="Use --home or REFDESK_HOME.")
        return init_settings, _Renamed(settings_cls, env_settings), _Renamed(settings_cls, toml)


class _Renamed(PydanticBaseSettingsSource):
    """Another source, with old names replaced before the sources are merged."""

    def __init__(self, settings_cls: type[BaseSettings], source: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._source = source

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    @override
    def __call__(self) -> dict[str, Any]:
        return renamed(self._source())


def load_settings(home: Path | None = None, **overrides: Any) -> Settings:
    """Settings from all sources. ``overrides`` are sections as dictionaries, of which only the named keys are set.

    Raises UsageError for an unknown key, a wrong value or an unreadable file, and names it.

    >>> load_settings(Path("/tmp/desk"), generator={"engine": "extractive"}).generator.engine
    'extractive'
    """
    # An empty REFDESK_HOME means the default, as with other programs; it must not become the current folder.
    home = home or Path(os.environ.get(f"{_PREFIX}HOME") or DEFAULT_HOME)
    home = home.expanduser().absolute()
    file = home / SETTINGS_FILE
    _refuse_unknown_sections()
    tell_of_variables(_PREFIX)
    rename_in_file(file)
    try:
        return Settings(home=home, **overrides)
    except ValidationError as error:
        raise _explained(error, file, overrides) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Not valid TOML ({error})", where=str(file), remedy="Correct the file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("The settings cannot be read", where=str(file), remedy=f"{error}.") from error
    except SettingsError as error:
        raise UsageError(f"A {_PREFIX}* environment variable is wrong", remedy=f"{error}.") from error


def _refuse_unknown_sections() -> None:
    """pydantic-settings looks only for variables that it knows, so a misspelt section would be silently ignored."""
    for name in os.environ:
        section = name.removeprefix(_PREFIX).split("__")[0].lower()
        if name.startswith(_PREFIX) and "__" in name and section not in Settings.model_fields:
            raise UsageError("Unknown setting", where=f"environment variable {name}", remedy="Remove or correct it.")


def _explained(error: ValidationError, file: Path, overrides: Mapping[str, Any]) -> UsageError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    variable = _PREFIX + "__".join(path).upper()
    if _given(overrides, path):
        where = key
    elif variable in os.environ:
        where = f"{key} (environment variable {variable})"
    else:
        where = f"{key} in {file}"
    if first["type"] == "extra_forbidden":
        return UsageError("Unknown setting", where=where, remedy="Remove or correct it.")
    return UsageError("Wrong value", where=where, remedy=f"{first['msg']}.")


def _given(overrides: Mapping[str, Any], path: list[str]) -> bool:
    value: object = overrides
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True
