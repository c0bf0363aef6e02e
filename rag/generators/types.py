"""A generator, as the answer flow knows it; what is chosen, and what an engine is given to load it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rag.generators.settings import GeneratorSettings
from vectorstore.models import ResolvedModel

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel


@dataclass(frozen=True)
class Generator:
    """A chat model, loaded when it is first needed, and what must be known of it.

    ``name`` is for people; ``prompt_tokens`` bounds what it is given. A ``large`` one is also trusted to put a
    follow-up question into words that stand alone, and to answer with other words than the reader's; a small one writes
    unasked only where passages are to be joined, unless it does ``always``.
    """

    load: Callable[[], "BaseChatModel"]
    name: str
    prompt_tokens: int
    large: bool = False
    always: bool = False

    @cached_property
    def chat(self) -> "BaseChatModel":
        return self.load()


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the machine offers. ``cuda_memory_bytes`` is the first GPU's free memory, 0 without CUDA."""

    cuda_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine's name, its model's name (None where it has none), and one plain sentence that says why."""

    engine: str
    model: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A generator to load. ``source`` is there for engines that load models, of a format that they take.

    ``adapter`` is a file or the folder of the adapter itself; ``unpacked`` a folder for weights in another form.
    """

    settings: GeneratorSettings
    source: ResolvedModel | None
    adapter: Path | None
    unpacked: Path
