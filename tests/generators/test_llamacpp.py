"""The packaged SmolLM2, really running in llama.cpp."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from rag.generators.engines.llamacpp import LlamaCppChat
from vectorstore.errors import ModelUnavailable

pytestmark = pytest.mark.models

QUESTION = "Name three fruits."


class EventRecorder:
    """In front of the real server; keeps the events it sends."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.events: list[dict[str, Any]] = []

    def handle_chat_completions(self, request: dict[str, Any], receive: Callable[[dict[str, Any]], bool]) -> None:
        def record(event: dict[str, Any]) -> bool:
            self.events.append(event)
            return receive(event)

        self.server.handle_chat_completions(request, record)


def test_a_stop_is_seen_while_the_prompt_is_read(llamacpp: LlamaCppChat) -> None:
    recorder = EventRecorder(llamacpp._server)
    stopped = threading.Event()
    stopped.set()
    llamacpp._server = recorder
    try:
        llamacpp._produce([{"role": "user", "content": "and more text " * 200}], lambda _: None, stopped)
    finally:
        llamacpp._server = recorder.server
    (event,) = recorder.events
    assert event["prompt_progress"]["processed"] < event["prompt_progress"]["total"]


def test_it_counts_in_its_own_tokens(llamacpp: LlamaCppChat) -> None:
    assert llamacpp.get_num_tokens("") == 0
    assert llamacpp.get_num_tokens("The documents do not say.") == 6


def test_it_opens_no_port_and_writes_nothing(llamacpp: LlamaCppChat, capfd: pytest.CaptureFixture[str]) -> None:
    ports = [connection for connection in psutil.Process().net_connections("inet") if connection.status == "LISTEN"]
    LlamaCppChat(path=llamacpp.path, max_new_tokens=2).invoke(QUESTION)
    after = [connection for connection in psutil.Process().net_connections("inet") if connection.status == "LISTEN"]
    assert after == ports
    assert capfd.readouterr() == ("", "")


def test_a_damaged_or_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"No such file: .*none\.gguf"):
        LlamaCppChat(path=tmp_path / "none.gguf")
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelUnavailable, match=r"cannot load the model: .*damaged\.gguf"):
        LlamaCppChat(path=damaged)


def test_it_can_be_given_up_as_soon_as_it_is_loaded(llamacpp: LlamaCppChat) -> None:
    program = "import sys; from rag.generators.engines.llamacpp import LlamaCppChat"
    program += "\nfor _ in range(6): LlamaCppChat(path=sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, str(llamacpp.path)], check=True, timeout=120)
