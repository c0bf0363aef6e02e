"""What a generator gets wrong about a passage. Each function gives None where its mistake cannot be made."""

import functools
import random
import re
from collections.abc import Sequence

from benchmarks.sentences.supported import PRONOUN, pairs, usable

OPPOSITES = {
    True: pairs(
        """
        increase decrease; increased decreased; high low; higher lower; before after; large small; first last
        north south; northern southern; more less; common rare; early late; positive negative; major minor
        mother father; men women; dominant recessive; internal external; heart liver; left right; always never
        """
    ),
    False: pairs(
        """
        increases reduces; raised lowered; east west; eastern western; better worse; strong weak; long short
        acute chronic; benign malignant; old young; fast slow; hot cold; son daughter; king queen; boys girls
        won lost; bought sold; safe dangerous; easy difficult; public private; bones muscles; blood urine
        bacteria viruses; artery vein; cold warm; cheap expensive; upper lower; brain spine; day night; good bad
        """
    ),
}
"""Those to fit with and those to test with share no pair."""
UNITS = pairs("mg g; percent million; % million; million billion; years months; days weeks; hours minutes; miles km")

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: (?:[A-Z][a-z]+|of|de)(?= [A-Z]))*(?: [A-Z][a-z]+)?")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_MARKED = frozenset("is are was were has have had can may will could should does did became caused".split())
_NO_BE = "".join(rf"(?<! {word})" for word in ("is", "are", "was", "were", "been", "be"))
_VERBS = (
    "causes|caused|leads to|led to|defeated|prevents|affects|affected|contains|produces|produced|replaced|influenced|"
    "supports|supported|increases|reduces|controls|controlled|requires|required|includes|provides|provided|allows"
)
_ACTED = re.compile(rf"^([^,;]{{4,80}}){_NO_BE} ({_VERBS}) (?!by )([^,;]{{4,80}})\.$")
_STOP = frozenset(
    """
    about after again also although another because been before being between both cannot could does doing during each
    from have having here into itself just more most much must only other over same should some such than that their
    them then there these they this those through under until very were what when where which while whom whose will
    with would your without within among however kind type instead number part form members
    """.split()
)


@functools.lru_cache(maxsize=4)
def _found(pattern: re.Pattern[str], whole: str) -> frozenset[str]:
    return frozenset(match.group() for match in pattern.finditer(whole))


def other_name(sentence: str, whole: str, chooser: random.Random) -> str | None:
    ours = [match.group() for match in _NAME.finditer(sentence)]
    others = sorted(_found(_NAME, whole) - set(ours))
    if not ours or not others:
        return None
    name, other = chooser.choice(ours), chooser.choice(others)
    if other in sentence or name in other or set(other.split()) & set(name.split()):
        return None
    return sentence.replace(name, other, 1)


def other_number(sentence: str, whole: str, chooser: random.Random) -> str | None:
    ours = list(_NUMBER.finditer(sentence))
    if not ours:
        return None
    number = chooser.choice(ours)
    others = sorted(_found(_NUMBER, whole) - {match.group() for match in ours})
    alike = [other for other in others if len(other) == len(number.group())] or others
    other = chooser.choice(alike) if alike else str(int(re.sub(r"\D", "", number.group())) + 1)
    return sentence[: number.start()] + other + sentence[number.end() :]


def negated(sentence: str) -> str | None:
    match = re.search(r" (is|are|was|were|can|may|will|could|should|does|did|has been|have been)\b(?! not)", sentence)
    if match is None:
        return None
    at = match.end() - (len(" been") if match.group(1).endswith("been") else 0)
    return f"{sentence[:at]} not{sentence[at:]}"


def affirmed(sentence: str) -> str | None:
    said = re.sub(r"\b(?:not|never) |(?<=\w)n't\b|\bno (?=\w)", "", sentence, count=1)
    return said if said != sentence else re.sub(r"\bcannot\b", "can", sentence, count=1)


_LIMIT = re.compile(
    r"\b(?:may|might|could|can|some|only|usually|sometimes|often|most|almost|rarely|many|generally|typically|"
    r"probably|possibly|nearly|mostly|mainly|up to|less than|more than|at least)\b ",
    re.IGNORECASE,
)
_LIMITING_CLAUSES = (
    re.compile(
        r"^(?!For example|In (?:addition|fact|particular|general|turn|other words|this))(?:In|For|Among|With) "
        r"(?:some |most |many |the )?[a-z]+s?(?: [a-z]+){0,4}, "
    ),
    re.compile(r",? (?:if|unless|except|until|when|only|as long as|provided that) [^;]+(?=\.$)"),
    re.compile(
        r" (?:in|among|for|with) (?:some |most |many |young |older )?"
        r"(?:patients|people|adults|children|women|men|mice|rats|cases|families|individuals|vitro|animals)\b[^;]*(?=\.$)"
    ),
)


