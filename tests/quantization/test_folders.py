"""Folders that `refdesk quantize` writes, as the transformers engine loads them."""

import json
import math
import shutil
from pathlib import Path

import psutil
import pytest
import torch
from bitsandbytes.nn import Linear4bit
from torch import Tensor
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from rag.generators.engines.packed import PackedLinear
from rag.generators.engines.transformers import TransformersChat, load_network
from rag.quantization.methods import METHODS
from rag.quantization.quantize import quantize
from tests.full_disk import full_disk
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

IDS = torch.arange(3, 67)[None]


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def probabilities(model: torch.nn.Module) -> Tensor:
    with torch.inference_mode():
        return model(IDS).logits.float().log_softmax(-1)


def distance(model: torch.nn.Module, reference: Tensor) -> float:
    """The mean Kullback-Leibler divergence of what ``model`` predicts."""
    return float((reference.exp() * (reference - probabilities(model))).sum(-1).mean())


@pytest.fixture(scope="module")
def reference(llama: Path) -> Tensor:
    return probabilities(load_network(llama, quantize=False).float())


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("int8", 0.01),
        ("int8-channel", 2e-3),
        ("int4", 0.2),
        ("int4-channel", 0.3),
        ("nf4", 0.2),
        ("fp4", 0.3),
        ("clusters-256", 5e-3),
        ("clusters-16", 0.3),
        ("pruned-10", 0.1),
    ],
)
def test_every_method_gives_a_model_near_the_original(
    llama: Path, reference: Tensor, tmp_path: Path, name: str, most: float
) -> None:
    method, source = METHODS[name], resolve_model(str(llama))
    result = quantize(source, method, tmp_path / name, tmp_path, quiet)
    given = distance(load_network(tmp_path / name, quantize=False), reference)
    assert given < most
    if method.bits < 8:
        assert given > 1e-3  # it really is quantized
        assert result["bytes"] < 0.55 * (llama / "model.safetensors").stat().st_size
    card = (tmp_path / name / "README.md").read_text()
    assert source.sha256() in card
    assert name in card


def test_nf4_is_what_bitsandbytes_makes_while_loading(llama: Path, tmp_path: Path) -> None:
    quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "nf4", tmp_path, quiet)
    stored = load_network(tmp_path / "nf4")
    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True)
    loaded = AutoModelForCausalLM.from_pretrained(
        llama, quantization_config=config, dtype=torch.float16, device_map="cpu"
    )
    for mine, theirs in zip(stored.modules(), loaded.modules(), strict=True):
        assert type(mine) is type(theirs)
        if isinstance(mine, Linear4bit):
            assert torch.equal(mine.weight, theirs.weight)
            assert torch.equal(mine.weight.quant_state.absmax, theirs.weight.quant_state.absmax)
    kept = {parameter.dtype for parameter in stored.parameters() if parameter.is_floating_point()}
    assert kept == {stored.model.layers[0].mlp.up_proj.compute_dtype}  # whatever type the file has them in
    written = json.loads((tmp_path / "nf4/config.json").read_text())["quantization_config"]
    assert (written["bnb_4bit_compute_dtype"], written["bnb_4bit_use_double_quant"]) == ("float16", True)


def test_a_large_model_is_written_in_shards(llama: Path, tmp_path: Path) -> None:
    quantize(resolve_model(str(llama)), METHODS["int4"], tmp_path / "one", tmp_path, quiet)
    quantize(resolve_model(str(llama)), METHODS["int4"], tmp_path / "many", tmp_path, quiet, shard_bytes=200_000)
    assert len(list((tmp_path / "many").glob("model-*-of-*.safetensors"))) > 3
    one, many = load_network(tmp_path / "one"), load_network(tmp_path / "many")
    assert isinstance(many.model.layers[0].mlp.up_proj, PackedLinear)
    assert torch.equal(probabilities(one), probabilities(many))


def test_the_engine_writes_with_a_quantized_folder(llama: Path, tmp_path: Path) -> None:
    quantize(resolve_model(str(llama)), METHODS["int4"], tmp_path / "int4", tmp_path, quiet)
    chat = TransformersChat(source=resolve_model(str(tmp_path / "int4")), unpacked=tmp_path, max_new_tokens=4)
    assert isinstance(chat.network.model.layers[0].mlp.up_proj, PackedLinear)
    assert chat.invoke("When does the ferry leave?").text


def test_a_quantized_model_is_not_quantized_again(llama: Path, tmp_path: Path) -> None:
    quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "nf4", tmp_path, quiet)
    with pytest.raises(UsageError, match="quantized already"):
        quantize(resolve_model(str(tmp_path / "nf4")), METHODS["int4"], tmp_path / "int4", tmp_path, quiet)


def test_a_folder_that_holds_something_is_left_alone(llama: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("Dear Tove")
    with pytest.raises(UsageError, match="not empty"):
        quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "mine", tmp_path, quiet)
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("short_of", ["disk", "memory"])
def test_too_little_room_is_said_before_anything_is_written(
    llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_of: str
) -> None:
    if short_of == "disk":
        usage = shutil.disk_usage(tmp_path)._replace(free=100_000)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    else:
        memory = psutil.virtual_memory()._replace(available=100_000)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(RefdeskError, match="are free"):
        quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "nf4", tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing_behind(llama: Path, tmp_path: Path) -> None:
    with full_disk(100_000), pytest.raises(RefdeskError, match=r"cannot be written \(.*File too large"):
        quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "nf4", tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


def test_the_size_that_is_announced_comes_true(llama: Path, tmp_path: Path) -> None:
    result = quantize(resolve_model(str(llama)), METHODS["nf4"], tmp_path / "nf4", tmp_path, quiet)
    config = json.loads((llama / "config.json").read_text())
    layers = 2 * (256 * (256 * 2 + 128 * 2) + 3 * 256 * 512)
    rest = 2 * (2 * config["vocab_size"] * 256 + 5 * 256)
    assert math.isclose(result["bytes"], layers * METHODS["nf4"].bits / 8 + rest, rel_tol=0.03)
