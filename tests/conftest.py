"""Fixtures shared by all tests. Real models are loaded once a session."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vectorstore.models import SMOLLM2, resolve_model

# Read by torch when it is imported. Servers, workers and browsers share few processors here: threads that wait for work
# must not keep them busy.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from rag.generators.engines.llamacpp import LlamaCppChat
    from rag.generators.engines.transformers import TransformersChat


# `make test-quick` runs what needs none of these. A module that is all marked so is not even imported.
_NOT_QUICK = ("models", "torch", "browser", "slow")
_MODULE_MARK = re.compile(rf"^pytestmark\b.*\bpytest\.mark\.({'|'.join(_NOT_QUICK)})\b", re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help=f"leave out tests marked {', '.join(_NOT_QUICK)}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if not config.getoption("--quick") or not collection_path.match("test_*.py"):
        return None
    return bool(_MODULE_MARK.search(collection_path.read_text(encoding="utf-8"))) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--quick"):
        quick = [item for item in items if not any(item.get_closest_marker(name) for name in _NOT_QUICK)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(quick)])
        items[:] = quick
        if "torch" in sys.modules:
            raise pytest.UsageError("A quick test module imports torch, which takes seconds: mark it, or import later.")


@pytest.fixture(autouse=True)
def stays_quick(request: pytest.FixtureRequest) -> Iterator[None]:
    """A quick test that imports torch fails: it would make all the others wait."""
    before = "torch" in sys.modules
    yield
    if request.config.getoption("--quick") and not before and "torch" in sys.modules:
        pytest.fail("This test imports torch, so that it is not quick: mark it")


@pytest.fixture(scope="session")
def llamacpp() -> LlamaCppChat:
    """The packaged SmolLM2 in llama.cpp."""
    from rag.generators.engines.llamacpp import LlamaCppChat

    return LlamaCppChat(path=resolve_model(SMOLLM2).path, max_new_tokens=24)


@pytest.fixture(scope="session")
def unpacked(pytestconfig: pytest.Config) -> Path:
    """Where the packaged GGUF is unpacked for transformers; kept between runs, as it takes 20 seconds."""
    from rag.generators.engines.unpacking import unpack_gguf

    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("unpacked")
    with (folder / "one-at-a-time").open("w") as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpack_gguf(resolve_model(SMOLLM2), folder)
    return folder


@pytest.fixture(scope="session")
def nf4(unpacked: Path) -> TransformersChat:
    """The packaged SmolLM2 in NF4."""
    # Imported here, as it takes seconds that most tests need not wait.
    from rag.generators.engines.transformers import TransformersChat

    return TransformersChat(source=resolve_model(SMOLLM2), unpacked=unpacked, max_new_tokens=8)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        message = "Chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()
