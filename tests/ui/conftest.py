"""The chat page with the fake desk, in a process of its own, and a Chromium to look at it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

ROOT = Path(__file__).parents[2]
PATIENCE = 20_000
"""Milliseconds until a check of the page fails: it says when something is wrong, on a busy machine too."""


@dataclass
class Desk:
    """The served page, and the pace of its fake desk."""

    url: str
    port: int
    process: subprocess.Popen[str]

    def step(self, events: int = 1) -> None:
        """Let the answer in the making go on by so many events."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{events}\n")
        self.process.stdin.flush()


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ui.fake_desk", str(port), "0"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"Refdesk answers at http://127.0.0.1:{port}\n"
    yield Desk(f"http://127.0.0.1:{port}", port, process)
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def context(browser: Browser, desk: Desk) -> Iterator[BrowserContext]:
    """A fresh reader whose browser must ask nobody but this server, and must find nothing to complain about."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC", viewport={"width": 1280, "height": 800})
    elsewhere: list[str] = []
    complaints: list[str] = []

    def only_this_server(route: Route) -> None:
        if urlsplit(route.request.url).netloc == f"127.0.0.1:{desk.port}":
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route(lambda url: not url.startswith(("data:", "blob:")), only_this_server)
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    yield context
    context.close()
    assert elsewhere == []
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page
