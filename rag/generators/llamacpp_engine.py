"""GGUF models through llama.cpp, in this process (the prebuilt `xllamacpp` wheel)."""

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import xllamacpp
from pydantic import PrivateAttr

from rag.generators.streaming import StreamingChat
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
    _http: httpx.Client = PrivateAttr()
    _folder: Any = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Load the model (about a second for 100 MB)."""
        for file in filter(None, (self.path, self.adapter)):
            if not file.is_file():
                raise ModelUnavailable("No such file", where=str(file), remedy="Correct the path.")
        # The wheel's server always listens. A socket in a folder that only this user may enter opens no port.
        self._folder = tempfile.TemporaryDirectory(prefix="refdesk-")
        socket = str(Path(self._folder.name) / "llama.sock")
        try:
            self._server = xllamacpp.Server(self._parameters(socket))
        except RuntimeError as error:
            raise ModelUnavailable(
                "llama.cpp cannot load the model",
                where=str(self.adapter or self.path),
                remedy="Check that it is a whole GGUF file, and that the adapter was made for this model.",
            ) from error
        self._http = httpx.Client(transport=httpx.HTTPTransport(uds=socket), base_url="http://llama", timeout=30)

    def _parameters(self, socket: str) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        if self.adapter:
            parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(self.adapter), 1.0)]
        parameters.hostnames = [socket]
        parameters.verbosity = _SILENT
        parameters.warmup = False
        parameters.ui = False
        parameters.offline = True
        parameters.n_ctx = self.context_tokens
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = _PROMPT_STEP
        # By default it keeps up to 8 GB of earlier prompts.
        parameters.cache_ram_mib = 0
        writing, reading = _threads(self.threads)
        parameters.cpuparams.n_threads = writing
        parameters.cpuparams_batch.n_threads = reading
        return parameters

    @property
    def _llm_type(self) -> str:
        return "llamacpp"

    def get_num_tokens(self, text: str) -> int:
        """Tokens of ``text`` in this model's own vocabulary."""
        reply = self._http.post("/tokenize", json={"content": text})
        return len(reply.raise_for_status().json()["tokens"])

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


def _threads(setting: int | None) -> tuple[int, int]:
    """Threads for writing and for reading the prompt.

    llama.cpp's threads wait for each other by spinning at every layer. Writing does so for each token, and one other
    busy process then costs a factor of ten; so writing leaves a core free. Reading does so once in 128 tokens.
    """
    cores = psutil.cpu_count(logical=False) or 1
    return (setting, setting) if setting else (max(1, cores - 1), cores)
