"""The chat page in a real browser, with a desk that goes on only when the test says so."""

import http.client

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect

from tests.ui.conftest import Desk
from tests.ui.fake_desk import DROPS, INVENTED, LASER, LOST, SUGGESTIONS, WRITTEN_SENTENCES, FakeDesk
from ui.chat.pages.ask.welcome import welcome_view

pytestmark = pytest.mark.browser

ALL_STEPS = 7
"""The events of a written answer: searching, reading, quoted, three of writing, done."""


def ask(page: Page, question: str) -> Locator:
    """Type a question and send it; returns its turn."""
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    return page.locator(".turn").filter(has=page.locator("h2", has_text=question)).last


def test_a_question_from_the_first_look_to_the_open_source(desk: Desk, page: Page) -> None:
    frames: list[str | bytes] = []

    def listen(web_socket: WebSocket) -> None:
        web_socket.on("framesent", lambda frame: frames.append(frame))

    page.on("websocket", listen)
    page.goto(desk.url)
    expect(page.locator(".welcome h1")).to_have_text("Ask your documents")
    expect(page.locator(".welcome .holdings")).to_contain_text("5,497 documents, last changed yesterday at")
    expect(page.locator(".suggestion")).to_have_text(list(SUGGESTIONS))

    # Every stage is named, the quoted answer comes first, and the checked sentences appear beneath it.
    page.get_by_role("button", name=SUGGESTIONS[0]).click()
    turn, stage = page.locator(".turn"), page.locator(".stage .words")
    expect(turn.get_by_role("heading", name=SUGGESTIONS[0])).to_be_visible()
    turn.locator("h2").evaluate("node => { node.survivor = true }")
    expect(stage).to_have_text("Waiting for its turn")
    desk.step()
    expect(stage).to_have_text("Searching 24,310 passages")
    desk.step()
    expect(stage).to_have_text("Reading the 12 best")
    desk.step()
    expect(turn.locator(".answer .sentence")).to_contain_text(DROPS)
    expect(turn.locator(".answer mark")).to_have_text("eye drops")
    expect(turn.locator(".status")).to_have_text("Quoted from Glaucoma, page 2 · 0.6 s")
    expect(stage).to_have_text("Writing")
    desk.step(2)
    expect(stage).to_have_text("Writing, 1 sentence checked")
    expect(turn.locator(".writing .sentence")).to_have_count(1)
    expect(turn.locator(".answer .sentence")).to_contain_text(DROPS)
    desk.step()
    expect(turn.locator(".writing .sentence")).to_have_count(2)

    # A source can be opened before the answer is finished, and stays open when the written answer stands under it.
    turn.locator(".answer").get_by_role("button", name="Source 1: Glaucoma, page 2").click()
    panel = page.locator(".source")
    expect(panel.locator("mark")).to_have_text(DROPS)
    desk.step()
    written = turn.locator(".beside")
    expect(written.locator(".status")).to_have_text("Written from 4 passages · SmolLM2-135M · 2.1 s")
    expect(written.locator(".sentence")).to_have_count(len(WRITTEN_SENTENCES))
    expect(turn.locator(".answer .sentence")).to_contain_text(DROPS)
    expect(turn.locator(".writing")).to_be_hidden()
    expect(turn.locator(".stage")).to_be_hidden()
    assert turn.locator("h2").evaluate("node => node.survivor") is True, "the turn was built anew: it flickered"
    expect(panel.locator("mark")).to_have_text(DROPS)

    # A finished conversation asks nothing more of the server.
    page.wait_for_timeout(300)
    quiet = len(frames)
    page.wait_for_timeout(1_000)
    assert len(frames) == quiet

    page.reload()
    expect(page.locator(".beside .status")).to_have_text("Written from 4 passages · SmolLM2-135M · 2.1 s")
    expect(page.locator(".answer .sentence")).to_contain_text(DROPS)
    expect(page.locator(".turn h2")).to_have_text(SUGGESTIONS[0])
    expect(page.locator(".shelf [aria-current=page]")).to_have_text(SUGGESTIONS[0])
    expect(page.locator(".source")).to_have_count(0)


