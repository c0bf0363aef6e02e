"""Lists, steps, tables, terms and code keep their form, in whatever format they come."""

import re
from itertools import pairwise, product
from pathlib import Path

import fpdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers.base import ReadDocument
from tests.ingest.conftest import Ingest
from tests.ingest.structured import CODE, DOCUMENTS
from tests.ingest.test_readers import read, sections_of, text_of
from vectorstore.store import KnowledgeStore
from vectorstore.types import BlockKind, Scope

_STEPS = [
    ("step", 0, "1. Close the lid."),
    ("step", 0, "2. Choose a program:"),
    ("item", 1, "- short"),
    ("item", 1, "- long"),
    ("step", 0, "3. Press Start."),
]


def blocks_of(document: ReadDocument) -> list[tuple[str, int, str]]:
    text = text_of(document)
    return [(block.kind.value, block.depth, text[block.start : block.end]) for block in document.blocks]


@pytest.mark.parametrize("suffix", DOCUMENTS)
def test_the_same_document_has_the_same_blocks_in_every_format(suffix: str) -> None:
    document = read(f"press{suffix}", DOCUMENTS[suffix])
    text, blocks = text_of(document), blocks_of(document)
    assert [block for block in blocks if block[0] in ("step", "item")] == _STEPS
    assert "To start it:" in [block[2] for block in blocks if block[0] == "prose"]
    rows = [block[2] for block in blocks if block[0] == "row"]
    leaders = ["belt ............. 21.90", "roller ............ 9.75"]
    assert rows == (leaders if suffix == ".txt" else ["Part: belt; Price: 21.90.", "Part: roller; Price: 9.75."])
    entries = [block for block in document.blocks if block.kind is BlockKind.ENTRY]
    said = {headings[-1]: text for headings, text in sections_of(document) if headings}
    assert len(entries) == 2
    assert len({entry.group for entry in entries}) == 1
    for entry, (term, words) in zip(
        entries, {"press.timeout": "Default is 30.", "-q, --quiet": "Says nothing."}.items(), strict=True
    ):
        assert term in text[entry.start : entry.end]
        assert said[term].endswith(words)
    if suffix not in (".txt", ".pdf"):
        assert ("code", 0, CODE) in blocks
    if suffix not in (".txt", ".md", ".pdf"):
        assert "Prices in EUR\nPart: belt" in text


@pytest.mark.parametrize("suffix", DOCUMENTS)
def test_the_groups_of_a_document_tell_its_lists_and_tables_apart(suffix: str) -> None:
    document = read(f"press{suffix}", DOCUMENTS[suffix])
    kinds: dict[int, set[str]] = {}
    for block in document.blocks:
        kinds.setdefault(block.group, set()).add(block.kind.value)
    assert [one for one in kinds.values() if len(one) > 1] == [{"step", "item"}]
    assert list(document.blocks) == sorted(document.blocks, key=lambda block: block.start)


def test_a_line_that_goes_on_behind_a_hyphen_does_not_tear_its_paragraph() -> None:
    made = fpdf.FPDF()
    made.add_page()
    made.set_font("Helvetica", size=12)
    lines = ["The water main of the garden is turned off on", "Monday after the first night of frost. The chair-"]
    lines += ["woman of the society, who keeps the key, is", "Gerda Holm of plot nineteen, and her deputy is"]
    for line in [*lines, "Ansgar Pohl."]:
        made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    (section,) = sections_of(read("a.pdf", bytes(made.output())))
    assert "\n" not in section[1]
    assert "The chairwoman of the society" in section[1]


def test_labels_with_values_are_rows_and_a_mail_that_flows_keeps_its_sentences_whole() -> None:
    lease = b"1. Rent. It is 640 euros.\n\n    Deposit ....... 1,920 euros\n    Keys .......... 4\n\n2. Use. No fuel.\n"
    assert blocks_of(read("a.txt", lease)) == [
        ("step", 0, "1. Rent. It is 640 euros."),
        ("row", 0, "Deposit ....... 1,920 euros"),
        ("row", 0, "Keys .......... 4"),
        ("step", 0, "2. Use. No fuel."),
    ]
    mail = (
        b"From: a@example.org\nSubject: Crane\nContent-Type: text/plain; charset=utf-8; format=flowed\n\n"
        b"Boats over five tonnes must use the crane in \nWestport meanwhile.\nAda\n"
    )
    text = text_of(read("a.eml", mail))
    assert "must use the crane in Westport meanwhile.\n\nAda" in text


