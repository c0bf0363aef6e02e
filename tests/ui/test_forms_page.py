"""The page of forms in a browser, with a form desk that reads by labels."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Desk
from tests.ui.fake_forms import invoice_pdf

pytestmark = pytest.mark.browser


def field(page: Page, label: str) -> Locator:
    return page.locator(".values li").filter(has=page.locator(".label", has_text=label))


def value(page: Page, label: str) -> Locator:
    return field(page, label).locator(".value")


def word(page: Page, text: str) -> Locator:
    return page.locator(".word").get_by_text(text, exact=True)


def listed(page: Page, name: str) -> Locator:
    return page.locator(".forms li").filter(has_text=name)


def drop(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(files)


def downloaded(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_text()


def test_values_are_put_right_by_words_of_the_page_accepted_and_exported(
    desk: Desk, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "broken.pdf").write_text("This is no PDF.")
    page.goto(desk.url)
    page.get_by_role("link", name="Forms").click()
    drop(page, invoice_pdf(tmp_path / "first.pdf", "NL-1", pages=2))
    expect(listed(page, "first.pdf")).to_contain_text("1 to check")
    drop(page, tmp_path / "broken.pdf", invoice_pdf(tmp_path / "second.pdf", "NL-2"))
    expect(listed(page, "second.pdf")).to_be_visible()  # it has been sent
    page.goto(desk.url)  # reading goes on meanwhile
    page.get_by_role("link", name="Forms").click()
    expect(listed(page, "broken.pdf")).to_contain_text("The PDF cannot be opened.")
    expect(listed(page, "second.pdf")).to_contain_text("NL-2")
    listed(page, "first.pdf").locator(".open").click()
    expect(field(page, "Issuer")).to_contain_text("Check this")
    expect(field(page, "Issuer")).to_contain_text("62 of 100 sure")
    picture = page.locator(".paper img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200

    field(page, "Date").locator(".row").click()
    word(page, "Total:").click()
    expect(field(page, "Date").get_by_role("alert")).to_contain_text("These words are no date.")
    word(page, "2026-04-03").click()
    expect(value(page, "Date")).to_have_text("2026-04-03")
    expect(field(page, "Date")).to_contain_text("You said so")

    field(page, "Issuer").locator(".row").click()
    start, end = word(page, "Hafenstrasse").bounding_box(), word(page, "Hamburg").bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 4, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 9, end["y"] + 5, steps=3)
    page.mouse.up()
    expect(value(page, "Issuer")).to_have_text("Hafenstrasse 12, 20457 Hamburg")

    field(page, "Amount").locator(".row").focus()  # by the keyboard alone
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("nowhere to be found")
    page.keyboard.press("Enter")
    expect(field(page, "Amount").get_by_role("alert")).to_contain_text("These words are not in the document.")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(" 19.00 ")
    page.keyboard.press("Enter")
    expect(value(page, "Amount")).to_have_text("19.00")

    field(page, "Invoice number").locator(".row").click()
    page.get_by_role("button", name="Not in the document: Invoice number").click()
    expect(value(page, "Invoice number")).to_have_text("Not in the document")
    expect(field(page, "Invoice number")).to_contain_text("You said so")

    page.get_by_role("button", name="Accept and go on").click()
    expect(page.locator(".form h2")).to_have_text("second.pdf")
    expect(listed(page, "first.pdf")).to_contain_text("Accepted")
    exported = {one["document"]: one["fields"] for one in json.loads(downloaded(page, "JSON"))}
    assert exported["first.pdf"]["date"]["value"] == "2026-04-03"
    assert exported["first.pdf"]["invoice_number"]["value"] is None
    assert exported["second.pdf"]["invoice_number"]["value"] == "NL-2"
    assert "Hafenstrasse 12, 20457 Hamburg" in downloaded(page, "CSV")

    # What was put right is read by in the next ones, counted, taken along and forgotten.
    page.get_by_role("button", name="Read again").click()
    expect(value(page, "Date")).to_have_text("2026-04-03")
    expect(page.get_by_text("4 corrections are kept.")).to_be_visible()
    trained = json.loads(downloaded(page, "As training data"))
    assert "2026-04-03" in json.dumps(trained)
    page.get_by_role("button", name="Forget them").click()
    page.get_by_role("button", name="Forget", exact=True).click()
    expect(page.get_by_text("corrections are kept")).to_have_count(0)

    listed(page, "second.pdf").get_by_role("button", name="Remove second.pdf").click()
    expect(listed(page, "second.pdf")).to_have_count(0)
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".forms")).to_have_count(0)


def test_the_values_of_a_repeated_field_are_replaced_added_and_removed(desk: Desk, page: Page, tmp_path: Path) -> None:
    till = tmp_path / "till.txt"
    till.write_text("Art.: Lamp      Art.: Total:\n\nShade  Bulb\n\nTotal: 12.00\n")
    page.goto(desk.url)
    page.get_by_role("link", name="Forms").click()
    page.get_by_test_id("stSelectbox").first.click()
    page.get_by_role("option", name="Receipt").click()
    expect(page.get_by_text("What was paid in a shop.")).to_be_visible()
    drop(page, till)
    expect(value(page, "Article 2")).to_have_text("Total:")
    field(page, "Article 2").locator(".row").click()
    word(page, "Shade").click()
    expect(value(page, "Article 2")).to_have_text("Shade")
    field(page, "Article 3").locator(".row").click()
    expect(page.get_by_text("Click the right words for “Article 3”")).to_be_visible()
    word(page, "Bulb").click()
    expect(value(page, "Article 3")).to_have_text("Bulb")
    field(page, "Article 2").locator(".row").click()
    page.get_by_role("button", name="Remove this value: Article 2").click()
    expect(value(page, "Article 2")).to_have_text("Bulb")
    expect(value(page, "Article 3")).to_have_text("Add another")


def test_a_schema_is_made_by_clicking_values_of_an_example_and_tried(desk: Desk, page: Page, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Delivery note        Parcel: P-77\n\nSent: 2026-05-06\n")
    page.goto(desk.url)
    page.get_by_role("link", name="Forms").click()
    page.get_by_text("Make a schema").click()
    expect(page.get_by_text("A schema says which values are read")).to_be_visible()
    drop(page, note)
    word(page, "P-77").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("parcel")
    word(page, "2026-05-06").click()
    expect(page.get_by_label("Name", exact=True).last).to_have_value("sent")
    page.get_by_label("Name", exact=True).last.fill("sent_on")
    page.get_by_label("Name of the schema").fill("Invoice")
    page.get_by_label("Name of the schema").press("Enter")
    page.get_by_role("button", name="Save the schema").click()
    expect(page.get_by_text("A schema cannot have this name.")).to_be_visible()
    page.get_by_label("Name of the schema").fill("delivery-note")
    page.get_by_label("Name of the schema").press("Enter")
    page.get_by_role("button", name="Save the schema").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("[fields.sent_on]")
    page.get_by_role("button", name="Try it on the example").click()
    expect(value(page, "Sent on")).to_have_text("2026-05-06")
    expect(value(page, "Parcel")).to_have_text("P-77")
    expect(page.get_by_text(re.compile("^Read are: parcel, sent on"))).to_be_visible()

    page.get_by_role("button", name="Delete the schema").click()
    expect(page.get_by_text("What was read by it stays until you remove it.")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text(re.compile("^What is to be paid"))).to_be_visible()
    expect(page.get_by_role("button", name="Delete the schema")).to_have_count(0)
