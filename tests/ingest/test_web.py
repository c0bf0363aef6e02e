"""Web pages: what is there for every page of a site, or for nobody, is left out, and nothing else."""

from pathlib import Path

import pytest

from ingest.readers.base import ReadOptions
from ingest.readers.registry import read_file

TEXT = (
    "The ferry runs from Easter to the end of October, but not in a storm. Bicycles travel free of charge; a dog needs "
    "a ticket of its own."
)
CONTENT = f"<h1>The ferry</h1><p>{TEXT}</p>"
COOKIES = "We use cookies to make this site better. You can read more in our privacy policy."


def read(body: str, head: str = "") -> str:
    data = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()
    return "".join(page.text for page in read_file(Path("a.html"), data, ReadOptions()).pages)


@pytest.mark.parametrize(
    "banner",
    [
        f'<div id="cookie-banner"><p>{COOKIES}</p><button>Accept all</button></div>',
        f'<div class="cookieConsentPopup">{COOKIES} <a href="/privacy">More</a> <span onclick="x()">x</span></div>',
        f'<div class="x1"><div>{COOKIES}</div><div><button>Accept</button><button>Settings</button></div></div>',
        "<div><p>Diese Website verwendet Cookies.</p><button>Alle akzeptieren</button><button>Ablehnen</button></div>",
        "<section><span>Ce site utilise des cookies.</span> <a href='#'>J'accepte</a></section>",
        "<dialog open id='gdpr'><h2>Consent</h2><p>This website stores cookies.</p><button>OK</button></dialog>",
        f'<div role="dialog" aria-modal="true" id="onetrust-consent-sdk"><h2>Privacy</h2><p>{COOKIES}</p></div>',
        '<div class="c"><p>当サイトはクッキーを使用します。</p><button>同意する</button></div>',
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_asks_for_consent_is_left_out(banner: str, first: bool) -> None:
    text = read(f"{banner if first else ''}<main>{CONTENT}</main>{'' if first else banner}")
    assert TEXT in text
    assert not any(word in text.lower() for word in ("cookie", "クッキー", "accept", "akzept", "同意", "privacy"))


@pytest.mark.parametrize(
    "text",
    [
        "<div class='recipe-box cookies'><h2>Cookies</h2><p>Bake for ten minutes.</p><button>Print</button></div>",
        "<h2>Cookie policy</h2><p>Our site sets a cookie, which holds the language. <a href='/settings'>Accept</a></p>",
        "<div class='modal-box'>The cookie jar stands in the kitchen. Ask before you take one.</div>",
        "<p>The museum accepts cards. Consent of parents is needed below 16.</p>",
    ],
)
def test_what_only_speaks_of_cookies_or_consent_stays(text: str) -> None:
    words = [word for word in ("Bake", "holds the language", "kitchen", "Consent of parents") if word in text]
    assert words[0] in read(f"{CONTENT}{text}")


@pytest.mark.parametrize(
    ("hidden", "sheet"),
    [
        ("<p hidden>SECRET</p>", ""),
        ("<div aria-hidden='true'><p>SECRET words</p></div>", ""),
        ("<p style='color: red; Display : NONE !important'>SECRET</p>", ""),
        ("<span style='visibility:hidden'>SECRET</span>", ""),
        ("<div style='position:absolute; left:-9999px'>SECRET</div>", ""),
        ("<h2 style='text-indent:-9999px'>SECRET</h2>", ""),
        ("<p class='a b'>SECRET</p>", "/* x */ .b, #z { display:none }"),
        ("<div id='z'><p><b>SECRET</b></p></div>", "p { color: red } div#z > p { visibility: hidden }"),
        (
            "<p class='sr'>SECRET</p>",
            ".sr { position:absolute; width:1px; height:1px; overflow:hidden; clip:rect(0 0 0 0) }",
        ),
        ("<table><tr><td>Shown</td><td style='display:none'>SECRET</td></tr></table>", ""),
        ("<dialog><p>SECRET</p></dialog>", ""),
    ],
)
def test_what_is_hidden_is_left_out(hidden: str, sheet: str) -> None:
    text = read(f"{CONTENT}{hidden}<p>The last boat leaves at nine.</p>", f"<style>{sheet}</style>")
    assert "SECRET" not in text
    assert TEXT in text
    assert "leaves at nine" in text


@pytest.mark.parametrize(
    ("body", "sheet"),
    [
        ("<h2><button aria-expanded='false' aria-controls='a'>Dogs?</button></h2><div id='a' hidden>ANSWER</div>", ""),
        ("<div><button>Dogs?</button><div style='display:none'>ANSWER</div></div>", ""),
        ("<a data-bs-toggle='tab' href='#t'>Dogs</a><div id='t' class='pane'>ANSWER</div>", ".pane{display:none}"),
        ("<div role='tabpanel' hidden>ANSWER</div>", ""),
        ("<details><summary>Dogs?</summary>ANSWER</details>", ""),
        ("<p class='m'>ANSWER</p>", ".m{display:none} @media (min-width: 40em) {.m{display:block}}"),
        ("<p class='m' style='display:block'>ANSWER</p>", ".m{display:none}"),
        ("<p class='m'>ANSWER</p>", ".js .m{display:none} .m:hover{display:none}"),
        ("<div style='font-size:0'><p style='font-size:1rem'>ANSWER</p></div>", ""),
        ("<div class='fade' style='opacity:0'>ANSWER</div>", ""),
    ],
)
def test_what_a_control_or_another_rule_shows_is_read(body: str, sheet: str) -> None:
    assert "ANSWER" in read(CONTENT + body, f"<style>{sheet}</style>")


MENU = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("Home", "News", "Prices", "Contact"))


@pytest.mark.parametrize(
    "menu",
    [
        f"<ul class='main-menu'>{MENU}</ul>",
        f"<div id='siteNav'><ul>{MENU}</ul></div>",
        f"<header><ul>{MENU}</ul></header>",
        f"<footer><p>Oak House</p><ul>{MENU}</ul></footer>",
        f"<div role='navigation'><ul>{MENU}</ul></div>",
        f"<nav><ul>{MENU}</ul></nav>",
        "<a class='skip-link' href='#Prices'>Prices are below</a>",
    ],
)
def test_menus_are_left_out(menu: str) -> None:
    text = read(menu + CONTENT)
    assert "Prices" not in text
    assert TEXT in text


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("<nav>", "</nav>"),
        ("<noscript>", "</noscript>"),
        ("<div id='app' style='display:none'>", "</div>"),
        (
            "<div aria-hidden='true'>",
            "</div><div role='dialog' class='cookie-modal'>This site uses cookies.<button>OK</button></div>",
        ),
        ("<div class='cookie-notice'>", "</div>"),
        ("<form><fieldset>", "</fieldset></form>"),
        ("<div role='search'>", "</div>"),
        ("<template>", "</template>"),
        ("<button>", "</button>"),
        ("<header>", "</header>"),
        ("<aside class='nav menu'>", "</aside>"),
    ],
)
def test_a_page_whose_text_stands_in_what_is_left_out_elsewhere_is_read(start: str, end: str) -> None:
    assert TEXT in read(f"{start}<h2>The ferry</h2><p>{TEXT}</p>{end}")