def test_what_only_looks_like_a_step_or_a_label_stays_prose() -> None:
    text = b"They met in room\n12. It was late. He came in\n1914. Nobody knew.\n\nNote: keep it dry.\nIt is old.\n"
    assert {kind for kind, _, _ in blocks_of(read("a.txt", text))} == {"prose"}


@pytest.mark.parametrize(
    ("markup", "labels"),
    [
        ("<li><b>Timeout:</b> 30 s</li><li><b>Retries</b> - three</li>", ["Timeout", "Retries"]),
        ("<li><p><code>-x</code>, <code>--extract</code>: unpack</p></li>", ["-x, --extract"]),
        ("<li>E-4711: no water</li><li>E-4712: no power</li>", ["E-4711", "E-4712"]),
        ("<li><b>Timeout:</b> 30 s</li><li>Something else.</li>", []),
        ("<li><b>Do not</b> open it.</li>", []),
        ("<li>Note: keep it dry.</li>", []),
    ],
)
def test_an_item_that_opens_with_its_term_is_an_entry_under_it(markup: str, labels: list[str]) -> None:
    document = read("a.html", f"<h1>Setup</h1><ul>{markup}</ul>".encode())
    entries = [block for block in document.blocks if block.kind is BlockKind.ENTRY]
    assert [headings[-1] for headings, _ in sections_of(document) if len(headings) > 1] == labels
    assert len(entries) == len(labels)


def test_a_term_of_which_nothing_is_said_can_be_found_and_a_list_in_an_entry_is_deeper() -> None:
    markup = (
        "<h1>Words</h1><dl><dt>alpha</dt><dt>beta</dt><dd>Letters.<dl><dt>gamma</dt><dd>One more.</dd></dl></dd>"
        "<dt>omega</dt></dl>"
    )
    document = read("a.html", markup.encode())
    assert sections_of(document) == [
        (("Words", "alpha, beta"), "Letters."),
        (("Words", "alpha, beta", "gamma"), "One more."),
        (("Words", "omega"), "omega"),
    ]
    text = text_of(document)
    assert [(text[one.start : one.end], one.depth, one.group) for one in document.blocks] == [
        ("alpha, beta\nLetters.\n\ngamma\nOne more.", 0, 1),
        ("gamma\nOne more.", 1, 1),
        ("omega", 0, 1),
    ]


MANUAL_PAGE = """\
CUT(1)                     User Commands                    CUT(1)

NAME
       cut - make things shorter

DESCRIPTION
       Cut takes what it is given, and gives  back  a  part  of  it  that  is
       shorter than the whole.  The following options are under-
       stood:

       -n     Only show what would be cut.

              This option is new.

       --fields=LIST
              Select only these fields:

              N      the Nth field

              N-     from the Nth field on

   See also
       paste(1)

                                  2024-05-31                    CUT(1)
"""


@pytest.mark.parametrize("name", ["cut.html", "cut.txt"])
def test_a_manual_page_as_it_is_shown_keeps_its_sections_and_options(name: str) -> None:
    markup = f"<html><title>cut</title><pre>{MANUAL_PAGE}</pre></html>"
    document = read(name, (markup if name.endswith("html") else MANUAL_PAGE).encode())
    assert sections_of(document) == [
        (("NAME",), "cut - make things shorter"),
        (
            ("DESCRIPTION",),
            "Cut takes what it is given, and gives back a part of it that is shorter than the whole. The following"
            " options are understood:",
        ),
        (("DESCRIPTION", "-n"), "Only show what would be cut.\n\nThis option is new."),
        (("DESCRIPTION", "--fields=LIST"), "Select only these fields:"),
        (("DESCRIPTION", "--fields=LIST", "N"), "the Nth field"),
        (("DESCRIPTION", "--fields=LIST", "N-"), "from the Nth field on"),
        (("DESCRIPTION", "See also"), "paste(1)"),
    ]
    entries = [block for block in document.blocks if block.kind is BlockKind.ENTRY]
    assert [entry.depth for entry in entries] == [0, 0, 1, 1]


def test_code_and_a_synopsis_are_no_manual_page() -> None:
    synopsis = "cut [-n]\n       [--fields=LIST]\n       FILE\n       OTHER"
    (block,) = read("a.html", f"<pre>{synopsis}</pre>".encode()).blocks
    assert block.kind is BlockKind.CODE


