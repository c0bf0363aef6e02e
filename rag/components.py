"""The embedding model that the settings name, without the rest of the desk: it takes seconds to import."""

from ingest.worker.guard import WorkerSettings
from ingest.worker.limits import Limits
from rag.settings.model import Settings
from vectorstore.embedders.local import SentenceTransformerEmbedder
from vectorstore.models import Confirm, resolve_model
from vectorstore.sqlite.knowledge import KnowledgeBase


def open_embedder(settings: Settings, confirm: Confirm | None = None) -> SentenceTransformerEmbedder:
    """The embedding model that the settings name; ``confirm`` is asked before a large download."""
    model = resolve_model(settings.embedding.model, download=settings.downloads, confirm=confirm)
    return SentenceTransformerEmbedder(model, settings.home)


def open_knowledge(settings: Settings, confirm: Confirm | None = None) -> KnowledgeBase:
    """The knowledge base of the home, searched with the model it is indexed by until it is indexed as the settings
    say.
    """

    def open_model(name: str) -> SentenceTransformerEmbedder:
        model = resolve_model(name, download=settings.downloads, confirm=confirm)
        return SentenceTransformerEmbedder(model, settings.home)

    return KnowledgeBase(settings.home, open_embedder(settings, confirm), open_model)


def worker_settings(settings: Settings, embedder: SentenceTransformerEmbedder) -> WorkerSettings:
    """What the parse worker needs to cut documents for ``embedder``."""
    return WorkerSettings(
        embedder.tokenizer_file,
        min(embedder.max_tokens, settings.ingest.chunk_tokens),
        Limits(**settings.ingest.model_dump(exclude={"chunk_tokens"})),
    )
