import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ingest.chunking import Chunker
from ingest.readers.base import DocumentBuilder
from ingest.sentences import sentence_spans
from tests.ingest.conftest import LIMIT, TOKENIZER
from vectorstore.types import ParsedDocument, embedding_input

CHUNKER = Chunker(TOKENIZER, LIMIT)
COUNTER = Tokenizer.from_file(str(TOKENIZER))
COUNTER.no_truncation()
COUNTER.no_padding()


def tokens(text: str) -> int:
    return len(COUNTER.encode(text).ids)


def texts(parsed: ParsedDocument) -> list[str]:
    return [parsed.text[chunk.start : chunk.end] for chunk in parsed.chunks]


def test_chunks_end_with_sentences_and_lose_nothing() -> None:
    builder = DocumentBuilder()
    builder.heading(1, "Guide")
    sentences = [f"Sentence number {i} says something of its own about the matter." for i in range(60)]
    builder.paragraph(" ".join(sentences))
    parsed = CHUNKER.cut(builder.build())
    assert len(parsed.chunks) > 1
    assert all(text.endswith(".") for text in texts(parsed))
    assert " ".join(texts(parsed)).split() == " ".join(sentences).split()
    assert {chunk.heading for chunk in parsed.chunks} == {"Guide"}


def test_a_repeated_sentence_is_cut_at_its_own_place() -> None:
    builder = DocumentBuilder()
    builder.paragraph(" ".join(["The same sentence stands here again and again, word for word."] * 80))
    parsed = CHUNKER.cut(builder.build())
    assert all(before.end <= after.start for before, after in zip(parsed.chunks, parsed.chunks[1:], strict=False))
    assert parsed.chunks[-1].end == len(parsed.text.rstrip())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.text(max_size=200), st.text(max_size=3000)), min_size=1, max_size=4),
    st.booleans(),
)
def test_no_chunk_exceeds_what_the_model_reads_and_offsets_are_exact(parts: list[tuple[str, str]], paged: bool) -> None:
    builder = DocumentBuilder()
    for number, (heading, paragraph) in enumerate(parts, start=1):
        if paged:
            builder.page(number)
        builder.heading(2, heading)
        builder.paragraph(paragraph)
    parsed = CHUNKER.cut(builder.build())
    for chunk in parsed.chunks:
        text = parsed.text[chunk.start : chunk.end]
        assert text == text.strip()
        assert text
        assert tokens(embedding_input(chunk.heading, text)) <= LIMIT
        assert sum(page.start <= chunk.start < chunk.end <= page.end for page in parsed.pages) == 1


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, "漢字" * 5_000, "a\n" * 5_000])
def test_text_without_sentences_is_cut_all_the_same(text: str) -> None:
    builder = DocumentBuilder()
    builder.paragraph(text)
    parsed = CHUNKER.cut(builder.build())
    assert len(parsed.chunks) > 1
    assert all(tokens(piece) <= LIMIT and len(piece) < 4_000 for piece in texts(parsed))
    assert "".join("".join(texts(parsed)).split()) == "".join(text.split())


def test_a_sentence_that_is_too_long_is_cut_between_its_items_and_not_inside_a_number() -> None:
    builder = DocumentBuilder()
    builder.paragraph(" ".join(f"Sign number {n} of a rare illness {n % 90}.5%" for n in range(100)))
    parsed = CHUNKER.cut(builder.build())
    assert len(parsed.chunks) > 2
    assert all(text.startswith("Sign number") and text.endswith(".5%") for text in texts(parsed))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith came at 5 p.m. yesterday. He left.", ["Dr. Smith came at 5 p.m. yesterday.", "He left."]),
        ("See Fig. 2 for the dose, e.g. 3.5 mg i.v. daily.", ["See Fig. 2 for the dose, e.g. 3.5 mg i.v. daily."]),
        ("Signs are:\n- pain\n- fever.", ["Signs are:", "pain", "fever."]),
        (" \n -- \n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected
