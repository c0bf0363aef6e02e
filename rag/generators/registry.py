"""The engines that run generators: what each needs and takes. To add one, write its module and its entry here.

An engine's module has ``load(wanted: Wanted) -> BaseChatModel`` (``rag.generators.types``) and imports its libraries at
its top; it is imported when it is chosen, since torch and transformers alone take seconds.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from vectorstore.models import SMOLLM2

ModelFormat = Literal["gguf", "folder"]
"""Weights as a GGUF file, or as a folder in Hugging Face's layout."""
AdapterKind = Literal["gguf", "lora", "other"]
"""A LoRA as a GGUF file, or in PEFT's layout; or another kind, which only the libraries that trained it can run."""

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
PACKAGED_ADAPTERS = {SMOLLM2: Path(__file__).parent / "embedded"}
"""What models write with that come with Refdesk: adapters in PEFT's layout, with the reports of their training."""


@dataclass(frozen=True, slots=True)
class Engine:
    """``title`` is its name for people, ``packages`` are what its ``module`` imports; without one, it writes nothing.

    It takes models of these ``formats`` and ``adapters`` of these kinds; without formats it loads no model: a server at
    ``generator.base_url`` has it if it is ``remote``. It computes on CUDA if it ``uses_cuda`` and there is some, and
    reserves ``generator.context_tokens`` for prompt and reply if its window ``is_reserved``, else it has the model's.
    """

    name: str
    title: str
    module: str | None
    packages: tuple[str, ...] = ()
    formats: tuple[ModelFormat, ...] = ()
    adapters: tuple[AdapterKind, ...] = ()
    uses_cuda: bool = False
    is_reserved: bool = False
    remote: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that it needs and that are not installed."""
        return tuple(package for package in self.packages if find_spec(package) is None)

    def runs(self, model: ModelFormat | None, adapter: AdapterKind | None) -> bool:
        """Whether it can load a model of that format with such an adapter, here; None stands for any and for none."""
        takes = model in self.formats if model else bool(self.formats)
        return takes and (adapter is None or adapter in self.adapters) and not self.missing


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            "llamacpp",
            "llama.cpp",
            "rag.generators.engines.llamacpp",
            packages=("xllamacpp",),
            formats=("gguf",),
            adapters=("gguf", "lora"),
            is_reserved=True,
        ),
        Engine(
            "transformers",
            "transformers",
            "rag.generators.engines.transformers",
            packages=("transformers", "bitsandbytes", "peft"),
            formats=("folder", "gguf"),
            adapters=("lora", "other"),
            uses_cuda=True,
        ),
        Engine(
            "openai",
            "an OpenAI-compatible endpoint",
            "rag.generators.engines.openai",
            packages=("langchain_openai",),
            remote=True,
        ),
        Engine("extractive", "extractive answers", None),
    )
}
"""By name. Where several can run a model, the first does."""


def engine_for(model: ModelFormat | None, adapter: AdapterKind | None = None) -> Engine | None:
    """The engine that runs such a model with such an adapter, if one does.

    >>> engine_for("gguf").name, engine_for("folder").name
    ('llamacpp', 'transformers')
    """
    return next((engine for engine in ENGINES.values() if engine.runs(model, adapter)), None)


def adapter_for(model: str, named: Path | None) -> Path | None:
    """The adapter that ``model`` is to write with: the one ``named`` in the settings, else its own if it has one."""
    return named or PACKAGED_ADAPTERS.get(model)
