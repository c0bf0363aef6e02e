"""The extractive reader: a transformers question-answering model over all passages of a question at once."""

import threading
from collections import defaultdict
from collections.abc import Sequence

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rag.reader.embedded import NO_ANSWER_MARGIN, load_embedded
from rag.reader.spans import best_spans, without_overlaps
from rag.reader.types import AnswerSpan
from rag.reader.windows import cut_windows
from vectorstore.embedding import cpu_has_bfloat16
from vectorstore.errors import ModelUnavailable
from vectorstore.models import Confirm, Download, resolve_model

_BATCH_WINDOWS = 16
_SPANS_A_PASSAGE = 3


class TransformersReader:
    """Any question-answering network of transformers, on the GPU where there is one.

    A best span with a margin up to ``no_answer_margin`` means that the passage does not say.
    """

    def __init__(
        self,
        name: str,
        tokenizer: PreTrainedTokenizerBase,
        network: PreTrainedModel,
        no_answer_margin: float = 0.0,
    ) -> None:
        self.name = name
        self.no_answer_margin = no_answer_margin
        device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if device == "cuda" or cpu_has_bfloat16() else torch.float32
        self._tokenizer = tokenizer
        self._network = network.to(device=device, dtype=dtype).eval()
        self._lock = threading.Lock()  # a fast tokenizer keeps its truncation and padding state

    def read(self, question: str, passages: list[str]) -> list[tuple[AnswerSpan, ...]]:
        """For each passage its best spans, best first; see ``rag.reader.types.Reader``."""
        return self.read_pairs([(question, passage) for passage in passages])

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[AnswerSpan, ...]]:
        """As ``read``, for a question with each passage."""
        with self._lock:
            windows = cut_windows(self._tokenizer, *zip(*pairs, strict=True)) if pairs else []
        # Windows of like length go together, so that little of a batch is padding.
        windows.sort(key=len)
        found: defaultdict[int, list[AnswerSpan]] = defaultdict(list)
        for first in range(0, len(windows), _BATCH_WINDOWS):
            batch = windows[first : first + _BATCH_WINDOWS]
            with self._lock:
                padded = self._tokenizer.pad([window.fields for window in batch], return_tensors="pt")
            with torch.inference_mode():
                output = self._network(**padded.to(self._network.device))
            starts, ends = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
            for row, window in enumerate(batch):
                n = len(window)
                spans = best_spans(starts[row, :n], ends[row, :n], window.offsets, 4 * _SPANS_A_PASSAGE)
                found[window.pair].extend(spans)
        return [without_overlaps(found[i], _SPANS_A_PASSAGE) for i in range(len(pairs))]


def load_reader(name: str, download: Download = "never", confirm: Confirm | None = None) -> TransformersReader:
    """The named reader, or the embedded one where its weights cannot be had."""
    try:
        model = resolve_model(name, download=download, confirm=confirm)
    except ModelUnavailable:
        model, network = load_embedded()
        called, no_answer_margin = "Refdesk's embedded reader", NO_ANSWER_MARGIN
    else:
        network = AutoModelForQuestionAnswering.from_pretrained(model.path, local_files_only=True)
        called, no_answer_margin = model.name, 0.0
    tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
    return TransformersReader(called, tokenizer, network, no_answer_margin)
