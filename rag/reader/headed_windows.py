"""Question, heading and passage as token windows of the multilingual reader: ``<s> question </s> </s> heading ¶ passage
</s>``. The one way in which it reads, in training and in use.
"""

from collections.abc import Sequence

from rag.reader.types import PassageText
from rag.reader.windows import Batch, Window, as_batch
from vectorstore.embedders.packed import BOS, EOS, PAD
from vectorstore.embedders.unigram import LINE_BREAK, UnigramTokenizer

WINDOW_TOKENS = 256
QUESTION_TOKENS, SENTENCE_TOKENS = 64, 96
_STRIDE_TOKENS = 96
_FROM_THE_TITLE, _FROM_THE_SECTION = 8, 16


class HeadedTokenizer:
    """Cuts windows that each bear the passage's heading. For one thread at a time."""

    def __init__(self, tokenizer: UnigramTokenizer, question_tokens: int = QUESTION_TOKENS) -> None:
        """Of what is asked so many tokens are read: more of a sentence to be supported."""
        self._tokenizer = tokenizer
        self._question_tokens = question_tokens
        self._line_break = tokenizer.encode(LINE_BREAK).ids

    def cut(self, questions: Sequence[str], passages: Sequence[PassageText]) -> list[Window]:
        """The windows of each question with the passage beside it, in order.

        A window has up to 256 tokens, and overlaps the one before by 96. Of a heading that is too long its beginning
        and its end stay, which name the subject and the section.
        """
        asked = {text: self._tokenizer.encode(text).ids[: self._question_tokens] for text in dict.fromkeys(questions)}
        windows = []
        for pair, (question, passage) in enumerate(zip(questions, passages, strict=True)):
            before = [BOS, *asked[question], EOS, EOS, *self._heading(passage.heading)]
            ids, offsets = self._tokenizer.encode(passage.text)
            room = WINDOW_TOKENS - len(before) - 1
            firsts = range(0, len(ids) - _STRIDE_TOKENS, room - _STRIDE_TOKENS) if len(ids) > room else (0,)
            for first in firsts:
                shown, places = ids[first : first + room], offsets[first : first + room]
                framed = [*before, *shown, EOS]
                windows.append(Window(pair, framed, [0] * len(framed), [*[None] * len(before), *places, None]))
        return windows

    def padded(self, windows: Sequence[Window], multiple: int = 1) -> Batch:
        """See ``rag.reader.windows.WindowTokenizer``."""
        return as_batch(windows, PAD, multiple)

    def _heading(self, heading: str) -> list[int]:
        ids = self._tokenizer.encode(heading).ids
        if len(ids) > _FROM_THE_TITLE + _FROM_THE_SECTION:
            ids = ids[:_FROM_THE_TITLE] + ids[-_FROM_THE_SECTION:]
        return [*ids, *self._line_break] if ids else []
