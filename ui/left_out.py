"""What a face says of the sentences that were written for an answer and left out of it."""

from collections.abc import Sequence

from rag.types import Dropped

_WHY: dict[str, str] = {
    "number": "it gives a number that no passage gives",
    "name": "it gives a name that no passage gives",
    "negation": "a “not” was added or lost",
    "limit": "a condition or a doubt was added or lost",
    "opposite": "the passages say the opposite",
    "roles": "it mixes up who does what",
    "reference": "it is not clear what it refers to",
    "not said": "no passage says it",
    "beside the question": "it does not answer the question",
}


def why(dropped: Dropped) -> str:
    """Why a sentence was left out; empty where an answer of an earlier version gives a reason that is not known now."""
    return _WHY.get(dropped.reason, "")


def summary(dropped: Sequence[Dropped]) -> str:
    """How many were left out, and why where the reason is the same for all; empty where there are none.

    >>> summary([Dropped("It cost 5 euros.", "number"), Dropped("It is red.", "not said")])
    '2 sentences were left out: no passage supports them'
    """
    if not dropped:
        return ""
    counted, them = ("1 sentence was", "it") if len(dropped) == 1 else (f"{len(dropped):,} sentences were", "them")
    beside = sum(sentence.reason == "beside the question" for sentence in dropped)
    if beside == 0:
        return f"{counted} left out: no passage supports {them}"
    return f"{counted} left out" if beside < len(dropped) else f"{counted} left out: beside the question"
