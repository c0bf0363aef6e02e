"""Scans and pictures, read by the real Tesseract; skipped where there is none, except in CI."""

import io
import os
import shutil
from pathlib import Path

import fpdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.limits import Limits
from ingest.readers.base import ReadOptions, Refused
from ingest.readers.ocr import TextRecognition
from tests.ingest.test_readers import read, text_of

WORDS = "The ferry leaves at seven."


@pytest.fixture
def tesseract() -> None:
    if shutil.which("tesseract") is None:
        assert "CI" not in os.environ, "CI installs Tesseract"
        pytest.skip("Tesseract is not installed")


def picture(text: str, *, turned: int = 0) -> Image.Image:
    made = Image.new("L", (1600, 500), "white")
    lines = "\n".join([text] * 5)  # enough to see which way is up
    ImageDraw.Draw(made).text((80, 60), lines, fill="black", font=ImageFont.load_default(60))
    return made.rotate(turned, expand=True)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def scan(*pages: Image.Image | str) -> bytes:
    made = fpdf.FPDF()
    made.set_font("Helvetica", size=12)
    for page in pages:
        made.add_page()
        if isinstance(page, str):
            made.multi_cell(0, 6, page)
        else:
            made.image(page, x=10, y=10, w=190)
    return bytes(made.output())


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP")])
def test_the_words_in_a_picture_are_read(name: str, kind: str) -> None:
    assert WORDS in text_of(read(name, saved(picture(WORDS), kind)))


@pytest.mark.usefixtures("tesseract")
def test_each_picture_in_a_file_is_a_page() -> None:
    data = saved(picture(WORDS), "TIFF", save_all=True, append_images=[picture("The bridge is closed.")])
    document = read("a.tif", data)
    assert [page.number for page in document.pages] == [1, 2]
    assert "bridge" in document.pages[1].text


@pytest.mark.usefixtures("tesseract")
def test_only_the_scanned_pages_of_a_pdf_are_recognised_and_keep_their_numbers() -> None:
    document = read("a.pdf", scan("This page was typed.", picture(WORDS), "So was this."))
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert [text.strip().split("\n")[0] for text in (page.text for page in document.pages)] == [
        "This page was typed.",
        WORDS,
        "So was this.",
    ]


@pytest.mark.usefixtures("tesseract")
def test_a_picture_without_words_has_no_text() -> None:
    with pytest.raises(Refused) as refusal:
        read("a.png", saved(Image.new("L", (300, 300), "white"), "PNG"))
    assert refusal.value.reason == "no text"


@pytest.mark.usefixtures("tesseract")
@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\x89PNG broken", "damaged"), (saved(Image.new("1", (12_000, 12_000)), "PNG"), "too large")],
    ids=["broken", "bomb"],
)
def test_a_picture_that_cannot_be_read_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read("a.png", data)
    assert refusal.value.reason == reason


def test_a_page_that_takes_long_is_told_to_be_under_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program in Tesseract's place, which ends when it has been heard of."""
    heard = tmp_path / "heard"
    program = tmp_path / "tesseract"
    program.write_text(
        '#!/bin/sh\nif [ "$1" = --list-langs ]; then printf "List:\\neng\\n"; exit; fi\ncat > /dev/null\n'
        f"while [ ! -e {heard} ]; do sleep 0.02; done\necho read\n"
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    recognition = TextRecognition(ReadOptions(limits=Limits(timeout_seconds=0.3), on_progress=heard.touch))
    assert recognition.words(picture(WORDS)).strip() == "read"


@pytest.mark.parametrize(("name", "data"), [("a.png", saved(picture(WORDS), "PNG")), ("a.pdf", scan(picture(WORDS)))])
def test_without_tesseract_a_scan_is_refused_and_told_what_is_missing(
    name: str, data: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused) as refusal:
        read(name, data)
    assert refusal.value.reason == "no text"
    assert "Install Tesseract" in refusal.value.detail


def test_without_tesseract_the_pages_that_are_pictures_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    document = read("a.pdf", scan("The bridge is open.", picture(WORDS), "It closes at ten.", picture(WORDS)))
    (note,) = document.notes
    assert note.startswith("Not read: pages 2, 4, as the words stand in pictures. Install Tesseract")
