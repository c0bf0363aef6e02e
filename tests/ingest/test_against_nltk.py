"""Our sentences are NLTK's, whose import takes seconds."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from nltk.tabdata import PunktDecoder
from nltk.tokenize.punkt import PunktSentenceTokenizer

from ingest.languages import punkt_folder
from ingest.punkt import Parameters, Punkt

TEXTS = [page.read_text(encoding="utf-8") for page in sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))]
PIECES = """
Dr dr. Mr. e.g. U.S. a. B. J. 3. 3.5 1,000. ... .. ? ! !! ( the The ) " ' ” « — -- etc. Inc. He said No. p.m. _. É. ٣.
-5. x.-y. St.-John. ; : ,
""".split()


def nltk_sentences() -> PunktSentenceTokenizer:
    folder, decoder, theirs = punkt_folder(), PunktDecoder(), PunktSentenceTokenizer()
    lines = {file.name: file.read_text(encoding="utf-8").splitlines(keepends=True) for file in folder.iterdir()}
    theirs._params.collocations = set(decoder.tab2tups(lines["collocations.tab"]))
    theirs._params.sent_starters = decoder.txt2set(lines["sent_starters.txt"])
    theirs._params.abbrev_types = decoder.txt2set(lines["abbrev_types.txt"])
    theirs._params.ortho_context = decoder.tab2intdict(lines["ortho_context.tab"])
    return theirs


OURS, THEIRS = Punkt(Parameters.read(punkt_folder())), nltk_sentences()


def test_the_documentation_has_the_same_sentences() -> None:
    for text in TEXTS:
        assert list(OURS.spans(text)) == list(THEIRS.span_tokenize(text))


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", "  ", ""])), min_size=1, max_size=12))
def test_so_has_text_full_of_full_stops(pieces: list[tuple[str, str]]) -> None:
    text = "".join(word + space for word, space in pieces)
    assert list(OURS.spans(text)) == list(THEIRS.span_tokenize(text))
