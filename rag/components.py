"""The composition root: settings to the parts of a desk. Nothing else reads the settings to build a part.

The models' libraries take seconds to import, and each caller needs some of them: every function imports its own.
"""

import functools
from functools import partial
from typing import TYPE_CHECKING

from ingest.limits import Limits
from ingest.worker.guard import WorkerSettings
from rag.embedding_selection import embedding_model, indexed_by, model_for, sampled_texts
from rag.reader.trained import resolve_reader
from rag.settings.model import AUTO, Settings
from vectorstore.embedded import open_store
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.models import MINILM, Confirm, ResolvedModel, resolve_model
from vectorstore.store import KnowledgeStore
from vectorstore.types import Embedder, model_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rag.answering.flow import AnswerFlow
    from rag.calibration.numbers import Calibration
    from rag.evaluation.whatif import WhatIf
    from rag.generators.types import Generator
    from rag.grounding.types import GroundednessChecker
    from rag.query.smalltalk.classifier import SmallTalkClassifier
    from rag.reader.model import ExtractiveReader
    from rag.retrieval.hybrid import HybridRetriever
    from vectorstore.store import PassageView


def open_embedder(settings: Settings, confirm: Confirm | None = None) -> LocalEmbedder:
    """The embedding model that the settings name, or that the home is indexed by where they leave it open; ``confirm``
    is asked before a large download.
    """
    return _open_model(embedding_model(settings), settings, confirm)


def _open_model(name: str, settings: Settings, confirm: Confirm | None) -> LocalEmbedder:
    return LocalEmbedder(resolve_model(name, download=settings.downloads, confirm=confirm), settings.home)


def open_knowledge(
    settings: Settings, confirm: Confirm | None = None, embedder: Embedder | None = None
) -> KnowledgeStore:
    """The knowledge base of the home, searched with the model it is indexed by until it is indexed as the settings
    say.
    """
    open_model = partial(_open_model, settings=settings, confirm=confirm)
    return open_store(settings.home, embedder or open_embedder(settings, confirm), open_model)


def worker_settings(settings: Settings, embedder: LocalEmbedder) -> WorkerSettings:
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

    return load_reader(settings.reader.model, settings.downloads, confirm, settings.home)


def retriever_on(settings: Settings) -> "Callable[[PassageView], HybridRetriever]":
    """What makes the retriever for one state of a knowledge base."""
    from rag.retrieval.hybrid import HybridRetriever

    retrieval = settings.retrieval
    return partial(HybridRetriever, candidates=retrieval.candidates, dense_weight=retrieval.dense_weight)


def open_generator(settings: Settings, confirm: Confirm | None = None, *, alone: bool = False) -> "Generator | None":
    """The generator that the settings and the machine call for, with passages or ``alone``; None when answers are only
    quoted.
    """
    from rag.engine_selection import choose_engine, detect_hardware, is_large, load_generator, prompt_budget
    from rag.generators.registry import ENGINES
    from rag.generators.types import Generator

    hardware = detect_hardware()
    choice = choose_engine(settings, hardware)
    if ENGINES[choice.engine].module is None:
        return None
    load = partial(load_generator, choice, settings, confirm, alone=alone)
    name = (choice.model or choice.engine).rsplit("/", 1)[-1].removesuffix(".gguf")
    if settings.generator.adapter:
        name += f" + {settings.generator.adapter.resolve().name}"
    budget = prompt_budget(settings.generator, choice.engine, hardware)
    always = alone or settings.answering.writes == "always"
    generator = Generator(load, name, budget, is_large(choice), always)
    if generator.large or always or settings.generator.engine != "auto" or settings.generator.model:
        _ = generator.chat  # loaded now: what was asked for fails at once, and not in an answer's midst
    return generator


def build_flow(
    settings: Settings,
    knowledge: KnowledgeStore,
    reader: "ExtractiveReader",
    generator: "Generator | None",
    confirm: Confirm | None = None,
) -> "AnswerFlow":
    from rag.answering.flow import AnswerFlow
    from rag.calibration.numbers import load_calibration

    calibration = load_calibration(settings.home, knowledge.embedder.fingerprint)
    checked_by = settings.grounding.model if generator else None
    return AnswerFlow(
        knowledge,
        retriever_on(settings),
        reader,
        calibration,
        _open_checker(checked_by, settings, knowledge.embedder, reader, calibration, confirm),
        generator,
        _small_talk_classifier(knowledge.embedder),
        passages=settings.reader.passages,
        threshold=settings.answering.caution,
    )


