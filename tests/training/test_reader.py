"""A whole training run, on a reader so small that it takes seconds."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForQuestionAnswering

from rag.reader.model import load_reader
from rag.reader.types import PassageText
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.training import finetune_reader
from tests.evaluation.conftest import quiet
from tests.training.conftest import WriteData, training
from ui.cli.main import main
from vectorstore.errors import UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

KILLED = """
import os, sys
from tests.training.test_reader import run
data, model, output = sys.argv[1:]
# The last checkpoint is that of step 4.
run(data, model, output, on_tick=lambda tick, steps: os.kill(os.getpid(), 9) if tick.step == 6 else None)
"""


def run(data: Path, model: Path, output: Path, resume: bool = False, **options: Any) -> dict[str, Any]:
    given: ReaderTraining = options.pop("training", training())
    usual: dict[str, Any] = {"on_tick": lambda tick, steps: None, "embedder": None, "adapter": None}
    return finetune_reader(
        [Path(data)],
        resolve_model(str(model)),
        training=given,
        output=Path(output),
        resume=resume,
        on_phase=quiet,
        **(usual | options),
    )


@pytest.mark.timeout(300)  # another process loads the libraries
def test_killed_and_resumed_it_ends_with_the_same_adapter_bit_for_bit(
    tmp_path: Path, write_data: WriteData, tiny: Path
) -> None:
    data = write_data()
    call = [sys.executable, "-c", KILLED, str(data), str(tiny), str(tmp_path / "cut")]
    killed = subprocess.run(call, env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}, check=False)
    assert killed.returncode == -signal.SIGKILL
    steps: list[int] = []
    cut = run(data, tiny, tmp_path / "cut", resume=True, on_tick=lambda tick, _: steps.append(tick.step))
    whole = run(data, tiny, tmp_path / "whole")
    assert steps == list(range(5, 13))
    assert cut["held_out"] == whole["held_out"]
    for file in ("adapter/adapter_model.safetensors", "checkpoint/training.safetensors", "best/training.safetensors"):
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_a_run_leaves_an_adapter_a_report_and_the_questions_that_it_was_judged_by(
    tmp_path: Path, write_data: WriteData, tiny: Path
) -> None:
    report = run(write_data(), tiny, tmp_path / "run")
    folder = tmp_path / "run"
    config = json.loads((folder / "adapter/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny)
    stored = load_file(folder / "adapter/adapter_model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}

    base = AutoModelForQuestionAnswering.from_pretrained(tiny)
    network = PeftModel.from_pretrained(base, str(folder / "adapter"))
    loaded = dict(network.named_parameters())
    best = load_file(folder / "best/training.safetensors")
    assert best
    for name, tensor in best.items():
        assert torch.equal(loaded[name].detach(), tensor.half().float())

    assert report["parameters_trained"] == sum(tensor.numel() for tensor in best.values())
    assert report["data"]["things"]["held_out"] == report["held_out"]["all"]["questions"] == 10
    assert set(report["held_out"]["things"]) >= {"em", "f1", "has_answer_f1", "no_answer_accuracy"}
    assert [row["step"] for row in report["learning_curve"]] == [5, 10, 12]
    assert json.loads((folder / "report.json").read_text()) == report
    assert "| things |" in (folder / "report.md").read_text()
    assert all("<svg" in (folder / name).read_text() for name in ("loss.svg", "score.svg"))
    assert len(json.loads((folder / "held-out/things.json").read_text())["data"]) == 1


def test_an_adapter_can_be_trained_further(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    data = write_data()
    run(data, tiny, tmp_path / "first")
    run(
        data,
        tiny,
        tmp_path / "second",
        adapter=tmp_path / "first/adapter",
        training=training(learning_rate=1e-12, max_steps=2),
    )
    first, second = (load_file(tmp_path / name / "adapter/adapter_model.safetensors") for name in ("first", "second"))
    assert first.keys() == second.keys()
    assert all(torch.allclose(first[name], second[name], atol=1e-3) for name in first)


def test_full_training_leaves_a_model_that_reads_and_keeps_its_word_vectors(
    tmp_path: Path, write_data: WriteData, tiny: Path
) -> None:
    report = run(write_data(), tiny, tmp_path / "run", training=training(method="full", learning_rate=1e-3))
    before, after = load_file(tiny / "model.safetensors"), load_file(tmp_path / "run/model/model.safetensors")
    words = "bert.embeddings.word_embeddings.weight"
    assert {name for name in before if torch.equal(before[name], after[name])} == {words}
    assert report["parameters_trained"] == report["parameters"] - before[words].numel()
    reader = load_reader(str(tmp_path / "run/model"))
    text = "The red box is kept in the cellar."
    (reading,) = reader.read("Where is the red box?", [PassageText("", text, ())])
    assert text[reading.spans[0].start : reading.spans[0].end]


def test_it_learns(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    report = run(
        write_data(articles=6, unanswerable=False),
        tiny,
        tmp_path / "run",
        training=training(method="full", learning_rate=3e-3, epochs=20, max_steps=None, evaluate_every=40, batch=8),
    )
    curve = [row["score"] for row in report["learning_curve"]]
    assert report["held_out"]["all"]["f1"] == max(curve) > 0.5


def test_what_is_no_reader_is_named(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    with pytest.raises(UsageError, match=r"cannot be trained as a reader.*broken"):
        run(write_data(), broken, tmp_path / "run")
    with pytest.raises(UsageError, match=r"no adapter_model\.safetensors: .*no-adapter"):
        run(write_data(), tiny, tmp_path / "run", adapter=tmp_path / "no-adapter")
    assert not (tmp_path / "run").exists()


def test_the_command_trains_and_prints_its_report(
    tmp_path: Path,
    write_data: WriteData,
    tiny: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refdesk(*arguments: object) -> int:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in ("finetune", "reader", *arguments, "--home", tmp_path / "home")])
        return int(end.value.code or 0)

    data = write_data()
    options = ("--model", tiny, "--max-steps", 2, "--batch", 4, "--near-misses", 0, "--held-out", 0.25)
    assert refdesk(data, *options, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["steps"] == 2
    assert (tmp_path / "home/training/reader/adapter/adapter_config.json").exists()
    assert refdesk(data, *options) == 2
    assert "--resume" in capsys.readouterr().err
    assert refdesk(data, *options, "--resume") == 0
    assert "all (10 questions): em" in capsys.readouterr().out
    assert refdesk(tmp_path / "missing.json") == 2
    assert "missing.json" in capsys.readouterr().err
    assert refdesk(data, "--method", "full", "--adapter", tmp_path) == 2
