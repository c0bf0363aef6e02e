"""The things that one question asks the same of: the sides of a comparison, the subjects of a list."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.query.naming import Naming
from rag.text.asking import ENGLISH, Asking, one_of
from rag.text.lexicon import words
from rag.text.tokens import content_stems

_MOST_WORDS = 6
"""Of a thing's name."""
_MOST_SIDES = 4
_LONGEST = 300
"""Characters of a comparison."""
_MOST_VERBS = 1
"""Of words after a list's last name."""
_WORD = re.compile(r"\S+")
_ENDING = ".?!,;: "
_IRREGULAR = {"better": "good", "worse": "bad", "further": "far", "farther": "far"} | {
    f"{base}r": base
    for base in words("large late safe close wide nice rare fine simple dense gentle loose pale ripe wise")
}
"""Of English comparatives."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things, as ``label`` names it, and what is asked of it, as a question of its own."""

    label: str
    question: str


def compared(question: str, asking: Asking, naming: Naming) -> list[Side]:
    """The sides that ``question`` compares; none where it compares nothing.

    >>> [side.question for side in compared("Which is heavier, A or B?", ENGLISH, naming)]  # doctest: +SKIP
    ['How heavy is A?', 'How heavy is B?']
    """
    asked = question.strip().rstrip(_ENDING)
    if len(asked) > _LONGEST:
        return []
    forms = _forms(asking)
    for form in (*forms.plain, *forms.choosing):
        if (match := form.fullmatch(asked)) and (sides := _sides(match, asking)):
            return sides
    match = forms.more_than.fullmatch(asked)
    if match and (sides := _sides(match, asking)):
        labels = [side.label for side in sides]
        return sides if naming.apart(labels, labels, " ".join(labels), by_headings=False) else []
    return []


def listed(question: str, asking: Asking, naming: Naming) -> list[Side]:
    """The question for each of the things that ``question`` asks the same of ("symptoms of A, B and C"); none where it
    asks of one thing, or of what the documents tell together ("research and development").
    """
    asked = question.strip()
    ending = asked[len(asked.rstrip(_ENDING)) :].strip()
    asked = asked.rstrip(_ENDING)
    joints = list(_forms(asking).joint.finditer(asked))
    for joint in reversed(joints):
        if asked.count("(", 0, joint.start()) > asked.count(")", 0, joint.start()):
            continue
        before, items = _items_before(asked[: joint.start()], asking)
        if before.lower().endswith(tuple(asking.between)) or len(items) >= _MOST_SIDES or not all(map(_names, items)):
            continue
        ends = _items_after(asked[joint.end() :], asking)
        for (last, after), by_headings in [*((end, True) for end in ends), *((end, False) for end in ends[:1])]:
            wordings = [" ".join(f"{before} {item} {after}".split()) for item in (*items, last)]
            joined = f"{_label(items[-1], asking)}{joint.group()}{last}"
            if _names(last) and naming.apart([*items, last], wordings, joined, by_headings=by_headings):
                labels = [_label(item, asking) for item in (*items, last)]
                return [Side(*side) for side in zip(labels, (text + ending for text in wordings), strict=True)]
    return []


@dataclass(frozen=True, slots=True)
class _Forms:
    """Comparisons by their form: each has groups ``one`` and ``other``, some an ``aspect`` or a comparative ``more``.

    ``joint`` stands before the last thing of a list.
    """

    plain: tuple[re.Pattern[str], ...]
    choosing: tuple[re.Pattern[str], ...]
    more_than: re.Pattern[str]
    joint: re.Pattern[str]


