"""Which engine writes, with which model, and why: from the settings, the machine, and what the engines can do."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rag.generators.adapters.folder import adapter_folder, adapter_kind, base_model
from rag.generators.model_size import parameters_of
from rag.generators.registry import ENGINES, LLAMA, AdapterKind, Engine, ModelFormat, adapter_for, engine_for
from rag.generators.settings import GeneratorSettings
from rag.generators.types import Choice, Hardware, Wanted
from rag.settings.model import Settings
from vectorstore.errors import ModelUnavailable, UsageError
from vectorstore.machine import has_gpu
from vectorstore.models import SMOLLM2, Confirm, Download, ResolvedModel, resolve_model

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

# 8 billion parameters at 4 bits, the unquantized embeddings and output head, and the cache of a 3,000-token prompt.
LLAMA_MEMORY_BYTES = 9_000_000_000

# Rewriting a question needs more than the smallest models can do: see docs/decisions/0012.
_LARGE = 3e9

PROMPT_TOKENS_CPU = 600
PROMPT_TOKENS_CUDA = 3000

_FORMATS = {"gguf": "GGUF files", "folder": "folders in Hugging Face's layout"}

Resolve = Callable[[str], ResolvedModel]


def detect_hardware() -> Hardware:
    """Look at this machine; torch is imported where it has a GPU."""
    if not has_gpu():
        return Hardware()
    import torch  # takes seconds, which a machine without a GPU need not wait

    free, _ = torch.cuda.mem_get_info(0)
    return Hardware(cuda_memory_bytes=free)


def choose_engine(settings: Settings, hardware: Hardware, resolve: Resolve = resolve_model) -> Choice:
    """Follow the settings; where they say auto, the hardware and what is installed. ``resolve`` finds local models.

    >>> from rag.settings.model import load_settings
    >>> choose_engine(load_settings(Path("/nowhere")), Hardware()).engine
    'llamacpp'
    """
    generator = settings.generator
    named = generator.model or _trained_on(generator.adapter)
    if generator.engine != "auto":
        return _asked_for(ENGINES[generator.engine], named, generator, hardware)
    adapter = adapter_kind(generator.adapter) if generator.adapter else None
    usual, able = engine_for(None), engine_for(None, adapter)
    if usual and able and able is not usual:
        return Choice(able.name, named or _default(able, hardware), f"{usual.title} cannot run this kind of adapter.")
    if named:
        return _for_model(named, adapter, resolve)
    return _for_machine(settings.downloads, hardware, adapter, resolve)


def prompt_budget(settings: GeneratorSettings, engine: str, hardware: Hardware) -> int:
    """Tokens that a prompt may have: as set, else what the engine's device reads in a few seconds."""
    chosen = ENGINES[engine]
    on_gpu = chosen.remote or (chosen.uses_cuda and hardware.cuda_memory_bytes > 0)
    budget = settings.prompt_tokens or (PROMPT_TOKENS_CUDA if on_gpu else PROMPT_TOKENS_CPU)
    return min(budget, max(1, settings.context_tokens - settings.max_new_tokens)) if chosen.is_reserved else budget


def is_large(choice: Choice) -> bool:
    """Whether the model can be trusted with more than a sentence of a passage (see ``Generator``), by its parameters.

    A model on a server that does not tell its size is taken to be large; any other such model is not.

    >>> is_large(Choice("transformers", "meta-llama/Llama-3.1-8B-Instruct", ""))
    True
    """
    parameters = parameters_of(choice.model) if choice.model else None
    return ENGINES[choice.engine].remote if parameters is None else parameters >= _LARGE


