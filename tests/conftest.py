"""Fixtures shared by all tests. Real models are loaded once a session."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vectorstore.models import SMOLLM2, resolve_model

pytest_plugins = ["pytester", "tests.quick"]

# Read by torch when it is imported. Servers, workers and browsers share few processors here: threads that wait for work
# must not keep them busy.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from rag.generators.engines.llamacpp import LlamaCppChat
    from rag.generators.engines.transformers import TransformersChat


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
    with folder.with_name("unpacking-lock").open("w") as lock:  # tests run in several processes
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
