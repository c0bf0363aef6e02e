"""The whole desk as a newcomer meets it: the handbook ingested, served by the command, asked in a real browser."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.fake_forms import invoice_pdf

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000


def command(home: Path, *arguments: str) -> list[str]:
    program = "from ui.cli.main import main; main()"
    return [sys.executable, "-c", program, *arguments, "--home", str(home)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    subprocess.run(command(home, "ingest", str(ROOT / "docs/handbook")), check=True, cwd=ROOT)
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving = subprocess.Popen(
        command(home, "serve", "--port", str(port)), cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert serving.stdout is not None
    line = serving.stdout.readline()
    assert line == f"Refdesk answers at http://127.0.0.1:{port}\n"
    yield f"http://127.0.0.1:{port}"
    serving.terminate()
    serving.communicate(timeout=60)
    assert serving.returncode == 0


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def test_a_newcomer_asks_reads_the_source_and_comes_back(page: Page, address: str) -> None:
    expect(page.get_by_text("Ask your documents")).to_be_visible(timeout=PATIENCE)
    pages = len(list((ROOT / "docs" / "handbook").iterdir()))
    expect(page.get_by_text(re.compile(rf"{pages} documents"))).to_be_visible()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Where does Refdesk store its data?")
    box.press("Enter")
    chip = page.get_by_role("button", name=re.compile(r"^Source 1"))
    expect(chip).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"^(Written from|Quoted from)")).first).to_be_visible(timeout=PATIENCE)
    chip.first.click()
    marked = page.locator("mark").filter(has_text="REFDESK_HOME").last
    expect(marked).to_be_visible(timeout=PATIENCE)
    words = marked.inner_text()
    page.reload()
    expect(page.get_by_text("Where does Refdesk store its data?").last).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile(r"^Source 1")).first.click()
    expect(page.locator("mark").filter(has_text=words[:40]).last).to_be_visible(timeout=PATIENCE)


def test_what_the_documents_do_not_hold_is_said_so(page: Page) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Which river flows through the capital of Mongolia?")
    box.press("Enter")
    expect(page.get_by_text("I found nothing in the documents that answers this.").first).to_be_visible(
        timeout=PATIENCE
    )


def test_what_a_second_program_ingests_is_answered_within_seconds(page: Page, home: Path, tmp_path: Path) -> None:
    (tmp_path / "canteen.md").write_text(
        "# Canteen\n\n## When is the canteen open?\n\nThe canteen is open from 11:30 to 14:00."
    )
    subprocess.run(command(home, "ingest", str(tmp_path / "canteen.md")), check=True, cwd=ROOT)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Hello! I start here on 3 May and do not know the house. When is the canteen open?")
    box.press("Enter")
    expect(page.get_by_text(re.compile(r"11:30 to 14:00")).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Looked up: When is the canteen open?")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_text("Looked up: When is the canteen open?")).to_be_visible(timeout=PATIENCE)


def test_four_opening_questions_are_offered_and_answered(page: Page) -> None:
    offered = page.locator(".suggestion")
    expect(offered.nth(3)).to_be_visible(timeout=PATIENCE)
    offered.first.click()
    expect(page.get_by_role("button", name=re.compile(r"^Source 1")).first).to_be_visible(timeout=PATIENCE)


def test_questions_of_ones_own_are_asked_and_what_went_wrong_is_shown(page: Page) -> None:
    asked = [
        {"ask": "Where does Refdesk store its data?", "must": ["REFDESK_HOME"]},
        {"ask": "On which port does Refdesk serve the chat?", "must": ["midnight"]},
    ]
    content = json.dumps({"questions": asked}).encode()
    page.get_by_role("link", name="Evaluation").click()
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "own.json", "mimeType": "application/json", "buffer": content})
    page.get_by_role("button", name="Ask them").click()
    expect(page.locator(".jobs article")).to_contain_text("Asking own.json of all documents")
    expect(page.get_by_text("What went wrong")).to_be_visible(timeout=4 * PATIENCE)
    wrong = page.get_by_role("region", name="Question", exact=True)
    expect(wrong).to_contain_text("lacks: midnight")
    expect(wrong).not_to_contain_text("Where does Refdesk store its data?")


def test_documents_are_added_noticed_removed_and_put_back_in_the_browser(page: Page, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    (rules / "house").mkdir(parents=True)
    (rules / "house/bicycles.md").write_text(
        "# Bicycles\n\n## Where are bicycles kept?\n\nBicycles are kept in shed 4."
    )
    (rules / "house/plan.pdf").write_text("This is no PDF.")
    (rules / "film.mp4").write_bytes(b"moving")
    page.get_by_role("link", name="Documents").click()
    held = page.get_by_text(re.compile(r"^\d+ documents")).first
    expect(held).to_be_visible(timeout=PATIENCE)
    documents = int(held.inner_text().split()[0])
    drop(page, rules)
    expect(page.get_by_text("rules/film.mp4: Not of a kind that is read (mp4).")).to_be_visible(timeout=PATIENCE)
    added = page.locator(".jobs article").filter(has_text="2 files to default")
    expect(added).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(added.get_by_text(re.compile("1 added, 1 not read"))).to_be_visible(timeout=2 * PATIENCE)
    expect(added.get_by_text("The PDF cannot be opened.")).to_be_visible(timeout=PATIENCE)
    expect(added.get_by_role("button", name="Try again what was not read")).to_be_visible(timeout=PATIENCE)

    # The end of the last job has the whole page drawn anew.
    expect(page.get_by_text(f"{documents + 1} documents").first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("tab", name="Collections").click()
    page.get_by_role("textbox", name="Notice").fill("Ask the caretaker too.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Ask the caretaker too.")).to_be_visible(timeout=PATIENCE)
    ask_of_bicycles(page)
    expect(page.get_by_text("shed 4").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".notices").get_by_text("Ask the caretaker too.").first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("link", name="Documents").click()
    page.get_by_role("textbox", name="Find").fill("bicycles")
    page.get_by_role("textbox", name="Find").press("Enter")
    expect(page.get_by_text("Choose rows at their left edge")).to_be_visible(timeout=PATIENCE)
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_have_count(1, timeout=PATIENCE)
    remove = page.get_by_role("button", name="Remove 1 document")
    for _ in range(3):  # the table is a canvas: a click counts once its rows are drawn
        table.click(position={"x": 16, "y": 52})
        with suppress(AssertionError):
            expect(remove).to_be_visible(timeout=PATIENCE / 3)
            break
    remove.click()
    expect(page.get_by_text("1 document removed.")).to_be_visible(timeout=PATIENCE)
    ask_of_bicycles(page)
    expect(page.get_by_text("I found nothing in the documents that answers this.").last).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Documents").click()
    page.get_by_role("tab", name="Removed").click()
    page.get_by_role("button", name="Put back all").click()
    expect(page.get_by_text("Nothing was removed here")).to_be_visible(timeout=PATIENCE)
    ask_of_bicycles(page)
    expect(page.get_by_text("shed 4").last).to_be_visible(timeout=PATIENCE)


def drop(page: Page, path: Path) -> None:
    """Drag a file or folder from the desktop into the place for it."""
    place = page.locator(".drop")
    expect(place).to_be_visible(timeout=PATIENCE)
    box = place.bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 40, "y": box["y"] + 40, "data": data}
        session.send("Input.dispatchDragEvent", event)


def test_fields_of_a_form_are_read_put_right_and_exported_in_the_browser(
    page: Page, home: Path, tmp_path: Path
) -> None:
    page.get_by_role("link", name="Forms").click()
    page.locator("input[type=file]").first.set_input_files(invoice_pdf(tmp_path / "lamps.pdf", "NL-0117"))
    number = page.locator(".values li").filter(has_text="Invoice number")
    expect(number.locator(".value")).to_have_text("NL-0117", timeout=PATIENCE)
    page.reload()
    date = page.locator(".values li").filter(has=page.locator(".label", has_text=re.compile("^Date$")))
    expect(date.locator(".value")).to_have_text("2026-03-04", timeout=PATIENCE)
    date.locator(".row").click()
    page.locator(".word").get_by_text("2026-04-03", exact=True).click()
    expect(date.locator(".value")).to_have_text("2026-04-03", timeout=PATIENCE)
    expect(page.get_by_text("1 correction is kept.")).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    (exported,) = json.loads(download.value.path().read_text())
    assert exported["document"] == "lamps.pdf"
    assert exported["fields"]["date"]["normalised"] == "2026-04-03"
    page.get_by_role("button", name="Remove lamps.pdf").click()
    expect(page.locator(".form")).to_have_count(0, timeout=PATIENCE)
    assert not list((home / "form-files").rglob("*.pdf"))


def ask_of_bicycles(page: Page) -> None:
    page.get_by_role("link", name="Ask").click()
    page.get_by_role("button", name="New conversation").click()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Where are bicycles kept?")
    box.press("Enter")


def test_it_says_that_it_is_well(address: str) -> None:
    with urllib.request.urlopen(f"{address}/healthz", timeout=20) as response:
        assert response.status == 200