def test_a_source_by_keyboard(desk: Desk, page: Page) -> None:
    page.goto(f"{desk.url}/?c=old-1")
    chip = page.get_by_role("button", name="Source 2: Glaucoma, page 3")
    chip.focus()
    chip.press("Enter")
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.locator("h2")).to_have_text("Glaucoma")
    expect(panel.locator(".where")).to_have_text("Page 2 · Treatment")
    expect(panel.locator(".position")).to_have_text("Source 2 of 4")
    expect(panel.locator("mark")).to_have_text(LASER)
    expect(panel.locator("mark")).to_be_in_viewport(ratio=1)
    expect(panel.locator(".passage")).to_contain_text("Glaucoma is a group of diseases")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(panel).to_be_focused()

    following = panel.get_by_role("button", name="Next source")
    following.focus()
    page.keyboard.press("Enter")
    expect(panel.locator("h2")).to_have_text("Eye pressure")
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.locator("mark")).to_have_text(LOST)
    expect(following).to_be_disabled()
    expect(chip).to_have_attribute("aria-pressed", "false")

    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page.get_by_role("button", name="Source 4: Glaucoma, page 3")).to_be_focused()


def test_stopping_keeps_what_was_checked(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "How is it treated?")
    desk.step(ALL_STEPS - 1)
    expect(turn.locator(".writing .sentence")).to_have_count(2)
    turn.get_by_role("button", name="Stop").click()
    expect(turn.locator(".stopped")).to_have_text("Stopped.")
    expect(turn.locator(".stage")).to_be_hidden()
    expect(turn.locator(".writing .sentence")).to_have_count(2)
    expect(turn.locator(".answer")).to_contain_text(DROPS)


def test_what_the_documents_do_not_hold(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "What is the capital of France?")
    desk.step(3)
    expect(turn.locator(".answer")).to_have_text("I found nothing in the documents that answers this. ")
    expect(turn.locator(".related h3")).to_have_text("Closest passages")
    expect(turn.locator(".chip")).to_have_count(0)
    turn.get_by_role("button", name="Open Glaucoma, page 3").click()
    expect(page.locator(".source .position")).to_have_text("Closest passage 2 of 2")
    expect(page.locator(".source mark")).to_have_text(LASER)


def test_hostile_text_is_shown_and_does_nothing(desk: Desk, page: Page) -> None:
    question = "<img src=x onerror=\"document.title='owned'\"> ![x](http://evil.example/) :material/home: $x$"
    page.goto(desk.url)
    turn = ask(page, question)
    desk.step(3)
    expect(turn.locator(".status")).to_have_text("Written from 1 passage · <i>model</i> · 0.3 s")
    expect(turn.locator("h2")).to_have_text(question)
    expect(page.locator(".shelf [aria-current=page]")).to_have_text(question[:80])
    for written in ("<img src=x onerror", "![picture](http://evil.example/pixel.png)", "<script>", "```mermaid"):
        expect(turn.locator(".answer")).to_contain_text(written)
    turn.locator(".chip").first.click()
    expect(page.locator(".source h2")).to_have_text("<b>Hostile</b> *paper*")
    expect(page.locator(".source mark")).to_contain_text("<script>document.title='owned'</script>")
    for made in ("img:not([data-testid])", "script", "svg:not(.icon)", "a", "iframe"):
        expect(page.locator(f".turn {made}, .source {made}, .shelf {made}")).to_have_count(0)
    expect(page).to_have_title("Refdesk")
    # That nothing was asked of evil.example, and no script ran into an error, is checked by the fixture.


