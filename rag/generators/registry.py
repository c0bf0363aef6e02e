"""Which engine writes, with which model, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from langchain_core.language_models.chat_models import BaseChatModel

from rag.generators.embedded import adapter_for
from rag.generators.model_size import parameters_of
from rag.settings.model import GeneratorSettings, Settings
from vectorstore.errors import ModelUnavailable
from vectorstore.models import SMOLLM2, Confirm, Download, resolve_model

Engine = Literal["transformers", "llamacpp", "openai", "extractive"]

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
# 8 billion parameters at 4 bits, the unquantized embeddings and output head, and the cache of a 3,000-token prompt.
LLAMA_MEMORY_BYTES = 9_000_000_000

# Rewriting a question needs more than the smallest models can do: see docs/decisions/0012.
_LARGE = 3e9

PROMPT_TOKENS_CPU = 600
PROMPT_TOKENS_CUDA = 3000


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the machine offers. ``cuda_memory_bytes`` is the first GPU's free memory, 0 without CUDA."""

    cuda_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, its model's name (None for extractive), and one plain sentence that says why."""

    engine: Engine
    model: str | None
    reason: str


def detect_hardware() -> Hardware:
    """Look at this machine (imports torch)."""
    import torch

    if not torch.cuda.is_available():
        return Hardware()
    free, _ = torch.cuda.mem_get_info(0)
    return Hardware(cuda_memory_bytes=free)


def choose_engine(settings: Settings, hardware: Hardware) -> Choice:
    """Follow the settings; where they say auto, the hardware and what is installed.

    >>> choose_engine(load_settings(), Hardware()).engine  # doctest: +SKIP
    'llamacpp'
    """
    generator = settings.generator
    named = generator.model or _trained_on(generator.adapter)
    match generator.engine:
        case "extractive":
            return Choice("extractive", None, "The settings ask for extractive answers, so no generator is loaded.")
        case "openai":
            return Choice("openai", named, f"The settings name the endpoint {generator.base_url}.")
        case "llamacpp":
            return Choice("llamacpp", named or SMOLLM2, "The settings ask for llama.cpp.")
        case "transformers":
            return Choice("transformers", named or _default(hardware), "The settings ask for transformers.")
        case "auto" if generator.adapter and not _llamacpp_runs(generator.adapter):
            return Choice("transformers", named or _default(hardware), "llama.cpp cannot run this kind of adapter.")
        case "auto":
            return _automatic(named, settings.downloads, hardware)


def prompt_budget(settings: GeneratorSettings, engine: Engine, hardware: Hardware) -> int:
    """Tokens that a prompt may have: as set, else what the engine's device reads in a few seconds."""
    on_gpu = engine == "openai" or (engine == "transformers" and hardware.cuda_memory_bytes > 0)
    budget = settings.prompt_tokens or (PROMPT_TOKENS_CUDA if on_gpu else PROMPT_TOKENS_CPU)
    if engine == "llamacpp":
        # llama.cpp reserves its window when it loads; the reply needs its share.
        budget = min(budget, max(1, settings.context_tokens - settings.max_new_tokens))
    return budget


def is_large(choice: Choice) -> bool:
    """Whether the model can be trusted with more than a sentence of a passage (see ``Writer``), by its parameters.

    A model on a server that does not tell its size is taken to be large; any other such model is not.

    >>> is_large(Choice("transformers", "meta-llama/Llama-3.1-8B-Instruct", ""))
    True
    """
    parameters = parameters_of(choice.model) if choice.model else None
    return choice.engine == "openai" if parameters is None else parameters >= _LARGE


