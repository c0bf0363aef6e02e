"""Messages, what they quote, and what is attached to them, as documents of their own."""

import io
import os
import shutil
from collections.abc import Callable
from email.message import EmailMessage, Message
from pathlib import Path

import pytest
from PIL import Image

from ingest.limits import Limits
from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Outcome
from ingest.pipeline.sync import synchronise
from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.registry import parts_of, read_file
from ingest.worker.guard import WorkerSettings
from tests.fakes import HashEmbedder
from tests.ingest.conftest import LIMIT, TOKENIZER, WORKER, Ingest
from tests.ingest.office import sheets, slides
from vectorstore.embedded import verify
from vectorstore.library import remove, show
from vectorstore.sqlite.store import SqliteStore
from vectorstore.types import EVERYTHING, Document, Indexing

GUARD = "From: Guard <guard@example.org>; Date: Mon, 2 Mar 2026 at 08:00"


def message(
    subject: str, body: str, subtype: str = "plain", sender: str = "Office <office@example.org>"
) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made["From"] = sender
    made["Date"] = "Tue, 03 Mar 2026 09:30:00 +0100"
    made.set_content(body, subtype=subtype)
    return made


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(buffer, "PNG")
    return buffer.getvalue()


def forwarding(
    *attached: EmailMessage, subject: str = "Fwd: Gate code", body: str = "See what is attached."
) -> EmailMessage:
    made = message(subject, body)
    for one in attached:
        made.add_attachment(one)
    return made


def read(made: Message) -> ReadDocument:
    return read_file(Path("a.eml"), bytes(made), ReadOptions())


def sections(made: Message) -> list[tuple[str, str]]:
    """The innermost heading of each section, and its text."""
    document = read(made)
    text = "".join(page.text for page in document.pages)
    return [(section.headings[-1], text[section.start : section.end]) for section in document.sections]


def names(made: Message) -> list[str]:
    return [part.name for part in parts_of(Path("a.eml"), bytes(made))]


def documents(knowledge: SqliteStore) -> dict[str, Document]:
    """By the end of their address, below the folder."""
    with knowledge.view() as view:
        return {one.path.partition("/documents/")[2]: one for one in view.documents(EVERYTHING)[1]}


def text_at(knowledge: SqliteStore, path: Path) -> str:
    return "".join(page.text for page in show(knowledge, str(path), EVERYTHING)[1])


# What is written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Read this.\n\n---------- Forwarded message ---------\nFrom: Guard <guard@example.org>\n"
            "Date: Mon, 2 Mar 2026 at 08:00\nSubject: Gate code\nTo: Office <office@example.org>\n\nIt is 7731.\n",
            (GUARD, "It is 7731."),
        ),
        (
            "Bitte lesen.\n\nVon: Lea Kurz\nGesendet: Sonntag, 1. März 2026 18:00\nAn: Eva Groß\nBetreff: Gate code\n\n"
            "Der Code ist 7731.\n",
            ("Von: Lea Kurz; Gesendet: Sonntag, 1. März 2026 18:00", "Der Code ist 7731."),
        ),
        (
            "Begin forwarded message:\n\n> From: Guard <guard@example.org>\n> Subject: Gate code\n"
            "> Date: Mon, 2 Mar 2026 at 08:00\n> To: Office <office@example.org>\n>\n> It is 7731.\n",
            (GUARD, "It is 7731."),
        ),
        (
            "Thanks!\n\nOn Mon, 2 Mar 2026 at 08:00, Dana Reed <dana@example.org>\nwrote:\n\n> It is 7731.\n",
            ("On Mon, 2 Mar 2026 at 08:00, Dana Reed <dana@example.org> wrote:", "It is 7731."),
        ),
        (
            "Danke.\n\n> Am Montag schrieb Leo:\n> Der Code ist 7731.\n",
            ("Am Montag schrieb Leo:", "Der Code ist 7731."),
        ),
    ],
)
def test_what_is_quoted_or_sent_on_in_the_text_stands_under_who_wrote_it_and_when(
    text: str, expected: tuple[str, str]
) -> None:
    first, *_, last = sections(message("Fwd: Gate code", text))
    assert first[0] == "Fwd: Gate code"
    assert "7731" not in first[1]
    assert last[0] == expected[0]
    assert last[1].endswith(expected[1])


