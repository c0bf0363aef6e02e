"""Folders of small documents in several formats, made and changed at random."""

import itertools
import random
import shutil
from html import escape
from pathlib import Path

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "handbook"

_WORDS = ["".join(parts) for parts in itertools.product("bdfgklmnprst", ("a", "e", "io", "ou"), ("ra", "len", "tis"))]
_SUFFIXES = (".txt", ".md", ".html", ".csv", ".xml") * 7 + (".pdf", ".docx")
_EMPTY = "empty.txt"


def fill(folder: Path, rng: random.Random) -> None:
    """Some forty documents, one of which is refused."""
    folder.mkdir()
    (folder / _EMPTY).touch()
    for number, suffix in enumerate(_SUFFIXES):
        write_document(folder / f"document-{number}{suffix}", rng)


def change(folder: Path, rng: random.Random) -> None:
    """Rewrite some documents, remove, rename and copy others, and add new ones."""
    paths = sorted(path for path in folder.iterdir() if path.name != _EMPTY)
    rng.shuffle(paths)
    removed, renamed, copied, *rest = paths
    removed.unlink()
    renamed.rename(folder / f"renamed-{_mark(rng)}{renamed.suffix}")
    shutil.copyfile(copied, folder / f"copy-{_mark(rng)}{copied.suffix}")
    for path in rest[: len(rest) // 4]:
        write_document(path, rng)
    added = rng.choice(_SUFFIXES)
    write_document(folder / f"added-{_mark(rng)}{added}", rng)


def write_document(path: Path, rng: random.Random) -> None:
    """A document of a few paragraphs, each with a word that stands nowhere else; PDF and DOCX are the handbook's."""
    if path.suffix in {".pdf", ".docx"}:
        shutil.copyfile(rng.choice(sorted(HANDBOOK.glob(f"*{path.suffix}"))), path)
        return
    title = f"{rng.choice(_WORDS).capitalize()} {rng.choice(_WORDS)}"
    paragraphs = [paragraph(rng) for _ in range(rng.randint(2, 6))]
    if path.suffix == ".html":
        text = f"<h1>{title}</h1>" + "".join(f"<p>{escape(body)}</p>" for body in paragraphs)
    elif path.suffix == ".csv":
        text = "number,text\n" + "".join(f'{number},"{body}"\n' for number, body in enumerate(paragraphs))
    elif path.suffix == ".xml":
        text = f"<document><title>{title}</title>" + "".join(f"<p>{body}</p>" for body in paragraphs) + "</document>"
    else:
        text = f"# {title}\n\n" + "\n\n".join(paragraphs)
    path.write_text(text)


def paragraph(rng: random.Random) -> str:
    """Sentences of made-up words, one of which is a mark."""
    sentences = [" ".join(rng.choices(_WORDS, k=rng.randint(5, 12))).capitalize() for _ in range(rng.randint(1, 4))]
    return f"{'. '.join(sentences)} {_mark(rng)}."


def _mark(rng: random.Random) -> str:
    return f"mark{rng.getrandbits(40):x}"
