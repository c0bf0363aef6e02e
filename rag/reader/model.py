"""The extractive reader: a transformers question-answering model over all passages of a question at once."""

import threading
from collections import defaultdict
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.reader.spans import best_spans, without_overlaps
from rag.reader.types import AnswerSpan
from vectorstore.embedding import cpu_has_bfloat16
from vectorstore.errors import ModelUnavailable
from vectorstore.models import MINILM, Confirm, Download, ResolvedModel, resolve_model

_WINDOW_TOKENS = 320
_STRIDE_TOKENS = 96
_QUESTION_TOKENS = 96
_BATCH_WINDOWS = 16
_SPANS_A_PASSAGE = 3

EMBEDDED_ADAPTER = Path(__file__).parent / "adapter"


class TransformersReader:
    """Any ``AutoModelForQuestionAnswering``, with an optional LoRA adapter merged in.

    Passages longer than 320 tokens are read in windows that overlap by 96.
    """

    def __init__(self, model: ResolvedModel, adapter: Path | None = None) -> None:
        self.name = f"{model.name} with the embedded adapter" if adapter else model.name
        device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if device == "cuda" or cpu_has_bfloat16() else torch.float32
        self._tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
        network = AutoModelForQuestionAnswering.from_pretrained(model.path, local_files_only=True)
        if adapter:
            network = PeftModel.from_pretrained(network, str(adapter)).merge_and_unload()
        self._network = network.to(device=device, dtype=dtype).eval()
        self._lock = threading.Lock()  # a fast tokenizer keeps its truncation and padding state

    def read(self, question: str, passages: list[str]) -> list[tuple[AnswerSpan, ...]]:
        """For each passage its best spans, best first; see ``rag.reader.types.Reader``."""
        if not passages:
            return []
        with self._lock:
            question_ids = self._tokenizer(
                question, add_special_tokens=False, truncation=True, max_length=_QUESTION_TOKENS
            )
            question = self._tokenizer.decode(question_ids["input_ids"])
            windows = self._tokenizer(
                [question] * len(passages),
                passages,
                truncation="only_second",
                max_length=_WINDOW_TOKENS,
                stride=_STRIDE_TOKENS,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
        passage_of = windows.pop("overflow_to_sample_mapping")
        offsets = windows.pop("offset_mapping")
        # Windows of like length go together, so that little of a batch is padding.
        order = sorted(range(len(passage_of)), key=lambda i: len(windows["input_ids"][i]))
        found: defaultdict[int, list[AnswerSpan]] = defaultdict(list)
        for first in range(0, len(order), _BATCH_WINDOWS):
            batch = order[first : first + _BATCH_WINDOWS]
            with self._lock:
                padded = self._tokenizer.pad(
                    {key: [values[i] for i in batch] for key, values in windows.items()}, return_tensors="pt"
                )
            with torch.inference_mode():
                output = self._network(**padded.to(self._network.device))
            starts, ends = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
            for row, i in enumerate(batch):
                sequence = windows.sequence_ids(i)
                inside = [tuple(offset) if sequence[t] == 1 else None for t, offset in enumerate(offsets[i])]
                n = len(inside)
                found[passage_of[i]].extend(best_spans(starts[row, :n], ends[row, :n], inside, 4 * _SPANS_A_PASSAGE))
        return [without_overlaps(found[i], _SPANS_A_PASSAGE) for i in range(len(passages))]


def load_reader(name: str, download: Download = "never", confirm: Confirm | None = None) -> TransformersReader:
    """The named reader, or the embedded one where its weights cannot be had."""
    try:
        return TransformersReader(resolve_model(name, download=download, confirm=confirm))
    except ModelUnavailable:
        return TransformersReader(resolve_model(MINILM), EMBEDDED_ADAPTER)