def test_a_refused_question_comes_back(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("why? " * 1000)
    box.press("Enter")
    notice = page.get_by_role("alert").filter(has_text="characters")
    expect(notice).to_contain_text("The question has 4,999 characters; at most 4,000 are read.")
    expect(notice).to_contain_text("Shorten it to what you want to know.")
    expect(box).to_have_value("why? " * 1000)
    turn = ask(page, "Is this unchecked?")
    desk.step()
    expect(turn.locator(".label")).to_have_text("Not checked against the documents")
    expect(notice).to_have_count(0)


def test_a_failure_says_what_is_safe_and_can_be_asked_again(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "Will this break?")
    desk.step(3)
    failure = turn.get_by_role("alert")
    expect(failure).to_contain_text("This question was not answered.")
    expect(failure).to_contain_text("ran out of memory")
    expect(failure).to_contain_text("are kept as they were")
    turn.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn")).to_have_count(2)
    desk.step(3)
    expect(page.locator(".failure .what")).to_have_count(2)


def test_an_answer_is_copied_with_its_sources(desk: Desk, context: BrowserContext, page: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{desk.url}/?c=old-1")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{WRITTEN_SENTENCES[0].text} [1] [3]")
    assert f"[1] Glaucoma, page 2: “{DROPS}”" in copied


def test_an_answer_is_judged_and_what_was_left_out_is_shown_on_request(desk: Desk, page: Page) -> None:
    page.goto(desk.url)
    turn = ask(page, "What did it invent?")
    desk.step(3)
    right, wrong = turn.get_by_role("button", name="Right"), turn.get_by_role("button", name="Wrong")
    expect(right).to_have_attribute("aria-pressed", "false")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    expect(right).to_have_attribute("aria-pressed", "false")
    answer = turn.get_by_label("Right answer")
    answer.press_sequentially("rare drops")  # letters that are shortcuts of Streamlit's own elsewhere on the page
    answer.press("Enter")
    remark = turn.locator(".remark summary")
    expect(remark).to_have_text("Right answer: rare drops")
    expect(remark).to_be_focused()
    expect(answer).to_be_hidden()

    struck = turn.locator("del")
    expect(struck.first).to_be_hidden()
    turn.get_by_text("2 sentences were left out: no passage supports them").click()
    expect(struck).to_have_text([INVENTED, "They were first made by Albrecht von Graefe."])
    expect(turn.locator(".why").first).to_have_text("Left out: it gives a number that no passage gives")

    page.reload()
    expect(remark).to_have_text("Right answer: rare drops")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "false")
    expect(remark).to_be_hidden()


def test_conversations_are_left_found_and_deleted(desk: Desk, page: Page) -> None:
    page.goto(f"{desk.url}/?c=old-40")
    shelf = page.get_by_role("navigation", name="Conversations")
    expect(shelf.locator("[aria-current=page]")).to_have_text(SUGGESTIONS[3])
    shelf.get_by_role("button", name=SUGGESTIONS[2], exact=True).click()
    expect(page.locator(".turn h2")).to_have_text([SUGGESTIONS[2]])  # a list waits until the other conversation is gone
    assert page.url.endswith("?c=old-3")

    shelf.locator("[aria-current=page]").hover()
    shelf.get_by_role("button", name=f"Delete conversation: {SUGGESTIONS[2]}").click()
    shelf.get_by_role("button", name="Keep").click()
    expect(shelf.locator("[aria-current=page]")).to_have_text(SUGGESTIONS[2])
    shelf.locator("[aria-current=page]").hover()
    shelf.get_by_role("button", name=f"Delete conversation: {SUGGESTIONS[2]}").click()
    shelf.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(shelf.get_by_role("button", name=SUGGESTIONS[2], exact=True)).to_have_count(0)

    page.goto(f"{desk.url}/?c=old-3")
    expect(page.locator(".notice")).to_contain_text("This conversation is not here any more.")
    shelf.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()


def test_a_phone_shows_the_source_as_a_sheet(desk: Desk, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{desk.url}/?c=old-1")
    page.locator(".chip").first.click()
    panel = page.locator(".source")
    expect(panel.locator("mark")).to_be_in_viewport(ratio=1)
    panel.evaluate("node => Promise.all(node.getAnimations().map(animation => animation.finished))")
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 844)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    # What it was opened from stays in sight above it.
    page.wait_for_function(
        """top => [...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')].some((host) => {
             const chip = host.shadowRoot.querySelector('.chip[aria-pressed="true"]')?.getBoundingClientRect();
             return chip && chip.top > 0 && chip.bottom < top; })""",
        arg=box["y"],
    )
    panel.get_by_role("button", name="Close source").click()
    expect(panel).to_have_count(0)


def test_another_host_or_origin_is_refused(desk: Desk) -> None:
    def status(path: str, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        connection.close()
        return answer.status

    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "streamlit",
    }
    assert status("/healthz", {}) == 200
    assert status("/", {"Host": "evil.example"}) == 403
    assert status("/", {"Origin": "http://evil.example"}) == 403
    assert status("/_stcore/stream", handshake | {"Origin": f"http://127.0.0.1:{desk.port}"}) == 101
    assert status("/_stcore/stream", handshake | {"Origin": "http://evil.example"}) == 403
    assert status("/_stcore/stream", handshake | {"Host": "evil.example"}) == 403


def test_with_no_documents_the_page_says_how_to_add_some() -> None:
    view = welcome_view(FakeDesk(documents=0))
    assert view["title"] == "There are no documents yet"
    assert view["questions"] == []
    assert "refdesk ingest FOLDER" in str(view["steps"])
