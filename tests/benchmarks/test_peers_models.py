"""The default reader as models of transformers gives what the default reader gives."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from benchmarks.peers.models import cross_encoder, span_reader, tokenizer
from rag.reader.embedded import MULTILINGUAL, over_base
from rag.reader.int8 import dequantize
from rag.reader.model import MultilingualReader
from rag.reader.reading_model import ReadingModel, TorchReadingNetwork
from rag.reader.types import PassageReading, PassageText
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.tensors import read_tensors
from vectorstore.models import packaged_model

pytestmark = pytest.mark.torch

PAIRS = [
    ("Where does Tom sleep?", "The house\nTom sleeps in the attic, and his sister in the room below it."),
    ("Where does Tom eat?", "The house\nTom sleeps in the attic, and his sister in the room below it."),
    (
        "Wie viele Tage Urlaub gibt es?",
        "Urlaub\n\nNach der Probezeit gibt es 30 Tage Urlaub im Jahr.\n- Antrag: zwei Wochen zuvor",
    ),
    ("桥有多长？", "这座桥建于 1957 年，全长 1670 米。"),
]
TEXTS = [text for pair in PAIRS for text in pair] + [
    "a \n \n b\r\nc",
    "\nfirst\n",
    "ﬁne ½ cup, Ａ４, cafe\u0301, 한국어, ไทย “quotes” — 😀😀",
]


@dataclass(frozen=True)
class Own:
    """The default reader in float32."""

    packed: PackedModel
    reader: MultilingualReader

    def readings(self) -> list[PassageReading]:
        return self.reader.read_pairs([(question, PassageText("", text, ())) for question, text in PAIRS])


@pytest.fixture(scope="module")
def own() -> Own:
    packed = PackedModel.of(packaged_model(MULTILINGUAL.base))
    model = ReadingModel(packed.config)
    model.load(dequantize(over_base(packed, read_tensors(MULTILINGUAL.weights))))
    return Own(
        packed, MultilingualReader("", packed.tokenizer(), TorchReadingNetwork(model, packed.words, torch.float32))
    )


@pytest.fixture(scope="module")
def fast() -> PreTrainedTokenizerFast:
    return tokenizer()


def test_texts_are_cut_into_the_same_tokens(own: Own, fast: PreTrainedTokenizerFast) -> None:
    slow = own.packed.tokenizer()
    assert [fast(text, add_special_tokens=False).input_ids for text in TEXTS] == [
        slow.encode(text).ids for text in TEXTS
    ]


def test_the_cross_encoder_gives_the_readers_relevance(own: Own, fast: PreTrainedTokenizerFast) -> None:
    model = cross_encoder()
    with torch.inference_mode():
        logits = [float(model(**fast(*pair, return_tensors="pt")).logits) for pair in PAIRS]
    np.testing.assert_allclose(logits, [reading.relevance for reading in own.readings()], atol=1e-4)


def test_the_span_reader_finds_the_readers_words(own: Own, fast: PreTrainedTokenizerFast) -> None:
    model = span_reader()
    for (question, text), reading in zip(PAIRS, own.readings(), strict=True):
        tokens = fast(question, text, return_tensors="pt")
        with torch.inference_mode():
            output = model(**tokens)
        starts, ends = output.start_logits[0], output.end_logits[0]
        inside = torch.tensor([place == 1 for place in tokens.sequence_ids(0)])
        possible = (inside[:, None] & inside).triu()
        spans = torch.where(possible, starts[:, None] + ends, -torch.inf) - starts[0] - ends[0]
        first, last = divmod(int(spans.argmax()), len(starts))
        found = tokens.token_to_chars(0, first).start, tokens.token_to_chars(0, last).end
        assert found == (reading.spans[0].start, reading.spans[0].end)
        assert float(spans.max()) == pytest.approx(reading.spans[0].margin, abs=1e-3)