@functools.cache
def _forms(asking: Asking) -> _Forms:
    comparing, between, against = one_of(asking.comparing), one_of(asking.between), one_of(asking.against)
    either = one_of(asking.comparing | asking.alike)
    versus, than = one_of(asking.versus), one_of(asking.than)
    opening = rf"(?:(?:{one_of(asking.interrogatives)}|{one_of(asking.auxiliaries)})\s+)+"
    more = rf"(?P<more>{one_of(asking.more)}|\w{{3,}}er)"
    which = rf"{one_of(asking.interrogatives)}\b(?P<aspect>.*?)\b{more}\b(?P<rest>.*?)"
    one_and_other = rf"(?P<one>.+?),?\s+{against}\s+(?P<other>.+)"
    one_or_other = rf"(?P<one>.+?)\s+{one_of(asking.choices)}\s+(?P<other>.+?)"
    return _Forms(
        plain=tuple(
            re.compile(form, re.IGNORECASE)
            for form in (
                rf".*\b{either}\b(?P<aspect>.*?)\b{between}\s+{one_and_other}",
                rf"(?:{opening})?(?:.*?:\s*)?(?P<one>.+?)\s+{versus}\s+(?P<other>[^,:;]+)(?:[,:;].*)?",
                rf"(?:{opening})?(?P<one>.+?)(?:\s+(?:in|im|en|em|w))?\s+{either}\s+{against}\s+(?P<other>.+)",
                rf"(?:.*\b)?{comparing}\s+(?:{one_of(asking.pronouns)}\s+)?(?:{one_of(asking.binding)}\s+)?"
                rf"{one_and_other}",
                rf"(?:.*\b)?{one_of(asking.auxiliaries)}\s+(?P<one>.+?)\s+{one_of(asking.joints)}\s+(?P<other>.+)\s+{either}",
            )
        ),
        choosing=tuple(
            re.compile(form, re.IGNORECASE)
            for form in (
                rf"{which}[,:]\s+{one_or_other}",
                rf"{one_or_other}[,:]\s+{which}",
                rf"{one_of(asking.auxiliaries)}\s+{one_or_other}\s+{more}\b(?P<rest>.*)",
            )
        ),
        more_than=re.compile(
            rf"{one_of(asking.auxiliaries)}\s+(?P<one>.+?)\s+{more}\b(?P<rest>.*?)\s+{than}\s+(?P<other>.+)",
            re.IGNORECASE,
        ),
        joint=re.compile(rf",?\s+{one_of(asking.joints)}\s+|\s*&\s*", re.IGNORECASE),
    )


def _sides(match: re.Match[str], asking: Asking) -> list[Side]:
    """What is compared; nothing where that is no name."""
    named = match.groupdict()
    found = [*re.split(r"\s*,\s*", match["one"]), match["other"]]
    found[1:-1] = [part for side in found[1:-1] for part in re.split(rf"^{one_of(asking.against)}\s+", side) if part]
    found[-1] = _without_ending(found[-1], asking)
    shared, found = _shared(found, asking)
    if (
        len(found) > _MOST_SIDES
        or not all(_is_side(side, asking) for side in found)
        or len(set(map(str.lower, found))) == 1
    ):
        return []
    before, after = shared
    return [Side(_label(side, asking), _asked_of(f"{before} {side}".strip(), named, after, asking)) for side in found]


def _asked_of(side: str, named: Mapping[str, str | None], after: str, asking: Asking) -> str:
    """What a comparison asks of one side: how much it is of what is compared, or else what it is."""
    aspect = [word for word in _WORD.findall(named.get("aspect") or "") if _tells(word, asking)]
    rest = f"{named.get('rest') or ''} {after}".split()
    more = (named.get("more") or "").lower()
    if more and asking is ENGLISH:
        by_words = rest[:1] if more in ("more", "less") else []
        if base := " ".join(by_words) or _base(more):
            return f"How {base} is {' '.join([side, *rest[len(by_words) :]])}?"
    beside = [*aspect, *rest] if more else rest
    of_it = f"{' '.join(aspect)} {asking.of} {side}" if aspect and not more else side
    return f"{asking.what_is.format(of_it)} ({' '.join(beside)})" if beside else asking.what_is.format(of_it)


def _without_ending(side: str, asking: Asking) -> str:
    """A name less what follows it before "common": "have much in"."""
    words = side.split()
    return " ".join(words[: next((n for n, word in enumerate(words) if n and word in asking.auxiliaries), len(words))])


