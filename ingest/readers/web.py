"""Web pages: what of a page is its text, and what is there for every page of its site."""

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from ingest.readers.base import ReadDocument, ReadOptions
from ingest.readers.footnotes import place_footnotes
from ingest.readers.hidden import leave_out_hidden, outermost, remove, running_words, take_sheet, word_count
from ingest.readers.html import BLOCKS, SKIPPED, SKIPPED_ROLES, decode_html, required_tree, tree_to_document

_WHOLES = frozenset({"html", "body", "main", "article"})
_CONSENT = ("cookie", "consent", "gdpr", "dsgvo", "ccpa")
_CONSENT_TOOLS = ("onetrust", "cookiebot", "usercentrics", "didomi", "borlabs", "iubenda", "truste", "quantcast")
_FRAMES = ("banner", "notice", "bar", "popup", "modal", "dialog", "overlay", "message", "alert", "layer", "box", "law")
_SUBJECT = re.compile(r"cookie|consent|куки|クッキー", re.IGNORECASE)
_SITE = re.compile(r"\bsit[eo]\b|\bweb|seite|strona|witryna|p[áa]gina|сайт|サイト|网站|網站", re.IGNORECASE)
_AGREES = re.compile(
    r"accept|agree|allow|consent|reject|decline|got it|\bok(?:ay)?\b|zustimm|akzeptier|ablehn|verstanden|einverstanden|"
    r"accepte|refuse|d'accord|acept|rechaz|accett|rifiut|aceit|recus|accepteer|weiger|akkoord|zgadzam|akceptuj|odrzu|"
    r"приня|соглас|отклон|同意|接受|拒绝|拒否|允许|許可|स्वीकार|موافق|قبول|رفض",
    re.IGNORECASE,
)
_MOST_WORDS_OF_A_CONTROL = 6
_MOST_CONTROLS = 50
_MOST_AROUND = 5
_MOST_WORDS_OF_A_BANNER = 400
_MOST_WORDS_UNNAMED = 120
_TOKEN = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+")
_LEADING = frozenset(
    {"nav", "navbar", "navigation", "menu", "menubar", "breadcrumb", "breadcrumbs", "pagination", "pager", "skip"}
)
_LINKED = 0.9
_FEWEST_LEFT = 10
"""A page that has fewer words without its links is there for them."""
_FEWEST_READ = 0.1
"""A page of which so small a share of the words is read is not what the rules are made for."""


def read_html(data: bytes, _: ReadOptions) -> ReadDocument:
    """A page without what asks for consent, is hidden, or leads to other pages. Raises Refused."""
    markup, encoding = decode_html(data)
    page = required_tree(markup)
    sheet = take_sheet(page)
    words = running_words(page)
    place_footnotes({"": page})
    remove(page, _consent(page))
    leave_out_hidden(page, sheet)
    leading = outermost(_leading(page))
    if word_count(page) - sum(map(word_count, leading)) >= _FEWEST_LEFT:
        remove(page, leading)
    document = tree_to_document(page, {"encoding": encoding})
    if document.sections and sum(len(one.text.split()) for one in document.pages) >= _FEWEST_READ * words:
        return document
    return tree_to_document(_opened_up(required_tree(markup)), {"encoding": encoding})


def _opened_up(page: HtmlElement) -> HtmlElement:
    """The page with what would be skipped as blocks, for one whose text stands in nothing else."""
    for element in list(page.iter(*(SKIPPED - {"script", "style", "head", "svg"}))):
        element.tag = "div"
    for element in page.xpath("//*[@role]"):
        if element.get("role") in SKIPPED_ROLES:
            del element.attrib["role"]
    return page


# Asking for consent


def _consent(page: HtmlElement) -> Iterator[HtmlElement]:
    """The banners and dialogs that ask for consent to cookies: by their names, or by what they say and offer."""
    for element in page.iter(*BLOCKS, "dialog", "span"):
        if _names_consent(element) and _is_short(element, _MOST_WORDS_OF_A_BANNER):
            yield element
    controls = page.xpath("//button|//input[@type='button' or @type='submit']|//a|//*[@role='button']")
    for control in islice(filter(_agrees, controls), _MOST_CONTROLS):
        around = islice(control.iterancestors(), _MOST_AROUND)
        asked = next((one for one in around if _SUBJECT.search(one.text_content())), None)
        if asked is not None and _is_short(asked, _MOST_WORDS_UNNAMED):
            yield _whole(asked)


def _agrees(control: HtmlElement) -> bool:
    """Whether it is a button by which one agrees, and no mere link to another page."""
    said = (control.get("value") or control.text_content()).split()
    stays = control.tag != "a" or control.get("role") == "button" or (control.get("href") or "#")[:1] in "#j"
    return stays and len(said) <= _MOST_WORDS_OF_A_CONTROL and bool(_AGREES.search(" ".join(said)))


def _names_consent(element: HtmlElement) -> bool:
    """Whether its names tell of consent, and its text of cookies and of a site or of agreeing."""
    names = _names(element).lower()
    framed = any(one in names for one in _FRAMES) or element.tag == "dialog" or "dialog" in (element.get("role") or "")
    if not (any(one in names for one in _CONSENT_TOOLS) or (framed and any(one in names for one in _CONSENT))):
        return False
    text = element.text_content()
    return bool(_SUBJECT.search(text) and (_SITE.search(text) or _AGREES.search(text)))


def _is_short(element: HtmlElement, most: int) -> bool:
    return element.tag not in _WHOLES and word_count(element) <= most and element.find(".//h1") is None


def _whole(asked: HtmlElement) -> HtmlElement:
    """What stands around a question and says nothing else."""
    words = word_count(asked)
    for around in asked.iterancestors():
        if not _is_short(around, words):
            break
        asked = around
    return asked


# Leading elsewhere


def _leading(page: HtmlElement) -> Iterator[HtmlElement]:
    """Blocks of links alone that are called menus or alike, and such lists in the head and the foot of the page."""
    for element in page.iter("ul", "ol", "div", "section", "p", "header", "footer", "aside", "a"):
        around = {one.tag for one in element.iterancestors()} if element.tag in ("ul", "ol") else set()
        framed = bool(around & {"header", "footer"}) and not around & {"main", "article"}
        if (framed or _tokens(element) & _LEADING) and _is_of_links(element):
            yield element


def _is_of_links(element: HtmlElement) -> bool:
    links = [element] if element.tag == "a" else element.iter("a")
    linked = sum(len(link.text_content().split()) for link in links if link.get("href"))
    return linked > 0 and linked >= _LINKED * word_count(element)


def _names(element: HtmlElement) -> str:
    return f"{element.get('id') or ''} {element.get('class') or ''}"


def _tokens(element: HtmlElement) -> frozenset[str]:
    return frozenset(token.lower() for token in _TOKEN.findall(_names(element)))
