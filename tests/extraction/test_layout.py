"""Where words stand: in PDFs, scans, HTML and text, read by the guarded process."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.layout.documents import read_layout
from ingest.layout.wire import layout_from_json, layout_to_json
from ingest.limits import Limits
from ingest.readers.base import ReadOptions, Refused
from ingest.types import DocumentLayout, Word
from ingest.worker.guard import ParseWorker
from tests.extraction.forms import encrypted, pdf
from tests.ingest.test_ocr import tesseract as tesseract

WORDS = ((72.0, 100.0, "Invoice number"), (300.0, 100.0, "A-17"), (72.0, 700.0, "Total"))


def layout(name: str, data: bytes, *, pictures: bool = False, limits: Limits | None = None) -> DocumentLayout:
    return read_layout(Path(name), data, ReadOptions(limits=limits or Limits()), pictures=pictures)


def word(found: DocumentLayout, text: str, page: int = 0) -> Word:
    return next(word for word in found.pages[page].words if word.text == text)


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    with ParseWorker(Limits()) as worker:
        yield worker


def test_the_guarded_process_tells_where_words_stand(worker: ParseWorker, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(WORDS, [(50, 50, "Second")]))
    found = worker.layout(path, pictures=False)
    assert [page.number for page in found.pages] == [1, 2]
    assert [word.text for word in found.pages[0].words] == ["Invoice", "number", "A-17", "Total"]
    left, top, right, bottom = word(found, "A-17").box
    assert left == pytest.approx(300, abs=1)
    assert top < 100 < bottom
    assert right < 330
    assert found.pages[0].width == pytest.approx(595, abs=1)


def test_the_guarded_process_refuses_and_goes_on(worker: ParseWorker, tmp_path: Path) -> None:
    for name, data, reason in (
        ("a.pdf", encrypted(pdf(WORDS)), "encrypted"),
        ("b.pdf", b"%PDF-1.7 broken", "damaged"),
        ("c.pdf", b"", "empty"),
        ("d.xyz", b"text", "unsupported"),
        ("e.pdf", pdf([]), "no text"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Refused) as refusal:
            worker.layout(tmp_path / name, pictures=False)
        assert refusal.value.reason == reason
    (tmp_path / "good.txt").write_text("Total 5")
    assert word(worker.layout(tmp_path / "good.txt", pictures=False), "Total")


def test_a_page_is_shown_as_a_picture_of_the_wanted_width(worker: ParseWorker, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(WORDS))
    with Image.open(io.BytesIO(worker.page_picture(path, 1, 600))) as picture:
        assert picture.width == pytest.approx(600, abs=1)
        box = [round(side * 600 / 595.28) for side in word(worker.layout(path, pictures=False), "A-17").box]
        assert picture.convert("L").crop((box[0], box[1], box[2], box[3])).getextrema()[0] < 100
    with pytest.raises(Refused, match="no page 2"):
        worker.page_picture(path, 2, 600)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_are_those_of_the_page_as_it_is_shown(rotation: int, tmp_path: Path) -> None:
    data = pdf(WORDS, rotation=rotation)
    found = layout("a.pdf", data)
    page = found.pages[0]
    assert (page.width > page.height) == (rotation != 180)
    for one in page.words:
        left, top, right, bottom = one.box
        assert 0 <= left < right <= page.width
        assert 0 <= top < bottom <= page.height
    left, top, _, _ = word(found, "Total").box
    corner = {90: left < 200 and top < 100, 180: left > 400 and top < 200, 270: left > 600 and top > 400}
    assert corner[rotation]


def test_of_a_very_long_pdf_the_outer_pages_are_read(tmp_path: Path) -> None:
    pages = [[(50.0, 50.0, f"Page-{number}")] for number in range(1, 501)]
    found = layout("a.pdf", pdf(*pages), limits=Limits(form_pages=20))
    assert found.page_count == 500
    assert [page.number for page in found.pages] == [*range(1, 16), *range(496, 501)]
    assert "outer 20" in found.notes[0]


def test_columns_of_html_tables_stay_below_each_other() -> None:
    markup = "<p>ACME<br>Street</p><table><tr><td>Number<td>Date</tr><tr><td>A-1<td>5 May 2024</table>"
    found = layout("a.html", markup.encode())
    assert found.pages[0].number is None
    assert word(found, "Date").box[0] == word(found, "5").box[0]
    assert word(found, "Number").box[1] == word(found, "Date").box[1] < word(found, "A-1").box[1]
    assert word(found, "ACME").box[1] < word(found, "Street").box[1]


def test_spaces_line_up_the_columns_of_a_text() -> None:
    found = layout("a.txt", b"Number    Date\nA-1       5 May")
    assert word(found, "Date").box[0] == word(found, "5").box[0]


def test_other_formats_are_lines_of_text() -> None:
    found = layout("a.eml", b"From: shop@example.com\nSubject: Invoice 7\n\nTotal: 5 EUR\n")
    assert {"Invoice", "Total:", "EUR"} <= {one.text for one in found.pages[0].words}


def picture(*lines: str, turned: int = 0) -> Image.Image:
    made = Image.new("L", (1400, 90 * len(lines) + 60), "white")
    font = ImageFont.load_default(44)
    for number, line in enumerate(lines):
        ImageDraw.Draw(made).text((40, 30 + 90 * number), line, fill="black", font=font)
    return made.rotate(turned, expand=True)


@pytest.mark.usefixtures("tesseract")
def test_pictures_on_a_typed_page_are_read_when_asked_for() -> None:
    import fpdf

    made = fpdf.FPDF("portrait", "pt", "A4")
    made.add_page()
    made.set_font("Helvetica", size=10)
    made.text(50, 300, "Invoice 7")
    made.image(picture("Letterhead Limited"), x=50, y=40, w=300)
    data = bytes(made.output())
    unread = layout("a.pdf", data)
    assert (unread.unread_pictures, len(unread.pages[0].words)) == (1, 2)
    read = layout("a.pdf", data, pictures=True)
    found = word(read, "Letterhead")
    assert read.unread_pictures == 0
    assert found.recognised
    assert 50 < found.box[0] < 120
    assert 40 < found.box[1] < 70
    assert not word(read, "Invoice").recognised


@pytest.mark.usefixtures("tesseract")
def test_words_of_a_picture_have_places_in_pixels() -> None:
    buffer = io.BytesIO()
    picture("Total amount", "Second line").save(buffer, "PNG")
    found = layout("a.png", buffer.getvalue())
    assert found.pages[0].width == 1400
    assert word(found, "Second").box[1] > 110
    assert word(found, "amount").recognised


def test_without_tesseract_a_picture_is_refused_and_said_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    picture("Total").save(buffer, "PNG")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="Tesseract"):
        layout("a.png", buffer.getvalue())


def test_a_layout_survives_the_way_out_of_the_process() -> None:
    found = layout("a.pdf", pdf(WORDS))
    assert len(layout_from_json(layout_to_json(found)).pages[0].words) == 4
    rounded = layout_from_json(layout_to_json(found))
    assert layout_from_json(layout_to_json(rounded)) == rounded
