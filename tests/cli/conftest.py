"""The commands run with the real packaged models, which these tests load once and not for every call."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.components import Components, open_embedder
from rag.desk.service import LocalDesk
from rag.generators.types import Generator
from rag.reader.model import ExtractiveReader
from rag.settings.model import Settings, load_settings
from tests import command
from tests.command import Result
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import Confirm

Refdesk = Callable[..., Result]


class Loaded(Components):
    """The packaged models, each loaded when a desk needs it first; its desks share them."""

    @functools.cached_property
    def llamacpp(self) -> Generator | None:
        return self.generator()

    def desk(self, settings: Settings, confirm: Confirm | None = None, *, retrieval: bool = True) -> LocalDesk:
        return LocalDesk(_Shared(settings, self), retrieval=retrieval)


class _Shared(Components):
    def __init__(self, settings: Settings, loaded: Loaded) -> None:
        super().__init__(settings)
        self._loaded = loaded

    @functools.cached_property
    def embedder(self) -> LocalEmbedder:
        own = open_embedder(self.settings)
        return self._loaded.embedder if own.fingerprint == self._loaded.embedder.fingerprint else own

    @functools.cached_property
    def reader(self) -> ExtractiveReader:
        return self._loaded.reader

    def generator(self, settings: Settings | None = None, *, alone: bool = False) -> Generator | None:
        return None if self.settings.generator.engine == "extractive" else self._loaded.llamacpp


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return Loaded(load_settings(tmp_path_factory.mktemp("loaded")))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def refdesk(loaded: Loaded, monkeypatch: pytest.MonkeyPatch, home: Path) -> Refdesk:
    monkeypatch.setenv("REFDESK_HOME", str(home))
    return lambda *words: command.refdesk(*words, open_desk=loaded.desk)
