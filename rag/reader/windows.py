"""Question and passage as token windows: the one way in which a reader reads, in training and in use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.reader.types import PassageText

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_WINDOW_TOKENS = 320
_STRIDE_TOKENS = 96
_QUESTION_TOKENS = 96

Batch = Mapping[str, NDArray[np.int64]]
"""Several windows as a network takes them: fields of shape (windows, tokens)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A question with as much of its passage as a reader takes at once.

    ``pair`` counts the question-passage pairs. Each token has its id, its kind (0: of the question, 1: of the passage,
    for models that are told) and its characters in the passage, None for what is not of the passage.
    """

    pair: int
    ids: list[int]
    kinds: list[int]
    offsets: list[tuple[int, int] | None]

    def __len__(self) -> int:
        """The number of tokens."""
        return len(self.offsets)


class WindowTokenizer(Protocol):
    """The tokenizer of a reading model. For one thread at a time."""

    def cut(self, questions: Sequence[str], passages: Sequence[PassageText]) -> list[Window]:
        """The windows of each question with the passage beside it, in order."""
        ...

    def padded(self, windows: Sequence[Window], multiple: int = 1) -> Batch:
        """``windows`` as a batch, as long as the longest of them, rounded up to a ``multiple`` of tokens."""
        ...


class PairTokenizer:
    """That of a model of transformers, which reads passages without their headings. For one thread at a time: it keeps
    its truncation state.

    ``padding`` is the id that fills up; a model that is ``told_kinds`` gets ``token_type_ids``.
    """

    def __init__(self, tokenizer: Tokenizer, padding: int, *, told_kinds: bool) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._padding = padding
        self._told_kinds = told_kinds

    @classmethod
    def of_model(cls, folder: Path) -> Self:
        """That of the model in ``folder``. Its file is read as it is, which takes none of transformers' seconds."""
        file = folder / "tokenizer.json"
        if not file.is_file():
            from transformers import AutoTokenizer

            return cls.of(AutoTokenizer.from_pretrained(folder, local_files_only=True))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        told_kinds = config.get("type_vocab_size", 1) > 1
        return cls(Tokenizer.from_file(str(file)), config.get("pad_token_id") or 0, told_kinds=told_kinds)

    @classmethod
    def of(cls, tokenizer: "PreTrainedTokenizerBase") -> Self:
        """A copy of one of transformers."""
        told_kinds = "token_type_ids" in tokenizer.model_input_names
        return cls(
            Tokenizer.from_str(tokenizer.backend_tokenizer.to_str()), tokenizer.pad_token_id, told_kinds=told_kinds
        )

    def cut(self, questions: Sequence[str], passages: Sequence[PassageText]) -> list[Window]:
        """See ``WindowTokenizer``.

        A question is cut to 96 tokens; a window has up to 320, and overlaps the one before by 96.
        """
        self._tokenizer.enable_truncation(_QUESTION_TOKENS)
        asked = [
            question[: tokens.offsets[-1][1]] if tokens.overflowing else question
            for question, tokens in zip(
                questions, self._tokenizer.encode_batch(list(questions), add_special_tokens=False), strict=True
            )
        ]
        self._tokenizer.enable_truncation(_WINDOW_TOKENS, stride=_STRIDE_TOKENS, strategy="only_second")
        texts = [passage.text for passage in passages]
        pairs = self._tokenizer.encode_batch(list(zip(asked, texts, strict=True)))
        return [
            Window(
                pair,
                part.ids,
                part.type_ids,
                [place if of == 1 else None for place, of in zip(part.offsets, part.sequence_ids, strict=True)],
            )
            for pair, whole in enumerate(pairs)
            for part in (whole, *whole.overflowing)
        ]

    def padded(self, windows: Sequence[Window], multiple: int = 1) -> Batch:
        """See ``WindowTokenizer``."""
        return as_batch(windows, self._padding, multiple, told_kinds=self._told_kinds)


def as_batch(windows: Sequence[Window], padding: int, multiple: int, *, told_kinds: bool = False) -> Batch:
    """``windows`` as long as the longest of them, rounded up to a ``multiple`` of tokens; ``padding`` fills them up."""
    length = -(-max(map(len, windows)) // multiple) * multiple
    ids = np.full((len(windows), length), padding, np.int64)
    kinds, seen = (np.zeros((len(windows), length), np.int64) for _ in range(2))
    for row, window in enumerate(windows):
        n = len(window)
        ids[row, :n], kinds[row, :n], seen[row, :n] = window.ids, window.kinds, 1
    return {"input_ids": ids, **({"token_type_ids": kinds} if told_kinds else {}), "attention_mask": seen}
