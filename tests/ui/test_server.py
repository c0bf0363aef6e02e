"""The server's own promises: who may ask, what a page may load, what a taken port says."""

import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from ui.server import HostGuard, SecurityHeaders, bind, content_policy
from vectorstore.errors import RefdeskError

App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def _hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("hello")(scope, receive, send)
    else:
        await send({"type": "websocket.accept"})


def _first(app: App, host: str | None, origin: str | None = None, kind: str = "http") -> Message:
    """The first message that the application sends to a request with these headers."""
    headers = [(name, value.encode()) for name, value in ((b"host", host), (b"origin", origin)) if value is not None]
    scope: dict[str, Any] = {"type": kind, "method": "GET", "path": "/", "headers": headers}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    # Nothing here waits for anything, so the coroutine runs to its end at once, without a loop.
    with pytest.raises(StopIteration):
        app(scope, receive, send).__await__().send(None)
    return sent[0]


@pytest.mark.parametrize(
    ("bound", "host", "origin", "welcome"),
    [
        ("127.0.0.1", "127.0.0.1:8501", None, True),
        ("127.0.0.1", "localhost:9", "http://localhost:9", True),
        ("127.0.0.1", "[::1]:8501", None, True),
        ("127.0.0.1", "LOCALHOST", "https://localhost", True),
        ("10.0.0.7", "10.0.0.7:8501", None, True),
        ("desk.example", "desk.example", "https://desk.example", True),
        ("0.0.0.0", "192.168.1.5:8501", None, True),
        ("0.0.0.0", f"{socket.gethostname()}:8501", None, True),
        ("127.0.0.1", "evil.example", None, False),
        ("127.0.0.1", "127.0.0.1.evil.example", None, False),
        ("127.0.0.1", "evil.example@127.0.0.1", None, False),
        ("127.0.0.1", "127.0.0.1/; script-src *", None, False),
        ("127.0.0.1", "192.168.1.5", None, False),
        ("127.0.0.1", "", None, False),
        ("127.0.0.1", "[::1", None, False),
        ("127.0.0.1", None, None, False),
        ("0.0.0.0", "evil.example", None, False),
        ("127.0.0.1", "127.0.0.1:8501", "http://evil.example", False),
        ("127.0.0.1", "127.0.0.1:8501", "http://127.0.0.1:9999", False),
        ("127.0.0.1", "127.0.0.1:8501", "null", False),
    ],
)
def test_only_its_own_names_and_origins_are_served(
    bound: str, host: str | None, origin: str | None, welcome: bool
) -> None:
    guard = HostGuard(_hello, bound)
    assert _first(guard, host, origin)["status"] == (200 if welcome else 403)
    accepted = "websocket.accept" if welcome else "websocket.close"
    assert _first(guard, host, origin, "websocket")["type"] == accepted


def test_every_response_carries_the_policy() -> None:
    headers = dict(_first(SecurityHeaders(_hello), "127.0.0.1:8501")["headers"])
    assert headers[b"content-security-policy"] == content_policy("127.0.0.1:8501").encode()
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"


def test_the_policy_names_this_server_alone() -> None:
    policy = dict(part.split(" ", 1) for part in content_policy("127.0.0.1:8501").split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501"
    assert "unsafe-eval" not in content_policy("127.0.0.1:8501")


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RefdeskError, match=f"Port {port} is in use: 127.0.0.1:{port}. Choose another with --port"):
            bind("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(RefdeskError, match=r"This machine does not have this address: 192\.0\.2\.1:8501"):
        bind("192.0.2.1", 8501)


def test_the_settings_beside_the_script_count_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(
        '[browser]\ngatherUsageStats = true\n[client]\ntoolbarMode = "developer"\n'
    )
    program = """
import streamlit.config as config
config.get_option("server.port")  # read once before the page exists, as an import may do
from ui.server import chat_app
chat_app(routes=[], middleware=[])
print(*(config.get_option(name) for name in (
    "browser.gatherUsageStats", "client.toolbarMode", "client.showErrorDetails", "theme.light.primaryColor",
    "theme.dark.backgroundColor", "server.fileWatcherType")))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["False", "minimal", "none", "#1c6650", "#161817", "none"]
