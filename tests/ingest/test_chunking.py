import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ingest.chunking import Chunker
from ingest.readers.builder import DocumentBuilder
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


@pytest.mark.parametrize(
    ("title", "heading", "path"),
    [
        ("Log Files - Example Server 2.4", "Log Files", "Log Files > Rotation"),
        ("core - Example Server 2.4", "Core Features", "Core Features > Rotation"),
        ("cut(1)", "cut(1) Manual Page", "cut(1) Manual Page > Rotation"),
        ("Example Server", "Log Files", "Example Server > Log Files > Rotation"),
    ],
)
def test_the_name_of_a_page_stands_once_above_its_parts(title: str, heading: str, path: str) -> None:
    builder = DocumentBuilder()
    builder.title = title
    builder.paragraph("Before all headings.")
    builder.heading(1, heading)
    builder.heading(2, "Rotation")
    builder.paragraph("Files are rotated daily.")
    assert CHUNKER.cut(builder.build()).chunks[-1].heading == path


def test_what_stands_beside_the_name_of_a_page_stands_below_it() -> None:
    builder = DocumentBuilder()
    builder.title = "Log Files - Example Server 2.4"
    for heading in ("Log Files", "Page contents"):
        builder.heading(1, heading)
        builder.paragraph("Files are rotated daily.")
        if heading == "Log Files":
            builder.heading(2, "Rotation")
            builder.paragraph("At midnight.")
    headings = [chunk.heading for chunk in CHUNKER.cut(builder.build()).chunks]
    assert headings == ["Log Files", "Log Files > Rotation", "Log Files > Page contents"]


def test_a_title_stays_above_headings_side_by_side() -> None:
    builder = DocumentBuilder()
    builder.title = "Setup"
    for system in ("Linux", "Windows"):
        builder.heading(1, f"Setup on {system}")
        builder.paragraph("Run it.")
    headings = [chunk.heading for chunk in CHUNKER.cut(builder.build()).chunks]
    assert headings == ["Setup > Setup on Linux", "Setup > Setup on Windows"]


@pytest.mark.parametrize("end", [". ", "\n", "\n\n", " "])
def test_a_long_text_is_cut_as_its_beginning_is(end: str) -> None:
    """A window's end is no end of a chunk."""
    words = "river mountain table house window garden paper letter number yellow silver stone".split()
    draw = random.Random(7)
    text = end.join(" ".join(draw.choices(words, k=11)).capitalize() for _ in range(2_500))
    builder, short = DocumentBuilder(), DocumentBuilder()
    builder.paragraph(text)
    short.paragraph(text[:30_000])
    chunks, expected = CHUNKER.cut(builder.build()).chunks, CHUNKER.cut(short.build()).chunks
    assert len(text) > 100_000
    assert chunks[: len(expected) - 1] == expected[:-1]
    sizes = [chunk.end - chunk.start for chunk in chunks[:-1]]
    assert min(sizes) > sum(sizes) / len(sizes) / 2
    assert all(not text[before.end : after.start].strip() for before, after in pairwise(chunks))


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


def test_each_row_of_a_table_is_a_chunk_that_says_of_what_it_is() -> None:
    builder = DocumentBuilder()
    builder.heading(1, "Shipping")
    builder.paragraph("We send parcels to every country.")
    rows = [f"Weight up to: {n} kg; Zone 1: {n}.40; Zone 2: {n}.90; Zone 3: {n + 3}.10." for n in range(1, 60)]
    with builder.table("Prices in EUR for the year 2026"):
        for row in rows:
            builder.row(row)
    builder.paragraph("Zone 3 is the rest of the world.")
    parsed = CHUNKER.cut(builder.build())
    before, *table, after = parsed.chunks
    assert (before.heading, after.heading) == ("Shipping", "Shipping")
    assert texts(parsed)[0].endswith("Prices in EUR for the year 2026")
    assert {chunk.heading for chunk in table} == {"Shipping > Prices in EUR for the year 2026"}
    assert texts(parsed)[1:-1] == rows


def test_a_long_table_without_names_is_cut_between_its_rows() -> None:
    builder = DocumentBuilder()
    rows = [f"Hall {n}; to the left of the door; {n + 3}." for n in range(1, 60)]
    with builder.table("Where things are"):
        for row in rows:
            builder.row(row)
    parsed = CHUNKER.cut(builder.build(), "halls")
    assert 1 < len(parsed.chunks) < len(rows)
    assert "\n".join(texts(parsed)).split("\n") == ["Where things are", *rows]
    assert {chunk.heading for chunk in parsed.chunks} == {"halls > Where things are"}


def test_no_step_is_cut_and_what_leads_to_the_steps_stays_with_the_first() -> None:
    builder = DocumentBuilder()
    builder.paragraph("A word before. " * 30)
    builder.paragraph("To replace the belt, proceed as follows:")
    steps = [f"{n}. Loosen screw {n}. Turn it to the left. Put it aside, and keep it." for n in range(1, 30)]
    with builder.listing():
        for step in steps:
            number, text = step.split(" ", 1)
            with builder.item(number):
                builder.paragraph(text)
    parsed = CHUNKER.cut(builder.build())
    (first,) = [text for text in texts(parsed) if "To replace the belt" in text]
    assert first.startswith("To replace the belt, proceed as follows:\n\n1. Loosen screw 1.")
    lines = [line for text in texts(parsed) for line in text.split("\n") if "screw" in line]
    assert lines == steps
    led = [chunk.heading for chunk in parsed.chunks if "screw" in parsed.text[chunk.start : chunk.end]]
    assert len(led) > 1
    assert set(led) == {"To replace the belt, proceed as follows"}


