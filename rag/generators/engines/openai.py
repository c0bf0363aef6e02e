"""Any OpenAI-compatible endpoint: vLLM, TGI, Ollama, llama.cpp's own server."""

import os

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from rag.settings.model import GeneratorSettings
from vectorstore.errors import UsageError


def endpoint_chat(settings: GeneratorSettings) -> BaseChatModel:
    """The model at ``generator.base_url``. Raises UsageError when the address or the model is not set."""
    for key in ("base_url", "model"):
        if not getattr(settings, key):
            raise UsageError("The engine openai needs this setting", where=f"generator.{key}", remedy="Set it.")
    return ChatOpenAI(
        base_url=settings.base_url,
        model=settings.model or "",
        # Local endpoints ask for no key, but the client refuses to start without one.
        api_key=SecretStr(os.environ.get(settings.api_key_env) or "none"),
        temperature=settings.temperature,
        max_tokens=settings.max_new_tokens,
        timeout=120,
        max_retries=1,
    )
