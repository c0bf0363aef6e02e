"""Does a passage support a sentence? Rules that forbid, then a fitted probability.

Every word of the sentence must stand on a place of a passage: on the same word, or on one of like meaning. What then
differs is judged by rules: numbers and names, negations and limits, opposites, who does what to whom, and what was left
out. The idea of judging the edits between two texts one by one is natural logic's (MacCartney and Manning, "An extended
model of natural logic", 2009); the sets of words and the shape of clauses take the place of a parser.
"""

from collections.abc import Callable, Iterator, Sequence

from rag.calibration.scoring import SupportModel
from rag.grounding.alignment import Similarity, align
from rag.grounding.asked import AnswersAsRead, Standing, repeated
from rag.grounding.context import Borrowed, borrowings
from rag.grounding.order import forms_of
from rag.grounding.places import Source, sources_of
from rag.grounding.qualifiers import taken_back
from rag.grounding.support import Support, support_of
from rag.grounding.types import Place, Reason, Verdict
from rag.reader.types import AnswerSpan
from rag.text.tokens import LEXICON, Token, tokens_of
from vectorstore.types import Chunk, Embedder

_FEWEST_WORDS = 3
"""A fragment with fewer claim-carrying words can stand anywhere: it is no claim that could be checked."""
_LEAST_SHARED = 0.4
_LOOKED_AT = 4
_SUBJECT_WORDS = 3
_NOT_SAID = Verdict((), 0.0, "not said")


class RuleChecker:
    """Checks what is written on passages by the rules, and what they let through by ``model``. Safe to use from many
    threads.

    >>> check = RuleChecker(embedder, model).on(chunks, "How is glaucoma treated?")  # doctest: +SKIP
    >>> check("Glaucoma is treated with eye drops.").places  # doctest: +SKIP
    (Place(passage=0, start=55, end=90),)
    """

    def __init__(self, embedder: Embedder, model: SupportModel, as_read: AnswersAsRead | None = None) -> None:
        """``as_read`` judges what repeats the question; without it that is checked as any other sentence is."""
        self._similarity = Similarity(embedder)
        self._model = model
        self._as_read = as_read

    def on(
        self, chunks: Sequence[Chunk], question: str = "", found: Sequence[Sequence[AnswerSpan]] = ()
    ) -> "RuleCheck":
        """See ``rag.grounding.types.GroundednessChecker``."""
        threshold = self._model.threshold
        return RuleCheck(self._similarity, chunks, question, found, self._as_read, self._probability, threshold)

    def _probability(self, _source: Source, _sentence: str, support: Support) -> float:
        return self._model.probability(support.signals)


Probability = Callable[[Source, str, Support], float]
"""How likely it is that a source supports a sentence that breaks none of the rules."""


