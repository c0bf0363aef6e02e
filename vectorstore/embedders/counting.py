"""How many tokens of the embedding model a text is: what chunks are cut by, in a process that loads no model."""

from pathlib import Path
from typing import Protocol

from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.unigram import UnigramTokenizer
from vectorstore.models import E5_SMALL, ResolvedModel


class TokenCounter(Protocol):
    """The tokenizer of an embedding model, as far as cutting needs it."""

    def count(self, text: str) -> int:
        """The tokens of ``text``, without any that frame it."""
        ...

    def end(self, text: str, tokens: int) -> int:
        """Where the first ``tokens`` of a text end that has as many: a place among its characters."""
        ...


class WordPieceCounter:
    """By a tokenizer of the library ``tokenizers``."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def end(self, text: str, tokens: int) -> int:
        return int(self._tokenizer.encode(text, add_special_tokens=False).offsets[:tokens][-1][1])


class PackedCounter:
    """By the packed model's own tokenizer."""

    def __init__(self, tokenizer: UnigramTokenizer) -> None:
        self._tokenizer = tokenizer
        self.count = tokenizer.count

    def end(self, text: str, tokens: int) -> int:
        return self._tokenizer.encode(text).offsets[:tokens][-1][1]


def open_counter(file: Path) -> TokenCounter:
    """For the ``tokenizer_file`` of an embedder. Raises ModelUnavailable where a packed one is damaged."""
    if file.suffix == ".json":
        return WordPieceCounter(file)
    return PackedCounter(PackedModel.of(ResolvedModel(E5_SMALL, file, "package", "")).tokenizer())
