"""What a question names and no stored passage does: an animal, a person, a product, a version."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from rag.query.shapes.classifier import builds_questions
from rag.retrieval.types import Retriever
from rag.text.asking import ENGLISH, Asking, asking_in
from rag.text.lexicon import words
from rag.text.tokens import LEXICON, Kind, content_stems, tokens_of
from vectorstore.store import PassageView
from vectorstore.types import Scope

_TERM = re.compile(r"[^\W_]+(?:[.'’/_@-][^\W_]+)*")
_WORD = re.compile(r"[^\W\d_]{3,}")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_NEAREST = 3
_FEWEST_SHARED = 5
"""Letters that the forms of a word, or a word and a compound of it, have in common."""
_SHARE = 0.6
"""Of a word's letters, that many are in all of its forms."""
_ALIKE = 0.35
"""Two words mean much the same ("guests", "visitors") if their cosine is so far on the way from what is usual to 1.
What is usual is 0.3 with one embedding model, and 0.85 with another.
"""
_MOST_WORDS = 60
_MOST_TERMS = 4
"""That are looked for in other words: each costs time, and a letter may have many."""
_GENERAL = words(
    """
    way ways terms case cases thing things reason reasons example regard means order time times moment place matter
    husband wife son daughter mother father mum mom dad brother sister uncle aunt grandmother grandfather friend
    colleague
    """
)
"""Nouns that say of what is asked neither what it is nor whose."""
_COUNTING = words("which what many much no any some")
_BEFORE_A_SUBJECT = ENGLISH.auxiliaries - LEXICON.be
_BEFORE_A_VERB = words("how have has had need needs want able allowed possible like going required about")


def unnamed_in(question: str, view: PassageView, retriever: Retriever, scope: Scope) -> tuple[str, ...]:
    """The names, numbers, versions and nouns of ``question`` that no passage within ``scope`` holds: in no form of the
    word, in no compound, and, of a common noun, in no word that means much the same.
    """
    terms = list(dict.fromkeys(_things(question, asking_in(question))))
    counts = view.frequencies([term for term in terms if not _is_code(term)], scope)
    missing = [term for term in terms if not (view.holds_form(term, scope) if _is_code(term) else counts[term])]
    in_words = [term for term in missing if not _is_code(term)][:_MOST_TERMS]
    named = _named_otherwise(in_words, view, retriever, scope) if in_words else frozenset()
    return tuple(term for term in missing if term not in named)


def _is_code(term: str) -> bool:
    return any(map(str.isdigit, term))


def _things(question: str, asking: Asking) -> Iterator[str]:
    """Names, codes and numbers; in English common nouns too, as far as their place tells them from verbs."""
    terms = list(_TERM.finditer(question))
    written = [re.sub(r"['’]s$", "", term[0]) for term in terms]
    for place, word in enumerate(written):
        before = written[place - 1].lower() if place else ""
        if _is_code(word):
            if not word.isdigit() or _YEAR.fullmatch(word) or _carries(before, asking):
                yield word
        elif word in LEXICON.calendar or word.lower() in asking.telling:
            continue  # documents name days and months in short, too
        elif place and word[0].isupper():
            if content_stems(word):
                yield word
        elif asking is ENGLISH and not builds_questions(word) and _is_noun(place, written, question, terms):
            yield word


def _carries(word: str, asking: Asking) -> bool:
    """Whether a number after ``word`` belongs to it: "zone 7", and not "a 10 kg parcel"."""
    tokens = tokens_of(word)
    return bool(tokens) and tokens[0].kind in {Kind.WORD, Kind.NAME} and word not in asking.telling


def _is_noun(place: int, words: Sequence[str], question: str, terms: Sequence[re.Match[str]]) -> bool:
    """Whether the place of a common word among the others says that it is a noun or an adjective, and no verb."""
    if not _could_be(words[place]):
        return False
    first, last = _run(place, words, question, terms)
    before, earlier = (words[first - n].lower() if first >= n else "" for n in (1, 2))
    after = words[last + 1].lower() if last + 1 < len(words) else ""
    ends = place == last > first
    if before in ENGLISH.auxiliaries:
        return place == first
    if ends and (after in ENGLISH.articles | ENGLISH.possessives | ENGLISH.pronouns or earlier in _BEFORE_A_SUBJECT):
        return False
    if before in _COUNTING:
        return not ends or after in ENGLISH.auxiliaries
    if before == "to":
        return place > first or earlier not in _BEFORE_A_VERB
    return place > first or before.isdigit() or before in ENGLISH.articles | ENGLISH.prepositions | ENGLISH.possessives


def _run(place: int, words: Sequence[str], question: str, terms: Sequence[re.Match[str]]) -> tuple[int, int]:
    """The first and the last of the words around ``place`` with only spaces and none of a closed class in between."""

    def goes_on(left: int) -> bool:
        between = question[terms[left].end() : terms[left + 1].start()]
        return between.isspace() and _could_be(words[left]) and _could_be(words[left + 1])

    first = last = place
    while first and goes_on(first - 1):
        first -= 1
    while last + 1 < len(words) and goes_on(last):
        last += 1
    return first, last


def _could_be(word: str) -> bool:
    return (
        bool(content_stems(word))
        and not _is_code(word)
        and word.lower() not in ENGLISH.telling | LEXICON.units | _GENERAL
        and not word.endswith(("ly", "ed"))
    )


def _named_otherwise(terms: Sequence[str], view: PassageView, retriever: Retriever, scope: Scope) -> frozenset[str]:
    """Those of ``terms`` that passages found for them name in a form or a compound that the search does not know, or,
    of common nouns, in a word that means much the same.
    """
    chunks = [passage.chunk for passage in retriever.retrieve(" ".join(terms), scope, _NEAREST)]
    found = _WORD.findall("\n".join(f"{chunk.heading}\n{chunk.text}".lower() for chunk in chunks))
    said = list(dict.fromkeys(found))
    named = {term for term in terms if any(is_form(term.lower(), word) for word in said)}
    nouns = [term for term in terms if term[0].islower() and term not in named]
    telling = [word for word in said if content_stems(word) and not builds_questions(word)][:_MOST_WORDS]
    if nouns and telling:
        vectors = view.embedder.embed([*nouns, *telling])
        cosines = vectors[: len(nouns)] @ vectors[len(nouns) :].T
        usual = float(np.median(cosines))
        alike = cosines.max(axis=1) >= usual + _ALIKE * (1.0 - usual)
        named |= {noun for noun, is_alike in zip(nouns, alike, strict=True) if is_alike}
    return frozenset(named)


def is_form(one: str, other: str) -> bool:
    """Whether two words, in lower case, begin alike for the most part, or one is in the other.

    >>> is_form("urlaubsantrag", "urlaubsanträge"), is_form("reisekosten", "reisekostenrichtlinie")
    (True, True)
    """
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    alike = shared >= max(_FEWEST_SHARED, _SHARE * max(len(one), len(other)))
    shorter, longer = sorted((one, other), key=len)
    return alike or (len(shorter) >= _FEWEST_SHARED and shorter in longer)
