"""The reader with four heads: how it cuts what it reads, and that OpenVINO says what torch says."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.sentences import sentence_spans
from rag.reader.headed_windows import WINDOW_TOKENS, HeadedTokenizer
from rag.reader.int8 import ReaderGraph, dequantize
from rag.reader.model import MultilingualReader
from rag.reader.networks import Heads, Logits, OpenVinoNetwork
from rag.reader.types import PassageText, SupportReader
from rag.reader.windows import Batch
from vectorstore.embedders.bert_graph import BertSize
from vectorstore.embedders.packed import BOS, EOS
from vectorstore.embedders.unigram import LINE_BREAK, UnigramTokenizer

CONFIG = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 200,
    "max_position_embeddings": 256,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-12,
}


def characters() -> UnigramTokenizer:
    """A token for each character and each beginning of a word, and for two words."""
    known = ["▁", LINE_BREAK, *map(chr, range(33, 127)), "▁yes", "▁answer"]
    pieces = {piece.encode(): number for number, piece in enumerate(known, start=4)}
    return UnigramTokenizer(pieces, [0.0] * 4 + [-1.0] * len(known), 3)


def words(ids: NDArray[np.int64]) -> NDArray[np.float32]:
    table = np.random.default_rng(1).standard_normal((200, CONFIG["hidden_size"])).astype(np.float32)
    return table[ids]


def passage(text: str, heading: str = "") -> PassageText:
    return PassageText(heading, text, tuple(sentence_spans(text)))


class YesNetwork:
    """Finds what begins with "yes": as span, as sentence, and as what makes a window relevant and supporting."""

    batch_windows = 3
    pad_to = 1

    def __init__(self) -> None:
        self._yes = characters().encode("yes").ids[0]

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        return [self._score(batch) for batch in batches]

    def _score(self, batch: Batch) -> Logits:
        tokens = np.where(batch["input_ids"] == self._yes, 9.0, -1.0).astype(np.float32)
        found = tokens[:, 1:].max(axis=1)
        return Logits(tokens, tokens, Heads(tokens, found, np.stack([found, -found, -found], axis=1)))


@pytest.fixture(scope="module")
def reader() -> MultilingualReader:
    return MultilingualReader("yes", characters(), YesNetwork())


def test_every_window_bears_question_and_heading_and_together_they_hold_the_passage() -> None:
    tokenizer = characters()
    text = "One sentence. Another one.\n" * 40
    windows = HeadedTokenizer(tokenizer).cut(["why?"], [passage(text, "The town > History")])
    before = [BOS, *tokenizer.encode("why?").ids, EOS, EOS, *tokenizer.encode("The town > History\n").ids]
    assert len(windows) > 2
    for window in windows:
        assert len(window) <= WINDOW_TOKENS
        assert window.ids[: len(before)] == before
        assert window.ids[-1] == EOS
        assert set(window.offsets[: len(before)]) | {window.offsets[-1]} == {None}
    held = {place for window in windows for place in window.offsets if place}
    assert held == set(tokenizer.encode(text).offsets)


def test_a_long_question_is_cut_and_of_a_long_heading_both_ends_stay() -> None:
    tokenizer = characters()
    heading = "Handbook > " + "a very long part > " * 20 + "gc.auto"
    (window,) = HeadedTokenizer(tokenizer).cut(["why " * 100], [passage("It is set.", heading)])
    shown = window.ids[window.ids.index(EOS) + 2 :]
    ids = tokenizer.encode(heading).ids
    assert window.ids.index(EOS) == 65
    assert shown[:6] == ids[:6]
    assert shown[: shown.index(tokenizer.encode("\n").ids[-1])][-8:-1] == ids[-7:]


def test_a_passage_without_text_or_heading_is_one_window() -> None:
    (window,) = HeadedTokenizer(characters()).cut(["why?"], [passage("")])
    assert set(window.offsets) == {None}


def test_what_is_deep_in_a_long_passage_counts_for_it_and_for_its_sentence(reader: MultilingualReader) -> None:
    text = "It rained all day. " * 60 + "yes it did. " + "Then it was dry. " * 30
    long, none = reader.read("Did it?", [passage(text), passage("It did not.")])
    best = max(range(len(long.sentences)), key=long.sentences.__getitem__)
    start, end = passage(text).sentences[best]
    assert text[start:end] == "yes it did."
    assert text[long.spans[0].start : long.spans[0].end] == "yes"
    assert long.relevance == 9.0
    assert none.relevance == -1.0


def test_a_sentence_that_no_window_holds_whole_is_told_by_its_parts(reader: MultilingualReader) -> None:
    text = "yes " * 3 + "and so on " * 200 + "at last."
    (reading,) = reader.read("Did it?", [passage(text)])
    assert len(reading.sentences) == 1
    assert -1.0 < reading.sentences[0] < 9.0


def test_support_is_told_by_the_part_of_a_passage_that_says_most(reader: MultilingualReader) -> None:
    assert isinstance(reader, SupportReader)
    said, unsaid = reader.support([("It did.", "It rained. " * 80 + "yes it did."), ("It did.", "It rained. " * 80)])
    assert said.supported > 0.9 > 0.5 > unsaid.supported
    assert sum(said) == pytest.approx(1.0)
    assert reader.support([]) == []


@pytest.mark.torch
@pytest.mark.parametrize("form", ["int8", "float32"])
def test_openvino_says_what_torch_says(form: str) -> None:
    import torch  # by this test alone: the others are quick

    from rag.reader.quantizing import quantize
    from rag.reader.reading_model import ReadingModel, TorchReadingNetwork

    torch.manual_seed(0)
    model = ReadingModel(CONFIG).eval()
    tokenizer = HeadedTokenizer(characters())
    windows = tokenizer.cut(["why?", "when is it?"], [passage("The answer is yes.", "Town"), passage("No.")])
    batch = tokenizer.padded(windows, 16)
    fields = {"words": torch.from_numpy(words(batch["input_ids"]))}
    calibration = [fields | {"attention_mask": torch.from_numpy(batch["attention_mask"])}]
    quantized = quantize(model, calibration)
    tensors = quantized if form == "int8" else dequantize(quantized)
    graph = ReaderGraph(BertSize.of(CONFIG), tensors, given_words=True)
    (ours,) = OpenVinoNetwork(graph.model, words).score([batch])
    again = ReadingModel(CONFIG)
    again.load(dequantize(quantized))
    (theirs,) = TorchReadingNetwork(again, words, torch.float32).score([batch])
    assert ours.heads
    assert theirs.heads
    allowed = 0.05 if form == "int8" else 1e-4
    for row, window in enumerate(windows):
        n = len(window)
        for mine, its in (
            (ours.starts, theirs.starts),
            (ours.ends, theirs.ends),
            (ours.heads.tokens, theirs.heads.tokens),
        ):
            assert np.abs(mine[row, :n] - its[row, :n]).max() < allowed
    assert np.abs(ours.heads.relevance - theirs.heads.relevance).max() < allowed
    assert np.abs(ours.heads.support - theirs.heads.support).max() < allowed
