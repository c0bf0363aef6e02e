"""Any OpenAI-compatible endpoint: vLLM, TGI, Ollama, llama.cpp's own server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from rag.generators.types import Wanted
from vectorstore.errors import RefdeskError, UsageError

_BYTES_PER_TOKEN = 3
"""English has four and a half in the vocabularies of today, other languages fewer: prompts rather stay too short."""


class EndpointChat(ChatOpenAI):
    """A model on a server. What the server refuses, and that it is not there, is a RefdeskError.

    Its tokens are estimated: the protocol has no call to count them, and LangChain would fetch OpenAI's vocabulary.
    """

    @override
    def get_num_tokens(self, text: str) -> int:
        return -(-len(text.encode()) // _BYTES_PER_TOKEN)

    @override
    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        with self._explained():
            yield from super()._stream(*args, **kwargs)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._explained():
            return super()._generate(messages, stop, run_manager, **kwargs)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        where = str(self.openai_api_base)
        try:
            yield
        except openai.APIConnectionError as error:
            remedy = "Start the server, or correct generator.base_url."
            raise RefdeskError("The endpoint cannot be reached", where=where, remedy=remedy) from error
        except openai.APIStatusError as error:
            remedy = "Ask less at once, or correct generator.model and the key."
            raise RefdeskError(f"The endpoint refuses ({error.message})", where=where, remedy=remedy) from error


def load(wanted: Wanted) -> BaseChatModel:
    """The model at ``generator.base_url``. Raises UsageError when the address or the model is not set."""
    settings = wanted.settings
    for key in ("base_url", "model"):
        if not getattr(settings, key):
            raise UsageError("The engine openai needs this setting", where=f"generator.{key}", remedy="Set it.")
    return EndpointChat(
        base_url=settings.base_url,
        model=settings.model or "",
        # Local endpoints ask for no key, but the client refuses to start without one.
        api_key=SecretStr(os.environ.get(settings.api_key_env) or "none"),
        temperature=settings.temperature,
        max_tokens=settings.max_new_tokens,
        timeout=120,
        max_retries=1,
    )
