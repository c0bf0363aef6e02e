"""Chooses the embedding model where the settings leave it open: by the languages of the first documents."""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from ingest.languages import is_english
from ingest.readers.base import Refused
from ingest.readers.registry import format_of
from ingest.worker.guard import ParseWorker, WorkerSettings
from rag.settings.model import AUTO, Settings
from vectorstore.embedded import is_begun, open_store
from vectorstore.errors import RefdeskError
from vectorstore.models import E5_SMALL, MINILM
from vectorstore.types import EVERYTHING, model_name

_LOOKED_AT = 12
_LARGEST = 2 * 1024**2
"""In bytes: what is larger takes long to read, for a look."""
_STORED_LOOKED_AT = 200
_OPENING = (0, 3_000)
_OTHERS = 0.1
"""Share of documents in other languages than English from which the model is one that knows them."""


def embedding_model(settings: Settings) -> str:
    """The name of the model: of the one that the home is indexed by where it is left open, the English one before."""
    named = settings.embedding.model
    return (indexed_by(settings.home) or MINILM) if named == AUTO else named


def indexed_by(home: Path) -> str:
    """The name of the model that the documents of ``home`` are indexed by; empty where there are none."""
    if not is_begun(home):
        return ""
    try:
        with closing(open_store(home)) as store, store.view() as view:
            return model_name(view.indexing.embedding)
    except RefdeskError:  # what is wrong with it is said where it is used
        return ""


def model_for(texts: Iterable[str]) -> str:
    """The name of the model for documents that begin with these texts."""
    english = list(map(is_english, texts))
    return E5_SMALL if english.count(False) > _OTHERS * len(english) else MINILM


def misses_languages(home: Path) -> bool:
    """Whether the documents of ``home`` are indexed by the English model, and some are in other languages."""
    if not is_begun(home):
        return False
    with closing(open_store(home)) as store, store.view() as view:
        if model_name(view.indexing.embedding) != MINILM:
            return False
        _, documents = view.documents(EVERYTHING, limit=_STORED_LOOKED_AT)
        opened = (view.pages(document.id, EVERYTHING, _OPENING) for document in documents)
        return model_for("".join(page.text for page in pages) for pages in opened) != MINILM


def sampled_texts(files: Sequence[Path], worker: WorkerSettings) -> Iterator[str]:
    """The texts of a few files that can be read, drawn by seed."""
    readable = [file for file in files if format_of(file) and file.is_file() and file.stat().st_size < _LARGEST]
    with ParseWorker(worker) as parser:
        for file in random.Random(1).sample(readable, min(_LOOKED_AT, len(readable))):
            try:
                parsed = parser.parse(file, ())
            except (Refused, OSError):
                continue
            yield "".join(page.text for page in parsed.document.pages)
