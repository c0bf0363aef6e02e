"""What a generator is told. One prompt serves every engine and model."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

REFUSAL = "The documents do not say."
"""What a generator is told to write when the passages do not hold the answer."""

_RULE = (
    "Answer the question in one or two short sentences. Use only words from the numbered passages. After each sentence "
    f"write the number of its passage, like [1]. If the passages do not hold the answer, write: {REFUSAL}"
)
_REWRITING_RULE = (
    "Rewrite the last question so that it can be understood without the conversation: say what words like it, they or "
    "this stand for, and add what was left out. Leave a question that can be understood alone as it is. Do not answer "
    "it. Write only the question."
)
_ANSWER_WORDS = 60
# Tokens that a chat template puts around two messages, with some room to spare.
_TEMPLATE_TOKENS = 48
# A shorter rest of a passage says too little to answer from.
_SMALLEST_REST_TOKENS = 32


def build_messages(
    question: str,
    passages: Sequence[tuple[int, str, str]],
    token_budget: int,
    count_tokens: Callable[[str], int],
) -> "list[BaseMessage]":
    r"""The messages that ask ``question`` over ``passages``, each (number, title, text), the best first.

    Passages that no longer fit ``token_budget`` tokens are left out; the first that does not fit is cut at a word when
    enough of it remains. The rule and the question are never cut, so a very long question may exceed the budget.

    >>> build_messages("Who?", [(1, "Cats", "Tom is a cat.")], 600, len)[1].text
    '[1] Cats\nTom is a cat.\n\nQuestion: Who?'
    """
    asked = f"Question: {question}"
    left = token_budget - _TEMPLATE_TOKENS - count_tokens(_RULE) - count_tokens(asked)
    blocks: list[str] = []
    for number, title, text in passages:
        block = f"[{number}] {title}\n{text}\n\n"
        size = count_tokens(block)
        if size <= left:
            blocks.append(block)
            left -= size
            continue
        heading = f"[{number}] {title}\n"
        rest = left - count_tokens(heading)
        if rest >= _SMALLEST_REST_TOKENS:
            blocks.append(f"{heading}{_cut(text, rest, count_tokens)}\n\n")
        break
    return _told(_RULE, "".join(blocks) + asked)


def build_rewriting(question: str, turns: Sequence[tuple[str, str]]) -> "list[BaseMessage]":
    """The messages that ask for ``question`` in words that stand alone, after ``turns`` of (question, answer)."""
    lines = []
    for asked, answer in turns:
        lines.append(f"Question: {asked}")
        if answer:
            lines.append(f"Answer: {' '.join(answer.split()[:_ANSWER_WORDS])}")
    return _told(_REWRITING_RULE, "\n".join([*lines, "", f"Last question: {question}"]))


def _told(rule: str, request: str) -> "list[BaseMessage]":
    from langchain_core.messages import HumanMessage, SystemMessage  # a second, which a desk that only quotes needs not

    return [SystemMessage(rule), HumanMessage(request)]


def _cut(text: str, tokens: int, count_tokens: Callable[[str], int]) -> str:
    """The longest beginning of ``text``, in whole words, of at most ``tokens`` tokens (with its two line breaks)."""
    words = text.split(" ")
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(" ".join(words[:middle]) + "\n\n") <= tokens:
            low = middle
        else:
            high = middle - 1
    return " ".join(words[:low])