def test_a_page_s_own_contents_and_the_way_to_its_neighbours_are_not_searched() -> None:
    document = read(
        "a.html",
        b"""<head><link rel="prev" href="one.html"><link rel="next" href="three.html"></head>
        <table><tr><td><a href="one.html">Back</a></td><th>Two</th><td><a href="three.html">On</a></td></tr></table>
        <p><a href="/">Home</a> &gt; <a href="/book">Book</a> &gt;</p>
        <h1>Two</h1><p>In: <a href="de.html" rel="alternate">de</a> | <a href="fr.html" rel="alternate">fr</a></p>
        <ul><li><a href="#a">Alpha</a></li><li><a href="#b">Beta</a></li></ul>
        <h2 id="a">Alpha</h2><p>First.</p><h2 id="b">Beta</h2><p>See <a href="three.html">three</a>.</p>""",
    )
    assert sections_of(document) == [(("Two", "Alpha"), "First."), (("Two", "Beta"), "See three.")]
    assert "Back" not in text_of(document)
    assert "- Alpha\n- Beta" in text_of(document)


def test_contents_in_a_definition_list_are_items_and_no_terms() -> None:
    inner = "<dl><dt><a href='b.html'>1.1 Beta</a></dt><dt><a href='c.html'>1.2 Gamma</a></dt></dl>"
    markup = f"<h1>Book</h1><dl><dt><a href='a.html'>1 Alpha</a></dt><dd>{inner}</dd></dl>"
    document = read("a.html", markup.encode())
    assert sections_of(document) == [(("Book",), "- 1 Alpha\n  - 1.1 Beta\n  - 1.2 Gamma")]
    assert {block.kind for block in document.blocks} == {BlockKind.ITEM}


def test_a_header_of_two_rows_names_each_column_whole() -> None:
    markup = (
        "<table><tr><th rowspan=2>Country</th><th colspan=2>Shipping</th></tr><tr><th>small</th><th>large</th></tr>"
        "<tr><td>Belgium</td><td>4.90</td><td>9.90</td></tr></table>"
        "<table><tr><th>Phone</th><td>123 45</td></tr></table>"
    )
    assert [text for _, text in sections_of(read("a.html", markup.encode()))] == [
        "Country: Belgium; Shipping small: 4.90; Shipping large: 9.90.\n\nPhone: 123 45."
    ]


def test_the_steps_of_a_list_keep_the_numbers_that_people_see() -> None:
    markup = "<ol start=4><li>Close.</li><!-- none --><li>Wait.</li></ol>"
    markup += "<ol type=a><li>One.</li><li value=5>Five.</li></ol>"
    assert [text for _, _, text in blocks_of(read("a.html", markup.encode()))] == [
        "4. Close.",
        "5. Wait.",
        "a. One.",
        "e. Five.",
    ]


def test_the_default_of_a_setting_is_found_in_the_entry_that_bears_its_name(
    folder: Path, ingest: Ingest, knowledge: KnowledgeStore
) -> None:
    for suffix, data in DOCUMENTS.items():
        (folder / f"press{suffix}").write_bytes(data)
    (folder / "talk.md").write_text("# Talk\n\nWhat is the default of a press? The timeout of a press is what it is.")
    *documents, talk = [outcome.document for outcome in ingest(sorted(folder.iterdir()))]
    for document, question in product(documents, ("What is the default of press.timeout?", "press.timeout default")):
        scope = Scope(documents=frozenset({document or 0, talk or 0}))
        chunk = knowledge.search(question, scope)[0].chunk
        assert chunk.heading.endswith("press.timeout")
        assert "Default is 30." in chunk.text
        with knowledge.view() as view:
            entries = [one for one in view.blocks(chunk.document, scope) if one.kind is BlockKind.ENTRY]
        assert chunk.end in [entry.end for entry in entries]


_TAGS = ("ul", "ol", "li", "dl", "dt", "dd", "p", "pre", "h2", "b", "code", "div", "br", "blockquote")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(_TAGS), st.booleans()), min_size=1, max_size=30))
def test_whatever_the_markup_no_word_is_lost_and_blocks_are_pieces_of_the_text(tags: list[tuple[str, bool]]) -> None:
    words = [f"w{number}" for number in range(len(tags))]
    markup = "".join(f"<{'' if opens else '/'}{tag}> {word} " for (tag, opens), word in zip(tags, words, strict=True))
    document = read("a.html", f"<body>start {markup}</body>".encode())
    text = text_of(document)
    assert {"start", *words} <= set(re.findall(r"\w+", text))
    assert all(before.start <= after.start for before, after in pairwise(document.blocks))
    for block in document.blocks:
        piece = text[block.start : block.end]
        assert piece
        assert piece == (piece.rstrip() if block.kind is BlockKind.CODE else piece.strip())
    assert all(before.end <= after.start for before, after in pairwise(document.sections))
