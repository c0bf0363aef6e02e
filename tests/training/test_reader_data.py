"""What a reader is shown, what is kept apart, and what is said of files that hold nothing to learn."""

import json
import lzma
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from rag.evaluation.squad import load_squad, normalised
from rag.reader.windows import PairTokenizer
from rag.training.data.reading import GroundedQuestion, ReadingFile, Section, read_reading_files
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.batches import UNKNOWN, Example, ReadingBatches, drawn, example_of, windows_of
from rag.training.reader.data import ReaderData, load_reader_data
from rag.training.reader.grounded_rows import GroundedRows, grounded_rows
from rag.training.reader.mixture import Mixture, varied, with_sentences
from rag.training.reader.network import Trainee
from rag.training.reader.question_rows import QuestionRows
from rag.training.reader.record_rows import record_row, tier_row
from rag.training.reader.rows import Row
from rag.training.reader.section_rows import SectionRows
from rag.training.reader.splitting import as_squad, split
from rag.training.reader.support_rows import SupportRows
from tests.training.conftest import WriteData
from tests.training.tiny_headed import load_tiny
from vectorstore.errors import UsageError
from vectorstore.models import MINILM, resolve_model

pytestmark = pytest.mark.torch

GROUNDED = {
    "question": "When is it open?",
    "title": "Library",
    "passages": ["It has a garden.", "It opens at nine.", "It closes at five."],
    "answer": "From nine to five.",
    "supporting": [1, 2],
    "answerable": True,
}
SUPPORT = {"passage": "The mill was built in 1812.", "sentence": "The mill is from 1812.", "label": "supported"}
XML = """<?xml version="1.0"?>
<Document id="1"><Focus>{focus}</Focus><Synonym>The mill on the {focus}</Synonym><QAPairs>
<QAPair><Question qtype="history">What is (are) the history of {focus} ?</Question>
<Answer>{focus} was built
   in 1812.</Answer></QAPair>
<QAPair><Question qtype="visits">When can {focus} be visited? ?</Question><Answer>Every day.</Answer></QAPair>
<QAPair><Question qtype="prices">What is the price?</Question><Answer></Answer></QAPair>
</QAPairs></Document>"""


def write_lines(path: Path, *rows: object) -> Path:
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    path.write_bytes(lzma.compress(text.encode()) if path.suffix == ".xz" else text.encode())
    return path


def load(*paths: Path, **changed: Any) -> tuple[ReaderData, ReaderTraining]:
    training = ReaderTraining(**({"held_out": 0.0, "records": 0.0, "batch": 4, "seed": 1} | changed))
    return load_reader_data(paths, training, words_alone=False), training


def rows_of(data: ReaderData, training: ReaderTraining, blocks: int = 20, count: int = 40) -> list[Row]:
    mixture = Mixture(data.sources, count, training)
    return [row for block in range(blocks) for row in mixture.rows(block)]


# --- Files


def test_a_folder_holds_every_form_packed_or_not(tmp_path: Path, write_data: WriteData) -> None:
    questions = write_data().read_bytes()
    (tmp_path / "things.json").unlink()
    (tmp_path / "asked.json.xz").write_bytes(lzma.compress(questions))
    write_lines(tmp_path / "told-grounded.jsonl", GROUNDED)
    write_lines(tmp_path / "said-support.jsonl.xz", SUPPORT, SUPPORT | {"label": "contradicted"})
    documents = tmp_path / "mills"
    documents.mkdir()
    for name in ("Bo", "Ellis"):
        (documents / f"{name}.xml").write_text(XML.format(focus=name))
    found = {file.name: file for file in read_reading_files([tmp_path])}
    assert read_reading_files([documents]) == [found["mills"]]
    assert {name: (file.form, len(file)) for name, file in found.items()} == {
        "asked": ("questions", 40),
        "told-grounded": ("grounded", 1),
        "said-support": ("support", 2),
        "mills": ("sections", 4),
    }
    first = found["mills"].sections[0]
    assert first == Section(
        "Bo", "Bo", ("The mill on the Bo",), "history", "What is the history of Bo?", "Bo was built in 1812."
    )
    assert found["mills"].sections[1].question == "When can Bo be visited?"
    assert found["told-grounded"].grounded[0].supporting == {1, 2}


