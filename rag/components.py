"""The composition root: settings to the parts of a desk. Nothing else reads the settings to build a part.

The models' libraries take seconds to import, and each caller needs some of them: every function imports its own.
"""

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.worker.guard import WorkerSettings
from ingest.worker.limits import Limits
from rag.settings.model import Settings
from rag.types import Answer, Event, Exchange
from vectorstore.embedders.local import SentenceTransformerEmbedder
from vectorstore.models import MINILM, Confirm, resolve_model
from vectorstore.sqlite.knowledge import KnowledgeBase
from vectorstore.types import EVERYTHING, Embedder, Scope

if TYPE_CHECKING:
    from rag.answering.flow import AnswerFlow, Writer
    from rag.evaluation.whatif import WhatIf
    from rag.query.smalltalk.classifier import SmallTalkClassifier
    from rag.reader.model import ExtractiveReader
    from rag.retrieval.retriever import KnowledgeRetriever


def open_embedder(settings: Settings, confirm: Confirm | None = None) -> SentenceTransformerEmbedder:
    """The embedding model that the settings name; ``confirm`` is asked before a large download."""
    model = resolve_model(settings.embedding.model, download=settings.downloads, confirm=confirm)
    return SentenceTransformerEmbedder(model, settings.home)


def open_knowledge(
    settings: Settings, confirm: Confirm | None = None, embedder: Embedder | None = None
) -> KnowledgeBase:
    """The knowledge base of the home, searched with the model it is indexed by until it is indexed as the settings
    say.
    """

    def open_model(name: str) -> SentenceTransformerEmbedder:
        model = resolve_model(name, download=settings.downloads, confirm=confirm)
        return SentenceTransformerEmbedder(model, settings.home)

    return KnowledgeBase(settings.home, embedder or open_embedder(settings, confirm), open_model)


def worker_settings(settings: Settings, embedder: SentenceTransformerEmbedder) -> WorkerSettings:
    """What the parse worker needs to cut documents for ``embedder``."""
    return WorkerSettings(
        embedder.tokenizer_file, min(embedder.max_tokens, settings.ingest.chunk_tokens), reading_limits(settings)
    )


def reading_limits(settings: Settings) -> Limits:
    """How much of a file is read, and for how long."""
    return Limits(**settings.ingest.model_dump(exclude={"chunk_tokens"}))


def open_reader(settings: Settings, confirm: Confirm | None = None) -> "ExtractiveReader":
    """The reader that the settings name, or the embedded one in its place."""
    from rag.reader.model import load_reader

    return load_reader(settings.reader.model, settings.downloads, confirm)


def build_retriever(settings: Settings, knowledge: KnowledgeBase, scope: Scope = EVERYTHING) -> "KnowledgeRetriever":
    from rag.retrieval.retriever import KnowledgeRetriever

    return KnowledgeRetriever(
        knowledge=knowledge,
        scope=scope,
        limit=settings.reader.passages,
        candidates=settings.retrieval.candidates,
        dense_weight=settings.retrieval.dense_weight,
    )


def open_generator(settings: Settings, confirm: Confirm | None = None, *, alone: bool = False) -> "Writer | None":
    """The generator that the settings and the machine call for, with passages or ``alone``; None when answers are only
    quoted.
    """
    from rag.answering.flow import Writer
    from rag.generators.selection import choose_engine, detect_hardware, is_large, load_generator, prompt_budget

    hardware = detect_hardware()
    choice = choose_engine(settings, hardware)
    chat = load_generator(choice, settings, confirm, alone=alone)
    if chat is None:
        return None
    name = (choice.model or choice.engine).rsplit("/", 1)[-1].removesuffix(".gguf")
    if settings.generator.adapter:
        name += f" + {settings.generator.adapter.resolve().name}"
    budget = prompt_budget(settings.generator, choice.engine, hardware)
    return Writer(chat, name, budget, is_large(choice))


def build_flow(
    settings: Settings,
    knowledge: KnowledgeBase,
    reader: "ExtractiveReader",
    writer: "Writer | None",
    scope: Scope = EVERYTHING,
    confirm: Confirm | None = None,
) -> "AnswerFlow":
    from rag.answering.flow import AnswerFlow
    from rag.grounding.trained import EntailmentModel

    retriever = build_retriever(settings, knowledge, scope)
    small_talk = _small_talk_classifier(knowledge.embedder)
    caution, named = settings.answering.caution, settings.grounding.model
    entails = EntailmentModel(named, settings.downloads, confirm) if named and writer else None
    return AnswerFlow(knowledge, retriever, reader, writer, scope, small_talk, caution=caution, entails=entails)


def build_what_if(
    settings: Settings, knowledge: KnowledgeBase, reader: "ExtractiveReader", scope: Scope = EVERYTHING
) -> "WhatIf":
    from rag.evaluation.whatif import WhatIf

    recognise = _small_talk_classifier(knowledge.embedder)
    return WhatIf(knowledge, build_retriever(settings, knowledge, scope), reader, settings.answering.caution, recognise)


def _small_talk_classifier(embedder: Embedder) -> "SmallTalkClassifier":
    """With the desk's own embedding model where that is the packaged one, on which the classifier was trained."""
    from rag.query.smalltalk.classifier import SmallTalkClassifier

    is_packaged = embedder.fingerprint == resolve_model(MINILM).fingerprint
    return SmallTalkClassifier(embedder if is_packaged else _packaged_embedder())


@functools.cache
def _packaged_embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(resolve_model(MINILM))


class ScopedFlow:
    """The answer flow, with the scope of each call."""

    def __init__(self, flow_within: "Callable[[Scope], AnswerFlow]") -> None:
        self._flow_within = functools.lru_cache(maxsize=16)(flow_within)

    def answer(self, question: str, scope: Scope) -> Answer:
        return self._flow_within(scope).invoke(question)

    def events(
        self, question: str, scope: Scope, *, before: Sequence[Exchange] = (), stop: threading.Event | None = None
    ) -> Iterator[Event]:
        return self._flow_within(scope).events(question, before=before, stop=stop)


class Components:
    """The parts that the settings call for, each opened when it is first needed and shared from then on."""

    def __init__(self, settings: Settings, confirm: Confirm | None = None) -> None:
        self.settings = settings
        self._confirm = confirm

    @functools.cached_property
    def embedder(self) -> SentenceTransformerEmbedder:
        return open_embedder(self.settings, self._confirm)

    @functools.cached_property
    def knowledge(self) -> KnowledgeBase:
        return open_knowledge(self.settings, self._confirm, self.embedder)

    @functools.cached_property
    def reader(self) -> "ExtractiveReader":
        return open_reader(self.settings, self._confirm)

    def generator(self, settings: Settings | None = None, *, alone: bool = False) -> "Writer | None":
        """A generator of its own for each call: that of the ``settings``, of which the other parts keep theirs."""
        return open_generator(settings or self.settings, self._confirm, alone=alone)

    def flow(self, generator: "Writer | None") -> "ScopedFlow":
        return ScopedFlow(
            lambda scope: build_flow(self.settings, self.knowledge, self.reader, generator, scope, self._confirm)
        )

    def what_if(self, scope: Scope) -> "WhatIf":
        return build_what_if(self.settings, self.knowledge, self.reader, scope)

    @property
    def worker(self) -> WorkerSettings:
        return worker_settings(self.settings, self.embedder)

    def close(self) -> None:
        if "knowledge" in vars(self):
            self.knowledge.close()
