"""Rows of a table, which are read one by one: the one that a question names, and those that answer it alike."""

import pytest

from rag.answering.composing import extracts_of
from rag.answering.decision import decide
from rag.answering.document_text import DocumentText
from rag.answering.extractive import DecidedPart, ExtractiveAnswers, Thresholds
from rag.calibration.numbers import shipped_calibration
from rag.query.types import Shape
from rag.retrieval.reranking import rerank
from rag.retrieval.types import ScoredPassage
from rag.retrieval.variants import QueryVariant
from tests.fakes import HashEmbedder, KeywordReader
from tests.vectorstore.conftest import put_text
from vectorstore.store import KnowledgeStore
from vectorstore.types import EVERYTHING, Block, BlockKind, Chunk, Page, Passage

FITTED = shipped_calibration()
FEES = ("Years: 3-6; Day: 5640; Boarding: 9060.", "Years: 7-8; Day: 6210; Boarding: 9980.")
PLACES = ("Place: Lodge; Box: yes.", "Place: Hall; Box: yes.", "Place: Lab; Box: no.")


def read(rows: tuple[str, ...], question: str, *answers: str) -> list[ScoredPassage]:
    passages, start = [], 0
    for number, row in enumerate(rows):
        chunk = Chunk(number, 1, "Lists", "/lists.xlsx", None, start, start + len(row), "Lists > List", row)
        passages.append(Passage(chunk, 0.5, 0.5, 1.0))
        start += len(row) + 1
    reader = KeywordReader(*answers)
    return rerank([QueryVariant(question)], passages, reader, HashEmbedder(), FITTED.reranking)


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("What does boarding cost in year 8?", FEES[1]),
        ("What does boarding cost in year 4?", FEES[0]),
        ("What does boarding cost?", FEES[0]),
    ],
)
def test_of_a_table_the_row_goes_first_that_the_question_names(question: str, row: str) -> None:
    decision = decide(read(FEES, question, "9060"), [QueryVariant(question)], FITTED)
    assert decision.best
    assert decision.best.text == row
    assert decision.passages[0].chunk.text == row


PARCELS = ("Weight up to: 5 kg; Zone 1: 6.90; Zone 5: 16.30.", "Weight up to: 20 kg; Zone 1: 14.80; Zone 5: 37.40.")


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("What does a parcel of 5 kg to zone 5 cost?", "16.30"),
        ("What does a 20 kg parcel to zone 1 cost?", "14.80"),
        ("What does a 12 kg parcel to zone 1 cost?", "14.80"),
        ("What does a 30 kg parcel to zone 1 cost?", None),
    ],
)
def test_the_value_is_marked_whose_column_is_named_and_past_the_table_there_is_none(
    question: str, short: str | None, knowledge: KnowledgeStore
) -> None:
    put_text(knowledge, "/parcels.xlsx", "\n".join(PARCELS), title="Parcels")
    part = DecidedPart("", question, decide(read(PARCELS, question, "6.90"), [QueryVariant(question)], FITTED))
    with knowledge.view() as view:
        answer = ExtractiveAnswers(view, EVERYTHING, Thresholds(0.0, 0.0)).answer([part], Shape.ONE, (), "fake")
    assert answer.short_answer == short


def test_a_number_within_a_range_of_the_row_is_not_missing() -> None:
    missing = {
        year: decide(read(FEES, f"Fee for year {year}?", "9060"), [QueryVariant(f"Fee for year {year}?")], FITTED)
        for year in ("4", "9")
    }
    assert [missing[year].signals.missing for year in ("4", "9")] == [0, 1]


