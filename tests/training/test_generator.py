"""Whole training runs of generators, on one so small that they take seconds."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from rag.generators.transformers_engine import TransformersChat
from rag.training.generator import finetune_generator
from rag.training.methods import METHODS
from rag.training.presets import chosen
from tests.evaluation.conftest import quiet
from vectorstore.models import resolve_model

THINGS = ["lamp", "rope", "saw", "drum", "vase", "kite", "bell", "mask"]
PLACES = ["in the attic", "in the cellar", "on the porch", "by the stove"]

KILLED = """
import os, sys
from tests.training.test_generator import run
data, model, output = sys.argv[1:]
# The last checkpoint is that of step 4.
run(data, model, output, on_tick=lambda tick, steps: os.kill(os.getpid(), 9) if tick.step == 6 else None)
"""


def run(data: Path, model: Path, output: Path, resume: bool = False, **named: Any) -> dict[str, Any]:
    calls = {name: named.pop(name) for name in ("on_tick", "adapter", "test") if name in named}
    usual = {
        "max_steps": 8,
        "batch": 4,
        "held_out": 0.25,
        "evaluate_every": 4,
        "evaluate_on": 8,
        "answers": 0,
        "patience": 0,
        "checkpoint_every": 4,
        "longest": 128,
        "seed": 1,
    }
    _, training = chosen(named.pop("preset", "laptop"), usual | named)
    return finetune_generator(
        [Path(data)],
        calls.get("test", []),
        resolve_model(str(model)),
        Path(output),
        calls.get("adapter"),
        training,
        Path(output),
        resume=resume,
        on_phase=quiet,
        on_tick=calls.get("on_tick", lambda tick, steps: None),
    )


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.jsonl"
    rows = [
        {"prompt": f"Where is the {thing} {number}?", "answer": f"The {thing} is {PLACES[index % 4]}."}
        for index, thing in enumerate(THINGS)
        for number in range(4)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def said(folder: Path, adapter: Path | None, question: str = "Where is the lamp 1?") -> torch.Tensor:
    """Logits of the network as the transformers engine serves it."""
    chat = TransformersChat(source=resolve_model(str(folder)), unpacked=folder, adapter=adapter, max_new_tokens=4)
    assert isinstance(chat.invoke(question).text, str)
    ids = chat._tokenizer(question, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits: torch.Tensor = chat._model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return logits.float()


@pytest.mark.timeout(300)  # another process loads the libraries
def test_killed_and_resumed_it_ends_with_the_same_adapter_bit_for_bit(
    tmp_path: Path, pairs: Path, tiny_llama: Path
) -> None:
    call = [sys.executable, "-c", KILLED, str(pairs), str(tiny_llama), str(tmp_path / "cut")]
    killed = subprocess.run(call, env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}, check=False)
    assert killed.returncode == -signal.SIGKILL
    steps: list[int] = []
    cut = run(pairs, tiny_llama, tmp_path / "cut", resume=True, on_tick=lambda tick, _: steps.append(tick.step))
    whole = run(pairs, tiny_llama, tmp_path / "whole")
    assert steps == list(range(5, 9))
    assert cut["held_out"] == whole["held_out"]
    for file in ("adapter/adapter_model.safetensors", "checkpoint/training.safetensors", "before.json"):
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_little_or_all_and_what_it_leaves_is_served(
    method: str, tmp_path: Path, pairs: Path, tiny_llama: Path
) -> None:
    before = {name: tensor.clone() for name, tensor in load_file(tiny_llama / "model.safetensors").items()}
    report = run(pairs, tiny_llama, tmp_path / "run", method=method, rank=4, learning_rate=3e-2, dropout=0.1)
    losses = report["held_out"]["held_out"]
    assert losses["loss"] < losses["loss_before"]
    assert report["held_out"]["general"]["loss_before"] > 0
    share = report["parameters_trained"] / report["parameters"]
    assert share == 1 if method == "full" else 0 < share < 0.25
    folder = tmp_path / "run"
    assert not {file.suffix for file in folder.rglob("*")} & {".bin", ".pt", ".pth", ".pkl"}
    tuned = said(folder / "model", None) if method == "full" else said(tiny_llama, folder / "adapter")
    assert (tuned - said(tiny_llama, None)).abs().max() > 0.02
    assert all(torch.equal(before[name], now) for name, now in load_file(tiny_llama / "model.safetensors").items())