def test_answers_between_quotations_are_the_sender_s_and_those_within_them_another_s() -> None:
    text = (
        "I agree.\n\nOn Monday Dana wrote:\n> Lunch is 13 EUR.\n>\n>> On Sunday Leo wrote:\n>> What is it?\n\n"
        "Too much for us.\n\n> 100 kg is the limit.\n"
    )
    assert [(heading, said.rpartition("\n")[2]) for heading, said in sections(message("Lunch", text))] == [
        ("Lunch", "I agree."),
        ("On Monday Dana wrote:", "Lunch is 13 EUR."),
        ("On Sunday Leo wrote:", "What is it?"),
        ("Lunch", "> 100 kg is the limit."),  # more than: nobody is quoted
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            "<div>Read.<div>---------- Forwarded message ---------<br>From: <b>Guard</b> &lt;guard@example.org&gt;<br>"
            "Date: Mon, 2 Mar 2026 at 08:00<br>Subject: Gate<br>To: Office<br></div><br>"
            "<div>It is <b>7731</b>.</div></div>",
            GUARD,
        ),
        (
            "<div><p>Bitte.</p><div><div style='border-top:solid'><p><b>Von:</b> Leo &lt;leo@example.org&gt;<br>"
            "<b>Gesendet:</b> 2. März 2026 08:00<br><b>An:</b> Eva</p></div></div><p>It is 7731.</p></div>",
            "Von: Leo <leo@example.org>; Gesendet: 2. März 2026 08:00",
        ),
        (
            "<p>FYI</p><div>-------- Forwarded --------<table><tr><th>Subject: </th><td>Gate</td></tr>"
            "<tr><th>Date: </th><td>2 March 2026 08:00</td></tr>"
            "<tr><th>From: </th><td>Leo &lt;leo@example.org&gt;</td></tr></table>"
            "<p>It is 7731.</p></div>",
            "From: Leo <leo@example.org>; Date: 2 March 2026 08:00",
        ),
        (
            "<div>Fine.</div><div><div>On Monday Dana wrote:<br></div><blockquote>It is 7731.</blockquote></div>",
            "On Monday Dana wrote:",
        ),
    ],
)
def test_so_does_what_is_quoted_or_sent_on_in_html(markup: str, expected: str) -> None:
    first, *_, last = sections(message("Fwd: Gate", markup, "html"))
    assert first[0] == "Fwd: Gate"
    assert "7731" not in first[1]
    assert (last[0], last[1].rpartition("\n")[2]) == (expected, "It is 7731.")


def test_two_messages_sent_on_below_each_other_are_told_apart() -> None:
    header = "<p><b>From:</b> {0} &lt;{0}@example.org&gt;<br><b>Sent:</b> {1} March 2026 08:00<br><b>To:</b> Eva</p>"
    markup = f"<p>See.</p>{header.format('leo', 2)}<p>It is 7731.</p>{header.format('lea', 1)}<p>What is it?</p>"
    assert [
        (heading.partition(";")[0], said.rpartition("\n")[2])
        for heading, said in sections(message("A", markup, "html"))
    ] == [
        ("A", "See."),
        ("From: leo <leo@example.org>", "It is 7731."),
        ("From: lea <lea@example.org>", "What is it?"),
    ]


def test_an_announcement_is_no_message_that_is_sent_on() -> None:
    text = "Join us.\n\nEvent: Dinner\nDate: 3 May 2026 19:00\nContact: lea@example.org\n\nPlease bring a lamp.\n"
    assert {heading for heading, _ in sections(message("Dinner in May", text))} == {"Dinner in May"}


