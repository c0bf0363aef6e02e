"""Data sets as folders of files that the real ingestion reads. ``data`` is a folder with medquad.tar.xz and
qa/*.json."""

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from ingest.pipeline.ingestion import Ingestion
from ingest.sources.files import find_files
from rag.components import open_embedder, worker_settings
from rag.settings.model import load_settings
from vectorstore.embedded import open_store
from vectorstore.store import KnowledgeStore


def unpack_medquad(data: Path, target: Path) -> Path:
    """All XML files of MedQuAD under ``target``."""
    if not target.exists():
        with tarfile.open(data / "medquad.tar.xz") as archive:
            archive.extractall(target, filter="data")
    return target


def write_squad_articles(file: Path, target: Path) -> Path:
    """One Markdown file for each article of a SQuAD file, a paragraph a paragraph."""
    target.mkdir(parents=True, exist_ok=True)
    for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))["data"]):
        title = article.get("title", "").replace("_", " ")
        paragraphs = [" ".join(paragraph["context"].split()) for paragraph in article["paragraphs"]]
        heading = f"# {title}\n\n" if title else ""
        (target / f"{number:03}.txt").write_text(heading + "\n\n".join(paragraphs), encoding="utf-8")
    return target


def medquad_questions(folder: Path) -> list[tuple[Path, str]]:
    """Each question of MedQuAD that has an answer, with its file."""
    found = []
    for path in sorted(folder.rglob("*.xml")):
        for pair in etree.parse(path).getroot().iterfind("QAPairs/QAPair"):
            question, answer = pair.findtext("Question") or "", pair.findtext("Answer") or ""
            if question.strip() and answer.strip():
                found.append((path, " ".join(question.split())))
    return found


def ingested(home: Path, paths: Sequence[Path]) -> KnowledgeStore:
    """The knowledge base in ``home`` with all documents below ``paths``, taken in unless they are there already."""
    settings = load_settings(home)
    embedder = open_embedder(settings)
    knowledge = open_store(settings.home, embedder)
    Ingestion(knowledge, worker_settings(settings, embedder), "default").run(find_files(paths))
    return knowledge
