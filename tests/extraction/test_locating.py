"""Words that a person typed are found where they stand."""

import pytest

from ingest.types import DocumentLayout, PageLayout, Word
from rag.extraction.locating import locate
from rag.extraction.types import WordPlace


def page(text: str) -> PageLayout:
    words = tuple(Word(word, (10.0 * place, 0, 10.0 * place + 9, 10)) for place, word in enumerate(text.split()))
    return PageLayout(1, 500, 100, words)


LAYOUT = DocumentLayout(
    "", (page("ACME Ltd. Invoice No.: INV-2041, Total: € 119.00"), page("Paid: (119.00) - Acme  Ltd")), 2
)


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("inv-2041", [WordPlace(0, (4,))]),
        ("Acme Ltd", [WordPlace(0, (0, 1)), WordPlace(1, (3, 4))]),
        ("acme  ltd.", [WordPlace(0, (0, 1)), WordPlace(1, (3, 4))]),
        ("119.00", [WordPlace(0, (7,)), WordPlace(1, (1,))]),
        ("€119.00", [WordPlace(0, (6, 7))]),
        ("19.00", []),
        ("INV", []),
        ("  - ", []),
        ("", []),
    ],
)
def test_whole_words_are_found_whatever_their_case_spaces_and_punctuation(typed: str, places: list[WordPlace]) -> None:
    assert list(locate(LAYOUT, typed)) == places
