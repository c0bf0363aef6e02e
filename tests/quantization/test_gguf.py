"""GGUF files that are made from a folder say in llama.cpp what the folder says in transformers."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGUFReader
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.generators.engines.llamacpp import LlamaCppChat, _SocketConnection
from rag.quantization.gguf_file import load_gguf, write_gguf
from rag.quantization.gguf_models import ConvertedLlama
from rag.quantization.gguf_types import tensor_type
from rag.quantization.methods import METHODS
from rag.quantization.quantize import quantize
from rag.quantization.source import SourceModel
from tests.quantization.conftest import WORDS, MakeLlama
from vectorstore.errors import UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

LLAMA_31 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def converted(folder: Path, file: Path, mixture: str) -> SourceModel:
    source = SourceModel("tiny", "0" * 64, folder)
    write_gguf(ConvertedLlama(source), mixture, file, quiet)
    return source


def ask(chat: LlamaCppChat, path: str, **question: Any) -> Any:
    with closing(_SocketConnection(chat._socket)) as connection:
        connection.request("POST", path, json.dumps(question), {"Content-Type": "application/json"})
        return json.load(connection.getresponse())


@pytest.mark.parametrize(
    ("pieces", "changed"),
    [
        (False, {}),
        (False, {"rope_parameters": LLAMA_31, "tie_word_embeddings": True}),
        (True, {"head_dim": 32}),
    ],
    ids=["llama", "llama 3.1, tied", "llama 2's tokenizer"],
)
def test_llama_cpp_and_transformers_agree(
    make_llama: MakeLlama, tmp_path: Path, pieces: bool, changed: dict[str, Any]
) -> None:
    folder = make_llama(pieces, **changed)
    converted(folder, tmp_path / "model.gguf", "F16")
    chat = LlamaCppChat(path=tmp_path / "model.gguf", context_tokens=256)
    tokens = AutoTokenizer.from_pretrained(folder)(WORDS, add_special_tokens=False)["input_ids"]
    assert ask(chat, "/tokenize", content=WORDS)["tokens"] == tokens

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        wanted = model(torch.tensor([tokens])).logits[0, -1].log_softmax(-1)
    reply = ask(chat, "/completion", prompt=tokens, n_predict=1, n_probs=20, temperature=0)
    given = reply["completion_probabilities"][0]["top_logprobs"]
    assert len(given) == 20
    assert given[0]["id"] == int(wanted.argmax())
    for one in given:
        assert one["logprob"] == pytest.approx(float(wanted[one["id"]]), abs=0.05)


@pytest.mark.parametrize(("mixture", "most"), [("Q8_0", 2e-3), ("Q4_K_M", 0.15), ("Q3_K_M", 0.4)])
def test_a_quantized_file_is_near_the_original(llama: Path, tmp_path: Path, mixture: str, most: float) -> None:
    source = converted(llama, tmp_path / "model.gguf", mixture)
    ids = torch.arange(3, 67)[None]
    original = AutoModelForCausalLM.from_pretrained(llama, dtype=torch.float32)
    with torch.inference_mode():
        wanted = original(ids).logits.log_softmax(-1)
        given = load_gguf(source, tmp_path / "model.gguf")(ids).logits.log_softmax(-1)
    distance = float((wanted.exp() * (wanted - given)).sum(-1).mean())
    assert most / 100 < distance < most


def test_an_output_head_that_is_the_word_vectors_is_kept_under_either_name(
    make_llama: MakeLlama, tmp_path: Path
) -> None:
    folder = make_llama(False, tie_word_embeddings=True)
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    tensors["lm_head.weight"] = tensors.pop("model.embed_tokens.weight")
    save_file(tensors, weights, {"format": "pt"})
    source = converted(folder, tmp_path / "model.gguf", "F16")
    ids = torch.arange(3, 67)[None]
    original = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        wanted, given = original(ids).logits, load_gguf(source, tmp_path / "model.gguf")(ids).logits
    assert torch.allclose(wanted, given, atol=0.01)
    names = {tensor.name for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    assert "token_embd.weight" in names
    assert "output.weight" not in names


def test_the_mixture_gives_more_bits_to_what_matters_more(llama: Path, tmp_path: Path) -> None:
    converted(llama, tmp_path / "model.gguf", "Q4_K_M")
    types = {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    assert types["blk.0.attn_q.weight"] == types["token_embd.weight"] == "Q4_K"
    assert types["output.weight"] == types["blk.1.ffn_down.weight"] == "Q6_K"
    assert types["blk.0.attn_norm.weight"] == "F32"


def test_the_mixture_of_llama_3_1_8b_is_that_of_its_known_file() -> None:
    """Of its 226 matrices, Q4_K_M keeps 33 in Q6_K: every third value and down matrix between the outer eighths."""
    tensors = {"output.weight": (128256, 4096), "token_embd.weight": (128256, 4096)}
    for layer in range(32):
        heads = {
            "attn_q": 4096,
            "attn_k": 1024,
            "attn_v": 1024,
            "attn_output": 4096,
            "ffn_gate": 14336,
            "ffn_up": 14336,
        }
        tensors |= {f"blk.{layer}.{part}.weight": (rows, 4096) for part, rows in heads.items()}
        tensors[f"blk.{layer}.ffn_down.weight"] = (4096, 14336)
    types = [
        tensor_type(name, shape, "Q4_K_M", layers=32, tied=False, sharing=4).name for name, shape in tensors.items()
    ]
    assert (types.count("Q4_K"), types.count("Q6_K")) == (193, 33)


def test_rows_that_fit_no_large_block_get_a_type_with_small_ones(make_llama: MakeLlama, tmp_path: Path) -> None:
    folder = make_llama(hidden_size=96, intermediate_size=160)
    converted(folder, tmp_path / "model.gguf", "Q4_K_M")
    types = {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    assert types["blk.0.attn_q.weight"] == "Q5_0"
    assert types["output.weight"] == "Q8_0"
    assert LlamaCppChat(path=tmp_path / "model.gguf", max_new_tokens=2).invoke("When?").text


def test_a_gguf_file_is_quantized_with_its_tokenizer(llama: Path, tmp_path: Path) -> None:
    converted(llama, tmp_path / "model.gguf", "F16")
    source = resolve_model(str(tmp_path / "model.gguf"))
    result = quantize(source, METHODS["gguf-q8_0"], tmp_path / "small", tmp_path, quiet)
    (file,) = (tmp_path / "small").glob("*.gguf")
    assert result["bytes"] < 0.56 * (tmp_path / "model.gguf").stat().st_size
    before, after = LlamaCppChat(path=tmp_path / "model.gguf"), LlamaCppChat(path=file, max_new_tokens=4)
    assert ask(after, "/tokenize", content=WORDS) == ask(before, "/tokenize", content=WORDS)
    assert after.invoke("When?").text
    assert load_gguf(SourceModel("tiny", "0" * 64, llama), file).config.num_hidden_layers == 2


def test_another_architecture_is_refused(make_llama: MakeLlama, tmp_path: Path) -> None:
    folder = make_llama()
    config = json.loads((folder / "config.json").read_text())
    changed = config | {"architectures": ["OlmoForCausalLM"], "model_type": "olmo"}
    (folder / "config.json").write_text(json.dumps(changed))
    with pytest.raises(UsageError, match=r"Only Llama and Mistral .* OlmoForCausalLM"):
        quantize(resolve_model(str(folder)), METHODS["gguf-q8_0"], tmp_path / "out", tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []
