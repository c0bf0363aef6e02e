"""What speaks for a passage, a sentence, an answer and a claim: the signals that fitted numbers weigh."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PassageSignals:
    """What speaks for a passage. ``cosine`` is the search's.

    ``bm25`` is divided by the sum of the question's term weights. ``words`` is the share of the question's terms in the
    sentence that holds most of them. ``margin`` is the reader's and ``relevance`` its log-odds that the passage
    answers, both bounded to 10. ``aspect`` is the cosine of question and heading without what both say of the subject,
    the heading's first part: what is asked about it, and what is told. Where the subject says all that is asked, it is
    1 for what the document begins with and what stands under no further heading; of the latter it is else the mean of
    the others. It is 1, too, where the innermost heading, or the first cell of a row, is a name in the question as it
    is written.
    """

    cosine: float
    bm25: float
    words: float
    margin: float
    aspect: float
    relevance: float


@dataclass(frozen=True, slots=True)
class SentenceSignals:
    """What speaks for a sentence. ``passage`` is its passage's score, ``margin`` that of the reader's span in it and
    ``belongs`` the reader's log-odds that it belongs to the answer, both bounded to 10.
    """

    passage: float
    margin: float
    belongs: float


@dataclass(frozen=True, slots=True)
class AnswerabilitySignals:
    """What speaks for or against an answer.

    ``relevance`` and ``belongs`` are the reader's best log-odds of a passage and of a sentence, over the first three
    passages. ``similarity`` is the best cosine of the question and a passage. Of the question's words, weighted by how
    rare they are, ``coverage`` is the share that the best passage or its heading holds, and ``together`` the share that
    one sentence of it holds. ``missing`` counts the names and numbers of the question that the best passage and its
    heading lack.
    """

    similarity: float
    coverage: float
    together: float
    missing: float
    relevance: float
    belongs: float


@dataclass(frozen=True, slots=True)
class CertaintySignals:
    """What speaks for or against what would be answered being right.

    ``similarity``, ``missing`` and ``belongs`` are those of ``AnswerabilitySignals``. Of the passage that would be
    quoted, ``relevance`` is the reader's log-odds, and ``lead`` by how much its score is larger than that of the best
    other one, both bounded to 10.
    """

    similarity: float
    missing: float
    relevance: float
    belongs: float
    lead: float


@dataclass(frozen=True, slots=True)
class SupportSignals:
    """What speaks for or against support. ``unsaid`` adds up, over the claim's words that stand on nothing, how far the
    nearest word of the source is in meaning (1 - cosine), bounded to 2. ``left_out`` is the share of the source's words
    in clauses that the claim leaves out. ``cosine`` is that of the sentence and its source.
    """

    unsaid: float
    left_out: float
    cosine: float


@dataclass(frozen=True, slots=True)
class AnswerSupportSignals:
    """What speaks for a sentence that repeats the question with the reader's answer in it. ``margin`` is that of the
    reader's span and ``supported`` the reader's log-odds that the place supports the sentence, both bounded to 10.
    """

    margin: float
    supported: float