class RuleCheck:
    """The passages of one answer, cut into the places where a claim may stand.

    A sentence that breaks no rule is supported where its ``probability`` reaches ``threshold``. A veto for one of the
    reasons ``overruled`` does not count: those the probability knows better.
    """

    def __init__(
        self,
        similarity: Similarity,
        chunks: Sequence[Chunk],
        question: str,
        found: Sequence[Sequence[AnswerSpan]],
        as_read: AnswersAsRead | None,
        probability: Probability,
        threshold: float,
        overruled: frozenset[Reason] = frozenset(),
    ) -> None:
        self._similarity = similarity
        self._probability = probability
        self._threshold = threshold
        self._overruled = overruled
        self._sources = [source for n, chunk in enumerate(chunks) for source in sources_of(n, chunk)]
        self._keys = [frozenset(token.key for token in source.tokens) for source in self._sources]
        self._question = tokens_of(question)
        self._as_read = as_read
        self._found = found

    def __call__(self, sentence: str, after: Place | None = None) -> Verdict:
        """Where ``sentence`` is supported, or why not; ``after`` is the place of the sentence before it."""
        claim = tokens_of(sentence)
        if sum(token.is_content for token in claim) < _FEWEST_WORDS or sentence.rstrip().endswith("?"):
            return _NOT_SAID
        best = self._said(sentence, after)
        if best.places:
            return best
        if self._as_read and (read := self._as_read.verdict(sentence, self.repeated(sentence))):
            return read
        for one, others in _halves(sentence, claim):
            first = self._said(one, after)
            if not first.places:
                continue
            for other in others:
                second = self._said(other, first.places[-1])
                if second.places:
                    places = tuple(dict.fromkeys((*first.places, *second.places)))
                    return Verdict(places, min(first.probability, second.probability))
        return best

    def _said(self, sentence: str, after: Place | None) -> Verdict:
        """The best verdict on any one source."""
        verdicts = (self._verdict(sentence, *standing, after) for standing in self.supports(sentence))
        return max(verdicts, key=lambda verdict: (bool(verdict.places), verdict.probability), default=_NOT_SAID)

    def supports(self, sentence: str) -> Iterator[tuple[Source, Borrowed, Support]]:
        """What each source that shares many words with ``sentence`` gives for it, best first, in each way in which it
        can stand there.
        """
        claim = tokens_of(sentence)
        keys = [token.key for token in claim if token.is_content]
        shares = [(sum(key in held for key in keys) / max(1, len(keys)), -n) for n, held in enumerate(self._keys)]
        nearest = [
            self._sources[-n] for share, n in sorted(shares, reverse=True)[:_LOOKED_AT] if share >= _LEAST_SHARED
        ]
        self._similarity.prepare((sentence, *(source.text for source in nearest)))
        for source in nearest:
            for form in forms_of(claim, source.tokens):
                for borrowed in borrowings(form, source):
                    alignment = align(form, source.tokens, self._similarity, borrowed.words)
                    yield source, borrowed, support_of(alignment, borrowed, self._similarity(sentence, source.text))

    def repeated(self, sentence: str) -> Standing:
        """Where ``sentence`` may stand if it repeats the question with an answer that the reader found."""
        return list(repeated(tokens_of(sentence), self._question, self._sources, self._found, self._similarity))

    def _verdict(
        self, sentence: str, source: Source, borrowed: Borrowed, support: Support, after: Place | None
    ) -> Verdict:
        forbids = [reason for reason in support.vetoes if reason not in self._overruled]
        if forbids:
            return Verdict((), 0.0, forbids[0])
        if taken_back(source.after, source.chunk.heading):
            return Verdict((), 0.0, "negation")
        likely = self._probability(source, sentence, support)
        if likely < self._threshold:
            return Verdict((), likely, "not said")
        if not borrowed.words and source.leans_back and not self._refers_to(source, after):
            return Verdict((), 0.0, "reference")
        return Verdict((_place(source, support, borrowed),), likely)

    def _refers_to(self, source: Source, after: Place | None) -> bool:
        """Whether what the source's pronoun stands for has just been said; else, whether the question names it."""
        before = source.before
        while after is not None and before is not None:
            start = before.chunk.start + before.start
            if before.passage == after.passage and after.start < start + len(before.text) and start < after.end:
                return True
            before = before.before if before.leans_back else None
        if after is not None or not self._question:
            return after is None
        antecedent = source.antecedent()
        named = {token.key for token in (*tokens_of(source.chunk.heading), *(antecedent.tokens if antecedent else ()))}
        return any(token.key in named for token in self._question if token.is_content)


def _place(source: Source, support: Support, borrowed: Borrowed) -> Place:
    """The whole clauses that say it, from the sentence on that names what a pronoun stands for."""
    text, tokens = source.chunk.text, source.tokens
    start = source.start + (tokens[support.first].start if support.first else 0)
    if borrowed.before is not None:
        start = borrowed.before.start
    end = source.end
    if support.last < len(tokens):
        end = start + len(text[start : source.start + tokens[support.last].start].rstrip())
    return Place(source.passage, source.chunk.start + start, source.chunk.start + end)


def _halves(sentence: str, claim: Sequence[Token]) -> Iterator[tuple[str, list[str]]]:
    """The two claims that "and", "but" or a semicolon joins; the second also with the subject of the first."""
    for token in claim:
        if token.word != ";" and token.word.lower() not in ("and", "but", "while", "whereas"):
            continue
        one, other = sentence[: token.start].rstrip(" ,"), sentence[token.end :].strip()
        if sum(t.is_content for t in tokens_of(one)) < _FEWEST_WORDS:
            continue
        others = [other, *(f"{subject} {other}" for subject in _subjects(one))]
        yield one, [text for text in others if sum(t.is_content for t in tokens_of(text)) >= _FEWEST_WORDS]


def _subjects(sentence: str) -> Iterator[str]:
    """What may be the subject: up to three words that a verb like "is" or "can" follows."""
    tokens = tokens_of(sentence)
    content = [i for i, token in enumerate(tokens) if token.is_content][:_SUBJECT_WORDS]
    for i in content:
        if i + 1 < len(tokens) and not tokens[i + 1].is_content and tokens[i + 1].word.lower() in LEXICON.auxiliaries:
            yield sentence[: tokens[i].end]
            return
