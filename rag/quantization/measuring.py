"""One quantized model measured, in a process that does nothing else."""

import math
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import AutoTokenizer, PreTrainedModel

from rag.evaluation.squad import f1, normalised
from rag.generators.engines.llamacpp import LlamaCppChat
from rag.generators.engines.streaming import StreamingChat
from rag.generators.engines.transformers import TransformersChat
from rag.generators.prompts import REFUSAL, build_messages
from rag.quantization.folder import OnProgress
from rag.quantization.gguf_file import load_gguf
from rag.quantization.source import SourceModel
from rag.quantization.tasks import TaskQuestion, Tasks
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import resolve_model

_WINDOW = 512
_PROMPT_TOKENS = 1200
_REPLY_TOKENS = 64
_STORY = "Write a long story about a lighthouse keeper and a storm."
_CITED = re.compile(r"\s*\[\d+\]")


def check_text(source: SourceModel, tasks: Tasks) -> None:
    """Raises UsageError where the text is too short, RefdeskError where ``source`` has no tokenizer to read it."""
    try:
        _, tokens = _encoded(source, tasks)
    except Exception as error:  # tokenizers raises nothing narrower
        reason = str(error).partition("\n")[0]
        raise RefdeskError(
            f"The model's tokenizer cannot be loaded ({reason})",
            where=source.name,
            remedy="Name a model that has its tokenizer.json.",
        ) from error
    if len(tokens) < 2:
        raise UsageError(
            "This text is too short to measure perplexity on, which takes two tokens at least",
            where=tasks.named["text"],
            remedy="Name a longer one.",
        )


def measure(source: SourceModel, folder: Path, tasks: Tasks, on_progress: OnProgress) -> dict[str, Any]:
    """Load time, memory, speed and answers of what ``folder`` holds, and its perplexity where torch runs it.

    ``memory_mb`` is what the process grew by with the model loaded and a reply written; on CUDA, the most that was
    allocated there.
    """
    process = psutil.Process()
    before, started = process.memory_info().rss, time.perf_counter()
    on_progress("Loading", 0, 0)
    chat = _load(folder)
    loaded = time.perf_counter() - started
    on_progress("Writing", 0, 0)
    speed = _tokens_per_second(chat)
    on_cuda = torch.cuda.is_available() and isinstance(chat, TransformersChat)
    memory = torch.cuda.max_memory_allocated() if on_cuda else process.memory_info().rss - before
    figures = {
        "load_seconds": round(loaded, 2),
        "memory_mb": round(memory / 1e6),
        "tokens_per_second": speed,
        **_answers(chat, tasks.questions, on_progress),
    }
    if isinstance(chat, TransformersChat):
        figures["perplexity"] = _perplexity(chat.network, source, tasks, on_progress)
    return figures


def measure_gguf_perplexity(source: SourceModel, folder: Path, tasks: Tasks, on_progress: OnProgress) -> float:
    """Of the GGUF file in ``folder``: apart from ``measure``, as its weights unpacked may be more than memory holds."""
    on_progress("Unpacking the GGUF file", 0, 0)
    return _perplexity(load_gguf(source, next(folder.glob("*.gguf"))), source, tasks, on_progress)


def perplexity(
    model: PreTrainedModel, tokens: Sequence[int], beginning: Sequence[int], on_progress: OnProgress
) -> float:
    """How surprised ``model`` is by each of ``tokens`` after the ones before it, in windows of 512.

    Each window opens with ``beginning``, the tokens that the model expects at the start of a text (often none).
    """
    windows = [tokens[first : first + _WINDOW] for first in range(0, len(tokens), _WINDOW)]
    surprise, predicted = 0.0, 0
    for done, window in enumerate(windows):
        on_progress("Predicting the text", done, len(windows))
        ids = torch.tensor([[*beginning, *window]], device=model.device)
        if ids.shape[1] < 2:
            continue
        with torch.inference_mode():
            logits = model(ids).logits[0, :-1].float()
        surprise += float(torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum"))
        predicted += ids.shape[1] - 1
    return math.exp(surprise / predicted)


def _load(folder: Path) -> StreamingChat:
    source = resolve_model(str(folder))
    if source.is_gguf:
        return LlamaCppChat(path=source.path, max_new_tokens=_REPLY_TOKENS)
    return TransformersChat(source=source, unpacked=folder, max_new_tokens=_REPLY_TOKENS, quantize_on_load=False)


def _tokens_per_second(chat: StreamingChat) -> float | None:
    """Of writing, the reading of the prompt apart; None where nothing was written."""
    times, pieces = [], []
    for chunk in chat.stream(_STORY):
        if chunk.text:
            times.append(time.perf_counter())
            pieces.append(chunk.text)
    written = chat.get_num_tokens("".join(pieces[1:]))
    return round(written / (times[-1] - times[0]), 1) if written and times[-1] > times[0] else None


def _answers(chat: StreamingChat, questions: Sequence[TaskQuestion], on_progress: OnProgress) -> dict[str, Any]:
    """Each question with its own passage, through the desk's prompt."""
    overlaps, contained, abstained = [], [], []
    for done, asked in enumerate(questions):
        on_progress("Answering", done, len(questions))
        passages = [(1, asked.title, asked.passage)]
        reply = chat.invoke(build_messages(asked.question, passages, _PROMPT_TOKENS, chat.get_num_tokens)).text
        given = "" if REFUSAL.rstrip(".") in reply else _CITED.sub("", reply)
        overlaps.append(f1(given, asked.answers))
        if asked.answers:
            contained.append(float(any(normalised(answer) in normalised(given) for answer in asked.answers)))
        else:
            abstained.append(float(not given.strip()))
    return {
        "f1": _mean(overlaps),
        "contained": _mean(contained),
        "abstained_rightly": _mean(abstained),
        "questions": len(questions),
    }


def _perplexity(model: PreTrainedModel, source: SourceModel, tasks: Tasks, on_progress: OnProgress) -> float:
    beginning, tokens = _encoded(source, tasks)
    return round(perplexity(model, tokens, beginning, on_progress), 3)


def _encoded(source: SourceModel, tasks: Tasks) -> tuple[list[int], list[int]]:
    """What the model expects at the start of a text, and the tokens of this one."""
    tokenizer = AutoTokenizer.from_pretrained(source.folder)
    tokens = tokenizer(tasks.text, add_special_tokens=False, verbose=False)["input_ids"]
    return tokenizer("")["input_ids"], tokens[: tasks.tokens]


def _mean(values: Sequence[float]) -> float | None:
    return round(statistics.fmean(values), 4) if values else None
