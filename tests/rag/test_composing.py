"""What is quoted for a sentence that answers: with what it needs, in its form, and no more than the question asks."""

import pytest

from rag.answering.composing import Extract, extracts_of
from rag.answering.document_text import DocumentText
from rag.answering.selection import ranked
from rag.calibration.numbers import shipped_calibration
from rag.query.types import Shape
from rag.retrieval.reranking import rerank
from rag.retrieval.variants import QueryVariant
from tests.fakes import HashEmbedder, KeywordReader
from vectorstore.types import Block, BlockKind, Chunk, Page, Passage

TERM = "term"
GROUPED = ("item", "step", "row")


def written(*parts: tuple[str, str]) -> tuple[str, list[Block]]:
    """A text of blocks, each given as its kind (one within another as "item 1") and what it says; a "term" is an
    entry's own line, and the entry, whose prose is no block, ends where the next one begins.
    """
    text, before = "", ""
    blocks: list[Block] = []
    terms: list[int] = []
    for number, (name, said) in enumerate(parts):
        kind, _, depth = name.partition(" ")
        if kind == TERM:
            terms.append(len(text))
            text += f"{said}\n"
        else:
            group = blocks[-1].group if kind == before and kind in GROUPED else number
            blocks.append(Block(len(text), len(text) + len(said), BlockKind(kind), group, int(depth or 0)))
            text += f"{said}\n\n"
        before = kind
    entries = [
        Block(start, end, BlockKind.ENTRY, len(parts))
        for start, end in zip(terms, [*terms[1:], len(text)], strict=False)
    ]
    first = terms[0] if terms else len(text)
    blocks = [block for block in blocks if block.start < first or block.kind is not BlockKind.PROSE]
    return text, sorted([*blocks, *entries], key=lambda block: (block.start, -block.end))


def composed(
    parts: list[tuple[str, str]], answer: str, shape: Shape = Shape.ONE, question: str = "?"
) -> tuple[Extract, ...]:
    """What is quoted where the reader finds ``answer`` in a document of these blocks, all of which it reads at once."""
    text, blocks = written(*parts)
    chunk = Chunk(1, 1, "Manual", "/manual.txt", None, 0, len(text), "Manual > Part", text)
    reader, weights = KeywordReader(answer), shipped_calibration()
    scored = rerank([QueryVariant("?")], [Passage(chunk, 0.5, 0.5, 1.0)], reader, HashEmbedder(), weights.reranking)
    best = next(c for c in ranked(scored, weights.sentence_selection) if c.span and answer in c.text)
    return extracts_of(best, question, shape, DocumentText([Page(None, 0, text)], blocks))


def lines(parts: list[tuple[str, str]], *extracts: Extract) -> list[str]:
    text, _ = written(*parts)
    return [text[piece.start : piece.end] for extract in extracts for piece in extract.pieces]


def prose(*sentences: str) -> tuple[str, str]:
    return "prose", " ".join(sentences)


LONG = "This sentence has been made so long that no paragraph that holds it is quoted whole by anybody, ever."
FILLER = [LONG] * 3


@pytest.mark.parametrize(
    ("paragraph", "answer", "quoted"),
    [
        (
            ["The dose is 20 mg a day.", "Take it with food."],
            "20 mg",
            ["The dose is 20 mg a day.", "Take it with food."],
        ),
        ([*FILLER, "The dose is 20 mg a day.", *FILLER], "20 mg", ["The dose is 20 mg a day."]),
        (
            [*FILLER, "Aspirin thins blood.", "It is given daily.", *FILLER],
            "given daily",
            ["Aspirin thins blood.", "It is given daily."],
        ),
    ],
)
def test_of_prose_the_sentence_is_quoted_with_what_it_leans_on_and_a_short_paragraph_whole(
    paragraph: list[str], answer: str, quoted: list[str]
) -> None:
    parts = [prose(*paragraph)]
    assert lines(parts, *composed(parts, answer)) == quoted


def test_a_sentence_that_leans_on_what_is_not_quoted_says_whose_it_is() -> None:
    parts = [prose("It is given daily.", *FILLER)]
    (extract,) = composed(parts, "given daily")
    assert extract.label == "Manual"


def test_an_explanation_goes_on_to_the_end_of_what_fits() -> None:
    parts = [prose("Gout is a disease of the joints.", *FILLER, "It ends."), prose("The toes hurt first.")]
    told = lines(parts, *composed(parts, "disease", Shape.OPEN))
    assert told == ["Gout is a disease of the joints.", *FILLER, "It ends.", "The toes hurt first."]


SIGNS = [("prose", "The signs are:"), ("item", "- pain"), ("item", "- fever, at night above all"), prose("Other text.")]


