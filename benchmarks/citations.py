"""Are citations facts? On PDFs: the quote equals the stored text, and another program finds it on the cited page.

Sentences drawn from the documents by seed are asked of the desk, which quotes; and a generator that only repeats the
question has them checked and cited as written sentences are. Whatever is then cited or shown as related is looked up
with Poppler's ``pdftotext``, page by page: Refdesk reads PDFs with PDFium, so the two share no code.
"""

import functools
import gzip
import random
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from benchmarks.data import ingested
from benchmarks.tables import table
from ingest.sentences import sentence_spans
from rag.answering.flow import AnswerFlow
from rag.components import build_flow, open_reader
from rag.generators.types import Generator
from rag.settings.model import load_settings
from rag.types import Citation, Done, Quoted
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Document

HANDBOOK = Path(__file__).parents[1] / "docs/handbook"
MANUALS = Path("/usr/share/doc")

_HYPHENS = frozenset("-\u00ad\u2010\u2011\u2043\ufffe\x02")
_PROMPT_TOKENS = 1000
_EXAMPLES = 12


class _Echo(FakeListChatModel):
    """Writes what it is given to write."""

    def get_num_tokens(self, text: str) -> int:
        return len(text) // 4


@dataclass(frozen=True, slots=True)
class _Looked:
    """A citation that was looked up. ``way`` says how it came about."""

    way: str
    document: str
    citation: Citation
    equal: bool
    on_page: bool


def run(sentences: int = 150, seed: int = 3) -> dict[str, Any]:
    """Cite ``sentences`` sentences of all PDFs at hand: the handbook's and the machine's manuals."""
    if shutil.which("pdftotext") is None:
        return {"skipped": "pdftotext is not installed (Debian: apt-get install poppler-utils)"}
    with tempfile.TemporaryDirectory() as folder:
        pdfs = collect_pdfs([HANDBOOK, MANUALS], Path(folder, "documents"))
        settings = load_settings(Path(folder, "home"))
        knowledge = ingested(settings.home, pdfs)
        try:
            echo = _Echo(responses=[])
            generator = Generator(lambda: echo, "echo", _PROMPT_TOKENS, always=True)
            flow = build_flow(settings, knowledge, open_reader(settings), generator)
            documents, texts = _stored(knowledge)
            drawn = _drawn(list(texts.values()), sentences, seed)
            looked = [
                _look_up(way, citation, documents[citation.document], texts[citation.document])
                for sentence in drawn
                for way, citation in _cited(flow, echo, sentence)
            ]
        finally:
            knowledge.close()
    return {
        "documents": sorted(pdf.name for pdf in pdfs),
        "sentences": len(drawn),
        "ways": {way: _shares([one for one in looked if one.way == way]) for way in ("quoted", "written", "related")},
        "by_document": {name: _shares([one for one in looked if one.document == name]) for name in _names(looked)},
        "not_on_page": [
            {
                "document": one.document,
                "page": one.citation.page,
                "start": one.citation.start,
                "end": one.citation.end,
                "way": one.way,
            }
            for one in looked
            if not one.on_page
        ][:_EXAMPLES],
    }


def section(result: Mapping[str, Any]) -> str:
    if "skipped" in result:
        return f"## Citations in PDFs\n\nNot measured: {result['skipped']}."
    rows: list[tuple[object, ...]] = [
        (way, of["citations"], of["equal_to_the_stored_text"], of["on_the_cited_page"])
        for way, of in {**result["ways"], **result["by_document"]}.items()
        if of["citations"]
    ]
    return (
        "## Citations in PDFs\n\n"
        + table(("cited", "citations", "quote equals the stored text", "found on the cited page"), rows)
        + f"\n\n{result['sentences']} sentences of {len(result['documents'])} PDFs (the handbook's and what lay on the "
        "machine), drawn by seed and asked as questions: what the desk quotes, what a generator that repeats the "
        "sentence is cited for, and what is shown as related where the desk does not answer. Found means that "
        "`pdftotext -f N -l N` gives the quote, white space and hyphens left out on both sides."
    )


def normalised(text: str) -> str:
    """Without white space, hyphens and the differences of ligatures: two programs break lines at other places."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if not c.isspace() and c not in _HYPHENS)


def collect_pdfs(folders: Sequence[Path], target: Path) -> list[Path]:
    """Copies of all PDFs under ``folders``, unpacked."""
    target.mkdir(parents=True)
    copies = []
    for path in sorted({path for folder in folders for path in folder.rglob("*.pdf*")}):
        name = path.name.removesuffix(".gz")
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if name.endswith(".pdf") and content.startswith(b"%PDF"):
            copies.append(target / name)
            copies[-1].write_bytes(content)
    return copies


def _stored(knowledge: KnowledgeStore) -> tuple[dict[int, Document], dict[int, str]]:
    with knowledge.view() as view:
        documents = {document.id: document for document in view.documents(EVERYTHING)[1]}
        texts = {i: "".join(page.text for page in view.pages(i, EVERYTHING)) for i in documents}
    return documents, texts


def _drawn(texts: Sequence[str], n: int, seed: int) -> list[str]:
    """As many sentences of each text, as far as it has them."""
    chooser = random.Random(seed)
    drawn = []
    for text in texts:
        sentences = [text[start:end] for start, end in sentence_spans(text)]
        usable = [s for s in sentences if 8 <= len(s.split()) <= 40 and s.endswith(".") and "\n" not in s]
        drawn += chooser.sample(usable, min(len(usable), -(-n // len(texts))))
    return drawn


def _cited(flow: AnswerFlow, echo: _Echo, sentence: str) -> Iterator[tuple[str, Citation]]:
    echo.responses, echo.i = [sentence], 0
    for event in flow.events(sentence, EVERYTHING):
        if isinstance(event, Quoted):
            yield from (("quoted", citation) for citation in event.answer.citations)
        elif isinstance(event, Done) and event.answer.kind == "generated":
            yield from (("written", citation) for citation in event.answer.citations)
        elif isinstance(event, Done):
            yield from (("related", citation) for citation in event.answer.related)


def _look_up(way: str, citation: Citation, document: Document, text: str) -> _Looked:
    page = page_text(document.path, citation.page) if citation.page else ""
    return _Looked(
        way,
        Path(document.path).name,
        citation,
        equal=text[citation.start : citation.end] == citation.quote,
        on_page=normalised(citation.quote) in page,
    )


@functools.cache
def page_text(path: str, number: int) -> str:
    """The page as another program reads it, normalised."""
    command = ["pdftotext", "-f", str(number), "-l", str(number), path, "-"]
    return normalised(subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace"))


def _names(looked: Sequence[_Looked]) -> list[str]:
    return sorted({one.document for one in looked})


def _shares(looked: Sequence[_Looked]) -> dict[str, Any]:
    return {
        "citations": len(looked),
        "equal_to_the_stored_text": _share([one.equal for one in looked]),
        "on_the_cited_page": _share([one.on_page for one in looked]),
    }


def _share(outcomes: Sequence[bool]) -> float | None:
    return round(sum(outcomes) / len(outcomes), 4) if outcomes else None
