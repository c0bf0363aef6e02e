"""The commands run with the real packaged models, which these tests load once and not for every call."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import rag.components
import rag.generators.selection
import rag.reader.model
from rag.generators.selection import choose_engine, detect_hardware, load_generator
from rag.reader.model import load_reader
from rag.settings.model import load_settings
from ui.cli.main import main


@pytest.fixture(scope="package", autouse=True)
def models_loaded_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    settings = load_settings(tmp_path_factory.mktemp("home"))
    embedder = rag.components.open_embedder(settings)
    reader = load_reader(settings.reader.model)
    loaded = {"llamacpp": load_generator(choose_engine(settings, detect_hardware()), settings), "extractive": None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rag.components, "SentenceTransformerEmbedder", lambda model, home: embedder)
        patch.setattr(rag.reader.model, "load_reader", lambda name, download, confirm: reader)
        patch.setattr(
            rag.generators.selection, "load_generator", lambda choice, settings, confirm, alone: loaded[choice.engine]
        )
        yield


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Refdesk = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def refdesk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> Refdesk:
    monkeypatch.setenv("REFDESK_HOME", str(home))

    def run(*arguments: object) -> Result:
        monkeypatch.setattr("sys.argv", ["refdesk", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Result(int(end.value.code or 0), captured.out, captured.err)

    return run
