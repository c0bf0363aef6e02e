"""Footnotes and endnotes of pages: their marks leave the sentences, their text stands below what they are on."""

import copy
import posixpath
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from ingest.readers.html import BLOCKS

_REFERENCES = frozenset({"noteref", "doc-noteref"})
_NOTES = frozenset({"footnote", "endnote", "rearnote", "note", "doc-footnote", "doc-endnote"})
_LISTS_OF_NOTES = frozenset({"footnotes", "endnotes", "rearnotes", "doc-endnotes"})
_BACK = frozenset({"backlink", "referrer", "doc-backlink"})
_ARROWS = frozenset("↑↩⤴^\ufe0e\ufe0f")
_MARK = re.compile(r"[\[(]?(?:\d{1,4}|[*†‡§]{1,3}|[a-z]|[ivxl]{1,6})[\])]?[.:]?", re.IGNORECASE)
_WHOLES = ("table", "ul", "ol", "dl")
_LONGEST = 5_000
"""Characters of a note; what is longer is a chapter."""

Pages = Mapping[str, HtmlElement]
"""The pages of a document by their names; "" where there is but one."""


def place_footnotes(pages: Pages, *, marked: bool = True) -> None:
    """Put each note, without its mark, below the paragraph, the list or the table that refers to it first, and take the
    references out. Notes that nothing refers to stay where they are.

    With ``marked``, references are those that say so (``epub:type`` or ``role``); else also short marks that lead to a
    text which leads back to them.
    """
    places = {f"{name}#{one.get('id')}": one for name, page in pages.items() for one in page.iter() if one.get("id")}
    said: set[HtmlElement] = set()
    last: dict[HtmlElement, HtmlElement] = {}
    for name, page in pages.items():
        for link in list(page.iter("a")):
            if not (_types(link) & _REFERENCES or _MARK.fullmatch(link.text_content().strip())):
                continue
            target = places.get(_target(link, name))
            note = _note(target) if target is not None else None
            if note is None or link in note.iter() or not _refers(link, note, name, marked):
                continue
            below = _below(link)
            _take_out(link)
            if note in said or below is None:
                continue
            said.add(note)
            own = _without_links_back(note)
            place = last.get(below, below)
            own.tail, place.tail = place.tail, None
            place.addnext(own)
            last[below] = own
    for note in said:
        _take_out(note)


def _types(element: HtmlElement) -> frozenset[str]:
    return frozenset(f"{element.get('epub:type') or ''} {element.get('role') or ''}".split())


def _target(link: HtmlElement, page: str) -> str:
    """Where a link leads, as a page's name and an id."""
    parts = urlsplit(link.get("href") or "")
    if parts.scheme or parts.netloc or not parts.fragment:
        return ""
    path = unquote(parts.path)
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return f"{name}#{unquote(parts.fragment)}"


def _note(target: HtmlElement) -> HtmlElement | None:
    """The note that a place is, or is in; None where it is in no short block."""
    for one in (target, *target.iterancestors()):
        if _types(one) & _NOTES or (
            one.tag in BLOCKS and one.tag not in ("body", "html", "section", "main", "article")
        ):
            return one if len(one.text_content()) <= _LONGEST and one.find(".//h1") is None else None
    return None


def _refers(link: HtmlElement, note: HtmlElement, page: str, marked: bool) -> bool:
    if _types(link) & _REFERENCES or _types(note) & _NOTES:
        return True
    ids = {one.get("id") for one in (link, *link.iterancestors(), *link.iterdescendants()) if one.get("id")}
    return not marked and any(_target(back, page).partition("#")[2] in ids for back in note.iter("a"))


def _below(link: HtmlElement) -> HtmlElement | None:
    """What a note on it stands below."""
    around = [one for one in link.iterancestors() if one.tag not in ("body", "html")]
    wholes = [one for one in around if one.tag in _WHOLES]
    blocks = [one for one in around if one.tag in BLOCKS]
    return next(iter((*reversed(wholes), *blocks, *reversed(around))), None)


def _take_out(element: HtmlElement) -> None:
    """Remove an element, and what is around it and empty without it, but not the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    element.drop_tree()
    if parent.tag in ("body", "html"):
        return
    says = _says_more_than_headings(parent) if _types(parent) & _LISTS_OF_NOTES else parent.text_content().strip()
    if not says and parent.find(".//img") is None:
        _take_out(parent)


def _says_more_than_headings(element: HtmlElement) -> bool:
    heads = sum(len(one.text_content().strip()) for one in element.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    return len(element.text_content().strip()) > heads


def _without_links_back(note: HtmlElement) -> HtmlElement:
    """A copy of a note as a paragraph of its own, without its mark and the way back."""
    own = copy.deepcopy(note)
    own.tag, own.tail = "div", None
    for name in ("role", "epub:type", "hidden", "style"):
        own.attrib.pop(name, None)
    for link in list(own.iter("a")):
        text = link.text_content().strip()
        if _types(link) & _BACK or set(text) <= _ARROWS or (link.get("href") and _MARK.fullmatch(text)):
            _take_out(link)
    return own