def test_a_page_of_links_alone_is_read() -> None:
    assert "Prices" in read(f"<h1>All pages</h1><ul class='menu'>{MENU}</ul>")


def test_a_long_menu_does_not_make_a_short_page_of_links() -> None:
    long = "".join(f"<li><a href='/{n}'>Department number {n}</a></li>" for n in range(300))
    text = read(f"<div class='menu' style='display:none'><ul>{long}</ul></div><nav>{long}</nav>{CONTENT}")
    assert TEXT in text
    assert "Department" not in text


def test_notes_of_a_page_that_are_marked_as_such_stand_below_their_paragraph() -> None:
    body = (
        "<h1>Fares</h1><p>A dog costs 5 EUR<sup><a href='#fn1' role='doc-noteref'>1</a></sup> a day.</p>"
        "<p>Cats are free.</p><section role='doc-endnotes'><hr><ol><li id='fn1' role='doc-endnote'>"
        "<p>Since 2024. <a href='#r'>↩</a></p></li></ol></section>"
    )
    assert read(body) == "Fares\nA dog costs 5 EUR a day.\n\nSince 2024.\n\nCats are free.\n\n"


TWO_HEADS = (
    "<table><thead><tr><td rowspan=2>Item</td><td colspan=2>2024</td><td colspan=2>2025</td></tr>"
    "<tr><td>Adults</td><td>Children</td><td>Adults</td><td>Children</td></tr></thead>"
    "<tbody><tr><td>Ferry</td><td>8 EUR</td><td>4 EUR</td><td>9 EUR</td><td>5 EUR</td></tr></tbody></table>"
)


@pytest.mark.parametrize(
    "table",
    [
        TWO_HEADS,
        TWO_HEADS.replace("<td ", "<th ").replace("<td>Adults", "<th>Adults").replace("<td>Children", "<th>Children"),
    ],
)
def test_two_rows_of_heads_name_each_cell_whatever_they_are_made_of(table: str) -> None:
    assert "Item: Ferry; 2024 Adults: 8 EUR; 2024 Children: 4 EUR; 2025 Adults: 9 EUR; 2025 Children: 5 EUR." in read(
        table
    )


def test_definitions_in_odd_markup_keep_their_terms() -> None:
    text = read(
        "<dl><div><dt>Pass</dt><dd>Ten rides.</dd></div><div><dt>Day ticket</dt><dt>Rover</dt><dd><p>One day.</p>"
        "<p>Not on Sundays.</p></dd></div></dl><dl><dd>No term.</dd><dt>Dog</dt><dd>5 EUR<dl><dt>Guide dog</dt>"
        "<dd>Free</dd></dl></dl>"
    )
    for expected in (
        "Pass\nTen rides.",
        "Day ticket, Rover\nOne day.\n\nNot on Sundays.",
        "No term.",
        "Dog\n5 EUR",
        "Guide dog\nFree",
    ):
        assert expected in text