def load_generator(
    choice: Choice, settings: Settings, confirm: Confirm | None = None, *, alone: bool = False
) -> BaseChatModel | None:
    """The chat model that ``choice`` stands for, loaded; None for extractive answers.

    ``confirm`` is asked before a download over 1 GB. One that is to write ``alone`` gets no adapter but the one in the
    settings: the packaged one has learned to answer from passages. Raises ModelUnavailable or UsageError.
    """
    generator = settings.generator
    # Engines are imported only when chosen: torch and transformers alone take seconds.
    if choice.engine == "openai":
        from rag.generators.engines.openai import endpoint_chat

        return endpoint_chat(generator)
    if choice.engine == "extractive" or choice.model is None:
        return None
    source = resolve_model(choice.model, download=settings.downloads, confirm=confirm)
    unpacked = settings.home / "models"
    adapter = _found(generator.adapter if alone else adapter_for(choice.model, generator.adapter))
    if choice.engine == "transformers":
        from rag.generators.engines.transformers import TransformersChat

        chat = TransformersChat(
            source=source,
            unpacked=unpacked,
            adapter=adapter,
            max_new_tokens=generator.max_new_tokens,
            temperature=generator.temperature,
            quantize_on_load=generator.quantize_on_load,
        )
        if not chat.knows_chats:
            raise ModelUnavailable(
                "This model only goes on with texts; it knows no chats", where=source.name, remedy="Name one that does."
            )
        return chat
    if not source.is_gguf:
        raise ModelUnavailable(
            "llama.cpp reads GGUF files only", where=source.name, remedy="Name a .gguf file, or engine transformers."
        )
    from rag.generators.engines.llamacpp import LlamaCppChat

    if adapter and adapter.is_dir():
        from rag.generators.adapters.gguf import converted

        adapter = converted(adapter, source.path, unpacked)
    return LlamaCppChat(
        path=source.path,
        adapter=adapter,
        context_tokens=generator.context_tokens,
        max_new_tokens=generator.max_new_tokens,
        temperature=generator.temperature,
        threads=generator.threads,
    )


def _found(adapter: Path | None) -> Path | None:
    """The adapter itself, where the folder of its run is named. Raises ModelUnavailable."""
    from rag.generators.adapters.loading import adapter_folder

    return adapter_folder(adapter) if adapter and not adapter.is_file() else adapter


def _trained_on(adapter: Path | None) -> str | None:
    """The model that an adapter was trained on; a GGUF file does not tell."""
    if adapter is None or adapter.is_file():
        return None
    from rag.generators.adapters.loading import adapter_folder, base_model

    return base_model(adapter_folder(adapter))


def _llamacpp_runs(adapter: Path) -> bool:
    from rag.generators.adapters.loading import adapter_folder, is_plain_lora

    return adapter.is_file() or is_plain_lora(adapter_folder(adapter))


def _default(hardware: Hardware) -> str:
    return LLAMA if hardware.cuda_memory_bytes >= LLAMA_MEMORY_BYTES else SMOLLM2


def _automatic(named: str | None, downloads: Download, hardware: Hardware) -> Choice:
    if named:
        return _for_model(named)
    if hardware.cuda_memory_bytes == 0:
        return Choice("llamacpp", SMOLLM2, "No CUDA GPU was found, so the small packaged model writes on the CPU.")
    free = f"{hardware.cuda_memory_bytes / 1e9:.0f} GB of GPU memory"
    if hardware.cuda_memory_bytes < LLAMA_MEMORY_BYTES:
        return Choice(
            "llamacpp", SMOLLM2, f"Only {free} is free and {LLAMA} needs 9 GB, so the small packaged model writes."
        )
    if downloads != "never":
        return Choice("transformers", LLAMA, f"There is a CUDA GPU with {free} free, and downloads are on.")
    try:
        found = resolve_model(LLAMA)
    except ModelUnavailable:
        return Choice(
            "llamacpp",
            SMOLLM2,
            f"{LLAMA} is not on this machine and downloads are off, so the small packaged model writes.",
        )
    return Choice("transformers", LLAMA, f"There is a CUDA GPU with {free} free, and {LLAMA} was {found.reason}.")


def _for_model(name: str) -> Choice:
    """A named model runs on the engine that reads its format; a name still to be downloaded is taken for a folder."""
    try:
        is_gguf = resolve_model(name).is_gguf
    except ModelUnavailable:
        is_gguf = False
    if is_gguf:
        return Choice("llamacpp", name, "The settings name a GGUF model, which llama.cpp runs.")
    return Choice("transformers", name, "The settings name a model in Hugging Face's layout, which transformers runs.")
