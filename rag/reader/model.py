"""The extractive reader: a question-answering network over all passages of a question at once."""

import threading
from collections import defaultdict
from collections.abc import Sequence

from rag.reader.embedded import NO_ANSWER_MARGIN, embedded_fingerprint, embedded_network
from rag.reader.networks import SpanNetwork
from rag.reader.spans import best_spans, reading_of_spans, without_overlaps
from rag.reader.types import AnswerSpan, PassageReading, PassageText
from rag.reader.windows import PairTokenizer
from vectorstore.errors import ModelUnavailable
from vectorstore.models import Confirm, Download, resolve_model

_SPANS_A_PASSAGE = 3


class ExtractiveReader:
    """A network that finds spans, with its tokenizer.

    A best span with a margin up to ``no_answer_margin`` means that the passage does not say.
    """

    def __init__(
        self,
        name: str,
        tokenizer: PairTokenizer,
        network: SpanNetwork,
        no_answer_margin: float = 0.0,
        fingerprint: str = "",
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.no_answer_margin = no_answer_margin
        self._tokenizer = tokenizer
        self._network = network
        self._lock = threading.Lock()  # tokenizer and network serve one thread at a time

    def read(self, question: str, passages: Sequence[PassageText]) -> list[PassageReading]:
        """What the question finds in each passage; see ``rag.reader.types.Reader``."""
        return self.read_pairs([(question, passage) for passage in passages])

    def read_pairs(self, pairs: Sequence[tuple[str, PassageText]]) -> list[PassageReading]:
        """As ``read``, for a question with each passage."""
        found: defaultdict[int, list[AnswerSpan]] = defaultdict(list)
        with self._lock:
            windows = self._tokenizer.cut([asked for asked, _ in pairs], [passage.text for _, passage in pairs])
            # Windows of like length go together, so that little of a batch is padding; the longest first, so that
            # no core is left with one at the end.
            windows.sort(key=len, reverse=True)
            size = self._network.batch_windows
            batches = [windows[first : first + size] for first in range(0, len(windows), size)]
            logits = self._network.score([self._tokenizer.padded(batch, self._network.pad_to) for batch in batches])
        for batch, (starts, ends) in zip(batches, logits, strict=True):
            for row, window in enumerate(batch):
                n = len(window)
                spans = best_spans(starts[row, :n], ends[row, :n], window.offsets, 4 * _SPANS_A_PASSAGE)
                found[window.pair].extend(spans)
        return [
            reading_of_spans(without_overlaps(found[number], _SPANS_A_PASSAGE), passage.sentences)
            for number, (_, passage) in enumerate(pairs)
        ]


def load_reader(name: str, download: Download = "never", confirm: Confirm | None = None) -> ExtractiveReader:
    """The named reader, or the embedded one where its weights cannot be had."""
    try:
        model = resolve_model(name, download=download, confirm=confirm)
    except ModelUnavailable:
        model, network = embedded_network()
        called, fingerprint, no_answer_margin = "Refdesk's embedded reader", embedded_fingerprint(), NO_ANSWER_MARGIN
    else:
        from rag.reader.torch_network import fastest_network, load_network  # torch takes seconds to import

        network = fastest_network(load_network(model.path))
        called, fingerprint, no_answer_margin = model.name, model.fingerprint, 0.0
    return ExtractiveReader(called, PairTokenizer.of_model(model.path), network, no_answer_margin, fingerprint)
