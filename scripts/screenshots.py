"""Takes pictures of the chat page in both themes, on a desk and on a phone.

``python scripts/screenshots.py URL OUTDIR``: made for a page with the tests' fake desk (``python -m tests.ui.fake_desk
8600``), whose answers come in visible steps, and works with any Refdesk: the first question offered is asked, and the
first source of the answer is opened.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for theme in ("light", "dark"):
            for size in SIZES:
                _take(browser, url, folder, theme, size)
        browser.close()


def _take(browser: Browser, url: str, folder: Path, theme: str, size: str) -> None:
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        device_scale_factor=1,
    )

    def shoot(name: str) -> None:
        page.wait_for_timeout(400)  # the panel's entry and Streamlit's own transitions
        page.screenshot(path=folder / f"{size}-{theme}-{name}.png")

    page.goto(url)
    page.locator(".suggestion").first.wait_for()
    shoot("1-empty")
    page.locator(".suggestion").first.click()
    page.locator(".stage .words").wait_for()
    shoot("2-searching")
    # Either a sentence is being written, or the answer was there at once.
    page.locator(".writing .sentence, .turn:has(.stage[hidden]) .status").first.wait_for(timeout=60_000)
    shoot("3-writing")
    expect(page.locator(".stage")).to_be_hidden(timeout=60_000)
    shoot("4-answer")
    page.locator(".chip").first.click()
    page.locator(".source mark").wait_for()
    shoot("5-source")
    page.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
