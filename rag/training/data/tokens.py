"""Samples as tokens, with those marked that a generator is to learn to write."""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from rag.training.data.samples import Message, Sample

IGNORED = -100
"""The label of a token that is only read; torch's own default."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """``ids`` and, for each of them, the same id or IGNORED. ``whole`` is the length before the end was cut off."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    whole: int

    @property
    def learned(self) -> int:
        """Tokens that there is a loss on."""
        return sum(label != IGNORED for label in self.labels[1:])


Row = tuple[Sample, TokenRow]


def tokenise_all(samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase, longest: int) -> list[TokenRow]:
    """As ``tokenise``; the raw texts are cut together, which the processors share."""
    texts = [_bare(sample.text, tokenizer) for sample in samples if sample.text]
    cut = iter(tokenizer(texts, add_special_tokens=True)["input_ids"] if texts else ())
    return [
        _row(*(_text(next(cut), tokenizer) if sample.text else _chat(sample.messages, tokenizer)), longest)
        for sample in samples
    ]


def tokenise(sample: Sample, tokenizer: PreTrainedTokenizerBase, longest: int) -> TokenRow:
    """All tokens of a raw text are learned, of a chat only those of the assistant's turns and the end of each."""
    return tokenise_all([sample], tokenizer, longest)[0]


def _row(ids: list[int], labels: list[int], longest: int) -> TokenRow:
    return TokenRow(tuple(ids[:longest]), tuple(labels[:longest]), len(ids))


def _bare(text: str, tokenizer: PreTrainedTokenizerBase) -> str:
    """A text that brings the marks of its own model along must not have them twice."""
    return text.strip().removeprefix(tokenizer.bos_token or "").removesuffix(tokenizer.eos_token or "").strip()


def _text(ids: list[int], tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    if tokenizer.eos_token_id is not None and ids[-1:] != [tokenizer.eos_token_id]:
        ids = [*ids, tokenizer.eos_token_id]
    return ids, ids


def _chat(messages: Sequence[Message], tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    ids = rendered(messages, tokenizer)
    labels = [IGNORED] * len(ids)
    for number, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        first = _shared(ids, rendered(messages[:number], tokenizer, reply=True))
        is_last = number + 1 == len(messages)
        last = len(ids) if is_last else _shared(ids, rendered(messages[: number + 1], tokenizer))
        ends = [place for place in range(first, last) if ids[place] == tokenizer.eos_token_id]
        labels[first : ends[-1] + 1 if ends else last] = ids[first : ends[-1] + 1 if ends else last]
    return ids, labels


def rendered(messages: Sequence[Message], tokenizer: PreTrainedTokenizerBase, *, reply: bool = False) -> list[int]:
    """The chat in the form of the model's template; with ``reply``, up to where the assistant's turn begins."""
    ids: list[int] = tokenizer.apply_chat_template(list(messages), add_generation_prompt=reply, return_dict=False)
    return ids


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of what both begin with: templates may render the last turn in another way than one in the middle."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
