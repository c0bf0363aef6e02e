"""The things that one message asks, as questions of their own."""

import functools
import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.sentences import is_question, sentence_spans
from rag.query.follow_up import carry_topic, points_back
from rag.query.naming import Naming
from rag.query.shapes.classifier import shape_of
from rag.query.sides import compared, listed
from rag.query.types import QueryPart
from rag.retrieval.variants import QueryVariant
from rag.text.asking import ENGLISH, Asking, asking_in, named_alone, one_of
from rag.text.tokens import content_stems
from rag.types import Exchange

_MOST_PARTS = 4
_TOPIC = re.compile(r"\s\([^()]*\)$")
"""What a question is about, in the brackets that ``rag.query.follow_up`` puts behind it."""
_QUESTION_END = re.compile(r"(?<=\?)\s+")
_OPENING = re.compile(r"^(?:(?:and|but|or|also|then|so|und|aber|et|y|e|en|(?-i:i|a))\b[\s,]*)+", re.IGNORECASE)
_STANDS_FOR_A_THING = re.compile(r"\b(?:it|they|them|he|she|him|her)\b", re.IGNORECASE)
_STANDS_FOR_WHOSE = re.compile(
    rf"\b(?:its|their|his|her(?=\s+\w)(?!\s+{one_of(ENGLISH.prepositions | ENGLISH.articles | ENGLISH.joints)}\b))\b",
    re.IGNORECASE,
)


def parts_of(question: str, before: Sequence[Exchange], naming: Naming) -> tuple[QueryPart, ...]:
    """What ``question`` asks one by one, after the turns ``before``: each question with the subject of the first, the
    sides of a comparison, and the subjects of a list. All of it as one part without a label where it asks one thing.
    """
    topic = _TOPIC.search(question)
    asked = question[: topic.start()] if topic else question
    about = topic[0] if topic else ""
    asking = asking_in(asked)
    first, *others = _clauses(asked, asking)
    parts = _of_clause(first, carried(first + about, before, naming), about, before, asking, naming)
    for clause in others:
        variants = _with_subject(clause, first, about, before, asking, naming)
        parts += _of_clause(clause, variants, about, before, asking, naming)
    return tuple(parts) if len(parts) > 1 else (_part("", carried(question, before, naming)),)


def _part(label: str, variants: tuple[QueryVariant, ...]) -> QueryPart:
    return QueryPart(label, plain(variants), shape_of(_TOPIC.sub("", variants[0].text)))


def plain(variants: tuple[QueryVariant, ...]) -> tuple[QueryVariant, ...]:
    """The wordings without what only asks. Titles and instructions name what is done ("remove a file"), and a reader
    finds them better by that than by a question for it.
    """
    return tuple(replace(variant, text=named_alone(variant.text)) for variant in variants)


def carried(question: str, before: Sequence[Exchange], naming: Naming) -> tuple[QueryVariant, ...]:
    """The wordings to search for ``question`` with, after the turns ``before``."""
    return carry_topic(question, before, naming.about(question) if before else "")


def compares(message: str, naming: Naming) -> bool:
    """Whether ``message`` is one sentence that compares: "A or B: which is better?" tells nothing before it asks."""
    return len(sentence_spans(message)) == 1 and bool(compared(message, asking_in(message), naming))


def _of_clause(
    clause: str,
    variants: tuple[QueryVariant, ...],
    about: str,
    before: Sequence[Exchange],
    asking: Asking,
    naming: Naming,
) -> list[QueryPart]:
    """The parts of one question: its sides, or itself with its ``variants``."""
    sides = compared(clause, asking, naming) or listed(clause, asking, naming)
    if sides:
        return [_part(side.label, carried(side.question + about, before, naming)) for side in sides]
    label = _asked_in(clause)
    return [_part(label[:1].upper() + label[1:], variants)]


def _with_subject(
    clause: str, first: str, about: str, before: Sequence[Exchange], asking: Asking, naming: Naming
) -> tuple[QueryVariant, ...]:
    """How to search for ``clause``, which follows the question ``first``: with what that is about, where the clause
    itself names nothing that the documents tell of.
    """
    clause = _OPENING.sub("", clause)
    back = points_back(clause) or any(word in asking.pronouns | asking.possessives for word in clause.lower().split())
    if not back and naming.subject_in(clause):
        return carried(clause, before, naming)
    subject = about.strip(" ()") or naming.subject_in(first) or naming.section_in(first)
    if not subject:
        return carried(clause, (*before, Exchange(first)), naming)
    return carried(_named(clause, subject, asking), before, naming)


def _named(clause: str, subject: str, asking: Asking) -> str:
    """``clause`` with ``subject`` in the place of the word that stands for it, or else behind it.

    >>> _named("how long is its warranty?", "Aurora", ENGLISH)
    "how long is Aurora's warranty?"
    """
    if set(content_stems(subject)) <= set(content_stems(clause)):
        return clause
    if asking is ENGLISH:
        for form, name in ((_STANDS_FOR_WHOSE, f"{subject}'s"), (_STANDS_FOR_A_THING, subject)):
            if stands_for := form.search(clause):
                return clause[: stands_for.start()] + name + clause[stands_for.end() :]
    return f"{clause} ({subject})"


