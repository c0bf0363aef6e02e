"""Pairs of a better and a worse answer, from what people judged in the chat: what DPO and reward models learn from."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.evaluation.golden_set import GoldenQuestion
from rag.files import write_text
from rag.generators.prompts import REFUSAL, build_messages
from rag.training.data.samples import ROLES

_PROMPT_TOKENS = 1 << 30
"""Nothing is cut here: training cuts what is too long for it."""


def preference_pairs(questions: Sequence[GoldenQuestion]) -> list[dict[str, Any]]:
    """Rows with ``prompt`` (the desk's own words, with the passages that were shown), ``chosen`` and ``rejected``.

    An answer judged wrong is rejected in favour of the right answer that the person gave, and of every answer to the
    same question that was judged right. What has no counterpart makes no pair.
    """
    right: defaultdict[str, list[str]] = defaultdict(list)
    for question in questions:
        if question.right:
            right[_key(question)].append(question.answer.text or REFUSAL)
    rows = []
    for question in questions:
        if question.right:
            continue
        rejected = question.answer.text or REFUSAL
        better = dict.fromkeys(filter(None, [question.feedback.right_answer.strip(), *right[_key(question)]]))
        rows += [
            {"prompt": _prompt(question), "chosen": chosen, "rejected": rejected}
            for chosen in better
            if chosen != rejected
        ]
    return rows


def write_pairs(questions: Sequence[GoldenQuestion], file: Path) -> int:
    """Write the pairs as JSONL, and return how many there are. Raises RefdeskError."""
    rows = preference_pairs(questions)
    write_text(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


def _prompt(question: GoldenQuestion) -> list[dict[str, str]]:
    shown = question.answer.citations or question.answer.related
    passages = [(citation.n, citation.title, citation.quote) for citation in shown]
    messages = build_messages(question.text, passages, _PROMPT_TOKENS, len)
    return [{"role": ROLES[message.type], "content": message.text} for message in messages]


def _key(question: GoldenQuestion) -> str:
    return " ".join(question.text.lower().split()).rstrip("?. ")
