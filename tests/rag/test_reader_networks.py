"""The networks of the reader against torch and transformers, from which they come."""

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    ElectraForQuestionAnswering,
    PreTrainedModel,
    RobertaForQuestionAnswering,
)

from rag.reader import int8
from rag.reader.embedded import FAST, load_fast
from rag.reader.model import ExtractiveReader
from rag.reader.networks import OpenVinoNetwork
from rag.reader.quantizing import quantize
from rag.reader.torch_network import TorchNetwork, converted
from rag.reader.types import PassageText
from rag.reader.windows import PairTokenizer
from vectorstore.embedders.bert_graph import BertSize
from vectorstore.embedders.tensors import read_tensors
from vectorstore.models import MINILM, resolve_model

pytestmark = [pytest.mark.torch, pytest.mark.models]


@pytest.mark.parametrize("form", ["int8", "float32"])
def test_openvino_reads_as_the_float_network_in_torch_does(form: str) -> None:
    model, network = load_fast()
    tokenizer = PairTokenizer.of_model(model.path)
    if form == "int8" and not int8.is_fast_here():
        pytest.skip("the processor lacks VNNI: it may overflow in int8, so that the float network is used")
    floats = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    tensors = floats | (read_tensors(FAST.weights) if form == "int8" else {})
    graph = int8.ReaderGraph(BertSize.of(network.config.to_dict()), tensors)
    reader = ExtractiveReader(form, tokenizer, OpenVinoNetwork(graph.model))
    plain = ExtractiveReader("torch", tokenizer, TorchNetwork(network, torch.float32))
    pairs = [
        ("When was the library opened?", "The library was opened by the mayor in 1962 and is closed on Sundays."),
        ("Who opened the library?", "The library was opened by the mayor in 1962 and is closed on Sundays."),
        ("Who opened the library?", "The Normans were a people who settled in the north of France."),
        (
            "What is glaucoma treated with?",
            "Glaucoma is treated with eye drops. " + "It may return after some years. " * 60,
        ),
    ]
    asked = [(question, PassageText("", passage, ())) for question, passage in pairs]
    for ours, theirs in zip(reader.read_pairs(asked), plain.read_pairs(asked), strict=True):
        mine, its = ours.spans[0], theirs.spans[0]
        assert (mine.start, mine.end) == (its.start, its.end)
        assert mine.margin == pytest.approx(its.margin, abs=0.5 if form == "int8" else 0.1)


def test_quantized_weights_stand_for_the_trained_ones() -> None:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=30, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    network = BertForQuestionAnswering(config).eval()
    ids = torch.randint(0, 30, (4, 12))
    batch = {"input_ids": ids, "token_type_ids": torch.zeros_like(ids), "attention_mask": torch.ones_like(ids)}
    quantized = quantize(network, [batch])
    weight = "bert.encoder.layer.1.intermediate.dense.weight"
    assert quantized[weight].dtype == np.int8
    restored = int8.dequantize(quantized)
    assert restored.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        assert torch.dist(torch.from_numpy(restored[name]), tensor) <= 0.02 * tensor.norm(), name
    fields = {name: values.numpy() for name, values in batch.items()}
    graph = int8.ReaderGraph(BertSize.of(config.to_dict()), quantized)
    (logits,) = OpenVinoNetwork(graph.model).score([fields])
    with torch.inference_mode():
        expected = network(**batch)
    assert np.abs(logits.starts - expected.start_logits.numpy()).max() < 0.02
    assert np.abs(logits.ends - expected.end_logits.numpy()).max() < 0.02


@pytest.mark.parametrize("architecture", [RobertaForQuestionAnswering, ElectraForQuestionAnswering])
def test_a_network_of_any_architecture_runs_on_openvino(architecture: type[PreTrainedModel]) -> None:
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    network = architecture(architecture.config_class(vocab_size=30, **sizes)).eval()
    batch = {"input_ids": torch.randint(3, 30, (3, 16)), "attention_mask": torch.ones(3, 16, dtype=torch.long)}
    batch["attention_mask"][1, 9:] = 0
    if network.config.type_vocab_size > 1:
        batch["token_type_ids"] = torch.zeros_like(batch["input_ids"])
    fields = {name: values.numpy() for name, values in batch.items()}
    (ours,) = OpenVinoNetwork(lambda: converted(network)).score([fields])
    (theirs,) = TorchNetwork(network, torch.float32).score([fields])
    seen = fields["attention_mask"].astype(bool)
    assert np.abs(ours.starts - theirs.starts)[seen].max() < 1e-4
    assert np.abs(ours.ends - theirs.ends)[seen].max() < 1e-4
    assert ours.heads is None


def test_windows_are_cut_as_by_transformers_own_tokenizer() -> None:
    """The tokenizer's file is read without transformers, which must not change what the reader sees."""
    folder = resolve_model(MINILM).path
    theirs = AutoTokenizer.from_pretrained(folder)
    ours = PairTokenizer.of_model(folder)
    questions = ["When?", "Why isn't it  100% »naïve« — 東京 😀?", "what is it " * 60, ""]
    passages = [
        "At nine.",
        "It's Ünïcode.",
        "The weather was fine and nothing happened. " * 120,
        "",
    ]
    shown = [PassageText("a heading", passage, ()) for passage in passages]
    windows = ours.cut(questions, shown)
    asked = theirs(questions, add_special_tokens=False, truncation=True, max_length=96)["input_ids"]
    expected = theirs(
        [theirs.decode(ids) for ids in asked],
        passages,
        truncation="only_second",
        max_length=320,
        stride=96,
        return_overflowing_tokens=True,
        padding=True,
        pad_to_multiple_of=16,
        return_tensors="np",
    )
    assert [window.pair for window in windows] == expected.pop("overflow_to_sample_mapping").tolist()
    padded = ours.padded(windows, 16)
    assert padded.keys() == expected.keys()
    for name, values in padded.items():
        assert (values == expected[name]).all(), name
    again = PairTokenizer.of(theirs)
    assert again.cut(questions, shown) == windows
    assert again.padded(windows).keys() == padded.keys()
