"""What every registered format does, on a small file made here."""

import io
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from ingest.layout.documents import page_picture, read_layout
from ingest.limits import Limits
from ingest.readers.base import ReadDocument, ReadOptions, Reason, Refused
from ingest.readers.registry import FORMATS, SUFFIXES, format_of, read_file, uses_mappings
from ingest.sources.mapping import Mapping
from ingest.worker.guard import ParseWorker
from tests.ingest import formats

ALONE = Path("alone")


@pytest.fixture(params=SUFFIXES)
def suffix(request: pytest.FixtureRequest) -> str:
    found = format_of(ALONE.with_suffix(request.param))
    assert found is not None
    if found.reader.startswith("ingest.readers.ocr") and shutil.which("tesseract") is None:
        pytest.skip("Tesseract is not installed")
    return str(request.param)


@pytest.fixture
def data(suffix: str) -> bytes:
    return formats.FORMATS[suffix][0]


def read(suffix: str, data: bytes, *mappings: Mapping) -> ReadDocument:
    return read_file(ALONE.with_suffix(suffix), data, ReadOptions(mappings))


def refusal(suffix: str, data: bytes, limits: Limits | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        read_file(ALONE.with_suffix(suffix), data, ReadOptions(limits=limits or Limits()))
    assert refused.value.reason in get_args(Reason)
    assert refused.value.detail.endswith(".")
    return refused.value


def test_every_format_has_a_file_here_and_no_ending_is_taken_twice() -> None:
    assert set(formats.FORMATS) == set(SUFFIXES)
    assert len(SUFFIXES) == sum(len(one.suffixes) for one in FORMATS)


def test_it_reads_what_the_file_says(suffix: str, data: bytes) -> None:
    assert formats.FORMATS[suffix][1] in "".join(page.text for page in read(suffix, data).pages)


def test_pages_join_and_sections_and_units_lie_within_them(suffix: str, data: bytes) -> None:
    document = read(suffix, data)
    end = 0
    for page in document.pages:
        assert page.start == end
        end += len(page.text)
    starts = [page.start for page in document.pages]
    numbers = [page.number for page in document.pages]
    assert numbers == [None] or numbers == list(range(1, len(numbers) + 1))
    before = 0
    for section in document.sections:
        assert before <= section.start < section.end <= end
        assert not any(section.start < start < section.end for start in starts), "a section crosses no page"
        before = section.end
    for unit in document.units:
        assert 0 <= unit.start < unit.end <= end
    text = "".join(page.text for page in document.pages)
    assert all(text[section.start : section.end].strip() for section in document.sections)


def test_the_ending_may_be_in_capitals(suffix: str, data: bytes) -> None:
    assert read(suffix.upper(), data) == read(suffix, data)


@pytest.mark.parametrize("nothing", [b"", b" \n\t\n"])
def test_an_empty_file_is_refused(suffix: str, nothing: bytes) -> None:
    assert refusal(suffix, nothing).reason == "empty"


def test_what_is_no_such_document_is_refused_or_read_as_the_text_it_is(suffix: str) -> None:
    noise = b"\x00\x01\x02PK\x03\x04 \xff\xfe%PDF {\\rtf <\x00" * 40
    assert refusal(suffix, noise).reason in {"damaged", "no text", "unreadable", "encrypted"}


def test_a_file_that_was_cut_off_is_refused_or_read_as_far_as_it_goes(suffix: str, data: bytes) -> None:
    with suppress(Refused):  # and nothing else
        assert read(suffix, data[: len(data) // 2]).sections


def test_what_expands_beyond_the_limits_is_refused(suffix: str, data: bytes) -> None:
    if not data.startswith(b"PK"):
        pytest.skip("nothing in it is packed")
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("more", b"")
    assert refusal(suffix, buffer.getvalue(), Limits(max_archive_entries=1)).reason == "too large"


def test_records_take_a_mapping_and_nothing_else_does(suffix: str) -> None:
    assert uses_mappings(ALONE.with_suffix(suffix)) == (
        suffix in {".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".ods", ".xml"}
    )


def test_its_layout_holds_the_words_that_are_read(suffix: str, data: bytes) -> None:
    layout = read_layout(ALONE.with_suffix(suffix), data, ReadOptions(), pictures=False)
    words = {word.text.strip(".:,") for page in layout.pages for word in page.words}
    said = {word.strip(".:,") for word in formats.FORMATS[suffix][1].split()}
    assert said <= words
    for page in layout.pages:
        for word in page.words:
            left, top, right, bottom = word.box
            assert 0 <= left < right <= page.width + 1
            assert 0 <= top < bottom <= page.height + 1


def test_its_pages_can_be_shown_or_it_says_that_it_has_none(suffix: str, data: bytes) -> None:
    known = format_of(ALONE.with_suffix(suffix))
    assert known is not None
    if known.picture:
        assert page_picture(ALONE.with_suffix(suffix), data, 1, 60).startswith(b"\x89PNG")
    else:
        with pytest.raises(Refused, match="no pages that can be shown"):
            page_picture(ALONE.with_suffix(suffix), data, 1, 60)


def test_the_guarded_worker_reads_every_format_one_after_the_other(tmp_path: Path) -> None:
    with ParseWorker(Limits()) as worker:
        for known in FORMATS:
            path = tmp_path / f"file{known.suffixes[0]}"
            path.write_bytes(formats.FORMATS[path.suffix][0])
            if "ocr" not in known.reader or shutil.which("tesseract"):
                assert any(page.words for page in worker.layout(path, pictures=False).pages), path


def test_a_name_that_no_reader_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match=r"Refdesk reads \.txt, \.log, \.md"):
        read_file(Path("film.mp4"), b"data", ReadOptions())
