"""A temporary collection: texts taken in by the real ingestion, into a folder that is gone afterwards."""

import html
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Progress
from ingest.readers.lines import unwrapped
from ingest.worker.guard import WorkerSettings
from rag.evaluation.types import Text
from rag.jobs.types import OnProgress
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Embedder

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class TemporaryCollection:
    """``ids`` holds, for each stored document, the ids of all texts with its title and text: the store keeps one.

    Ids that are not in it, ``refused`` of them, could not be stored, as they are empty.
    """

    home: Path
    knowledge: KnowledgeStore
    ids: dict[int, tuple[str, ...]]
    refused: int

    def stored_text(self, document: int) -> str:
        """The text that citations' offsets count in."""
        with self.knowledge.view() as view:
            return "".join(page.text for page in view.pages(document, EVERYTHING))


@contextmanager
def temporary_collection(
    texts: Sequence[Text], embedder: Embedder, worker: WorkerSettings, on_progress: OnProgress
) -> Iterator[TemporaryCollection]:
    """One file for each text, ingested. Titles become headings."""

    def show(progress: Progress) -> None:
        on_progress("Ingesting", progress.files_done, progress.files_total)

    with tempfile.TemporaryDirectory(prefix="refdesk-") as folder:
        pages = [as_html(text) for text in texts]
        paths = [Path(folder, "documents", f"{number}.html") for number in range(len(pages))]  # ids may be no names
        paths[0].parent.mkdir()
        for path, page in zip(paths, pages, strict=True):
            path.write_text(page, encoding="utf-8")
        home = Path(folder, "home")
        knowledge = open_store(home, embedder)
        try:
            outcomes = Ingestion(knowledge, worker, "evaluation", on_progress=show).run(paths)
            same: dict[str, list[str]] = {}
            for text, page in zip(texts, pages, strict=True):
                same.setdefault(page, []).append(text.id)
            stored = [
                (outcome.document, tuple(same[page]))
                for outcome, page in zip(outcomes, pages, strict=True)
                if outcome.document is not None
            ]
            yield TemporaryCollection(home, knowledge, dict(stored), len(texts) - len(stored))
        finally:
            knowledge.close()


def as_html(text: Text) -> str:
    """As HTML: a heading stays a heading there, and no character of the text is taken for markup."""
    paragraphs = list(
        filter(None, (unwrapped(paragraph.split("\n")) for paragraph in _PARAGRAPH.split(_clean(text.text))))
    )
    title = " ".join(_clean(text.title).split())
    heading = f"<h1>{html.escape(title)}</h1>" if title and paragraphs else ""
    body = [html.escape(paragraph).replace("\n", "<br>") for paragraph in paragraphs or [title]]
    return "\n".join(
        ['<!doctype html>\n<html><head><meta charset="utf-8"></head><body>', heading, *(f"<p>{p}</p>" for p in body)]
    )


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
