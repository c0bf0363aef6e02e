"""Other ways of saying what a passage says. Each function gives None where its way does not apply."""

import random
import re
from collections.abc import Sequence

Pairs = Sequence[tuple[str, str]]

PRONOUN = r"(?:It|He|She|They|This|These|There|Its|His|Their|Such|Those|What|In|On|At|After|By|When|If|While)\b"
"""What a sentence may begin with that is no subject of its own."""
_LEANING = re.compile(r"(?:It|He|She|They) (?=(?:is|was|are|were|has|had|have|can|may|also|\w+ed)\b)")
_ONE, _MANY = ("is", "was", "has"), ("are", "were", "have")


def usable(sentence: str) -> bool:
    """Whether it is a sentence of ordinary length."""
    return 6 <= len(sentence.split()) <= 45 and sentence.endswith(".") and sentence[0].isupper() and ":" not in sentence


def pairs(lines: str) -> Pairs:
    """Of words, written "one other; one other"."""
    split = [tuple(pair.split()) for line in lines.strip().splitlines() for pair in line.split(";") if pair.strip()]
    return [(one, other) for one, other in split]


_SYNONYMS_TO_FIT = """
begin start; begins starts; began started; large big; physician doctor; physicians doctors; usually generally
approximately roughly; help assist; purchase buy; purchased bought; often frequently; quickly rapidly; illness sickness
required needed; numerous many; happens occurs; difficult hard; entire whole; kids children; car automobile; obtain get
whole complete; people individuals; shows demonstrates; sometimes occasionally; injury damage; rare uncommon
medicine medication; medicines medications; study research; build construct
"""
_SYNONYMS_TO_TEST = """
end finish; ended finished; huge enormous; drug medication; drugs medications; extremely very; reduce decrease
about approximately; disease illness; diseases illnesses; enable allow; enables allows; primarily mainly; choose select
symptoms signs; possible potential; called named; important significant; famous renowned; movie film
residents inhabitants; created made; sufficient enough; various different; probably likely; several multiple
therefore thus; used utilized; located situated; established founded; additional extra; additional further
current present; kidney renal; area region; areas regions; problems issues; main primary; lawyer attorney
provides supplies; caused produced; error mistake
"""
SYNONYMS = {True: pairs(_SYNONYMS_TO_FIT), False: pairs(_SYNONYMS_TO_TEST)}
"""Those to fit with and those to test with share no pair."""

_DROPPED = (
    re.compile(r", (?:which|who|where|whose) [^,;:()]{5,80},(?= )"),
    re.compile(r", (?:which|where|making|including|because|although|allowing|resulting) [^;:()]+(?=\.$)"),
    re.compile(r" \([^()]{2,60}\)"),
    re.compile(
        r"^(?:However|In addition|Moreover|For example|Therefore|Furthermore|Also|Finally|Additionally|In fact), "
    ),
    re.compile(r"(?:;|, and) (?:it|he|she|they|this|these|the) [^;:()]+(?=\.$)"),
)
_LIMITING = re.compile(r"\b(?:only|not|no|never|unless|if|except|myth|false|believed?|disputed|but)\b")


def clause_dropped(sentence: str) -> str | None:
    for pattern in _DROPPED:
        match = pattern.search(sentence)
        if match is None or _LIMITING.search(match.group()):
            continue
        rest = sentence[: match.start()] + sentence[match.end() :]
        if len(rest.split()) >= 5:
            return rest[0].upper() + rest[1:]
    return None


_SUBJECT = re.compile(r"^((?:The )?[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3}) (is|was|are|were|has|had|have)\b")


def pronoun_resolved(sentence: str, before: str) -> str | None:
    pronoun, named = _LEANING.match(sentence), _SUBJECT.match(before)
    if not pronoun or not named or re.match(PRONOUN, named.group(1)) or named.group(1) == "Studies":
        return None
    if named.group(2) in (_ONE if pronoun.group().startswith("They") else _MANY):
        return None
    return f"{named.group(1)} {sentence[pronoun.end() :]}"


_LED = re.compile(
    r"^((?:In|During|After|Since|By|When|If|Before|On|At|While|Although|Under) [^,]{3,70}), ([^,;:]{15,})\.$"
)


def reordered(sentence: str) -> str | None:
    match = _LED.match(sentence)
    if match is None:
        return None
    lead, rest = match.groups()
    return f"{rest[0].upper()}{rest[1:]} {lead[0].lower()}{lead[1:]}."


def merged(sentence: str, after: str) -> str | None:
    """Two neighbouring sentences as one."""
    if not usable(after) or len(sentence.split()) + len(after.split()) > 60:
        return None
    if leaning := _LEANING.match(after):
        verb = re.match(r"(?:\S+ ){1,8}?(is|was|are|were|has|had|have)\b", sentence)
        if re.match(PRONOUN, sentence) or "," in sentence or verb is None:
            return None
        if verb.group(1) in (_ONE if leaning.group().startswith("They") else _MANY):
            return None
        return f"{sentence[:-1]} and {after[leaning.end() :]}"
    return f"{sentence[:-1]}, and t{after[1:]}" if re.match(r"The \w+", after) else None


def replaced(sentence: str, swaps: Pairs, chooser: random.Random, *, after_number: bool = False) -> str | None:
    """With one word in place of another."""
    both_ways = [*swaps, *((other, one) for one, other in swaps)]
    chooser.shuffle(both_ways)
    for one, other in both_ways:
        pattern = rf"(?<=\d ){re.escape(one)}(?!\w)" if after_number else rf"\b{re.escape(one)}\b"
        if re.search(pattern, sentence):
            return re.sub(pattern, other, sentence, count=1)
    return None


_BARE = r"(the (?:(?!\b(?:called|used|for|to|as|with)\b)[^,?])+)"
_STATEMENTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"^What (is|was|are|were) {_BARE}\?$"), "{1} {0} {a}."),
    (
        re.compile(r"^(?:Who|What) (\w+ed|wrote|led|won|became|made|built|held|took|gave|causes) ([^?]+)\?$"),
        "{a} {0} {1}.",
    ),
    (re.compile(r"^How many (\w+) (are|were|is|was|\w+ed) ([^?]+)\?$"), "{a} {0} {1} {2}."),
    (
        re.compile(r"^When (was|were) ([^?]+?) (\w+ed|built|born|written|made|won|held|begun)\b([^?]*)\?$"),
        "{1} {0} {2}{3} in {a}.",
    ),
    (re.compile(r"^Where (was|were|is|are) ([^?]+?) (\w+ed|built|born|made|held|found)\?$"), "{1} {0} {2} in {a}."),
)


def stated(question: str, answer: str) -> str | None:
    """A question and its short answer as one sentence."""
    for pattern, form in _STATEMENTS:
        match = pattern.match(question)
        if match is None or len(answer.split()) > 8:
            continue
        if question.startswith("How many") and (not answer[:1].isdigit() or match.group(1) in answer):
            continue
        bare = re.sub(r"^(?:in|at|on) ", "", answer, flags=re.IGNORECASE) if " in {a}" in form else answer
        said = form.format(*match.groups(), a=bare).replace("..", ".")
        return said[0].upper() + said[1:]
    return None