def _clauses(asked: str, asking: Asking) -> list[str]:
    """The questions of ``asked``, in order; what asks nothing belongs to the question before it, and what is told
    before all of them to the first.
    """
    found: list[str] = []
    told = ""
    for start, end in sentence_spans(asked):
        for sentence in _QUESTION_END.split(asked[start:end]):
            if is_question(sentence) or _forms(asking).begins.match(sentence):
                first, *others = _joined(sentence, asking)
                found += [told + first, *others]
                told = ""
            elif found:
                found[-1] += f" {sentence}"
            else:
                told += f"{sentence} "
    found = found or _joined(told, asking)
    if len(found) > _MOST_PARTS:
        found[_MOST_PARTS - 1 :] = [" ".join(found[_MOST_PARTS - 1 :])]
    return [clause for clause in found if _asked_in(clause)] or [asked]


def _asked_in(clause: str) -> str:
    """``clause`` without what joins it to the one before, nor what ends it."""
    return _OPENING.sub("", clause.strip()).strip(" .?!,;&")


def _joined(sentence: str, asking: Asking) -> list[str]:
    """The questions that ``sentence`` joins: "when and where was it built", "what is it and how is it treated"."""
    forms = _forms(asking)
    if leading := forms.leading.search(sentence):
        before = sentence[: leading.start()]
        units = [unit.strip() for unit in leading["units"].split(",")] + [leading["last"]]
        return [f"{before}{unit} {leading['rest']}" for unit in units]
    clauses: list[str] = []
    start = 0
    for joint in forms.joint.finditer(sentence):
        clause = sentence[start : joint.start()]
        begins = forms.whole if joint["comma"] else forms.asks
        if content_stems(clause) and begins.search(clause) and not _goes_on(clause, joint["unit"], forms):
            clauses.append(clause)
            start = joint.end()
    first, *others = [*clauses, sentence[start:]]
    return [first, *(_completed(clause, first, forms) for clause in others)]


def _goes_on(clause: str, unit: str | None, forms: "_Forms") -> bool:
    """Whether the word that seems to begin another question goes on with a clause: "those who smoke and who drink"."""
    before = [match["word"].lower() for match in forms.unit.finditer(clause)]
    again = forms.unit.match(unit or "")
    return again is not None and again["word"].lower() in before[1:]


def _completed(clause: str, first: str, forms: "_Forms") -> str:
    """``clause`` with what it leaves out of the question before it: "when was it built and by whom"."""
    unit = forms.unit.match(clause)
    if not unit or clause[unit.end() :].strip(" .?!"):
        return clause
    opening = forms.unit.match(first)
    rest = first[opening.end() :].strip() if opening else first[:1].lower() + first[1:]
    return f"{unit[0]} {rest}?"


class _Forms:
    """How questions begin and are joined to one in a language."""

    def __init__(self, asking: Asking) -> None:
        degree = rf"(?:\s+{one_of(asking.degrees)})?" if asking.degrees else ""
        named = rf"(?:{one_of(asking.prepositions)}\s+)?(?P<word>{one_of(asking.interrogatives)}){degree}\b"
        unit = named.replace("?P<word>", "?:")
        joint = rf"(?:\s*[,;]?\s+(?:{one_of(asking.joints)})|\s*&)\s+(?:also\s+|then\s+|if so,?\s+)?"
        stands_for = one_of(asking.pronouns | asking.articles | asking.possessives)
        verb = one_of(asking.auxiliaries)
        self.unit = re.compile(named, re.IGNORECASE)
        self.asks = re.compile(rf"(?:^\W*(?:{verb}|{one_of(asking.imperatives)})\b)|\b{unit}", re.IGNORECASE)
        self.whole = re.compile(rf"^\W*(?:{verb}\b|(?:what|who|which|was|wer)\b|{unit}\s+{verb}\b)", re.IGNORECASE)
        """What a comma alone may part from another question: "When it rains, what ..." is one."""
        self.begins = re.compile(
            rf"\W*(?:{one_of(asking.joints)}\s+)?(?:{unit}|(?:{verb}|{one_of(asking.imperatives)})\b)", re.IGNORECASE
        )
        self.leading = re.compile(
            rf"\b(?P<units>{unit}(?:,\s*{unit})*)(?:,?\s+(?:{one_of(asking.joints | asking.choices)})|\s*&)\s+"
            rf"(?P<last>{unit})\s+(?P<rest>.+)",
            re.IGNORECASE,
        )
        self.joint = re.compile(
            rf"{joint}(?:(?=(?P<unit>{unit}))|(?={verb}\s+{stands_for}\b))|(?P<comma>,)\s+(?=(?:how|why|what|wie|warum)\b)",
            re.IGNORECASE,
        )


@functools.cache
def _forms(asking: Asking) -> _Forms:
    return _Forms(asking)
