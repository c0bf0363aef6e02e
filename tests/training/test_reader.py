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
from safetensors.torch import load_file

from rag.reader.embedded import load_fast
from rag.reader.model import load_reader, open_trained
from rag.reader.trained import resolve_reader
from rag.reader.types import PassageText
from rag.training.encoder_settings import ReaderTraining
from rag.training.reader.network import load_trainee
from rag.training.reader.training import finetune_reader
from tests.evaluation.conftest import quiet
from tests.training.conftest import WriteData, training
from tests.training.tiny_headed import TinyPacked, load_tiny
from ui.cli.main import main
from vectorstore.errors import ModelUnavailable, UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

KILLED = """
import os, sys
from tests.training.test_reader import LOADS, run
kind, data, model, output = sys.argv[1:]
# The last checkpoint is that of step 4.
run(data, model, output, load=LOADS[kind], on_tick=lambda tick, steps: os.kill(os.getpid(), 9) if tick.step == 6 else 0)
"""
LOADS = {"words": load_trainee, "all": load_tiny}
HEADS = {"relevance.weight", "sentence.weight", "support.weight", "qa_outputs.weight"}


def run(data: Path, model: Path, output: Path, resume: bool = False, **options: Any) -> dict[str, Any]:
    given: ReaderTraining = options.pop("training", training())
    return finetune_reader(
        [Path(data)],
        resolve_model(str(model)),
        given,
        Path(output),
        resume=resume,
        on_phase=quiet,
        **({"on_tick": lambda tick, steps: None} | options),
    )


