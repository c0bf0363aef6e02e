"""What of a page nobody sees: hidden by attributes, by style, or by the simple rules of its own style sheets."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml.etree import iterwalk, strip_elements
from lxml.html import HtmlElement

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<marks>(?:[.#][\w-]+)*)", re.IGNORECASE)
_OFF = re.compile(r"-\d{3,}(?:\.\d+)?(?:px|em|rem|vw|vh|%)?")
_A_POINT = re.compile(r"[01](?:px)?")
_CUT_AWAY = re.compile(r"rect\((?:[01](?:px)?[\s,]*){4}\)|inset\((?:50|100)%.*\)")
_CONTROLS = ("aria-controls", "data-target", "data-bs-target", "href")
_TOGGLES = ("data-toggle", "data-bs-toggle", "aria-expanded", "onclick")
_LEFT = 0.1
"""Where a smaller share of the words is left, what seems to be beside the text is the text."""


def take_sheet(root: HtmlElement) -> str:
    """The style sheets of a page, which are removed from it, as are its scripts."""
    sheet = "\n".join(style.text or "" for style in root.iter("style"))
    strip_elements(root, "style", "script", with_tail=False)
    return sheet


def leave_out_hidden(root: HtmlElement, sheet: str) -> None:
    """Remove what is hidden, by its attributes or by the page's ``sheet``. What a control of the page opens stays, and
    so does all of a page that would lose nearly all of its words: a script shows them.
    """
    rules = _Sheet(sheet)
    opened = set(_opened(root))
    hidden = []
    for element in root.iterdescendants():
        if not isinstance(element.tag, str) or element.tag in ("body", "head"):
            continue
        if _is_hidden(element, rules) and not (
            element.get("id") in opened or element.get("role") == "tabpanel" or _follows_a_control(element)
        ):
            hidden.append(element)
    remove(root, hidden)


def remove(root: HtmlElement, elements: Iterable[HtmlElement]) -> bool:
    """Remove elements from a page, unless nearly all of its words are in them."""
    going = outermost(elements)
    words, lost = running_words(root), sum(map(running_words, going))
    if words and words - lost < _LEFT * words:
        return False
    for one in going:
        one.drop_tree()
    return True


def outermost(elements: Iterable[HtmlElement]) -> list[HtmlElement]:
    """Those that are in no other one of them."""
    among = set(elements)
    return [one for one in among if not any(around in among for around in one.iterancestors())]


def word_count(element: HtmlElement) -> int:
    """The words of an element of a page without scripts and styles."""
    return len(element.text_content().split())


def running_words(element: HtmlElement) -> int:
    """Those of them that are in no link, control or navigation."""
    apart = 0
    walk = iterwalk(element, events=("start",), tag=("a", "button", "option", "nav"))
    for _, one in walk:
        apart += word_count(one)
        walk.skip_subtree()
    return word_count(element) - apart


def _opened(root: HtmlElement) -> Iterator[str]:
    """The ids of what buttons and tabs of the page show."""
    for element in root.iter():
        for name in _CONTROLS:
            value = element.get(name) or "" if isinstance(element.tag, str) else ""
            if name == "aria-controls":
                yield from value.split()
            elif value.startswith("#") and (name != "href" or _toggles(element) or element.get("role") == "tab"):
                yield value[1:]


def _toggles(element: HtmlElement) -> bool:
    return element.tag in ("button", "summary") or any(element.get(name) is not None for name in _TOGGLES)


def _follows_a_control(element: HtmlElement) -> bool:
    """Whether what is before it shows it, as a question shows its answer."""
    before = element.getprevious()
    if before is None or element.tag == "dialog":
        return False
    return before.tag == "dt" or any(_toggles(one) for one in before.iter() if isinstance(one.tag, str))


def _is_hidden(element: HtmlElement, sheet: "_Sheet") -> bool:
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    if element.get("aria-hidden") == "true" or (element.tag == "dialog" and element.get("open") is None):
        return True
    own = _declarations(element.get("style") or "")
    return _hides(own) or (not _shows(own) and sheet.hides(element))


def _declarations(style: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in style.lower().replace("!important", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _hides(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _OFF.fullmatch(style.get("text-indent", "")):
        return True
    placed = style.get("position") in ("absolute", "fixed")
    if placed and any(_OFF.fullmatch(style.get(side, "")) for side in ("left", "top", "right", "bottom")):
        return True
    if placed and _CUT_AWAY.fullmatch(style.get("clip", style.get("clip-path", ""))):
        return True
    point = _A_POINT.fullmatch(style.get("width", "")) and _A_POINT.fullmatch(style.get("height", ""))
    return bool(point) and style.get("overflow") == "hidden"


def _shows(style: dict[str, str]) -> bool:
    return style.get("display", "none") != "none" or style.get("visibility") == "visible"


@dataclass(frozen=True, slots=True)
class _Selector:
    """``main .note p``: what the element is, and what is around it, the innermost first."""

    parts: tuple[tuple[str, frozenset[str], frozenset[str]], ...]

    def matches(self, element: HtmlElement) -> bool:
        first, *around = self.parts
        if not _is(element, first):
            return False
        ancestors = element.iterancestors()
        return all(any(_is(one, wanted) for one in ancestors) for wanted in around)


def _keys(tag: str, ids: Iterable[str], classes: Iterable[str]) -> list[str]:
    return [*(f"#{one}" for one in ids), *(f".{one}" for one in classes), tag, "*"]


class _Sheet:
    """The rules of a style sheet whose selectors are names of elements, classes and ids, one within another.

    What one rule hides and another shows, be it on some screens alone, is not hidden.
    """

    def __init__(self, text: str) -> None:
        self._hiding: dict[str, list[_Selector]] = {}
        self._showing: dict[str, list[_Selector]] = {}
        for selectors, declared in _RULE.findall(_COMMENT.sub(" ", text)):
            style = _declarations(declared)
            found = self._hiding if _hides(style) else self._showing if _shows(style) else None
            if found is not None:
                for one in filter(None, map(_selector, selectors.split(","))):
                    found.setdefault(_keys(*one.parts[0])[0], []).append(one)

    def hides(self, element: HtmlElement) -> bool:
        return _match(self._hiding, element) and not _match(self._showing, element)


def _match(selectors: dict[str, list[_Selector]], element: HtmlElement) -> bool:
    keys = _keys(element.tag, filter(None, [element.get("id")]), (element.get("class") or "").split())
    return any(one.matches(element) for key in keys for one in selectors.get(key, ()))


def _selector(text: str) -> _Selector | None:
    parts = []
    for word in reversed(text.replace(">", " ").split()):
        found = _SIMPLE.fullmatch(word)
        if not found or not word.strip("*"):
            return None
        marks = re.findall(r"([.#])([\w-]+)", found["marks"])
        ids, classes = (frozenset(name for mark, name in marks if mark == kind) for kind in "#.")
        parts.append(((found["tag"] or "*").lower(), ids, classes))
    return _Selector(tuple(parts)) if parts else None


def _is(element: HtmlElement, wanted: tuple[str, frozenset[str], frozenset[str]]) -> bool:
    tag, ids, classes = wanted
    return (
        tag in ("*", element.tag)
        and ids <= {element.get("id")}
        and (not classes or classes <= set((element.get("class") or "").split()))
    )
