import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.worker.guard import WorkerSettings
from rag.evaluation.temporary_collection import TemporaryCollection, temporary_collection
from rag.evaluation.types import Text
from tests.fakes import HashEmbedder
from vectorstore.models import MINILM, resolve_model

WORKER = WorkerSettings(resolve_model(MINILM).path / "tokenizer.json", 256)

MakeBeir = Callable[..., Path]


def quiet(what: str, done: int, total: int) -> None:
    """Nobody watches."""


@contextmanager
def stored(texts: Sequence[Text]) -> Iterator[TemporaryCollection]:
    with temporary_collection(texts, HashEmbedder(), WORKER, quiet) as collection:
        yield collection


@pytest.fixture
def make_beir(tmp_path: Path) -> MakeBeir:
    """Writes a BEIR folder."""

    def make(documents: Sequence[Mapping[str, Any]], queries: Mapping[str, str], judgements: str) -> Path:
        folder = tmp_path / "beir"
        (folder / "qrels").mkdir(parents=True)
        asked = [{"_id": key, "text": text} for key, text in queries.items()]
        for name, records in (("corpus", documents), ("queries", asked)):
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        (folder / "qrels/test.tsv").write_text(judgements)
        return folder

    return make