def test_sections_come_as_lines_too(tmp_path: Path) -> None:
    row = {"document": "a", "subject": "Bo", "kind": "history", "question": "How old is it?", "text": "It is old."}
    (file,) = read_reading_files([write_lines(tmp_path / "mills.jsonl", row | {"names": ["Bo's"]}, row)])
    assert [section.names for section in file.sections] == [("Bo's",), ()]


def test_a_line_that_cannot_be_used_is_left_out_and_said(tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "told.jsonl",
        GROUNDED,
        GROUNDED | {"supporting": [7]},
        GROUNDED | {"supporting": []},
        GROUNDED | {"supporting": [], "answerable": False},
        GROUNDED | {"question": " "},
        {"question": "Who?"},
        GROUNDED | {"passages": []},
        GROUNDED | {"history": [{"role": "user", "text": "Tell me of the library."}]},
    )
    (found,) = read_reading_files([file])
    assert len(found.grounded) == 2
    assert found.problems == (
        "told.jsonl:2: supporting names passages that are not there",
        "told.jsonl:3: it is answerable, but supporting names no passage",
        "told.jsonl:5: question is empty",
        "told.jsonl:6: answerable is missing",
        "told.jsonl:7: passages is empty",
        "told.jsonl:8: it goes on from a conversation, without which it says too little",
    )
    (said,) = read_reading_files([write_lines(tmp_path / "said.jsonl", SUPPORT, SUPPORT | {"label": "true"})])
    assert said.problems == ("said.jsonl:2: label is none of supported, contradicted, not_enough",)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.jsonl", b'{"text": "A row of another form."}\n', r"nothing to learn from.*a\.jsonl"),
        ("a.jsonl", b"", r"nothing to learn from.*a\.jsonl"),
        ("a.jsonl", json.dumps(SUPPORT).encode() + b"\nno json\n", r"cannot be read.*after line 1.*a\.jsonl"),
        ("a.jsonl.xz", b"not packed", r"cannot be read.*a\.jsonl\.xz"),
        ("a.json.xz", b"not packed", r"[Cc]annot be read.*a\.json\.xz"),
        ("a.json", b"[]", r"Not a SQuAD file.*a\.json"),
        ("a.txt", b"A text.", r"cannot be learned from.*a\.txt"),
    ],
)
def test_a_file_of_no_known_form_is_named(name: str, content: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=what):
        read_reading_files([tmp_path / name])


