"""The commands run with the real packaged models, which these tests load once and not for every call."""

from collections.abc import Iterator

import pytest

import rag.desk
from rag.generators.selection import choose_engine, detect_hardware, load_generator
from rag.reader.model import load_reader
from rag.settings import load_settings


@pytest.fixture(scope="package", autouse=True)
def models_loaded_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    settings = load_settings(tmp_path_factory.mktemp("home"))
    embedder = rag.desk.open_embedder(settings)
    reader = load_reader(settings.reader.model)
    loaded = {"llamacpp": load_generator(choose_engine(settings, detect_hardware()), settings), "extractive": None}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rag.desk, "open_embedder", lambda settings, confirm=None: embedder)
        patch.setattr(rag.desk, "load_reader", lambda name, download, confirm: reader)
        patch.setattr(rag.desk, "load_generator", lambda choice, settings, confirm: loaded[choice.engine])
        yield