def _shared(sides: list[str], asking: Asking) -> tuple[tuple[str, str], list[str]]:
    """What stands before the first side, or after the last, and belongs to all: "the warranty of A and B"."""
    first, last = sides[0].split(), sides[-1].split()
    bound = [place for place, word in enumerate(first) if word.lower() in asking.binding]
    begins = asking.prepositions - {asking.of} | asking.interrogatives
    set_off = [place for place, word in enumerate(last) if place and word.lower() in begins]
    before = after = ""
    if bound and bound[-1] + 1 < len(first) and not any(word.lower() in asking.prepositions for word in last):
        before, sides = " ".join(first[: bound[-1] + 1]), [" ".join(first[bound[-1] + 1 :]), *sides[1:]]
    elif set_off and not any(word.lower() in asking.prepositions - {asking.of} for word in first[1:]):
        after, sides = " ".join(["", *last[set_off[0] :]]), [*sides[:-1], " ".join(last[: set_off[0]])]
    return (before, after), _completed(sides, asking)


def _completed(sides: list[str], asking: Asking) -> list[str]:
    """With the noun that all are of, where only the last has it: "the dry and the wet form of the disease"."""
    words = [[word for word in side.split() if word.lower() not in asking.articles] for side in sides]
    *others, last = words
    of = next((place for place, word in enumerate(last) if word.lower() == asking.of), 0)
    longest = max(map(len, others))
    if of <= longest or any(asking.of in map(str.lower, other) for other in others):
        return sides
    return [*(" ".join([*other, *last[longest:]]) for other in others), sides[-1]]


def _tells(word: str, asking: Asking) -> bool:
    return bool(content_stems(word)) and word.lower() not in asking.telling


def _is_side(text: str, asking: Asking) -> bool:
    """Whether ``text`` may be a name and is no piece of a clause."""
    said = [word.lower() for word in text.split()]
    return _names(text) and said[-1] not in asking.prepositions and not (asking.auxiliaries | asking.more) & set(said)


def _names(item: str) -> bool:
    return bool(content_stems(item)) and len(item.split()) <= _MOST_WORDS


def _base(comparative: str) -> str | None:
    """The adjective that an English comparative is of; None for "more" and what only says that one is preferred.

    >>> _base("heavier"), _base("bigger"), _base("cheaper"), _base("safer")
    ('heavy', 'big', 'cheap', 'safe')
    """
    word = comparative.lower()
    if word in ENGLISH.more:
        return None
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    root = word.removesuffix("er")
    if root.endswith("i"):
        return root[:-1] + "y"
    if len(root) > 3 and root[-1] == root[-2] and root[-1] in "bdgmnt":
        return root[:-1]
    return root


def _items_before(text: str, asking: Asking) -> tuple[str, list[str]]:
    """What stands before a list whose last joint ``text`` ends at, and the list's items so far."""
    *earlier, last = re.split(r"\s*,\s*", text)
    words = last.split()
    closed = asking.prepositions | asking.auxiliaries | asking.interrogatives | asking.pronouns | asking.imperatives
    if earlier:
        first = earlier[0].split()
        cut = _after_last(first, closed)
        return " ".join(first[:cut]), [" ".join(first[cut:]), *earlier[1:], last]
    cut = _after_last(words, closed)
    return " ".join(words[:cut]), [" ".join(words[cut:])]


def _after_last(words: Sequence[str], closed: frozenset[str]) -> int:
    return next((place + 1 for place in reversed(range(len(words))) if words[place].lower() in closed), 0)


def _items_after(text: str, asking: Asking) -> list[tuple[str, str]]:
    """The last item of a list that ``text`` follows the joint of, and what follows the item: a verb may be among its
    words ("How do A and B work?").
    """
    words = text.split()
    closed = asking.prepositions | asking.auxiliaries | asking.interrogatives | asking.pronouns
    set_off = asking.articles | asking.possessives  # they begin another thing
    cut = next(
        (place for place, word in enumerate(words) if word.lower() in closed or (place and word.lower() in set_off)),
        len(words),
    )
    return [(" ".join(words[:end]), " ".join(words[end:])) for end in range(cut, max(0, cut - _MOST_VERBS - 1), -1)]


def _label(side: str, asking: Asking) -> str:
    words = side.strip("\"'“”‘’«»").split()
    while len(words) > 1 and words[0].lower() in asking.articles | asking.possessives:
        words = words[1:]
    name = " ".join(words)
    return name[:1].upper() + name[1:] if words[0].islower() else name
