"""The extractive answer: verbatim sentences, as many as the question needs, each with its citation."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from rag.answering.catalogue import are_versions, names_apart, newest_of, years_named
from rag.answering.composing import WORDS_SHOWN, Extract, extracts_of
from rag.answering.contradiction import contradicting
from rag.answering.decision import Decision
from rag.answering.document_text import DocumentText, Piece, stretch_of
from rag.answering.rows import cell_asked, in_range, is_beyond
from rag.answering.selection import SentenceCandidate
from rag.query.types import Shape
from rag.retrieval.types import QuestionView
from rag.text.tokens import content_stems
from rag.types import Answer, Certainty, Citation, Sentence, Timings
from vectorstore.blocks import is_row
from vectorstore.identifiers import identifiers, names_in
from vectorstore.types import Chunk, Scope

_CODE = re.compile(r"(?=.*[^\W\d_])(?=.*\d)\S+")
_DIGITS = re.compile(r"\d+")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_RELATED = 3
_RELATED_FROM = 0.1
"""The probability of an answer from which what was found is near enough to be shown in the place of one."""
_LIKELY = 0.5
_MOST_EXTRACTS = 4
_NEW_WORDS = 0.5
"""Of the content of a further extract so much is said by none before it."""
_AS_RELEVANT = 2.0
"""How much less relevant (log-odds) than the best passage a further one may be."""


@dataclass(frozen=True, slots=True)
class DecidedPart:
    """A part of a question, as it is read, and the decision on it. ``label`` says whose it is, empty where there is one
    part.
    """

    label: str
    question: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The probability from which a question is answered at all, and the certainty from which the answer is sure, where
    the documents are likelier to hold one than not.
    """

    answered: float
    sure: float

    def is_sure(self, decision: Decision) -> bool:
        return decision.certainty >= self.sure and decision.probability >= _LIKELY


