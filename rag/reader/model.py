"""The extractive reader: a network over all passages of a question at once."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rag.reader.embedded import DEFAULT, EMBEDDED, FAST, Embedded, open_fast, open_multilingual, reading_network
from rag.reader.headed_windows import SENTENCE_TOKENS, HeadedTokenizer
from rag.reader.networks import ReadingNetwork
from rag.reader.readings import ReadWindow, reading_of, support_of
from rag.reader.trained import base_of, changes_of
from rag.reader.types import PassageReading, PassageText, Support
from rag.reader.windows import PairTokenizer, WindowTokenizer
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.unigram import UnigramTokenizer
from vectorstore.errors import ModelUnavailable
from vectorstore.models import Confirm, Download, ResolvedModel, resolve_model


class ExtractiveReader:
    """A reading network with its tokenizer. Where it has heads for passages and sentences, their values are those; else
    they are told by its spans.

    A best span with a margin up to ``no_answer_margin`` means that the passage does not say.
    """

    def __init__(
        self,
        name: str,
        tokenizer: WindowTokenizer,
        network: ReadingNetwork,
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
        windows = self._score(pairs, self._tokenizer)
        return [reading_of(passage, windows[number]) for number, (_, passage) in enumerate(pairs)]

    def _score(
        self, pairs: Sequence[tuple[str, PassageText]], tokenizer: WindowTokenizer
    ) -> defaultdict[int, list[ReadWindow]]:
        """The windows of each pair, by its number."""
        found: defaultdict[int, list[ReadWindow]] = defaultdict(list)
        with self._lock:
            windows = tokenizer.cut([asked for asked, _ in pairs], [passage for _, passage in pairs])
            # Windows of like length go together, so that little of a batch is padding; the longest first, so that
            # no core is left with one at the end.
            windows.sort(key=len, reverse=True)
            size = self._network.batch_windows
            batches = [windows[first : first + size] for first in range(0, len(windows), size)]
            scored = self._network.score([tokenizer.padded(batch, self._network.pad_to) for batch in batches])
        for batch, logits in zip(batches, scored, strict=True):
            for row, window in enumerate(batch):
                found[window.pair].append(ReadWindow(window, logits, row))
        return found


class MultilingualReader(ExtractiveReader):
    """One whose network also tells whether a passage supports a sentence, which stands in the question's place."""

    def __init__(
        self,
        name: str,
        tokenizer: UnigramTokenizer,
        network: ReadingNetwork,
        no_answer_margin: float = 0.0,
        fingerprint: str = "",
    ) -> None:
        super().__init__(name, HeadedTokenizer(tokenizer), network, no_answer_margin, fingerprint)
        self._sentence_tokenizer = HeadedTokenizer(tokenizer, SENTENCE_TOKENS)

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        """See ``rag.reader.types.SupportReader``."""
        asked = [(sentence, PassageText("", passage, ())) for sentence, passage in pairs]
        windows = self._score(asked, self._sentence_tokenizer)
        return [support_of(windows[number]) for number in range(len(pairs))]


def load_reader(
    name: str,
    download: Download = "never",
    confirm: Confirm | None = None,
    home: Path | None = None,
) -> ExtractiveReader:
    """The reader of that name: an embedded one, what a training left, a model of transformers, or where that cannot be
    had the default. ``home`` keeps what opens it sooner the next time.
    """
    if name not in EMBEDDED:
        try:
            model = resolve_model(name, download=download, confirm=confirm)
        except ModelUnavailable:
            name = DEFAULT.name
        else:
            base = base_of(model, download, confirm)
            if base.is_packed:
                return open_trained(model, PackedModel.of(base))

            from rag.reader.torch_network import fastest_network, load_network  # torch takes seconds to import

            tokenizer, network = PairTokenizer.of_model(model.path), fastest_network(load_network(model.path))
            return ExtractiveReader(model.name, tokenizer, network, fingerprint=model.fingerprint)
    return _open(EMBEDDED[name], home)


def open_trained(model: ResolvedModel, packed: PackedModel) -> MultilingualReader:
    """What a training left of the ``packed`` one."""
    network = reading_network(packed, lambda: changes_of(model))
    return MultilingualReader(model.name, packed.tokenizer(), network, fingerprint=model.fingerprint)


def _open(own: Embedded, home: Path | None) -> ExtractiveReader:
    called, numbers = "Refdesk's embedded reader", (own.no_answer_margin, own.fingerprint)
    if own is FAST:
        return ExtractiveReader(called, *open_fast(), *numbers)
    return MultilingualReader(called, *open_multilingual(home), *numbers)
