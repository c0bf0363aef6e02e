import shutil
from pathlib import Path

import pytest

from benchmarks import citations
from benchmarks.citations import normalised, page_text

HANDBOOK = Path(__file__).parents[2] / "docs/handbook"


@pytest.mark.parametrize(
    "other",
    ["The first re-\nsult of the search.", "The ﬁrst result  of the\tsearch.", "The first re\u00adsult of the search."],
)
def test_line_breaks_hyphens_and_ligatures_make_no_difference(other: str) -> None:
    assert normalised(other) == normalised("The first result of the search.")


@pytest.mark.parametrize("other", ["The last result of the search.", "The first results of the search."])
def test_other_words_make_one(other: str) -> None:
    assert normalised(other) != normalised("The first result of the search.")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_a_page_holds_its_own_words_and_no_others() -> None:
    handbook = str(HANDBOOK / "commands.pdf")
    first, second = page_text(handbook, 1), page_text(handbook, 2)
    assert first
    assert second
    assert first[-200:] not in second


def test_without_pdftotext_it_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pdftotext is not installed" in citations.section(citations.run())