class ExtractiveAnswers:
    """Makes answers of what was decided on one state of the documents, ``view``, within ``scope``."""

    def __init__(self, view: QuestionView, scope: Scope, thresholds: Thresholds) -> None:
        self._view = view
        self._scope = scope
        self._thresholds = thresholds
        self._stretch = cache(lambda document, stretch: DocumentText.of(document, stretch, view, scope))

    def answer(self, parts: Sequence[DecidedPart], shape: Shape, unnamed: Sequence[str], engine: str) -> Answer:
        """The answer to all parts that have one, or the abstention with what is nearest.

        It is unsure where one of them is, where one is left without an answer, and where the question names what no
        document does (``unnamed``): of a code or a version that is written nowhere, what would be sure at least.
        """
        coded = any(map(names_in, unnamed))
        answered = [
            part
            for part in parts
            if (best := part.decision.answer(self._thresholds.answered))
            and (self._thresholds.is_sure(part.decision) or not coded)
            and not _tells_of_another(best, [*unnamed, *_codes_missed(best, part.question)])
            and not is_beyond(best.passage, part.decision.passages, part.question)
        ]
        if not answered:
            return self._abstention(parts[0], engine)
        extracts: list[Extract] = []
        told = [self._told(part) for part in answered]
        for part, candidates in zip(answered, told, strict=True):
            made = self._extracts(part, candidates, shape)
            if part.label and len(answered) > 1:
                made = [replace(extract, label=_label(part, extract, candidates)) for extract in made]
                extracts = [_also_for(part.label, one) if any(map(one.overlaps, made)) else one for one in extracts]
            extracts += [extract for extract in made if not any(map(extract.overlaps, extracts))]
        probability = min(part.decision.probability for part in answered)
        certain = all(self._thresholds.is_sure(part.decision) for part in answered)
        sure = certain and len(answered) == len(parts) and not unnamed
        certainty: Certainty = "sure" if sure else "unsure"
        sentences, citations = self.cited(extracts, round(probability, 4))
        return Answer(
            "extractive",
            engine,
            sentences,
            citations,
            short_answer=None if _is_steps(extracts[0]) else _short(told[0][0], answered[0].question),
            probability=probability,
            notices=self._view.notices({citation.document for citation in citations}, self._scope),
            certainty=certainty,
            unanswered=tuple(part.label or part.question for part in parts if part not in answered),
        )

    def of_extracts(self, extracts: Sequence[Extract], engine: str, ms: float) -> Answer:
        """The answer that these make after so many milliseconds: what they say is what was asked for."""
        sentences, citations = self.cited(extracts, 1.0)
        notices = self._view.notices({citation.document for citation in citations}, self._scope)
        timings = Timings(retrieve=ms, first_answer=ms, total=ms)
        return Answer("extractive", engine, sentences, citations, timings=timings, notices=notices)

    def cited(self, extracts: Sequence[Extract], score: float) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
        """The sentences of the extracts; those that stand in a row share a citation."""
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        for extract in extracts:
            document = self._document(extract.chunk)
            for run in _runs(extract.pieces, document):
                n, start, end = len(citations) + 1, run[0].start, run[-1].end
                place = (document.page(start), start, end, document.said(start, end), score)
                citations.append(Citation(n, extract.chunk.document, extract.chunk.title, *place))
                sentences += [
                    Sentence(document.said(piece.start, piece.end), (n,), piece.form, extract.label) for piece in run
                ]
        return tuple(sentences), tuple(citations)

    def _told(self, part: DecidedPart) -> list[SentenceCandidate]:
        """The best sentence; where another document contradicts it, both, that of the newest document first, or only
        that of the document whose year is asked for.
        """
        best = part.decision.best
        assert best is not None
        versions = cache(partial(are_versions, view=self._view, scope=self._scope))
        other = contradicting(best, self._as_relevant(part.decision), part.question, versions)
        if other is None:
            return [best]
        both = {one.passage.chunk.document: one for one in (best, other)}
        years = frozenset(_YEAR.findall(part.question))
        asked = [one for one in both if years & years_named(one, self._view, self._scope)]
        if len(asked) == 1:
            return [both[asked[0]]]
        newest = newest_of(tuple(both), self._view, self._scope)
        return sorted(both.values(), key=lambda one: one.passage.chunk.document != newest)

    def _extracts(self, part: DecidedPart, told: Sequence[SentenceCandidate], shape: Shape) -> list[Extract]:
        extracts = [extract for candidate in told for extract in self._of(candidate, part, shape)]
        if len(told) > 1:
            documents = [candidate.passage.chunk.document for candidate in told]
            names = names_apart(documents, self._view, self._scope)
            return [replace(extract, label=names[extract.chunk.document]) for extract in extracts]
        if shape is Shape.SEVERAL:
            extracts += self._further(part, shape, extracts)
        return extracts

    def _as_relevant(self, decision: Decision) -> Iterator[SentenceCandidate]:
        """The sentences after the best that belong to an answer, of passages about as relevant."""
        best, *others = decision.candidates
        least = max(0.0, best.passage.relevance - _AS_RELEVANT)
        return (one for one in others if one.passage.relevance >= least and one.belongs > 0.0)

    def _of(self, candidate: SentenceCandidate, part: DecidedPart, shape: Shape) -> tuple[Extract, ...]:
        document = self._document(candidate.passage.chunk)
        return extracts_of(candidate, part.question, shape, document, part.decision.passages)

    def _further(self, part: DecidedPart, shape: Shape, before: Sequence[Extract]) -> Iterator[Extract]:
        """What other passages add, while there is room: only what is as much to the point, holds as many words of the
        question as the best, and is new.
        """
        told = list(before)
        best = part.decision.source.chunk
        subject = best.subject
        asked = _stems_of(best).intersection(content_stems(part.question))
        for candidate in self._as_relevant(part.decision):
            if not asked <= _stems_of(candidate.passage.chunk):
                continue
            if len(told) >= _MOST_EXTRACTS or self._words(told) >= WORDS_SHOWN:
                return
            for extract in self._of(candidate, part, shape):
                if any(map(extract.overlaps, told)) or not self._is_new(extract, told):
                    continue
                if extract.chunk.subject != subject:
                    extract = replace(extract, label=extract.label or extract.chunk.subject)
                told.append(extract)
                yield extract

    def _is_new(self, extract: Extract, before: Sequence[Extract]) -> bool:
        said = frozenset(stem for other in before for stem in self._stems(other))
        own = self._stems(extract)
        return bool(own) and len(own - said) >= _NEW_WORDS * len(own)

    def _stems(self, extract: Extract) -> frozenset[str]:
        said = self._document(extract.chunk).said
        return frozenset(stem for piece in extract.pieces for stem in content_stems(said(piece.start, piece.end)))

    def _words(self, extracts: Sequence[Extract]) -> int:
        return sum(self._document(extract.chunk).words(piece) for extract in extracts for piece in extract.pieces)

    def _document(self, chunk: Chunk) -> DocumentText:
        """The text about a chunk."""
        text: DocumentText = self._stretch(chunk.document, stretch_of(chunk.start))
        return text

    def _abstention(self, part: DecidedPart, engine: str) -> Answer:
        decision = part.decision
        near = decision.passages[:_RELATED] if decision.probability >= _RELATED_FROM else ()
        return Answer(
            "abstained",
            engine,
            related=tuple(_whole(n, one.chunk, one.passage.score) for n, one in enumerate(near, start=1)),
            probability=decision.probability,
            withheld=decision.best.short_answer if decision.best else None,
        )