def test_what_is_missing_empty_or_named_alike_is_said(tmp_path: Path, write_data: WriteData) -> None:
    with pytest.raises(UsageError, match=r"No such file.*nothing\.json"):
        read_reading_files([tmp_path / "nothing.json"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds no data.*empty"):
        read_reading_files([tmp_path / "empty"])
    (tmp_path / "other").mkdir()
    (tmp_path / "other/things.json").write_bytes(write_data().read_bytes())
    with pytest.raises(UsageError, match="same name"):
        read_reading_files([tmp_path / "things.json", tmp_path / "other/things.json"])
    file = tmp_path / "unplaced.json"
    asked = [{"id": "2", "question": "Where?", "answers": [{"text": "in another text", "answer_start": 3}]}]
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": "A text.", "qas": asked}]}]}))
    with pytest.raises(UsageError, match=r"nothing to learn from: .*unplaced\.json"):
        load(file)


# --- What is kept apart


def sides(file: Path, share: float) -> tuple[ReadingFile, ReadingFile]:
    return split(read_reading_files([file])[0], share)


def test_whole_articles_are_kept_apart_and_the_same_ones_when_the_data_grow(write_data: WriteData) -> None:
    learned, apart = sides(write_data(articles=8), 0.25)
    titles = [{paragraph.title for paragraph in side.questions.paragraphs} for side in (learned, apart)]
    assert not titles[0] & titles[1]
    assert (len(titles[0]), len(titles[1])) == (6, 2)
    assert len(learned) + len(apart) == 80
    for side in (learned, apart):  # each question is beside its own paragraph still
        for question in side.questions.questions:
            colour = question.text.split()[3]
            assert f"the {colour} box" in side.questions.paragraphs[question.paragraph].text
    grown = sides(write_data("more", articles=9), 0.25)[1]
    assert titles[1] <= {paragraph.title for paragraph in grown.questions.paragraphs} | titles[1]
    assert len(titles[1] & {paragraph.title for paragraph in grown.questions.paragraphs}) >= 1
    assert len(sides(write_data(), 0.0)[1]) == 0


def test_a_single_article_is_split_between_its_paragraphs(write_data: WriteData) -> None:
    learned, apart = sides(write_data(articles=1), 0.2)
    texts = [{paragraph.text for paragraph in side.questions.paragraphs} for side in (learned, apart)]
    assert not texts[0] & texts[1]
    assert len(apart) == 2


def test_passages_and_documents_stay_together(tmp_path: Path) -> None:
    rows = [SUPPORT | {"passage": f"Mill {number // 4}.", "sentence": f"It is {number}."} for number in range(40)]
    learned, apart = sides(write_lines(tmp_path / "said.jsonl", *rows), 0.2)
    assert len(apart) == 8
    assert not {item.passage for item in learned.support} & {item.passage for item in apart.support}


def test_the_held_out_part_is_a_question_file_again(tmp_path: Path, write_data: WriteData) -> None:
    _, apart = sides(write_data(), 0.25)
    file = tmp_path / "again.json"
    file.write_text(json.dumps(as_squad(apart.questions)))
    again = load_squad(file)
    assert [(q.id, q.text, q.answers) for q in again.questions] == [
        (q.id, q.text, q.answers) for q in apart.questions.questions
    ]


# --- Rows


def test_a_near_miss_is_another_paragraph_that_lacks_the_answer(write_data: WriteData) -> None:
    rows = QuestionRows(load_squad(write_data(articles=6)))
    draw = random.Random(1)
    same_article = 0
    for item in rows.answerable:
        missed = rows.near_miss(item, draw)
        assert missed is not None
        assert missed.relevant is False
        assert missed.span is None
        assert missed.passage != rows.row(item).passage
        assert normalised(item.answers[0].text) not in normalised(missed.passage)
        same_article += missed.heading == rows.row(item).heading
    assert same_article > 0.7 * len(rows.answerable)


def test_where_an_article_has_one_paragraph_others_of_the_file_are_near(tmp_path: Path) -> None:
    texts = ["The oak stands in Bo.", "The oak grows slowly.", "Rain fell on Monday."] + ["Nothing happened."] * 30
    articles = []
    for number, text in enumerate(texts):
        answers = [{"text": "Bo", "answer_start": text.index("Bo")}] if "Bo" in text else []
        asked = [{"id": str(number), "question": "Where does the oak stand?", "answers": answers}] if answers else []
        articles.append({"title": f"a{number}", "paragraphs": [{"context": text, "qas": asked}]})
    file = tmp_path / "trees.json"
    file.write_text(json.dumps({"data": articles}))
    rows = QuestionRows(load_squad(file))
    draw = random.Random(1)
    found = Counter(row.passage for _ in range(50) if (row := rows.near_miss(rows.answerable[0], draw)))
    assert found["The oak grows slowly."] > 20


def test_only_the_heading_may_tell_whom_a_passage_is_of(tmp_path: Path) -> None:
    articles = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": f"It was built in {year}.",
                    "qas": [
                        {
                            "id": title,
                            "question": f"When was the {title} mill built?",
                            "answers": [{"text": str(year), "answer_start": 16}],
                        }
                    ],
                }
            ],
        }
        for title, year in (("Ellis", 1812), ("Roberts", 1850))
    ]
    file = tmp_path / "mills.json"
    file.write_text(json.dumps({"data": articles}))
    rows = QuestionRows(load_squad(file))
    assert len(rows.titled) == 2
    draw = random.Random(1)
    made = [rows.other_heading(item, draw) for item in rows.titled for _ in range(20)]
    assert {row.relevant for row in made} == {True, False}
    assert all(row.relevant == (row.heading.lower() in row.question.lower()) for row in made)
    assert all(row.needs_heading for row in made)


