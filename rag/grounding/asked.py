"""A sentence that repeats the question with the short answer in the place of the question word.

Its words may stand all over the source, in another order, so that their order proves nothing. The question proves the
roles of its own words; the reader, asked the same question, must have found the same answer, and must say that the
place supports the sentence.
"""

from collections.abc import Iterator, Sequence

from rag.calibration.scoring import AnswerSupportModel
from rag.calibration.signals import AnswerSupportSignals
from rag.grounding.alignment import Alignment, Similarity, align
from rag.grounding.order import blocks_of
from rag.grounding.places import Source
from rag.grounding.qualifiers import doubted, taken_back
from rag.grounding.types import Place, Verdict
from rag.reader.types import AnswerSpan, SupportReader
from rag.text.tokens import LEXICON, QUALIFIERS, Kind, Token, relations_before, tokens_of

_ASKS = frozenset("who whom whose what which when where how".split())
_MOST_ASKED_WORDS = 2
_BOUND = 10.0

Standing = Sequence[tuple[Source, Place, AnswerSpan]]
"""The places in which such a sentence may stand, what would be cited of each, and the answer that was found there."""


class AnswersAsRead:
    """Judges such sentences by ``reader``; from the threshold of ``model`` on they are supported."""

    def __init__(self, reader: SupportReader, model: AnswerSupportModel) -> None:
        self._reader = reader
        self._model = model

    def verdict(self, sentence: str, standing: Standing) -> Verdict | None:
        """The best place that supports it; None where none does."""
        likely = [self._model.probability(signals) for signals in self.signals(sentence, standing)]
        best = max(range(len(likely)), key=likely.__getitem__, default=None)
        if best is None or likely[best] < self._model.threshold:
            return None
        return Verdict((standing[best][1],), likely[best])

    def signals(self, sentence: str, standing: Standing) -> list[AnswerSupportSignals]:
        """What speaks for each place."""
        said = self._reader.support([(sentence, source.premise) for source, _, _ in standing])
        return [
            AnswerSupportSignals(max(-_BOUND, min(_BOUND, span.margin)), support.log_odds)
            for (_, _, span), support in zip(standing, said, strict=True)
        ]


def repeated(
    claim: Sequence[Token],
    question: Sequence[Token],
    sources: Sequence[Source],
    found: Sequence[Sequence[AnswerSpan]],
    similarity: Similarity,
) -> Iterator[tuple[Source, Place, AnswerSpan]]:
    """The places where the reader ``found`` the answer of ``claim``, if it repeats the question. Numbers and names of
    the question must be there, and neither may be denied where the other is not.
    """
    for source in sources:
        for span in found[source.passage][:1] if source.passage < len(found) else ():
            if source.start <= span.start < source.end:
                rest = _rest(claim, question, source, span, similarity)
                if rest and not _forbidden(claim, rest, source):
                    yield source, _place(source, rest), span


def _rest(
    claim: Sequence[Token], question: Sequence[Token], source: Source, span: AnswerSpan, similarity: Similarity
) -> list[Token]:
    """The claim's words that repeat the question, where the others are the answer at ``span``; none if they are not."""
    answer = [
        token.key
        for token in source.tokens
        if token.is_content and span.start < source.start + token.end and source.start + token.start < span.end
    ]
    for keys in (answer[i:j] for i in range(len(answer)) for j in range(len(answer), i, -1)):
        place = _place_of_answer(claim, keys)
        if place is None:
            continue
        place = _with_asked_noun(claim, place, question)
        if _repeats(claim, place, question[_asked_noun(question).stop :], similarity):
            return [token for i, token in enumerate(claim) if token.is_content and i not in place]
    return []


def _forbidden(claim: Sequence[Token], rest: Sequence[Token], source: Source) -> bool:
    """Whether a number or a name of the question is not there, or one of the two is denied or doubted."""
    known = _own_words(source) | {token.key for token in (source.before.tokens if source.before else ())}
    denied = [any(token.kind is Kind.NEGATION for token in tokens) for tokens in (claim, source.tokens)]
    return (
        any(token.kind in (Kind.NUMBER, Kind.NAME) and token.key not in known for token in rest)
        or denied[0] != denied[1]
        or doubted(source.tokens, set())
        or taken_back(source.after, source.chunk.heading)
    )


def _own_words(source: Source) -> set[str]:
    """Those of the source and of its headings."""
    return {token.key for token in (*source.tokens, *tokens_of(source.chunk.heading))}


def _place(source: Source, rest: Sequence[Token]) -> Place:
    """The source, from the one before it on where that names what the source does not."""
    named = {token.key for token in rest} - _own_words(source)
    leans = source.before is not None and any(token.key in named for token in source.before.tokens)
    start = source.before.start if source.before and leans else source.start
    return Place(source.passage, source.chunk.start + start, source.chunk.start + source.end)


def _place_of_answer(claim: Sequence[Token], keys: Sequence[str]) -> range | None:
    content = [i for i, token in enumerate(claim) if token.is_content]
    for at in range(len(content) - len(keys) + 1):
        if [claim[i].key for i in content[at : at + len(keys)]] == keys:
            return range(content[at], content[at + len(keys) - 1] + 1)
    return None


def _asked_noun(question: Sequence[Token]) -> range:
    """The tokens of "how many points" after the question word, where a verb that is known ends them."""
    first = next((i + 1 for i, token in enumerate(question) if token.word.lower() in _ASKS), 0)
    last = next((i for i in range(first, len(question)) if question[i].word.lower() in LEXICON.auxiliaries), first)
    few = sum(token.is_content for token in question[first:last]) <= _MOST_ASKED_WORDS
    return range(first, last) if few else range(first, first)


def _with_asked_noun(claim: Sequence[Token], place: range, question: Sequence[Token]) -> range:
    noun = [question[i].key for i in _asked_noun(question) if question[i].is_content]
    after = [i for i in range(place.stop, len(claim)) if claim[i].is_content][: len(noun)]
    return range(place.start, after[-1] + 1) if noun and [claim[i].key for i in after] == noun else place


def _repeats(claim: Sequence[Token], answer: range, asked: Sequence[Token], similarity: Similarity) -> bool:
    """Whether the claim around ``answer`` is the question: all its words, in its order, limited as there."""
    others = [i for i, token in enumerate(claim) if token.is_content and i not in answer]
    if not others or not (answer.stop <= others[0] or answer.start > others[-1]):
        return False
    alignment = align(claim, asked, similarity, frozenset(answer))
    if any(i not in alignment.places for i in others) or len(blocks_of(alignment)) != 1:
        return False
    if any(token.is_content and j not in alignment.covered for j, token in enumerate(asked)):
        return False
    ours = sorted(token.key for i, token in enumerate(claim) if token.kind in QUALIFIERS and i not in answer)
    return ours == sorted(token.key for token in asked if token.kind in QUALIFIERS) and _same_binding(alignment, answer)


def _same_binding(alignment: Alignment, answer: range) -> bool:
    return all(
        i - 1 in answer or (relations_before(alignment.claim, i) ^ relations_before(alignment.source, j)) <= {"of"}
        for i, j in alignment.places.items()
    )