def test_rows_that_answer_alike_are_quoted_together() -> None:
    text = "\n".join(PLACES)
    starts = [text.index(place) for place in PLACES]
    blocks = [Block(at, at + len(row), BlockKind.ROW, 1) for at, row in zip(starts, PLACES, strict=True)]
    found = read(PLACES, "Which places have a box?", "yes")
    best = decide(found, [QueryVariant("Which places have a box?")], FITTED).best
    assert best
    document = DocumentText([Page(None, 0, text)], blocks)
    (extract,) = extracts_of(best, "Which places have a box?", Shape.ONE, document, found)
    assert [text[piece.start : piece.end] for piece in extract.pieces] == list(PLACES[:2])


def test_of_a_list_that_is_asked_for_the_rows_are_quoted_that_stand_out() -> None:
    text = "\n".join(PLACES)
    blocks = [Block(at := text.index(row), at + len(row), BlockKind.ROW, 1) for row in PLACES]
    question = "List the places that have a box."
    for answers, quoted in ((("yes",), PLACES[:2]), (("yes", "no"), PLACES)):
        found = read(PLACES, question, *answers)
        best = decide(found, [QueryVariant(question)], FITTED).best
        assert best
        document = DocumentText([Page(None, 0, text)], blocks)
        (extract,) = extracts_of(best, question, Shape.SEVERAL, document, found)
        assert tuple(text[piece.start : piece.end] for piece in extract.pieces) == quoted


@pytest.mark.parametrize(("pump", "kind"), [("P-400", "extractive"), ("P-750", "abstained")])
def test_what_stands_under_one_code_is_not_told_of_another(pump: str, kind: str, knowledge: KnowledgeStore) -> None:
    put_text(knowledge, "/p-400.txt", "The oil is changed every 4,000 hours.", title="P-400 pump")
    put_text(knowledge, "/prices.txt", "The P-750 costs 4,390 pounds.", title="Prices")
    question = f"How often is the oil of the {pump} changed?"
    with knowledge.view() as view:
        found = view.search("oil changed hours", EVERYTHING, limit=1)
        scored = rerank([QueryVariant(question)], found, KeywordReader("4,000"), HashEmbedder(), FITTED.reranking)
        part = DecidedPart("", question, decide(scored, [QueryVariant(question)], FITTED))
        answers = ExtractiveAnswers(view, EVERYTHING, Thresholds(0.0, 0.0))
        assert answers.answer([part], Shape.ONE, (), "fake").kind == kind


@pytest.mark.parametrize(
    ("question", "unnamed", "kind"),
    [
        ("What does E19 mean?", ("E19",), "abstained"),
        ("What does E17 of the pump mean?", ("pump",), "extractive"),
    ],
)
def test_a_row_with_another_code_than_the_one_that_nothing_holds_is_no_answer(
    question: str, unnamed: tuple[str, ...], kind: str, knowledge: KnowledgeStore
) -> None:
    row = "Code: E17; Meaning: leak."
    put_text(knowledge, "/codes.txt", row, title="Codes")
    with knowledge.view() as view:
        found = view.search("E17 leak codes", EVERYTHING, limit=1)
        scored = rerank([QueryVariant(question)], found, KeywordReader("leak"), HashEmbedder(), FITTED.reranking)
        part = DecidedPart("", question, decide(scored, [QueryVariant(question)], FITTED))
        answers = ExtractiveAnswers(view, EVERYTHING, Thresholds(0.0, 0.0))
        assert answers.answer([part], Shape.ONE, unnamed, "fake").kind == kind


@pytest.mark.parametrize(
    ("row", "marked", "short"),
    [
        (FEES[0], "5640; Boarding", "5640"),
        (FEES[0], "9060.", "9060."),
        (FEES[0], "Years: 3-6; Day: 5640", None),
        ("2.4 Smoking is forbidden on the whole site.", "2.4", None),
        ("2.4 million pounds were paid for the house.", "2.4", "2.4"),
    ],
)
def test_the_short_answer_is_a_value_of_the_row_and_no_number_of_a_clause(
    row: str, marked: str, short: str | None
) -> None:
    best = decide(read((row,), "?", marked), [QueryVariant("?")], FITTED).best
    assert best
    assert best.short_answer == short