@pytest.fixture
def folder_of_all(tmp_path: Path, write_data: WriteData) -> Path:
    """Questions, and sentences that a passage supports or not."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_data().rename(folder / "things.json")
    lines = []
    for number in range(40):
        said = ("is", "is not", "was")[number % 3]
        label = ("supported", "contradicted", "not_enough")[number % 3]
        passage = f"In house {number} the box is kept in a door."
        lines.append(json.dumps({"passage": passage, "sentence": f"The box of {number} {said} kept.", "label": label}))
    (folder / "said-support.jsonl").write_text("\n".join(lines))
    return folder


@pytest.mark.timeout(300)  # another process loads the libraries
@pytest.mark.parametrize("kind", LOADS)
def test_killed_and_resumed_it_ends_with_the_same_weights_bit_for_bit(
    kind: str, tmp_path: Path, folder_of_all: Path, tiny: Path
) -> None:
    data = folder_of_all
    call = [sys.executable, "-c", KILLED, kind, str(data), str(tiny), str(tmp_path / "cut")]
    killed = subprocess.run(call, env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}, check=False)
    assert killed.returncode == -signal.SIGKILL
    steps: list[int] = []
    load = LOADS[kind]
    cut = run(data, tiny, tmp_path / "cut", resume=True, load=load, on_tick=lambda tick, _: steps.append(tick.step))
    whole = run(data, tiny, tmp_path / "whole", load=load)
    assert steps == list(range(5, 13))
    assert cut["held_out"] == whole["held_out"]
    for file in ("model/model.safetensors", "checkpoint/training.safetensors", "best/training.safetensors"):
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_a_run_leaves_a_report_and_the_questions_that_it_was_judged_by(
    tmp_path: Path, write_data: WriteData, tiny: Path
) -> None:
    report = run(write_data(), tiny, tmp_path / "run")
    folder = tmp_path / "run"
    assert report["data"]["things"]["held_out"] == report["held_out"]["all"]["rows"] == 10
    assert report["data"]["things"]["share_of_rows"] == pytest.approx(1.0)
    assert set(report["held_out"]["things"]) >= {"em", "f1", "has_answer_f1", "no_answer_accuracy"}
    assert [row["step"] for row in report["learning_curve"]] == [5, 10, 12]
    assert json.loads((folder / "report.json").read_text()) == report
    assert "| things |" in (folder / "report.md").read_text()
    assert all("<svg" in (folder / name).read_text() for name in ("loss.svg", "score.svg"))
    assert len(json.loads((folder / "held-out/things.json").read_text())["data"]) == 1


def test_one_of_transformers_stays_a_model_that_reads_and_keeps_its_word_vectors(
    tmp_path: Path, write_data: WriteData, tiny: Path
) -> None:
    report = run(write_data(), tiny, tmp_path / "run")
    before, after = load_file(tiny / "model.safetensors"), load_file(tmp_path / "run/model/model.safetensors")
    fixed = {name for name in before if name.endswith("_embeddings.weight")}
    assert {name for name in before if torch.equal(before[name], after[name])} == fixed
    assert report["parameters_trained"] == report["parameters"] - sum(before[name].numel() for name in fixed)
    reader = load_reader(str(tmp_path / "run/model"))
    text = "The red box is kept in the cellar."
    (reading,) = reader.read("Where is the red box?", [PassageText("", text, ())])
    assert text[reading.spans[0].start : reading.spans[0].end]


def test_with_all_heads_it_leaves_what_it_changed_and_can_be_trained_further(
    tmp_path: Path, folder_of_all: Path, tiny: Path
) -> None:
    first = run(folder_of_all, tiny, tmp_path / "first", load=load_tiny)
    assert first["held_out"]["said-support"]["support_accuracy"] is not None
    assert first["held_out"]["things"]["relevance_auc"] is not None
    assert first["held_out"]["things"]["support_accuracy"] is None
    changed = load_file(tmp_path / "first/model/model.safetensors")
    assert {tensor.dtype for tensor in changed.values()} == {torch.float16}
    assert changed.keys() >= HEADS
    assert all(changed[name].any() for name in HEADS)
    assert not any(name.endswith("_embeddings.weight") for name in changed)
    assert json.loads((tmp_path / "first/model/reader.json").read_text())["base"] == str(tiny)
    reader = open_trained(resolve_model(str(tmp_path / "first/model")), TinyPacked())
    text = "In house 3 the red box is kept in the attic."
    (reading,) = reader.read("Where is the red box kept?", [PassageText("House 3", text, ((0, len(text)),))])
    assert text[reading.spans[0].start : reading.spans[0].end]
    assert sum(reader.support([("The box is kept.", text)])[0]) == pytest.approx(1.0)
    slow = training(learning_rate=1e-12, max_steps=2)
    run(folder_of_all, tmp_path / "first/model", tmp_path / "second", load=load_tiny, training=slow)
    again = load_file(tmp_path / "second/model/model.safetensors")
    assert changed.keys() == again.keys()
    assert all(torch.allclose(changed[name], again[name], atol=1e-3) for name in changed)


@pytest.mark.models
def test_it_goes_on_from_the_reader_that_comes_with_refdesk() -> None:
    _, embedded = load_fast()
    trained = load_trainee(resolve_reader("embedded-fast"), training()).network.state_dict()
    for name, value in embedded.state_dict().items():
        assert torch.equal(trained[f"model.{name}"].cpu(), value)


def test_what_it_was_trained_from_must_be_there(tmp_path: Path, folder_of_all: Path, tiny: Path) -> None:
    run(folder_of_all, tiny, tmp_path / "first", load=load_tiny, training=training(max_steps=1))
    about = tmp_path / "first/model/reader.json"
    about.write_text(about.read_text().replace('"sha256": "', '"sha256": "0'))
    with pytest.raises(ModelUnavailable, match="trained from other weights"):
        run(folder_of_all, tmp_path / "first/model", tmp_path / "second")


def test_it_learns(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    report = run(
        write_data(articles=6, unanswerable=False),
        tiny,
        tmp_path / "run",
        training=training(learning_rate=3e-3, epochs=20, max_steps=None, evaluate_every=40, batch=8),
    )
    curve = [row["score"] for row in report["learning_curve"]]
    assert report["held_out"]["all"]["f1"] == max(curve) > 0.5


def test_all_tasks_are_learned_at_once(tmp_path: Path, folder_of_all: Path, tiny: Path) -> None:
    report = run(
        folder_of_all,
        tiny,
        tmp_path / "run",
        load=load_tiny,
        training=training(
            learning_rate=3e-3, epochs=60, max_steps=None, evaluate_every=80, evaluate_on=60, batch=8, support=0.4
        ),
    )
    assert report["held_out"]["said-support"]["support_accuracy"] > 0.8
    assert report["held_out"]["things"]["relevance_auc"] > 0.8
    losses = [row["loss"] for row in json_lines(tmp_path / "run/log.jsonl") if "loss" in row]
    assert sum(losses[-20:]) < 0.6 * sum(losses[:20])


def json_lines(file: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_is_no_reader_is_named(tmp_path: Path, write_data: WriteData, tiny: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    with pytest.raises(UsageError, match=r"cannot be trained as a reader.*broken"):
        run(write_data(), broken, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_one_that_marks_words_alone_has_no_use_for_other_data(tmp_path: Path, folder_of_all: Path, tiny: Path) -> None:
    with pytest.raises(UsageError, match="nothing to learn from"):
        run(folder_of_all / "said-support.jsonl", tiny, tmp_path / "run")
    report = run(folder_of_all, tiny, tmp_path / "run", training=training(max_steps=1))
    assert list(report["data"]) == ["things"]


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
    assert (tmp_path / "home/training/reader/model/config.json").exists()
    assert refdesk(data, *options) == 2
    assert "--resume" in capsys.readouterr().err
    assert refdesk(data, *options, "--resume") == 0
    assert "all (10 rows): em" in capsys.readouterr().out
    assert refdesk(tmp_path / "missing.json") == 2
    assert "missing.json" in capsys.readouterr().err