@pytest.mark.parametrize("answer", ["fever", "signs"])
def test_a_short_list_stays_whole_under_its_introduction(answer: str) -> None:
    assert lines(SIGNS, *composed(SIGNS, answer)) == ["The signs are:", "pain", "fever, at night above all"]
    forms = [piece.form for extract in composed(SIGNS, answer) for piece in extract.pieces]
    assert forms == ["prose", "item", "item"]


def test_of_a_long_list_one_fact_is_one_item_with_those_around_it_that_it_belongs_to() -> None:
    parts = [
        ("prose", "What to bring:"),
        *[("item", f"- {LONG}")] * 6,
        ("item", "- For the tent"),
        ("item 1", "- twelve pegs of steel"),
        ("item 1", "- a hammer"),
        ("item", "- A lamp"),
    ]
    assert lines(parts, *composed(parts, "twelve pegs")) == ["What to bring:", "For the tent", "twelve pegs of steel"]


def test_steps_stay_together_with_their_numbers() -> None:
    steps = [("step", f"{n}. {LONG}") for n in range(1, 5)]
    parts = [("prose", "To reset the desk:"), *steps, ("step", "5. Press the green button.")]
    told = lines(parts, *composed(parts, "green button", Shape.OPEN))
    assert told == ["To reset the desk:", *(said for _, said in parts[1:])]


ROWS = [
    ("prose", "Allowances by country"),
    *[
        ("row", f"Country: {name}; Day: {price} EUR.")
        for name, price in (("Austria", 30), ("Belgium", 35), ("Chad", 28))
    ],
]


def test_of_a_table_one_fact_is_one_row_and_a_list_is_the_table() -> None:
    assert lines(ROWS, *composed(ROWS, "35 EUR")) == ["Country: Belgium; Day: 35 EUR."]
    whole = lines(ROWS, *composed(ROWS, "35 EUR", Shape.SEVERAL))
    assert whole == [said for _, said in ROWS]


ENTRIES = [
    prose("Each strategy has a name."),
    ("term", "ort"),
    prose("The default when one branch is merged.", "It is fast."),
    ("term", "octopus"),
    prose("Merges more than two heads."),
]


def test_an_entry_is_quoted_under_its_term_and_not_its_neighbour() -> None:
    (extract,) = composed(ENTRIES, "default", question="What is the default?")
    assert (extract.label, lines(ENTRIES, extract)) == (
        "ort",
        ["The default when one branch is merged.", "It is fast."],
    )


def test_the_items_of_a_list_that_are_entries_are_not_told_for_one_another() -> None:
    codes = [
        "- E1: the door is open. Close it.",
        "- E2: the filter is full. Empty it.",
        "- E3: no water. Open the tap.",
    ]
    text = "\n".join(codes)
    starts = [text.index(code) for code in codes]
    blocks = [
        block
        for start, code in zip(starts, codes, strict=True)
        for block in (
            Block(start, start + len(code), BlockKind.ENTRY, 1),
            Block(start + 2, start + len(code), BlockKind.PROSE, start + 2),
        )
    ]
    chunk = Chunk(1, 1, "Codes", "/codes.md", None, starts[1], starts[2] - 1, "Codes > E2", codes[1])
    reader, weights = KeywordReader("the filter is full"), shipped_calibration()
    scored = rerank([QueryVariant("E2")], [Passage(chunk, 0.5, 0.5, 1.0)], reader, HashEmbedder(), weights.reranking)
    best = ranked(scored, weights.sentence_selection)[0]
    (extract,) = extracts_of(best, "E2", Shape.OPEN, DocumentText([Page(None, 0, text)], blocks))
    assert "".join(text[piece.start : piece.end] for piece in extract.pieces) == "E2: the filter is full.Empty it."
    assert extract.label == ""


def test_a_list_of_entries_that_is_asked_for_is_told_term_by_term() -> None:
    extracts = composed(ENTRIES, "Merges more", Shape.SEVERAL, "Which strategies are there?")
    assert [(one.label, lines(ENTRIES, one)) for one in extracts] == [
        ("ort", ["The default when one branch is merged."]),
        ("octopus", ["Merges more than two heads."]),
    ]
    named = composed(ENTRIES, "Merges more", Shape.SEVERAL, "Which heads does octopus take?")
    assert [one.label for one in named] == ["octopus"]


def test_entries_that_follow_are_told_where_a_list_is_asked_for() -> None:
    extracts = composed(ENTRIES, "strategy has a name", Shape.SEVERAL, "Which strategies are there?")
    assert [one.label for one in extracts] == ["", "ort", "octopus"]
    (alone,) = composed(ENTRIES, "strategy has a name", Shape.ONE, "What has each strategy?")
    assert lines(ENTRIES, alone) == ["Each strategy has a name."]


