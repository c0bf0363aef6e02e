"""Whole training runs of generators, on one so small that they take seconds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GraniteConfig,
    LlamaConfig,
    PretrainedConfig,
)

from benchmarks.medical_set import write_rows
from rag.generators.adapters.folder import base_model
from rag.generators.engines.transformers import TransformersChat
from rag.generators.registry import PACKAGED_ADAPTERS
from rag.training.data.tokens import IGNORED
from rag.training.generator.completion_loss import completion_loss
from rag.training.generator.presets import chosen
from rag.training.generator.settings import Method
from rag.training.generator.training import finetune_generator
from tests.evaluation.conftest import quiet
from ui.cli.main import main
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import SMOLLM2, resolve_model

pytestmark = pytest.mark.torch

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
    calls = {name: named.pop(name) for name in ("on_phase", "on_tick", "adapter", "test") if name in named}
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
    training = chosen(named.pop("preset", "laptop"), usual | named)
    return finetune_generator(
        [Path(data)],
        calls.get("test", []),
        resolve_model(str(model)),
        Path(output),
        calls.get("adapter"),
        training,
        Path(output),
        resume=resume,
        on_phase=calls.get("on_phase", quiet),
        on_checked=lambda _: None,
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


@pytest.fixture
def refdesk(tmp_path: Path) -> Callable[..., int]:
    """`refdesk finetune` with these arguments and a home of its own; the exit code comes back."""

    def call(*arguments: object) -> int:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in ("finetune", *arguments, "--home", tmp_path / "home")])
        return int(end.value.code or 0)

    return call


def said(folder: Path, adapter: Path | None, question: str = "Where is the lamp 1?") -> torch.Tensor:
    """Logits of the network as the transformers engine serves it."""
    chat = TransformersChat(source=resolve_model(str(folder)), unpacked=folder, adapter=adapter, max_new_tokens=4)
    assert isinstance(chat.invoke(question).text, str)
    ids = chat._tokenizer(question, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits: torch.Tensor = chat._model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return logits[:, -ids.shape[1] :].float()  # prompt tuning puts tokens of its own before


@pytest.mark.parametrize("portion", [1 << 26, 1000])
def test_the_loss_is_that_of_the_model_itself_and_so_is_its_gradient(portion: int, tiny_llama: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    ids = torch.randint(3, 300, (3, 20), generator=torch.Generator().manual_seed(1))
    labels = ids.masked_fill(torch.rand(ids.shape, generator=torch.Generator().manual_seed(2)) < 0.5, IGNORED)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    gradients = []
    for loss in (lambda: network(**batch).loss, lambda: torch.div(*completion_loss(network, batch, portion))):
        network.zero_grad()
        loss().backward()
        gradients.append([parameter.grad.clone() for parameter in network.parameters()])
    own_loss = torch.div(*completion_loss(network, batch, portion)).item()
    assert own_loss == pytest.approx(network(**batch).loss.item(), rel=1e-5)
    for own, usual in zip(*gradients, strict=True):
        torch.testing.assert_close(own, usual, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "config",
    [
        Gemma2Config(final_logit_softcapping=0.05, head_dim=8),
        GraniteConfig(logits_scaling=8.0),
        CohereConfig(logit_scale=0.1),
        LlamaConfig(),
    ],
    ids=lambda config: str(config.model_type),
)
def test_the_loss_is_right_where_a_model_changes_what_its_head_says(config: PretrainedConfig) -> None:
    sizes: dict[str, float] = {"vocab_size": 300, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 4, "num_key_value_heads": 4, "pad_token_id": 0, "initializer_range": 0.5}
    for name, value in sizes.items():
        setattr(config, name, value)
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(config)
    ids = torch.randint(3, 300, (3, 12))
    labels = ids.masked_fill(torch.rand(ids.shape) < 0.5, IGNORED)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    assert torch.div(*completion_loss(network, batch)).item() == pytest.approx(network(**batch).loss.item(), rel=1e-4)


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


@pytest.mark.parametrize("method", get_args(Method))
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


def test_a_run_reports_what_it_did_and_what_came_of_it(tmp_path: Path, pairs: Path, tiny_llama: Path) -> None:
    report = run(pairs, tiny_llama, tmp_path / "run", answers=2, augment=0.5, learning_rate=1e-2)
    assert report["checked"]["samples"] == 24
    assert set(report["held_out"]) == {"training", "held_out", "general"}
    assert report["overfitting"] == report["held_out"]["held_out"]["loss"] - report["held_out"]["training"]["loss"]
    assert [row["step"] for row in report["learning_curve"]] == [4, 8]
    assert 0 <= report["answer_f1"]["after"] <= 1
    assert report["peak_memory_mb"] > 10
    text = (tmp_path / "run/report.md").read_text()
    assert report["answers"][1]["prompt"] in text
    assert "- after: " in text
    assert json.loads((tmp_path / "run/data.json").read_text()) == report["checked"]
    assert all("<svg" in (tmp_path / "run" / name).read_text() for name in ("loss.svg", "score.svg"))


def test_an_adapter_is_trained_further_from_where_it_was(tmp_path: Path, pairs: Path, tiny_llama: Path) -> None:
    first = run(pairs, tiny_llama, tmp_path / "first", rank=4, learning_rate=1e-2)
    second = run(pairs, tiny_llama, tmp_path / "second", adapter=tmp_path / "first", learning_rate=1e-9, max_steps=1)
    losses = second["held_out"]["held_out"]
    assert losses["loss_before"] == pytest.approx(first["held_out"]["held_out"]["loss"], abs=1e-3)
    with pytest.raises(UsageError, match="goes on from adapters of PEFT only"):
        run(pairs, tiny_llama, tmp_path / "third", adapter=tmp_path / "first", method="bitfit")


def test_the_packaged_model_goes_on_from_what_it_answers_with_unless_told_otherwise(
    tmp_path: Path, pairs: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(pairs, tiny_llama, tmp_path / "first", learning_rate=1e-2)
    monkeypatch.setitem(PACKAGED_ADAPTERS, str(tiny_llama), tmp_path / "first/adapter")
    losses = [
        run(pairs, tiny_llama, tmp_path / name, max_steps=1, **named)["held_out"]["held_out"]["loss_before"]
        for name, named in {"on": {}, "anew": {"new_adapter": True}, "smaller": {"rank": 4}}.items()
    ]
    assert losses[0] == pytest.approx(first["held_out"]["held_out"]["loss"], abs=1e-3)
    assert losses[1:] == pytest.approx([first["held_out"]["held_out"]["loss_before"]] * 2, abs=1e-3)


def test_an_adapter_of_a_model_in_a_folder_finds_it_from_every_folder(
    tmp_path: Path, pairs: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_llama.parent)
    run(pairs, Path(tiny_llama.name), tmp_path / "run", max_steps=1)
    assert base_model(tmp_path / "run/adapter") == str(tiny_llama)


def test_too_little_memory_for_the_result_is_named(tmp_path: Path, pairs: Path, tiny_llama: Path) -> None:
    def fill(what: str, done: int, total: int) -> None:
        if what == "Judging what it has become":
            torch.empty(2**58)

    with pytest.raises(RefdeskError, match=r"too little memory.*--resume"):
        run(pairs, tiny_llama, tmp_path / "run", max_steps=1, on_phase=fill)


def test_other_wordings_change_what_is_learned_but_not_twice_differently(
    tmp_path: Path, pairs: Path, tiny_llama: Path
) -> None:
    adapters = []
    for name, augment in (("plain", 0.0), ("one", 1.0), ("other", 1.0)):
        run(pairs, tiny_llama, tmp_path / name, augment=augment, max_steps=2)
        adapters.append((tmp_path / name / "adapter/adapter_model.safetensors").read_bytes())
    assert adapters[1] == adapters[2] != adapters[0]


def test_raw_text_in_the_form_of_the_medical_set_is_learned_with_the_preset(tmp_path: Path, tiny_llama: Path) -> None:
    file = tmp_path / "medical.csv"
    form = "<s>[INST] <<SYS>> Answer the Question <</SYS>> What is number {0}? [/INST] It is {0}, no more. </s>"
    write_rows([form.format(number) for number in range(24)], file)
    report = run(file, tiny_llama, tmp_path / "run", preset="qlora-13gb", batch=2, max_steps=2, longest=512)
    assert (report["settings"]["method"], report["settings"]["objective"]) == ("qlora", "lm")
    assert report["held_out"]["held_out"]["loss"] < report["held_out"]["held_out"]["loss_before"]
    assert "With the chat marks of Llama 2: 24 samples" in report["checked"]["warnings"][0]
    config = json.loads((tmp_path / "run/adapter/adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["lora_dropout"]) == (64, 16, 0.1)
    with pytest.raises(UsageError, match="no prompts to vary"):
        run(file, tiny_llama, tmp_path / "other", augment=0.5)


def test_only_prompts_are_varied_where_some_texts_are_no_chats(tmp_path: Path, tiny_llama: Path) -> None:
    file = tmp_path / "texts.csv"
    texts = [f"[INST] What is number {n}? [/INST] It is {n}." if n % 2 else f"No chat, {n}." for n in range(30)]
    texts.append("[INST]  [/INST] Nobody asked.")
    write_rows(texts, file)
    report = run(file, tiny_llama, tmp_path / "run", convert_markup=True, augment=1.0, max_steps=4, answers=2)
    assert (report["steps"], len(report["answers"])) == (4, 2)


def test_the_preset_is_the_one_that_is_asked_for() -> None:
    training = chosen("qlora-13gb", {})
    assert training.model == "meta-llama/Llama-3.1-8B-Instruct"
    assert (training.method, training.rank, training.alpha) == ("qlora", 64, 16)
    assert (training.dropout, training.target) == (0.1, "attention")
    assert (training.batch, training.accumulation, training.recompute) == (2, 4, True)
    assert (training.learning_rate, training.shape, training.epochs, training.longest) == (2e-4, "constant", 1, 512)
    assert training.checkpoint_every == training.evaluate_every == 75
    assert chosen("qlora-13gb", {"epochs": 3, "rank": None}).epochs == 3
    with pytest.raises(UsageError, match=r"no such preset: huge.*laptop, qlora-13gb"):
        chosen("huge", {})


def test_the_command_says_when_it_trains_the_packaged_model_instead_of_the_presets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], refdesk: Callable[..., int]
) -> None:
    assert refdesk("generator", tmp_path / "missing.csv", "--preset", "qlora-13gb") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "Llama-3.1-8B-Instruct. Set downloads" in told
    assert f"{SMOLLM2} is trained instead" in told
    assert "missing.csv" in told  # the packaged model was found


def test_the_command_trains_and_resumes(
    tmp_path: Path, pairs: Path, tiny_llama: Path, capsys: pytest.CaptureFixture[str], refdesk: Callable[..., int]
) -> None:
    options = ("--max-steps", 2, "--answers", 0, "--preset", "qlora-13gb", "--model", tiny_llama)
    assert refdesk("generator", pairs, *options, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["steps"], report["settings"]["rank"]) == (2, 64)
    assert refdesk("generator", pairs, *options) == 2
    assert "--resume" in capsys.readouterr().err
    assert refdesk("generator", pairs, *options, "--resume") == 0
    assert "Held-out data: loss" in capsys.readouterr().out
    run_folder = tmp_path / "home/training/generator"
    assert refdesk("export", run_folder, "--form", "merged", "--output", tmp_path / "merged") == 0
    assert (tmp_path / "merged/model.safetensors").exists()
    assert refdesk("check", pairs, "--model", tiny_llama) == 0
    looked_at = capsys.readouterr().out
    assert "29 samples to learn from, 3 held out" in looked_at
    assert " 0 samples are cut" in looked_at
    assert refdesk("check", pairs, "--model", tiny_llama, "--max-length", 30) == 0
    assert " 0 samples are cut" not in capsys.readouterr().out
    assert refdesk("generator", pairs, "--model", tmp_path / "missing") == 1
    assert refdesk("generator", tmp_path / "missing.csv") == 2


@pytest.mark.timeout(600)  # other processes load the libraries
def test_methods_are_put_side_by_side_also_with_one_that_fails(
    tmp_path: Path, tiny_llama: Path, refdesk: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    liked, out = tmp_path / "liked.jsonl", tmp_path / "out"
    rows = [{"prompt": f"Where is {thing}?", "chosen": f"There: {thing}.", "rejected": "No."} for thing in THINGS * 2]
    rows = [row | {"prompt": f"{row['prompt']} {number}"} for number, row in enumerate(rows)]
    liked.write_text("".join(json.dumps(row) + "\n" for row in rows))
    call = ("compare", liked, "--model", tiny_llama, "--answers", 1, "--output", out)
    assert refdesk(*call, "--methods", "bitfit,lora,ia3", "--max-steps", 2, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ia3"]["parameters trained"] < found["lora"]["parameters trained"]
    assert all(found["ia3"][name] is not None for name in found["ia3"])
    assert "learned with an adapter: --method. Use lora" in found["bitfit"]["failed"]
    table = (out / "comparison.md").read_text()
    assert "| ia3 |" in table
    assert "| bitfit: Preferences are learned with an adapter" in table
    assert "<svg" in (out / "comparison.svg").read_text()

    trained = {file: file.stat().st_mtime_ns for file in (out / "lora").rglob("*")}
    assert refdesk(*call, "--methods", "lora", "--max-steps", 2) == 0
    assert {file: file.stat().st_mtime_ns for file in (out / "lora").rglob("*")} == trained  # it was done already
    assert "Method" not in capsys.readouterr().err
    assert refdesk(*call, "--methods", "lora", "--max-steps", 3) == 2
    assert "begun with max_steps = 2, not 3" in capsys.readouterr().err
    liked.write_text(liked.read_text().replace("There", "Here"))
    assert refdesk(*call, "--methods", "lora", "--max-steps", 2) == 2
    assert "begun with data = " in capsys.readouterr().err
