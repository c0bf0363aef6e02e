"""The questions to the benchmark's own corpora can be answered as they ask to be, and the silent ones cannot."""

import pytest

from benchmarks.questions.documents import HERE, write_documents
from benchmarks.questions.measure import CORPORA
from rag.evaluation.question_file import OwnQuestion, load_own_questions
from tests.ingest.test_readers import read, text_of

ASKED = [(corpus, question) for corpus in CORPORA for question in load_own_questions(HERE / f"{corpus}.yaml")]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The stored texts of each corpus by title."""

    def texts(corpus: str) -> dict[str, str]:
        written = write_documents(corpus, tmp_path_factory.mktemp(corpus))
        found = [(path, read(path.name, path.read_bytes())) for path in written]
        return {document.title or path.stem: text_of(document) for path, document in found}

    return {corpus: texts(corpus) for corpus in CORPORA}


def test_every_document_is_read_and_has_a_title_of_its_own(documents: dict[str, dict[str, str]]) -> None:
    assert {corpus: len(texts) for corpus, texts in documents.items()} == {"rules": 32, "town": 2}


@pytest.mark.parametrize(
    ("corpus", "question"), [pytest.param(*asked, id=asked[1].ask) for asked in ASKED if not asked[1].abstain]
)
def test_a_document_holds_what_is_asked_for(
    documents: dict[str, dict[str, str]], corpus: str, question: OwnQuestion
) -> None:
    found = {title: question.faults(text, [title]) for title, text in documents[corpus].items()}
    assert any(not faults for faults in found.values()), found
