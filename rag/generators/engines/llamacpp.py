"""GGUF models through llama.cpp, in this process (the prebuilt `xllamacpp` wheel)."""

import json
import shutil
import socket
import tempfile
import threading
import weakref
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import xllamacpp
from pydantic import PrivateAttr
from typing_extensions import override

from rag.generators.engines.streaming import StreamingChat
from rag.generators.types import Wanted
from vectorstore.errors import ModelUnavailable, RefdeskError

_SILENT = -1
# Tokens read between two chances to stop; 128 take about half a second on two cores.
_PROMPT_STEP = 128


class LlamaCppChat(StreamingChat):
    """A GGUF model on llama.cpp. Greedy at temperature 0, and then the same prompt gives the same reply.

    Raises ModelUnavailable when the file cannot be loaded. ``adapter`` is a LoRA adapter as a GGUF file.

    >>> chat = LlamaCppChat(path=Path("model.gguf"))  # doctest: +SKIP
    >>> chat.invoke("What is a citation?").text  # doctest: +SKIP
    """

    path: Path
    adapter: Path | None = None
    context_tokens: int = 2048
    max_new_tokens: int = 160
    temperature: float = 0.0
    threads: int | None = None

    _server: Any = PrivateAttr()
    _socket: str = PrivateAttr()

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Load the model (about a second for 100 MB)."""
        for file in filter(None, (self.path, self.adapter)):
            if not file.is_file():
                raise ModelUnavailable("No such file", where=str(file), remedy="Correct the path.")
        # The wheel's server always listens. A socket in a folder that only this user may enter opens no port.
        folder = tempfile.mkdtemp(prefix="refdesk-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._socket = f"{folder}/llama.sock"
        try:
            self._server = xllamacpp.Server(self._parameters())
        except RuntimeError as error:
            raise ModelUnavailable(
                "llama.cpp cannot load the model",
                where=str(self.adapter or self.path),
                remedy="Check that it is a whole GGUF file, and that the adapter was made for this model.",
            ) from error
        # Told to end before it works off its queue, the server would wait for work for ever.
        with closing(_SocketConnection(self._socket)) as connection:
            connection.request("GET", "/slots")
            connection.getresponse().read()

    def _parameters(self) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        if self.adapter:
            parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(self.adapter), 1.0)]
        parameters.hostnames = [self._socket]
        parameters.verbosity = _SILENT
        parameters.warmup = False
        parameters.ui = False
        parameters.offline = True
        parameters.n_ctx = self.context_tokens
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = _PROMPT_STEP
        # By default it keeps up to 8 GB of earlier prompts.
        parameters.cache_ram_mib = 0
        parameters.cpuparams.n_threads = _threads(self.threads)
        parameters.cpuparams_batch.n_threads = _threads(self.threads)
        return parameters

    @property
    @override
    def _llm_type(self) -> str:
        return "llamacpp"

    @override
    def get_num_tokens(self, text: str) -> int:
        """Tokens of ``text`` in this model's own vocabulary."""
        # The wheel binds no tokenizer, but its server has one.
        with closing(_SocketConnection(self._socket)) as connection:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), {"Content-Type": "application/json"})
            return len(json.load(connection.getresponse())["tokens"])

    @override
    def _produce(self, messages: list[dict[str, str]], emit: Callable[[str], None], stopped: threading.Event) -> None:
        failure: list[str] = []

        def receive(event: dict[str, Any]) -> bool:
            """Called for each event; true ends the work."""
            if "error" in event:
                failure.append(str(event["error"].get("message", "unknown error")))
                return True
            for choice in event.get("choices", []):
                if text := choice["delta"].get("content"):
                    emit(text)
            return stopped.is_set()

        self._server.handle_chat_completions(
            {
                "messages": messages,
                "stream": True,
                "max_tokens": self.max_new_tokens,
                "temperature": self.temperature,
                # Events while the prompt is read are chances to stop.
                "return_progress": True,
                # A kept prefix changes the batches and with them the last bits: replies would depend on earlier ones.
                "cache_prompt": False,
            },
            receive,
        )
        if failure:
            raise RefdeskError(
                "llama.cpp could not answer", where=failure[0], remedy="Ask less, or raise generator.context_tokens."
            )


def load(wanted: Wanted) -> LlamaCppChat:
    """With the adapter as a GGUF file, converted once. Raises ModelUnavailable."""
    assert wanted.source is not None
    adapter = wanted.adapter
    if adapter and adapter.is_dir():
        from rag.generators.adapters.gguf import converted  # imports torch, which llama.cpp does without

        adapter = converted(adapter, wanted.source.path, wanted.unpacked)
    return LlamaCppChat(
        path=wanted.source.path,
        adapter=adapter,
        context_tokens=wanted.settings.context_tokens,
        max_new_tokens=wanted.settings.max_new_tokens,
        temperature=wanted.settings.temperature,
        threads=wanted.settings.threads,
    )


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("llama", timeout=60)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _threads(setting: int | None) -> int:
    """As set, else one less than the physical cores.

    llama.cpp's threads wait for each other by spinning at every layer, and one other busy process (the browser that
    shows the answer, say) then costs a factor of ten; so a core is left free.
    """
    return setting or max(1, (psutil.cpu_count(logical=False) or 1) - 1)