def test_a_title_that_is_a_mere_number_is_no_heading(write_data: WriteData) -> None:
    data = json.loads(write_data().read_text())
    for number, article in enumerate(data["data"]):
        article["title"] = f"id-{90 + number}"
    file = write_data("numbered")
    file.write_text(json.dumps(data))
    rows = QuestionRows(load_squad(file))
    assert {rows.row(item).heading for item in rows.answerable} == {""}


def sections() -> SectionRows:
    texts = {
        "history": "{} was built in 1812 by the brothers.",
        "visits": "The doors of {} are open each morning.",
        "prices": "A ticket costs two pounds.",
    }
    asked = {
        "history": "Who built {}?",
        "visits": "When are the doors of {} open?",
        "prices": "What is a ticket for {}?",
    }
    return SectionRows(
        [
            Section(subject, subject, (), kind, asked[kind].format(subject), texts[kind].format(subject))
            for subject in ("Bo Mill", "Ellis Mill", "Old House")
            for kind in texts
        ]
    )


def test_sections_of_others_and_other_sections_are_near_misses() -> None:
    rows, draw = sections(), random.Random(1)
    assert rows.row(0, draw).relevant is True
    subjects = [row for _ in range(30) if (row := rows.other_subject(0, draw))]
    assert {row.passage for row in subjects} == {"Ellis Mill was built in 1812 by the brothers."}
    assert all(row.heading.startswith("Ellis Mill") and row.relevant is False for row in subjects)
    others = [row for _ in range(30) if (row := rows.other_section(1, draw))]
    assert {row.passage for row in others} == {
        "Bo Mill was built in 1812 by the brothers.",
        "A ticket costs two pounds.",
    }
    swapped = [row for _ in range(30) if (row := rows.other_heading(2, draw))]
    assert {row.heading.partition(" > ")[0] for row in swapped} == {"Old House"}  # the other mill shares its name
    assert rows.other_heading(0, draw) is None  # its text names the mill


def test_passages_of_a_question_are_sentences_of_one_text_or_texts_of_their_own() -> None:
    (row,) = grounded_rows(
        GroundedQuestion("When is it open?", "", tuple(GROUNDED["passages"]), frozenset({1, 2}))  # type: ignore[arg-type]
    )
    assert [row.passage[slice(*place)] for place in row.sentences] == GROUNDED["passages"]
    assert (row.selected, row.relevant) == ({1, 2}, True)
    lines = GroundedQuestion("When?", "", ("Opening hours", "9 to 5", "Prices"), frozenset({1}))
    assert grounded_rows(lines)[0].passage == "Opening hours\n9 to 5\nPrices"
    long = ("It opens at nine. It closes at five.", "It is old. It is large. It has a garden.")
    apart = grounded_rows(GroundedQuestion("When?", "", long, frozenset({0})))
    assert [(row.passage, row.relevant) for row in apart] == [(long[0], True)]
    none = grounded_rows(GroundedQuestion("Who?", "", long, frozenset()))
    assert [row.relevant for row in none] == [False, False]


def test_a_question_beside_what_another_was_asked_of_is_a_near_miss() -> None:
    def asked(subject: str, hour: str) -> GroundedQuestion:
        lines = (f"The {subject} is old.", f"It opens at {hour}.")
        return GroundedQuestion(f"When does the {subject} open?", subject, lines, frozenset({1}))

    rows = GroundedRows([asked("library", "nine"), asked("museum", "ten"), asked("library", "nine")])
    draw = random.Random(1)
    made = [row for _ in range(60) if (row := rows.near_miss(0, draw))]
    assert {row.passage for row in made} == {"The museum is old. It opens at ten."}
    assert {(row.question, row.heading, row.selected, row.relevant) for row in made} == {
        ("When does the library open?", "museum", frozenset(), False)
    }


