"""GGUF files that are made from a folder say in llama.cpp what the folder says in transformers."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.generators.llamacpp_engine import LlamaCppChat, _SocketConnection
from rag.quantization.gguf_file import load_gguf, write_gguf
from rag.quantization.gguf_models import ConvertedLlama, ReadGguf
from rag.quantization.source import Source
from tests.quantization.conftest import WORDS, MakeLlama

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


def converted(folder: Path, file: Path, mixture: str) -> Source:
    source = Source("tiny", "0" * 64, folder)
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
