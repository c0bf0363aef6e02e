"""The embedding model that the settings name, without the rest of the desk: it takes seconds to import."""

from ingest.guard import WorkerSettings
from rag.settings import Settings
from vectorstore.embedding import SentenceTransformerEmbedder
from vectorstore.models import Confirm, resolve_model


def open_embedder(settings: Settings, confirm: Confirm | None = None) -> SentenceTransformerEmbedder:
    """The embedding model that the settings name; ``confirm`` is asked before a large download."""
    model = resolve_model(settings.embedding.model, download=settings.downloads, confirm=confirm)
    return SentenceTransformerEmbedder(model)


def worker_settings(settings: Settings, embedder: SentenceTransformerEmbedder) -> WorkerSettings:
    """What the parse worker needs to cut documents for ``embedder``."""
    return WorkerSettings(
        embedder.tokenizer_file,
        embedder.max_tokens,
        settings.ingest.worker_timeout_seconds,
        settings.ingest.worker_memory_mb,
    )