def test_flowed_lines_are_one_paragraph_quoted_or_not() -> None:
    made = message("A", "The gate \nis shut.\nBye\n\n> It was \n> open.\n")
    made.set_param("format", "flowed")
    (_, own), (_, quoted) = sections(made)
    assert own.endswith("The gate is shut.\n\nBye")
    assert quoted == "It was open."
    made.set_param("delsp", "yes")
    made.set_payload("図書館は \n休館\n", "utf-8")
    assert "図書館は休館" in sections(made)[0][1]


def test_of_two_versions_of_a_text_the_one_that_says_more_is_read() -> None:
    made = message("Prices", "Your program cannot show this message.")
    rows = "".join(
        f"<tr><td>{item}</td><td>{price} EUR</td></tr>" for item, price in (("Kettle", 9), ("Lamp", 5), ("Rug", 7))
    )
    made.add_alternative(f"<p>Our prices:</p><table>{rows}</table>", subtype="html")
    ((_, said),) = sections(made)
    assert "Lamp; 5 EUR" in said
    assert "cannot show" not in said


def test_a_sealed_message_is_refused_by_name() -> None:
    made = message("Secret", "x")
    made.replace_header("Content-Type", 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"')
    with pytest.raises(Refused) as refused:
        read(made)
    assert refused.value.reason == "encrypted"


# What is attached


def test_parts_have_names_of_their_own_and_pictures_of_a_signature_are_none() -> None:
    made = message("Fwd: Gate", "See.")
    made.add_alternative('<p>See. <img src="cid:logo"><img src="cid:page"></p>', subtype="html")
    versions = made.get_payload()
    assert isinstance(versions, list)
    for name, size in (("logo", (120, 40)), ("page", (900, 1200))):
        versions[1].add_related(picture(*size), "image", "png", cid=f"<{name}>", filename=f"{name}.png")
    made.add_attachment("Fish pie.", filename="menu.txt")
    made.add_attachment("Lentils.", filename="../../Menu.txt")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf")
    made.add_attachment("8:00 shut", filename="gate.dat")
    made.add_attachment(message("Code: 7731", "x"))
    assert names(made) == ["page.png", "menu.txt", "Menu (2).txt", "attachment.pdf", "gate.dat.txt", "Code: 7731.eml"]


def test_a_message_that_is_attached_in_base64_is_read_all_the_same() -> None:
    made = message("Fwd: Gate", "See.")
    made.add_attachment(
        message("Code", "It is 7731.").as_bytes(), maintype="application", subtype="octet-stream", filename="x"
    )
    data = bytes(made).replace(b"application/octet-stream", b"message/rfc822")
    (part,) = parts_of(Path("a.eml"), data)
    assert part.name == "x.eml"
    assert b"It is 7731." in part.data


def test_a_message_that_breaks_the_rules_is_read_with_what_is_attached() -> None:
    inner = message("Code", "Größe: 7731.", sender="Guard <guard@example.org>")
    data = bytes(forwarding(inner)).replace(b"Content-Transfer-Encoding: 8bit", b"Content-Transfer-Encoding: 7bit")
    data = data.replace(b"From: Office <office@example.org>", b"From: Office: <a@example.org>, b: c;, d")
    data = data.replace("Größe".encode(), "Größe".encode("cp1252"))
    document = read_file(Path("a.eml"), data, ReadOptions())
    assert "Office" in document.pages[0].text
    (part,) = parts_of(Path("a.eml"), data)
    assert "7731" in read_file(Path(part.name), part.data, ReadOptions()).pages[0].text


def test_what_is_attached_is_a_document_of_its_own_named_after_its_message(
    folder: Path, knowledge: SqliteStore, ingest: Ingest
) -> None:
    inner = message("Gate code", "The new code of the west gate is 7731.", sender="Guard <guard@example.org>")
    inner.add_attachment(sheets("North"), maintype="application", subtype="vnd.ms-excel", filename="keys.xlsx")
    made = forwarding(inner)
    made.add_attachment("Tuesday: fish pie.", filename="menu.txt")
    path = folder / "fwd.eml"
    path.write_bytes(bytes(made))
    (outcome,) = ingest([path])
    stored = documents(knowledge)
    assert {place: (one.title, one.part_of) for place, one in stored.items()} == {
        "fwd.eml": ("Fwd: Gate code", None),
        "fwd.eml/Gate code.eml": ("Fwd: Gate code › Gate code", outcome.document),
        "fwd.eml/Gate code.eml/keys.xlsx": ("Gate code › keys.xlsx", outcome.document),
        "fwd.eml/menu.txt": ("Fwd: Gate code › menu.txt", outcome.document),
    }
    assert (outcome.status, outcome.notes, len(outcome.parts)) == ("indexed", (), 3)
    assert outcome.chunks == sum(one.chunks for one in stored.values())
    chunk = knowledge.search("code of the west gate 7731", EVERYTHING)[0].chunk
    assert chunk.path.endswith("fwd.eml/Gate code.eml")
    assert text_at(knowledge, Path(chunk.path))[chunk.start : chunk.end] == chunk.text
    assert "Guard" in text_at(knowledge, Path(chunk.path))
    assert verify(knowledge.home, Indexing(HashEmbedder().fingerprint, WORKER.chunking)) == []


def test_what_is_not_read_is_said_by_name_with_the_reason(folder: Path, knowledge: SqliteStore, ingest: Ingest) -> None:
    made = message("Plans", "See.")
    for name, data in (
        ("a.zip", b"PK"),
        ("plan.dwg", b"AC"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("b.pdf", b"%PDF"),
    ):
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    (folder / "plans.eml").write_bytes(bytes(forwarding(made)))
    (outcome,) = ingest([folder / "plans.eml"])
    expected = (
        "Not read: a.zip, plan.dwg. Files of this kind are not read.",
        "Not read: old.docx. The document asks for a password, or is in Office's old format.",
        "Not read: b.pdf. The PDF cannot be opened.",
    )
    assert outcome.notes == documents(knowledge)["plans.eml/Plans.eml"].notes == expected
    again = ingest([folder / "plans.eml"])[0]
    assert (again.status, again.notes) == ("unchanged", expected)
    assert ingest([folder / "plans.eml"], memory_mb=1200)[0].status == "indexed"  # it may be read now


def nested(depth: int) -> EmailMessage:
    made = message("Depth 0", "The innermost.")
    for number in range(1, depth + 1):
        made = forwarding(made, subject=f"Depth {number}")
    return made


def run(knowledge: SqliteStore, limits: Limits, path: Path) -> Outcome:
    return Ingestion(knowledge, WorkerSettings(TOKENIZER, LIMIT, limits), "default").run([path])[0]


def test_messages_within_messages_and_very_many_end_at_a_limit_that_is_said(
    folder: Path, knowledge: SqliteStore
) -> None:
    (folder / "deep.eml").write_bytes(bytes(nested(15)))
    deep = run(knowledge, Limits(), folder / "deep.eml")
    assert (deep.status, len(deep.parts)) == ("indexed", 10)
    assert deep.notes == ("Not read: Depth 4.eml. No more than 10 messages within each other are read.",)
    made = message("Many", "See.")
    for number in range(40):
        made.add_attachment(f"Text {number}.", filename=f"{number}.txt")
    (folder / "many.eml").write_bytes(bytes(forwarding(made, made)))
    many = run(knowledge, Limits(max_parts=30), folder / "many.eml")
    assert len(many.parts) == 30
    assert "and 1" not in many.notes[0].partition(". ")[2]
    assert all("No more than 30 parts of one file are read." in note for note in many.notes)


def test_a_part_that_is_too_much_costs_nothing_but_itself(folder: Path, knowledge: SqliteStore) -> None:
    made = message("Bomb", "See.")
    made.add_attachment("<a>" + "<b>x</b>" * 400_000 + "</a>", subtype="xml", filename="slow.xml")
    made.add_attachment("Tuesday: fish pie.", filename="menu.txt")
    (folder / "bomb.eml").write_bytes(bytes(made))
    outcome = run(knowledge, Limits(timeout_seconds=0.6), folder / "bomb.eml")
    assert outcome.status == "indexed"
    assert [Path(part).name for part in outcome.parts] == ["menu.txt"]
    assert outcome.notes == (
        "Not read: slow.xml. Reading it came no further in 0.6 seconds of processor time. "
        "A higher ingest.timeout_seconds allows more.",
    )


def test_a_file_that_is_stored_already_is_stored_once_and_embedded_once(
    folder: Path, knowledge: SqliteStore, ingest: Ingest
) -> None:
    talk = slides()
    (folder / "slides.pptx").write_bytes(talk)
    ingest([folder / "slides.pptx"])
    assert isinstance(knowledge.embedder, HashEmbedder)
    made = message("Talk", "x")
    made.add_attachment(talk, maintype="application", subtype="octet-stream", filename="talk.pptx")
    (folder / "talk.eml").write_bytes(bytes(made))
    before = knowledge.embedder.embedded
    ingest([folder / "talk.eml"])
    shutil.copyfile(folder / "talk.eml", folder / "copy.eml")
    (copy,) = ingest([folder / "copy.eml"])
    assert knowledge.embedder.embedded == before + documents(knowledge)["talk.eml"].chunks
    assert [Path(part).name for part in copy.parts] == ["talk.pptx"]
    with knowledge.view() as view:
        totals = view.totals(EVERYTHING)
    assert (totals.documents, totals.contents) == (5, 2)


Sync = Callable[[], object]


@pytest.fixture
def sync(folder: Path, knowledge: SqliteStore) -> Sync:
    return lambda: synchronise(Ingestion(knowledge, WORKER, "default"), [folder])


def test_parts_follow_their_file_when_it_changes_moves_and_goes(
    folder: Path, knowledge: SqliteStore, sync: Sync
) -> None:
    path = folder / "fwd.eml"
    path.write_bytes(bytes(forwarding(message("Gate code", "It is 7731."), message("Menu", "Fish pie."))))
    (folder / "other.txt").write_text("Something else.")
    sync()
    first = documents(knowledge)
    os.utime(path, ns=(1, 1))
    sync()
    assert documents(knowledge) == first
    path.rename(folder / "renamed.eml")
    sync()
    moved = documents(knowledge)
    assert {place.replace("renamed", "fwd"): one.id for place, one in moved.items()} == {
        place: one.id for place, one in first.items()
    }
    (folder / "renamed.eml").write_bytes(bytes(forwarding(message("Gate code", "It is 8842."))))
    sync()
    assert set(documents(knowledge)) == {"other.txt", "renamed.eml", "renamed.eml/Gate code.eml"}
    assert documents(knowledge)["renamed.eml/Gate code.eml"].id == first["fwd.eml/Gate code.eml"].id
    assert "8842" in text_at(knowledge, folder / "renamed.eml" / "Gate code.eml")
    (folder / "renamed.eml").unlink()
    sync()
    assert set(documents(knowledge)) == {"other.txt"}


def test_what_is_attached_goes_with_its_message_and_comes_back_with_it(
    folder: Path, knowledge: SqliteStore, ingest: Ingest
) -> None:
    path = folder / "fwd.eml"
    path.write_bytes(bytes(forwarding(message("Gate code", "It is 7731."))))
    ingest([path])
    removed = remove(knowledge, [str(path)], EVERYTHING, restorable=True)
    assert [Path(one.path).name for one in removed] == ["fwd.eml", "Gate code.eml"]
    assert documents(knowledge) == {}
    ingest([path])
    assert {one.id for one in documents(knowledge).values()} == {one.id for one in removed}