def limit_dropped(sentence: str, chooser: random.Random) -> str | None:
    ways = [match for pattern in _LIMITING_CLAUSES if (match := pattern.search(sentence))]
    if not ways or chooser.random() < 0.5:
        ways += _LIMIT.finditer(sentence)
    if not ways:
        return None
    match = chooser.choice(ways)
    said = sentence[: match.start()] + sentence[match.end() :]
    return said[0].upper() + said[1:] if len(said.split()) >= 5 else None


_ATTRIBUTED = (
    re.compile(
        r"^[^,]{3,60} (?:said|say|believed?s?|argued?s?|claimed?s?|suggest(?:s|ed)?|thought|think|stated?|proposed|"
        r"hypothesi[sz]ed|suspect(?:s|ed)?|reported|indicate[sd]?) that (.{25,})$"
    ),
    re.compile(r"^According to [^,]{3,50}, (.{25,})$"),
)


def attribution_dropped(sentence: str) -> str | None:
    match = next((match for pattern in _ATTRIBUTED if (match := pattern.match(sentence))), None)
    return match.group(1)[0].upper() + match.group(1)[1:] if match else None


def roles_swapped(sentence: str, chooser: random.Random) -> str | None:
    ways = []
    if match := _ACTED.match(sentence):
        one, verb, other = match.groups()
        ways.append(f"{other[0].upper()}{other[1:]} {verb} {one[0].lower()}{one[1:]}.")
    names = list(_NAME.finditer(sentence))
    if len(names) >= 2:
        first, second = sorted(chooser.sample(names, 2), key=lambda match: match.start())
        between = sentence[first.end() : second.start()]
        listed = re.search(r"\b(?:and|or|between|with|as well as)\b|,", between) or not between.strip(" -/(")
        if first.group() != second.group() and not listed:
            ways.append(sentence[: first.start()] + second.group() + between + first.group() + sentence[second.end() :])
    match = re.search(r"\b([a-z]{4,}) of (the )?([a-z]{4,})\b", sentence)
    if match and not _STOP & set(match.groups()):
        whose, article, what = match.groups()
        ways.append(f"{sentence[: match.start()]}{what} of {article or ''}{whose}{sentence[match.end() :]}")
    return chooser.choice(ways) if ways else None


def other_word(sentence: str, passage: str, chooser: random.Random) -> str | None:
    """A common word of the passage in the place of one of like ending."""
    ours = [match for match in re.finditer(r"(?<= )[a-z]{4,}\b", sentence) if match.group() not in _STOP]
    theirs = sorted(set(re.findall(r"(?<= )[a-z]{4,}\b", passage)) - set(sentence.lower().split()) - _STOP)
    if not ours:
        return None
    word = chooser.choice(ours)
    alike = [other for other in theirs if other[-2:] == word.group()[-2:] and other[:4] != word.group()[:4]]
    return sentence[: word.start()] + chooser.choice(alike) + sentence[word.end() :] if alike else None


def spliced(sentence: str, sentences: Sequence[str], chooser: random.Random) -> str | None:
    """The subject of one sentence with the predicate of another."""
    ours = _predicate(sentence)
    others = [cut for other in sentences if other != sentence and usable(other) and (cut := _predicate(other))]
    if ours is None or not others or re.match(PRONOUN, ours[0]):
        return None
    subject, said = chooser.choice(others)
    shared = set(ours[0].lower().split()) & (set(subject.lower().split()) - {"the", "a", "of"})
    return None if shared or re.match(PRONOUN, subject) else f"{ours[0]} {said}"


def _predicate(sentence: str) -> tuple[str, str] | None:
    words = sentence.split()
    verb = next((n for n, word in enumerate(words[1:9], start=1) if word in _MARKED), None)
    return (" ".join(words[:verb]), " ".join(words[verb:])) if verb else None


_LAST_PHRASE = re.compile(r" ((?:in|by|for|from|with|because of|to) [^,;()]{8,50})\.$")


def added(sentence: str, others: Sequence[str], chooser: random.Random) -> str | None:
    """With the last phrase of another sentence."""
    found = (_LAST_PHRASE.search(other) for other in others if other != sentence)
    phrases = [match.group(1) for match in found if match and match.group(1) not in sentence]
    return f"{sentence[:-1]} {chooser.choice(phrases)}." if phrases else None


def alike(one: str, other: str) -> bool:
    """Whether two short answers are of one sort and share no word."""
    shared = set(one.lower().split()) & set(other.lower().split()) - {"the", "of", "a", "in", "and"}
    return _sort(one) == _sort(other) and not shared


def _sort(answer: str) -> str:
    return "number" if any(c.isdigit() for c in answer) else "name" if answer[:1].isupper() else "word"