def _open_checker(
    named: str | None,
    settings: Settings,
    embedder: Embedder,
    reader: "ExtractiveReader",
    calibration: "Calibration",
    confirm: Confirm | None,
) -> "GroundednessChecker":
    """What checks written sentences: the rules, with the reader where its word was fitted, and with the ``named`` model
    of entailment, if any.
    """
    from rag.grounding.asked import AnswersAsRead
    from rag.reader.types import SupportReader

    fitted = calibration.answer_support_of(reader.fingerprint)
    as_read = AnswersAsRead(reader, fitted) if fitted and isinstance(reader, SupportReader) else None
    if not named:
        from rag.grounding.rules import RuleChecker

        return RuleChecker(embedder, calibration.support, as_read)
    from rag.grounding.trained import EntailmentChecker, EntailmentModel

    model = EntailmentModel(named, settings.downloads, confirm)
    return EntailmentChecker(embedder, model, calibration.support.threshold, as_read)


def build_what_if(settings: Settings, knowledge: KnowledgeStore, reader: "ExtractiveReader") -> "WhatIf":
    from rag.calibration.numbers import load_calibration
    from rag.evaluation.whatif import WhatIf

    return WhatIf(
        knowledge,
        retriever_on(settings),
        reader,
        load_calibration(settings.home, knowledge.embedder.fingerprint),
        _small_talk_classifier(knowledge.embedder),
        passages=settings.reader.passages,
        threshold=settings.answering.caution,
    )


def _small_talk_classifier(embedder: Embedder) -> "SmallTalkClassifier":
    """With the desk's own embedding model where that is the packaged one, on which the classifier was trained."""
    from rag.query.smalltalk.classifier import SmallTalkClassifier

    is_packaged = embedder.fingerprint == resolve_model(MINILM).fingerprint
    return SmallTalkClassifier(embedder if is_packaged else _packaged_embedder())


@functools.cache
def _packaged_embedder() -> LocalEmbedder:
    return LocalEmbedder(resolve_model(MINILM))


class Components:
    """The parts that the settings call for, each opened when it is first needed and shared from then on."""

    def __init__(self, settings: Settings, confirm: Confirm | None = None) -> None:
        self.settings = settings
        self._confirm = confirm

    @functools.cached_property
    def embedder(self) -> LocalEmbedder:
        return open_embedder(self.settings, self._confirm)

    def choose_embedder(self, files: "Callable[[], Sequence[Path]]") -> str:
        """Where the settings leave the embedding model open and nothing is indexed yet, take the one for what ``files``
        hold, which are asked for only then; its name if it is another than before, else nothing.
        """
        if self.settings.embedding.model != AUTO or indexed_by(self.settings.home):
            return ""
        name = model_for(sampled_texts(files(), self.worker))
        if name == model_name(self.embedder.fingerprint):
            return ""
        self.close()
        vars(self).pop("knowledge", None)
        self.embedder = _open_model(name, self.settings, self._confirm)
        return name

    @functools.cached_property
    def knowledge(self) -> KnowledgeStore:
        return open_knowledge(self.settings, self._confirm, self.embedder)

    @functools.cached_property
    def reader(self) -> "ExtractiveReader":
        return open_reader(self.settings, self._confirm)

    @functools.cached_property
    def form_reader(self) -> "ExtractiveReader":
        """What forms are read with: of those that come with Refdesk the fast one, to whose margins the signals of
        fields were fitted.
        """
        from rag.reader.embedded import FAST, MULTILINGUAL
        from rag.reader.model import load_reader

        if self.settings.reader.model == MULTILINGUAL.name or self.reader.fingerprint == MULTILINGUAL.fingerprint:
            return load_reader(FAST.name)
        return self.reader

    def generator(self, settings: Settings | None = None, *, alone: bool = False) -> "Generator | None":
        """A generator of its own for each call: that of the ``settings``, of which the other parts keep theirs."""
        return open_generator(settings or self.settings, self._confirm, alone=alone)

    def flow(self, generator: "Generator | None") -> "AnswerFlow":
        return build_flow(self.settings, self.knowledge, self.reader, generator, self._confirm)

    def what_if(self) -> "WhatIf":
        return build_what_if(self.settings, self.knowledge, self.reader)

    def find_model(self, name: str) -> ResolvedModel:
        """A model by its name, folder or file; an embedded reader by its name. Raises ModelUnavailable."""
        return resolve_reader(name, download=self.settings.downloads, confirm=self._confirm)

    @property
    def worker(self) -> WorkerSettings:
        return worker_settings(self.settings, self.embedder)

    def close(self) -> None:
        if "knowledge" in vars(self):
            self.knowledge.close()