def test_code_comes_with_the_line_that_says_what_it_does() -> None:
    parts = [prose(LONG, "Remove the branch:"), ("code", "$ git push origin --delete old\n$ git fetch")]
    assert lines(parts, *composed(parts, "--delete")) == [
        "Remove the branch:",
        "$ git push origin --delete old\n$ git fetch",
    ]
    assert lines(parts, *composed(parts, "Remove the branch"))[-1] == "$ git push origin --delete old\n$ git fetch"


SETTING = [
    ("row", "Description: How long the press waits."),
    ("row", "Default: Wait 60."),
    ("row", "Context: server, folder."),
    prose("The press waits for paper and for ink, one after the other, before it gives up.", LONG, LONG),
]


@pytest.mark.parametrize(
    ("question", "answer", "quoted"),
    [
        ("Wait default", "How long", ["Default: Wait 60."]),
        (
            "What is the default of Wait?",
            "waits for paper",
            ["Default: Wait 60.", SETTING[-1][1].partition(". ")[0] + "."],
        ),
        ("In which context may Wait stand?", "Wait 60", ["Context: server, folder."]),
    ],
)
def test_of_a_table_of_labels_the_row_is_quoted_whose_label_is_asked_for(
    question: str, answer: str, quoted: list[str]
) -> None:
    (extract,) = composed(SETTING, answer, Shape.ONE, question)
    assert lines(SETTING, extract) == quoted
    assert extract.label == "Part"


def test_what_a_thing_is_that_a_table_of_labels_describes_is_told_with_what_follows_the_table() -> None:
    quoted = lines(SETTING, *composed(SETTING, "Wait 60", Shape.OPEN, "What does Wait do?"))
    assert quoted[:4] == [*(said for kind, said in SETTING[:3]), SETTING[-1][1].partition(". ")[0] + "."]


def test_the_line_that_names_a_page_goes_on_with_what_the_page_says_first() -> None:
    parts = [prose("cut - make things shorter"), ("code", "cut [-n] FILE"), prose("Each line is made shorter.", LONG)]
    assert lines(parts, *composed(parts, "make things", Shape.OPEN)) == [
        "cut - make things shorter",
        "Each line is made shorter.",
        LONG,
    ]


def test_the_entries_of_what_is_asked_for_are_listed_though_each_term_begins_with_its_name() -> None:
    parts = [
        (TERM, "Tokens Major"),
        prose("Only the first number."),
        (TERM, "Tokens Full"),
        prose("All of it."),
    ]
    listed = composed(parts, "first number", Shape.SEVERAL, "Which values can Tokens have?")
    assert [extract.label for extract in listed] == ["Tokens Major", "Tokens Full"]
    one = composed(parts, "first number", Shape.SEVERAL, "What parts does Tokens Major show?")
    assert [extract.label for extract in one] == ["Tokens Major"]


def test_a_short_entry_is_quoted_whole_and_of_a_long_one_what_answers() -> None:
    told = ["Objects go when two weeks old.", "They are unreachable then.", LONG, "The value never keeps them."]
    parts = [(TERM, "press.expire"), prose(*told), (TERM, "press.keep"), prose("Keeps them.")]
    assert lines(parts, *composed(parts, "value never")) == told
    parts[1] = prose(*told[:3], *FILLER, *FILLER, told[3])
    assert lines(parts, *composed(parts, "value never")) == ["The value never keeps them."]


def test_the_values_of_a_setting_that_its_entry_lists_are_told_with_it() -> None:
    text = "level\nHow strict it is. Beware of all.\n\nnone\nNothing is asked.\n\nmay\nIt is asked once.\n"
    places = [(0, 0), (text.index("none"), 1), (text.index("may"), 1)]
    ends = [len(text), places[2][0], len(text)]
    blocks = [Block(start, end, BlockKind.ENTRY, 1, depth) for (start, depth), end in zip(places, ends, strict=True)]
    chunk = Chunk(1, 1, "Manual", "/manual.txt", None, 6, places[1][0], "Manual > level", text[6 : places[1][0]])
    reader, weights = KeywordReader("strict"), shipped_calibration()
    scored = rerank([QueryVariant("?")], [Passage(chunk, 0.5, 0.5, 1.0)], reader, HashEmbedder(), weights.reranking)
    best = ranked(scored, weights.sentence_selection)[0]
    document = DocumentText([Page(None, 0, text)], blocks)
    several = extracts_of(best, "Which values can level have?", Shape.SEVERAL, document)
    assert [extract.label for extract in several] == ["level", "none", "may"]
    assert [extract.label for extract in extracts_of(best, "What is level?", Shape.ONE, document)] == ["level"]
