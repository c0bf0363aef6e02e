"""A generator speaking alone: no passages, nothing checked. Only for comparing a fine-tuned model with the desk."""

import time

from langchain_core.messages import HumanMessage

from rag.answering.flow import Writer
from rag.answering.types import Answer, Sentence, Timings


def speak_alone(question: str, writer: Writer) -> Answer:
    """What the generator says by itself, as one sentence without citations and of the kind "unchecked"."""
    started = time.perf_counter()
    text, first = "", None
    for chunk in writer.chat.stream([HumanMessage(question)]):
        if first is None and chunk.text.strip():
            first = _ms_since(started)
        text += chunk.text
    timings = Timings(first_answer=_ms_since(started), first_token=first, total=_ms_since(started))
    return Answer("unchecked", writer.name, (Sentence(text.strip(), ()),), timings=timings)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000.0, 1)
