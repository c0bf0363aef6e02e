"""Texts that carry the chat marks of another model: recognised, and turned into chats of their own."""

import re
from dataclasses import replace

from rag.training.data.samples import Message, Sample

_LLAMA2 = re.compile(
    r"\s*(?:<s>)?\s*\[INST\]\s*(?:<<SYS>>\s*(?P<system>.*?)\s*<</?SYS>>)?\s*(?P<user>.*?)\s*\[/INST\]\s*"
    r"(?P<assistant>.*?)\s*(?:</s>|(?=<s>)|(?=\[INST\])|$)",
    re.DOTALL,
)
_CHATML = re.compile(r"\s*<\|im_start\|>(?P<role>\w+)\n(?P<content>.*?)\s*(?:<\|im_end\|>|$)", re.DOTALL)
_LLAMA3 = re.compile(
    r"\s*(?:<\|begin_of_text\|>)?<\|start_header_id\|>(?P<role>\w+)<\|end_header_id\|>\s*(?P<content>.*?)\s*"
    r"(?:<\|eot_id\|>|$)",
    re.DOTALL,
)
_MARKS = {"Llama 2": "[INST]", "ChatML": "<|im_start|>", "Llama 3": "<|start_header_id|>"}


def markup_of(text: str) -> str | None:
    """Whose chat marks the text carries; None without any."""
    return next((kind for kind, mark in _MARKS.items() if mark in text), None)


def as_chat(sample: Sample) -> Sample:
    """The sample as a chat, where its text is one from beginning to end, and ends with an answer to something; else as
    it was.

    >>> as_chat(Sample("", "<s>[INST] <<SYS>> Be brief. <</SYS>> Why? [/INST] So. </s>")).messages[1]
    {'role': 'user', 'content': 'Why?'}
    """
    kind = markup_of(sample.text)
    messages = (_of_llama2(sample.text) if kind == "Llama 2" else _of_roles(sample.text, kind)) if kind else None
    if not messages or len(messages) == 1 or messages[-1]["role"] != "assistant" or not messages[-1]["content"]:
        return sample
    return replace(sample, text="", messages=tuple(messages))


def _of_llama2(text: str) -> list[Message] | None:
    messages: list[Message] = []
    place = 0
    while place < len(text.rstrip()):
        turn = _LLAMA2.match(text, place)
        if turn is None:
            return None
        place = turn.end()
        messages += [{"role": role, "content": words} for role, words in turn.groupdict().items() if words]
    return messages


def _of_roles(text: str, kind: str | None) -> list[Message] | None:
    pattern = _CHATML if kind == "ChatML" else _LLAMA3
    messages: list[Message] = []
    place = 0
    while place < len(text.rstrip()):
        turn = pattern.match(text, place)
        if turn is None:
            return None
        place = turn.end()
        messages.append(turn.groupdict())
    return messages