def test_a_sentence_beside_an_unrelated_passage_is_not_supported(tmp_path: Path) -> None:
    rows = [
        {
            "passage": f"House {n} stands in the {p} of Bo.",
            "sentence": f"In the {p} is a house, {n}.",
            "label": "supported",
        }
        for n, p in enumerate(["north", "south", "east", "west"] * 3)
    ]
    (file,) = read_reading_files([write_lines(tmp_path / "said.jsonl", *rows)])
    support, draw = SupportRows(file.support), random.Random(1)
    made = [row for number in range(12) for _ in range(5) if (row := support.unrelated(number, draw))]
    assert made
    assert {row.support for row in made} == {2}
    assert all(row.question.split()[-1].rstrip(".") not in row.passage.split() for row in made)


def test_a_sentence_is_asked_of_the_passage_that_decides_it(tmp_path: Path) -> None:
    said = {"passage": "Mills stand here.", "label": "supported"}
    file = write_lines(
        tmp_path / "said.jsonl",
        said | {"sentence": "The mill of Bo is old."},
        said | {"sentence": "Ellis has no mill.", "label": "contradicted"},
        said | {"sentence": "Mill 7 burned down.", "label": "not_enough"},
        said | {"sentence": "Die Mühle steht nicht mehr in dem Tal."},
        said | {"sentence": "Who was it?"},
    )
    rows = SupportRows(read_reading_files([file])[0].support)
    made = [rows.asked(number, random.Random(3)) for number in range(5)]
    assert [row and (row.question, row.relevant, row.support) for row in made] == [
        ("Is the mill of Bo old?", True, None),
        ("Has Ellis no mill?", True, None),
        (made[2] and made[2].question, False, None),
        None,
        None,
    ]
    assert made[2]
    assert "Mill 7 burned down" in made[2].question


# --- The mixture


