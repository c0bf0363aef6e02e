"""Is the text of PDFs right? Beside Poppler's ``pdftotext``, page by page, the readers that could have been chosen."""

import difflib
import re
import shutil
import statistics
import subprocess
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2

from benchmarks.citations import HANDBOOK, MANUALS, collect_pdfs
from benchmarks.tables import table
from ingest.readers.base import ReadOptions
from ingest.readers.pdf import read_pdf

_LINE_HYPHEN = re.compile(r"[-\u00ad\u2010\ufffe\x02]\s*\n\s*(?=\w)")
_WORD = re.compile(r"\w+")
_MOST_PAGES = 60
"""Of each document, so that one long manual does not outweigh the others."""

Pages = Iterator[str]


def run(data: Path | None) -> dict[str, Any]:
    if shutil.which("pdftotext") is None:
        return {"skipped": "pdftotext is not installed (Debian: apt-get install poppler-utils)"}
    with tempfile.TemporaryDirectory() as folder:
        folders = [HANDBOOK, MANUALS, *([data / "invoices"] if data else [])]
        pdfs = collect_pdfs(folders, Path(folder, "documents"))
        theirs = {path: list(map(words, _poppler(path)))[:_MOST_PAGES] for path in pdfs}
        return {
            "pages": {path.name: len(pages) for path, pages in theirs.items()},
            "readers": {
                name: {path.name: _compared(read, path, pages) for path, pages in theirs.items()}
                for name, read in _READERS.items()
            },
        }


def section(result: Mapping[str, Any]) -> str:
    if "skipped" in result:
        return f"## The text of PDFs\n\nNot measured: {result['skipped']}."
    overall = table(
        ("text by", "words found", "words that are there", "in the same order"),
        [(name, *_means(list(of.values()))) for name, of in result["readers"].items()],
    )
    (own, *_), *_ = result["readers"].items()
    single = table(
        (f"{own} on", "pages", "words found", "words that are there", "in the same order"),
        [(name, result["pages"][name], *map(_shown, of.values())) for name, of in result["readers"][own].items()],
    )
    return f"""## The text of PDFs

{len(result["pages"])} PDFs (the handbook's and what lay on the machine), at most {_MOST_PAGES} pages of each, beside
Poppler's `pdftotext` page by page: the share of its words that are found, the share of the words that it has too, and
how far they stand in the same order (difflib's ratio). Means over the documents. Running heads and page numbers, which
Refdesk keeps once or not at all, count as not found.

{overall}

{single}"""


def words(text: str) -> list[str]:
    """The words of a page, those that a line's end has parted put together again."""
    return _WORD.findall(_LINE_HYPHEN.sub("", unicodedata.normalize("NFKC", text)).lower())


def _poppler(path: Path) -> list[str]:
    output = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout
    return output.decode("utf-8", "replace").split("\f")[:-1]


def _refdesk(path: Path) -> Pages:
    yield from (page.text for page in read_pdf(path.read_bytes(), ReadOptions()).pages)


def _pdfium(path: Path) -> Pages:
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            yield page.get_textpage().get_text_range()


def _pypdf(path: Path) -> Pages:
    yield from (page.extract_text() for page in pypdf.PdfReader(path).pages)


_READERS: Mapping[str, Callable[[Path], Pages]] = {
    "Refdesk (PDFium)": _refdesk,
    "PDFium's plain text": _pdfium,
    "pypdf": _pypdf,
}


def _compared(read: Callable[[Path], Pages], path: Path, theirs: Sequence[list[str]]) -> dict[str, float]:
    found, own, known, orders = 0, 0, 0, []
    for text, other in zip(read(path), theirs, strict=False):
        page = words(text)
        found += sum((Counter(page) & Counter(other)).values())
        own, known = own + len(page), known + len(other)
        orders.append(difflib.SequenceMatcher(None, page, other, autojunk=False).ratio())
    return {"found": found / max(1, known), "there": found / max(1, own), "order": statistics.fmean(orders)}


def _means(documents: Sequence[Mapping[str, float]]) -> Iterator[str]:
    return (_shown(statistics.fmean(of[name] for of in documents)) for name in ("found", "there", "order"))


def _shown(share: float) -> str:
    return f"{share:.3f}"