def load_generator(
    choice: Choice, settings: Settings, confirm: Confirm | None = None, *, alone: bool = False
) -> "BaseChatModel":
    """The chat model that ``choice`` stands for, loaded; of an engine that writes.

    ``confirm`` is asked before a download over 1 GB. One that is to write ``alone`` gets no adapter but the one in the
    settings: the packaged one has learned to answer from passages. Raises ModelUnavailable or UsageError.
    """
    engine, generator = ENGINES[choice.engine], settings.generator
    assert engine.module
    if engine.missing:
        remedy = "Install them, or choose another engine."
        raise ModelUnavailable(f"{engine.title} is not installed", where=", ".join(engine.missing), remedy=remedy)
    source = adapter = None
    if engine.formats:
        if choice.model is None:
            raise UsageError(f"The engine {engine.name} needs a model", where="generator.model", remedy="Name one.")
        source = resolve_model(choice.model, download=settings.downloads, confirm=confirm)
        if _format_of(source) not in engine.formats:
            takes = " and ".join(_FORMATS[format] for format in engine.formats)
            remedy = "Name another model, or choose another engine."
            raise ModelUnavailable(f"{engine.title} reads {takes} only", where=source.name, remedy=remedy)
        adapter = _itself(generator.adapter if alone else adapter_for(choice.model, generator.adapter))
    loaded: BaseChatModel = import_module(engine.module).load(
        Wanted(generator, source, adapter, settings.home / "models")
    )
    return loaded


def _asked_for(engine: Engine, named: str | None, generator: GeneratorSettings, hardware: Hardware) -> Choice:
    if engine.module is None:
        return Choice(engine.name, None, "The settings ask for extractive answers, so no generator is loaded.")
    if engine.remote:
        return Choice(engine.name, named, f"The settings name the endpoint {generator.base_url}.")
    model = named or (_default(engine, hardware) if engine.formats else None)
    return Choice(engine.name, model, f"The settings ask for {engine.title}.")


def _default(engine: Engine, hardware: Hardware) -> str:
    large = engine.runs("folder", None) and engine.uses_cuda and hardware.cuda_memory_bytes >= LLAMA_MEMORY_BYTES
    return LLAMA if large else SMOLLM2


def _for_machine(downloads: Download, hardware: Hardware, adapter: AdapterKind | None, resolve: Resolve) -> Choice:
    """The large model where it fits and can be had, else the packaged one."""
    large = engine_for("folder", adapter)
    free = f"{hardware.cuda_memory_bytes / 1e9:.0f} GB of GPU memory"
    if hardware.cuda_memory_bytes == 0:
        return _small("No CUDA GPU was found, so the small packaged model writes on the CPU.", adapter)
    if large is None:
        return _small(f"No engine here runs {LLAMA} with this adapter, so the small packaged model writes.", adapter)
    if hardware.cuda_memory_bytes < LLAMA_MEMORY_BYTES:
        why = f"Only {free} is free and {LLAMA} needs 9 GB, so the small packaged model writes."
        return _small(why, adapter)
    if downloads != "never":
        return Choice(large.name, LLAMA, f"There is a CUDA GPU with {free} free, and downloads are on.")
    try:
        found = resolve(LLAMA)
    except ModelUnavailable:
        why = f"{LLAMA} is not on this machine and downloads are off, so the small packaged model writes."
        return _small(why, adapter)
    return Choice(large.name, LLAMA, f"There is a CUDA GPU with {free} free, and {LLAMA} was {found.reason}.")


def _small(why: str, adapter: AdapterKind | None) -> Choice:
    engine = engine_for("gguf", adapter)
    if engine is None:
        return Choice("extractive", None, "No engine that runs models is installed, so answers are only quoted.")
    return Choice(engine.name, SMOLLM2, why)


def _for_model(name: str, adapter: AdapterKind | None, resolve: Resolve) -> Choice:
    """A named model runs on the engine that reads its format; a name still to be downloaded is taken for a folder."""
    try:
        format = _format_of(resolve(name))
    except ModelUnavailable:
        format = "folder"
    engine = engine_for(format, adapter)
    if engine is None:
        remedy = "Name another adapter, or another model."
        raise UsageError(f"No engine runs {name} with this adapter", where="generator.adapter", remedy=remedy)
    what = "a GGUF model" if format == "gguf" else "a model in Hugging Face's layout"
    return Choice(engine.name, name, f"The settings name {what}, which {engine.title} runs.")


def _format_of(source: ResolvedModel) -> ModelFormat:
    return "gguf" if source.is_gguf else "folder"


def _trained_on(adapter: Path | None) -> str | None:
    """The model that an adapter was trained on; a GGUF file does not tell."""
    return None if adapter is None or adapter.is_file() else base_model(adapter_folder(adapter))


def _itself(adapter: Path | None) -> Path | None:
    """The adapter, where the folder of its run may be named. Raises ModelUnavailable."""
    return adapter if adapter is None or adapter.is_file() else adapter_folder(adapter)