@pytest.fixture
def folder(tmp_path: Path, write_data: WriteData) -> Path:
    """Many questions, and a few sentences to check."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_data(articles=20).rename(folder / "things.json")
    write_data("few", articles=2).rename(folder / "few.json")
    rows = [SUPPORT | {"passage": f"Mill {n} was built.", "sentence": f"Mill {n} is old."} for n in range(400)]
    write_lines(folder / "said.jsonl", *rows)
    return folder


def test_rows_are_a_function_of_the_seed_and_the_block(folder: Path) -> None:
    data, training = load(folder)
    one, other = (Mixture(data.sources, 40, training) for _ in range(2))
    assert [one.rows(block) for block in range(4)][3] == other.rows(3)
    assert one.rows(0) != one.rows(1)
    assert Mixture(data.sources, 40, ReaderTraining(seed=2)).rows(0) != one.rows(0)


def test_large_files_do_not_drown_small_ones_and_every_block_is_full(folder: Path) -> None:
    data, training = load(folder, near_misses=0.0, altered=0.0)
    mixture = Mixture(data.sources, 40, training)
    blocks = [mixture.rows(block) for block in range(30)]
    assert all(40 <= len(rows) <= 45 for rows in blocks)
    shown = [row for rows in blocks for row in rows]
    checks = sum(row.support is not None for row in shown)
    assert checks / len(shown) == pytest.approx(0.2, abs=0.02)  # no more than the setting says
    shares = {name: part["share_of_rows"] for name, part in data.shown().items()}
    # A tenth of the questions makes a third of the other file's rows.
    assert shares["few"] / shares["things"] == pytest.approx(10**-0.5, abs=0.01)


def test_a_file_of_weights_says_it_otherwise(folder: Path) -> None:
    (folder / "weights.toml").write_text("few = 2\nsaid = 0\n")
    data, training = load(folder)
    shares = {name: part["share_of_rows"] for name, part in data.shown().items()}
    assert shares["few"] / shares["things"] == pytest.approx(2 * 10**-0.5, abs=0.01)
    assert shares["said"] == 0
    assert all(row.support is None for row in rows_of(data, training))
    for text, what in (("few = -1", "few is no number"), ("few =", "Cannot be read"), ("fewer = 1", "no such file")):
        (folder / "weights.toml").write_text(text)
        with pytest.raises(UsageError, match=what):
            load(folder)


def test_near_misses_and_altered_questions_are_as_many_as_asked_for(folder: Path) -> None:
    (folder / "said.jsonl").unlink()
    plain, training = load(folder, near_misses=0.0, altered=0.0)
    answered = sum(row.relevant is True for row in rows_of(plain, training))
    assert answered == pytest.approx(400, abs=20)
    with_misses, training = load(folder, near_misses=0.5, altered=0.0)
    shown = rows_of(with_misses, training)
    whole = sum(row.relevant is True for row in shown)
    assert (len(shown) - 2 * whole) / whole == pytest.approx(0.5, abs=0.05)  # the rest is unanswerable in the file


def test_made_up_records_are_as_many_as_asked_for(folder: Path) -> None:
    (folder / "said.jsonl").unlink()
    data, training = load(folder, records=0.25)
    shown = rows_of(data, training)
    from_files = {row.passage for row in rows_of(*load(folder))}
    assert sum(row.passage not in from_files for row in shown) / len(shown) == pytest.approx(0.25, abs=0.03)


def test_a_made_up_record_is_answered_by_one_field_of_the_row_that_is_asked_for() -> None:
    draw = random.Random(1)
    rows = [record_row(draw) for _ in range(600)]
    answered = [row for row in rows if row.relevant]
    assert 0.6 < len(answered) / len(rows) < 0.9
    for row in answered:
        assert row.span
        assert row.selected is not None
        assert len(row.selected) == 1
        begin, end = row.sentences[next(iter(row.selected))]
        assert begin <= row.span[0] < row.span[1] <= end
        assert "\n\n" not in row.passage[begin:end]
    for row in rows:
        if not row.relevant:
            assert row.span is None
            assert row.span_known
            assert row.selected == frozenset()
        assert all(row.passage[begin:end].strip() == row.passage[begin:end] for begin, end in row.sentences)
    assert len({row.passage for row in rows}) == len(rows)


def test_a_made_up_table_by_ranges_has_the_number_in_the_range_that_answers() -> None:
    kind = {"headings": ["Post"], "by": ["Weight"], "unit": " kg", "range": [0, 60]}
    columns = [{"headers": ["Price"], "number": [1, 99], "unit": "", "asks": ["What does a parcel of {n} kg cost?"]}]
    draw = random.Random(1)
    for _ in range(200):
        row = tier_row(kind | {"columns": columns}, draw)
        number = int(row.question.split()[5])
        begin, end = row.sentences[next(iter(row.selected or ()))]
        line = row.passage[begin:end]
        bounds = [int(found) for found in re.findall(r"\d+(?= to| or|-| kg)|(?<=to )\d+|(?<=over )\d+", line)]
        if "under" in line or "fewer" in line:
            assert number < bounds[0]
        elif "up to" in line:
            assert number <= bounds[0]
        elif "over" in line:
            assert number > bounds[0]
        else:
            assert bounds[0] <= number
            assert len(bounds) == 1 or number <= bounds[1] or "or more" in line


def test_rows_vary_as_questions_and_passages_do_in_use() -> None:
    row = Row("Who built the Mill?", "The Mill is old. Bo built it. It stands.", "Mills", (17, 19), True, relevant=True)
    training, draw = ReaderTraining(no_heading=0.3, lower_case=0.4), random.Random(1)
    made = [varied(row, draw, training) for _ in range(400)]
    assert sum(not one.heading for one in made) / 400 == pytest.approx(0.3, abs=0.08)
    assert sum(one.question.islower() for one in made) / 400 == pytest.approx(0.4, abs=0.08)
    assert {one.passage.replace("\n", " ") for one in made} == {row.passage}
    assert any("\n" in one.passage for one in made)
    assert {one.selected for one in made} == {frozenset({1})}
    told_by_heading = Row("Who built the Mill?", "Bo built it.", "Mills", relevant=True, needs_heading=True)
    assert all(varied(told_by_heading, draw, training).heading for _ in range(100))


# --- Windows


@pytest.fixture(scope="module")
def words() -> Trainee:
    """What cuts the windows of a model of transformers."""
    import torch

    tokenizer = AutoTokenizer.from_pretrained(resolve_model(MINILM).path, local_files_only=True)
    none = torch.nn.Identity()
    return Trainee(none, PairTokenizer.of(tokenizer), None, lambda _: None)  # type: ignore[arg-type]


def long_row() -> Row:
    passage = "Nothing happened that day. " * 200 + "It lies under the oak tree there. " + "Rain fell again. " * 200
    start = passage.index("oak tree")
    return with_sentences(Row("Where does it lie?", passage, "", (start, start + 8), True, relevant=True))


def test_of_a_long_passage_a_window_is_shown_that_holds_the_answer_or_says_that_there_is_none(words: Trainee) -> None:
    row, draw = long_row(), random.Random(1)
    (windows,) = windows_of([row], words)
    made = [example_of(row, drawn(row, windows, draw)) for _ in range(100)]
    with_answer = [example for example in made if example.start > 0]
    assert 60 < len(with_answer) < 95
    for example in with_answer:
        places = example.window.offsets[example.start : example.end + 1]
        assert row.passage[places[0][0] : places[-1][1]] == "oak tree"  # type: ignore[index]
        assert example.relevant == 1
    assert all((example.end, example.relevant) == (0, 0) for example in made if not example.start)


def test_sentences_that_a_window_cuts_are_not_judged(words: Trainee) -> None:
    row = long_row()
    (windows,) = windows_of([row], words)
    for window in windows:
        example = example_of(row, window)
        judged = [number for number, chosen in enumerate(example.chosen) if chosen != UNKNOWN]
        places = [place for place in window.offsets if place]
        assert judged
        for number in judged:
            begin, end = row.sentences[number]
            assert places[0][0] <= begin
            assert end <= places[-1][1]
            assert example.chosen[number] == (number == 200)
            tokens = [t for t, of in enumerate(example.sentence_of) if of == number]
            assert row.passage[window.offsets[tokens[0]][0] : window.offsets[tokens[-1]][1]] == row.passage[begin:end]  # type: ignore[index]


def test_batches_are_a_function_of_their_number_and_of_windows_of_like_length(folder: Path, tiny: Path) -> None:
    data, training = load(folder)
    trainee = load_tiny(resolve_model(str(tiny)), training)

    def batches() -> ReadingBatches:
        an_epoch = data.batches_an_epoch(training)
        return ReadingBatches(Mixture(data.sources, 4 * min(64, an_epoch), training), trainee, an_epoch)

    one, other = batches(), batches()
    shown = [one.of(number) for number in range(130)]
    again = other.of(129)
    assert again.fields["input_ids"].equal(shown[129].fields["input_ids"])
    assert again.chosen.equal(shown[129].chosen)
    assert all(3 <= len(batch.start) <= 6 for batch in shown)
    filled = sum(int(batch.fields["attention_mask"].sum()) for batch in shown)
    assert filled > 0.7 * sum(batch.fields["attention_mask"].numel() for batch in shown)
    supports = [int(value) for batch in shown for value in batch.support]
    assert {0, UNKNOWN} <= set(supports)


def test_a_heading_is_read_and_never_marked(tiny: Path) -> None:
    trainee = load_tiny(resolve_model(str(tiny)), ReaderTraining())
    row = Row("Where is it?", "It is in the box.", "House", (9, 16), True, relevant=True)
    plain = Row("Where is it?", "It is in the box.", "", (9, 16), True, relevant=True)
    (headed,), (bare,) = windows_of([row, plain], trainee)
    assert len(headed) > len(bare)
    example: Example = example_of(row, headed)
    assert headed.offsets[example.start] == (9, 12)
    assert sum(place is not None for place in headed.offsets) == sum(place is not None for place in bare.offsets)
