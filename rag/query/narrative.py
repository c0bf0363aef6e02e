"""A message that tells before it asks, as people write to an expert: which part asks, and what it asks about."""

import re
from collections.abc import Iterable, Iterator

from ingest.sentences import is_question, sentence_spans
from rag.text.asking import ENGLISH, one_of
from rag.text.tokens import LEXICON, content_stems

_BEFORE_ASKING = rf"{one_of(ENGLISH.prepositions | {'until', 'since'})}\s+(?={one_of(ENGLISH.interrogatives)}\b)"
_ASKING = re.compile(
    rf"(?:(?:please|and|but|so|or|now|then|also|well)[,\s]+)*(?:{_BEFORE_ASKING})?"
    r"(?:what|how|why|when|where|who|whom|whose|which|can|could|do|does|did|is|are|was|were|should|shall|may|might|will|"
    r"would|has|have|tell|explain|describe|list|name|give|show|define|compare|summari[sz]e)\b",
    re.IGNORECASE,
)
_ASKING_ANYWHERE = re.compile(
    r"\b(?:(?:want|like|need|love|curious|trying)(?: \w+)? to (?:know|learn|hear|understand|find out)|wonder(?:ing)?"
    r"|(?:tell|explain to|show) me|my question|question is|information (?:on|about)|looking for)\b",
    re.IGNORECASE,
)
_TURN = re.compile(
    rf"(?::|\s[-–—])\s+(?=(?:{_BEFORE_ASKING})?"
    r"(?:what|how|why|when|where|who|which|can|could|do|does|did|is|are|should|may|will)\b)"
    r"|[,;–—]\s+(?:and|but|so)\s+(?=(?:what|how|why)\b)",
    re.IGNORECASE,
)
"""Where a sentence turns from telling to asking."""
_GOES_ON = re.compile(
    rf"(?:{one_of(ENGLISH.prepositions - {'as', 'since'})})\s+(?!{one_of(ENGLISH.possessives)}\b)[^,]+[.!]?$",
    re.IGNORECASE,
)
"""A piece that limits the question before it: "In children."."""
_A_NUMBER = rf"(?:\d+|{one_of(frozenset(LEXICON.numbers))})"
_IS_THE_CASE = r"(?:am|are|is|have|has|takes?|works?|lives?|suffers?|got)\b(?!\s+(?:\w+ing|been|new)\b)"
_STATE = re.compile(
    rf"\b(?:(?:i|we|he|she|they)(?:\s+{_IS_THE_CASE}|['’](?:m|re|s|ve)\b)|(?:my|our)(?:\s+\w+){{1,3}}?\s+{_IS_THE_CASE})"
    rf"[^,;.!?]*|\b(?:i|we|he|she|they)(?:\s+ha(?:ve|s)|['’](?:ve|s))\s+[^,;.!?]*\bfor\s+[^,;.!?]*?{_A_NUMBER}\s+"
    r"(?:day|week|month|year)s?\b",
    re.IGNORECASE,
)
"""What is the case with whoever asks, or whom they ask for: "I am pregnant", "my child is 3 and has a fever"."""
_WORD = re.compile(r"[^\W_]+(?:['’,-]?[^\W_]+)*|[^\w\s]")
_JOINING = frozenset({"and", "in", "of", "the", "to", "with"})
"""Words that may stand within a name, but neither begin nor end one."""
_PARTING = frozenset({"as", "at", "by", "for", "from", "on", "said", "says"})
_FEWEST_LETTERS = 3
_MOST_TOPIC_WORDS = 8
_ENOUGH_NAMED = 2
"""A question that names so much of a subject means it, whatever its "it" or "its" stands for."""
_AROUND = 3
"""A name has at most so many words more on each side than those that the documents' subjects share with it."""


def told_and_asked(message: str) -> tuple[str, str]:
    """The sentences that tell and those that ask; where only one of both is there, all of it asks.

    >>> told_and_asked("My son is 6 and has lice. How do I get rid of them?")
    ('My son is 6 and has lice.', 'How do I get rid of them?')
    >>> told_and_asked("For a colleague: what is a citation?")
    ('For a colleague', 'what is a citation?')
    """
    told: list[str] = []
    asked: list[str] = []
    for start, end in sentence_spans(message):
        sentence = message[start:end]
        if asked and _GOES_ON.match(sentence):
            asked.append(sentence)
        elif not _ASKING.match(sentence) and (turns := list(_TURN.finditer(sentence))):
            told.append(sentence[: turns[-1].start()])
            asked.append(sentence[turns[-1].end() :])
        elif not (is_question(sentence) or _ASKING.match(sentence) or _ASKING_ANYWHERE.search(sentence)):
            told.append(sentence)
        else:
            asked.append(sentence)
    return (" ".join(told), " ".join(asked)) if told and asked else ("", message)


def states_in(told: str) -> list[str]:
    """What ``told`` says is the case with whoever asks or whom they ask for, each as it stands there.

    >>> states_in("I am pregnant. My child is 3 and has a fever, and I was in Leeds.")
    ['I am pregnant', 'My child is 3 and has a fever']
    """
    return [state[0].strip() for state in _STATE.finditer(told)]


def topic_of(told: str, asked: str, subjects: Iterable[str], *, points_back: bool) -> list[str] | None:
    """The words of ``told`` that name most of ``subjects``, those of the documents that were found for both.

    Empty where ``asked`` names them itself; None where neither does.

    >>> topic_of("Our doctor said it is sleep apnea.", "How is it treated?", ["Sleep Apnea"], points_back=True)
    ['sleep', 'apnea']
    """
    known = {stem for subject in subjects for stem in _stems(subject.split())}
    own = known & _stems(asked.split())
    if points_back and len(own) < _ENOUGH_NAMED:
        own = set()
    named: list[tuple[set[str], list[str]]] = []
    for run in _runs(told):
        linked = [place for place, word in enumerate(run) if known & _stems([word])]
        if linked:
            around = run[max(0, linked[0] - _AROUND) : linked[-1] + _AROUND + 1]
            named.append((known & _stems(around), _without_edges(around)))
    most = max((len(stems) for stems, _ in named), default=0)
    if most <= len(own):
        return [] if own else None
    words = [word for stems, around in named if len(stems) == most for word in around]
    return list(dict.fromkeys(words))[:_MOST_TOPIC_WORDS]


def _without_edges(words: list[str]) -> list[str]:
    while words[0] in _JOINING:
        words = words[1:]
    while words[-1] in _JOINING:
        words = words[:-1]
    return words


def _stems(words: Iterable[str]) -> set[str]:
    return {stem for word in words if len(word) >= _FEWEST_LETTERS for stem in content_stems(word)}


def _runs(text: str) -> Iterator[list[str]]:
    """Words that carry a claim and follow each other with nothing in between but what joins them."""
    run: list[str] = []
    for word in _WORD.findall(text):
        if word[0].isalnum() and word not in _PARTING and (content_stems(word) or word in _JOINING):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run