def _codes_missed(candidate: SentenceCandidate, question: str) -> Sequence[str]:
    """The codes of a question, where the passage and its heading bear none of them."""
    codes = [name for name in names_in(question) if _CODE.fullmatch(name)]
    chunk = candidate.passage.chunk
    held = {one.lower() for one in identifiers(f"{chunk.heading}\n{chunk.text}")}
    return codes if held.isdisjoint(map(str.lower, codes)) else ()


def _tells_of_another(candidate: SentenceCandidate, missed: Sequence[str]) -> bool:
    """Whether a sentence bears a code, or a year, like one of those that nothing told holds: E17 where E19 is asked
    for. Of codes its heading may.
    """
    codes = {
        _DIGITS.sub("0", one.lower()) for one in identifiers(f"{candidate.passage.chunk.heading} {candidate.text}")
    }
    years = _YEAR.findall(candidate.text)
    return any(
        bool(years) and not in_range(name, candidate.text)
        if _YEAR.fullmatch(name)
        else _CODE.fullmatch(name) and _DIGITS.sub("0", name.lower()) in codes
        for name in missed
    )


def _is_steps(extract: Extract) -> bool:
    """Whether it says how something is done: one of the steps is no answer."""
    return any(piece.form == "step" for piece in extract.pieces)


def _short(candidate: SentenceCandidate, question: str) -> str | None:
    """The reader's words in a sentence, or of a row the value that is asked for by its column's name."""
    asked = cell_asked(candidate.text, question) if is_row(candidate.text) else None
    return asked or candidate.short_answer


def _stems_of(chunk: Chunk) -> frozenset[str]:
    return frozenset(content_stems(f"{chunk.heading}\n{chunk.text}"))


def _also_for(label: str, extract: Extract) -> Extract:
    """``extract``, which answers another part, too."""
    return replace(extract, label=f"{extract.label}; {label[:1].lower()}{label[1:]}" if extract.label else label)


def _label(part: DecidedPart, extract: Extract, told: Sequence[SentenceCandidate]) -> str:
    """Whose an extract is among those of several parts, and of documents that contradict each other which says it."""
    return f"{part.label} ({extract.label})" if len(told) > 1 else part.label


def _runs(pieces: Sequence[Piece], document: DocumentText) -> Iterator[list[Piece]]:
    """The pieces that stand in a row, with no other word between them."""
    run: list[Piece] = []
    for piece in pieces:
        if run and not document.nothing_between(run[-1].end, piece.start):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _whole(n: int, chunk: Chunk, score: float) -> Citation:
    return Citation(n, chunk.document, chunk.title, chunk.page, chunk.start, chunk.end, chunk.text, round(score, 4))