def test_a_step_that_is_longer_than_a_chunk_is_cut_between_its_sentences() -> None:
    builder = DocumentBuilder()
    with builder.listing(), builder.item("1."):
        builder.paragraph(" ".join(f"Turn screw number {n} to the left." for n in range(60)))
    assert len(parsed := CHUNKER.cut(builder.build()).chunks) > 1
    assert parsed[0].start == 0


def test_an_entry_is_a_chunk_of_its_own_whose_heading_keeps_its_name() -> None:
    builder = DocumentBuilder()
    builder.heading(1, "The manual of a program with a long name that says what the program is for and for whom it is")
    builder.heading(2, "All the variables of the configuration that a user of the program may set in a file of theirs")
    with builder.listing(entries=True):
        for name in ("gc.auto", "gc.autoDetach"):
            with builder.entry([name]):
                builder.paragraph(f"What it does. The default of it is {len(name)}.")
    parsed = CHUNKER.cut(builder.build())
    assert [chunk.heading.rpartition(" > ")[2] for chunk in parsed.chunks] == ["gc.auto", "gc.autoDetach"]
    assert all(chunk.heading.startswith("The manual of a program") for chunk in parsed.chunks)
    assert texts(parsed) == [f"What it does. The default of it is {n}." for n in (7, 13)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith came at 5 p.m. yesterday. He left.", ["Dr. Smith came at 5 p.m. yesterday.", "He left."]),
        ("See Fig. 2 for the dose, e.g. 3.5 mg i.v. daily.", ["See Fig. 2 for the dose, e.g. 3.5 mg i.v. daily."]),
        ("Signs are:\n- pain\n- fever.", ["Signs are:", "pain", "fever."]),
        ("1. Open it. Wait.\n  b) Close it.\n12. Mai 2020", ["1. Open it.", "Wait.", "b) Close it.", "12. Mai 2020"]),
        (" \n -- \n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "他说：“你好。”然后走了。价格是3.5元！真的吗？是的",
            ["他说：“你好。”", "然后走了。", "价格是3.5元！", "真的吗？", "是的"],
        ),
        ("他来了!我走了.", ["他来了!", "我走了."]),
        ("「今日は。」と言った。彼は帰った（遅れて。）。", ["「今日は。」と言った。", "彼は帰った（遅れて。）。"]),
        ("１．５％です。次。", ["１．５％です。", "次。"]),
        ("भारत एक देश है। डॉ. सिंह आए। हाँ!", ["भारत एक देश है।", "डॉ. सिंह आए।", "हाँ!"]),
        ("ما هو السعر؟ السعر هو 5. نعم.", ["ما هو السعر؟", "السعر هو 5.", "نعم."]),
        (
            "Die Frist beträgt z. B. 14 Tage, vgl. § 312 BGB. Sie endet am 3. März lt. Abs. 2 Nr. 4.",
            ["Die Frist beträgt z. B. 14 Tage, vgl. § 312 BGB.", "Sie endet am 3. März lt. Abs. 2 Nr. 4."],
        ),
        (
            "M. Dupont a signé avec Mme. Durand selon l'art. 5, p. ex. Il est parti. Voir p. 12.",
            ["M. Dupont a signé avec Mme. Durand selon l'art. 5, p. ex. Il est parti.", "Voir p. 12."],
        ),
        (
            "El Sr. García llegó con la Dra. Pérez de los EE. UU. Véase la pág. 12. Es todo.",
            ["El Sr. García llegó con la Dra. Pérez de los EE. UU. Véase la pág. 12.", "Es todo."],
        ),
        ("Родился в 1990 г. в Москве. См. рис. 3 и стр. 5.", ["Родился в 1990 г. в Москве.", "См. рис. 3 и стр. 5."]),
        ("Zob. np. art. 5 i str. 12. Tzw. umowa jest ważna.", ["Zob. np. art. 5 i str. 12.", "Tzw. umowa jest ważna."]),
        (
            "He made no art. He said no. See ch. 4, e. g. this.",
            ["He made no art.", "He said no. See ch. 4, e. g. this."],
        ),
    ],
)
def test_sentences_of_other_languages(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@given(st.text(alphabet="。！？.!?؟।「」“”（） a中3z. \n", max_size=40))
def test_no_sentence_overlaps_another_and_no_word_is_lost(text: str) -> None:
    spans = sentence_spans(text)
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    left = [False] * len(text)
    for start, end in spans:
        left[start:end] = [True] * (end - start)
    assert not any(character.isalnum() and not left[place] for place, character in enumerate(text))


def test_labels_of_one_list_are_chunks_and_those_of_several_stay_together() -> None:
    hours = ["Tea: 16:00", "Supper: 18:00", "Lunch: 12:15", "Breakfast: 7:00"]
    buses = [
        ["Number: KX19", "Seats: 16", "Fuel: diesel", "Key: 4"],
        ["Number: KX22", "Seats: 12", "Fuel: gas", "Key: 5"],
    ]
    builder = DocumentBuilder()
    builder.heading(1, "Hours")
    with builder.table():
        for line in hours:
            builder.row(line)
    builder.heading(1, "Buses")
    for bus in buses:
        with builder.table():
            for line in bus:
                builder.row(line)
    *apart, together = texts(CHUNKER.cut(builder.build()))
    assert apart == hours
    assert together == "\n\n".join("\n".join(bus) for bus in buses)
