"""Runs as the page asks for them, with real training on a model so small that it takes no time."""

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.components import open_generator
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.starting import see_to_jobs
from rag.jobs.types import LEASE_SECONDS, Lane
from rag.jobs.worker import Worker
from rag.settings.model import load_settings
from rag.training.generator.serving import can_go_back, serve_run, serve_what_was_before, served_run, undone_on_failure
from rag.training.runs.store import Runs
from rag.training.runs.types import Request, Run
from rag.worker.training import training_work
from tests.jobs.clock import ClockAhead
from vectorstore.errors import UsageError

pytestmark = pytest.mark.torch

PLACES = ["in the attic", "in the cellar", "on the porch", "by the stove"]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedJobQueue]:
    with closing(EmbeddedJobQueue(tmp_path / "home")) as queue:
        yield queue


@pytest.fixture
def runs(queue: EmbeddedJobQueue) -> Runs:
    return Runs(queue)


def do_runs(queue: EmbeddedJobQueue, lane: Lane) -> None:
    Worker(queue, lane, "test", lambda: training_work(load_settings(queue.home))).run()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [
        {"prompt": f"Where is lamp {n} kept?", "answer": f"Lamp {n} is kept {PLACES[n % len(PLACES)]}."}
        for n in range(20)
    ]
    rows.append({"prompt": "Whom do I ask?", "answer": "Write to ada@example.org, who keeps the keys of the house."})
    rows.append({"prompt": "And then?", "answer": ""})
    file = tmp_path_factory.mktemp("data") / "lamps.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def request(data: Path, model: Path, **values: object) -> Request:
    return Request((str(data),), "laptop", {"model": str(model), "batch": 4, "answers": 1, **values})


def of(runs: Runs, name: str) -> Run:
    run = runs.get(name)
    assert run is not None
    return run


@pytest.fixture
def checked(queue: EmbeddedJobQueue, runs: Runs, data: Path, tiny_llama: Path) -> str:
    name = runs.add(request(data, tiny_llama, max_steps=4))
    do_runs(queue, "checks")
    return name


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data: Path, tiny_llama: Path) -> Path:
    """A home with one run, which was interrupted before its first step, and went on to its end."""
    clock = ClockAhead()
    with closing(EmbeddedJobQueue(tmp_path_factory.mktemp("trained"), clock)) as queue:
        runs = Runs(queue)
        name = runs.add(request(data, tiny_llama, max_steps=4))
        do_runs(queue, "checks")
        runs.start(name)
        assert queue.take("training", "gone") is not None
        assert of(runs, name).state == "working"
        with pytest.raises(UsageError, match="under way"):
            runs.delete(name)
        clock.ahead = LEASE_SECONDS + 1
        do_runs(queue, "training")
        assert of(runs, name).state == "interrupted"  # and not begun again: it may have been too much for the machine
        runs.start(name)
        do_runs(queue, "training")
        return runs.home


@pytest.fixture
def done(queue: EmbeddedJobQueue, trained: Path) -> Run:
    """In a copy of that home, opened anew."""
    queue.close()
    shutil.copytree(trained, queue.home, dirs_exist_ok=True)
    return Runs(queue).all()[0]


def test_what_is_asked_for_is_checked_and_nothing_is_trained_before_it_is_started(runs: Runs, checked: str) -> None:
    run = of(runs, checked)
    found = run.checked
    assert run.is_ready
    assert (found["samples"], found["held_out"], found["left_out"]) == (19, 2, 1)
    assert found["problems"] == ["lamps.jsonl:22: answer is empty"]
    assert any("perhaps (e-mail address)" in warning for warning in found["warnings"])
    assert (found["form"], found["steps"]) == ("pairs", 4)
    assert run.settings == {}


def test_data_that_cannot_be_used_say_so_and_cannot_be_started(
    queue: EmbeddedJobQueue, runs: Runs, tmp_path: Path, tiny_llama: Path
) -> None:
    (tmp_path / "ages.csv").write_text("name,age\nAda,36\n")
    name = runs.add(request(tmp_path / "ages.csv", tiny_llama))
    do_runs(queue, "checks")
    assert of(runs, name).state == "failed"
    assert "ages.csv" in of(runs, name).error
    with pytest.raises(UsageError, match="cannot be started"):
        runs.start(name)


def test_a_model_that_is_not_there_is_named_or_replaced_by_the_packaged_one(
    queue: EmbeddedJobQueue, runs: Runs, data: Path
) -> None:
    mine = runs.add(Request((str(data),), "laptop", {"model": "nobody/nothing"}))
    do_runs(queue, "checks")
    assert "nobody/nothing" in of(runs, mine).error


def test_a_run_that_was_interrupted_goes_on_to_its_report_and_result(done: Run) -> None:
    assert done.is_trained
    assert done.report["steps"] == 4
    assert (done.folder / "adapter" / "adapter_model.safetensors").is_file()
    assert [row["step"] for row in done.log if "loss" in row] == [1, 2, 3, 4]


def test_a_run_is_stopped_between_two_steps_and_goes_on_from_there(
    queue: EmbeddedJobQueue, runs: Runs, data: Path, tiny_llama: Path
) -> None:
    name = runs.add(request(data, tiny_llama, max_steps=100_000, epochs=100_000, held_out=0.0, checkpoint_every=10**6))
    do_runs(queue, "checks")
    runs.start(name)
    training = threading.Thread(target=do_runs, args=(queue, "training"))
    training.start()
    while training.is_alive() and len(of(runs, name).log) < 3:
        training.join(0.05)
    runs.stop(name)
    training.join()
    run = of(runs, name)
    assert run.state == "stopped"
    reached = run.log[-1]["step"]
    assert json.loads((run.folder / "checkpoint" / "state.json").read_text())["step"] == reached
    runs.start(name)
    assert of(runs, name).state == "waiting"
    runs.stop(name)  # what waits has not begun, and ends at once
    assert of(runs, name).state == "stopped"


def test_the_list_holds_runs_of_the_command_line_and_no_other_folders(runs: Runs, done: Run, tmp_path: Path) -> None:
    (runs.folder / "holiday").mkdir()
    (runs.folder / "by-hand").mkdir()
    (runs.folder / "by-hand" / "settings.json").write_text("{}")
    found = {run.name: run.state for run in runs.all()}
    assert found == {done.name: "done", "by-hand": "stopped"}
    assert not of(runs, "by-hand").can_go_on
    assert runs.get("../home") is None
    runs.delete(done.name)
    assert [run.name for run in runs.all()] == ["by-hand"]


def test_a_process_that_trains_and_is_told_to_end_leaves_a_checkpoint_of_its_step(
    queue: EmbeddedJobQueue, runs: Runs, data: Path, tiny_llama: Path
) -> None:
    name = runs.add(request(data, tiny_llama, max_steps=100_000, epochs=100_000, held_out=0.0, checkpoint_every=10**6))
    do_runs(queue, "checks")
    runs.start(name)
    (process,) = see_to_jobs(queue)
    pause = threading.Event()
    while process.poll() is None and len(of(runs, name).log) < 3:
        pause.wait(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    run = of(runs, name)
    assert run.state == "interrupted"
    assert run.can_go_on
    state = json.loads((run.folder / "checkpoint" / "state.json").read_text())
    assert state["step"] == run.log[-1]["step"] >= 3
    assert see_to_jobs(queue) == []  # a person says whether it goes on


def test_the_way_back_passes_over_a_run_that_was_deleted(runs: Runs, done: Run) -> None:
    later = runs.folder / "later"
    shutil.copytree(done.folder, later)
    serve_run(runs.home, done)
    serve_run(runs.home, of(runs, "later"))
    runs.delete(done.name)
    serve_what_was_before(runs.home)
    assert served_run(runs.home) is None
    assert load_settings(runs.home).generator.adapter is None
    assert not can_go_back(runs.home)


def test_a_result_that_does_not_load_changes_nothing(runs: Runs, done: Run) -> None:
    def fail() -> None:
        serve_run(runs.home, done)
        raise MemoryError

    with pytest.raises(MemoryError), undone_on_failure(runs.home):
        fail()
    assert served_run(runs.home) is None
    assert not can_go_back(runs.home)


def test_a_result_is_put_to_use_and_back_again(runs: Runs, done: Run, tiny_llama: Path) -> None:
    file = runs.home / "settings.toml"
    file.write_text('# Mine.\n[generator]\nmax_new_tokens = 99  # enough\nengine = "extractive"\n')
    serve_run(runs.home, done)
    assert served_run(runs.home) == done.name
    assert load_settings(runs.home).generator.adapter == done.folder / "adapter"
    assert can_go_back(runs.home)
    writer = open_generator(load_settings(runs.home))
    assert writer is not None
    assert writer.name == f"{tiny_llama.name} + adapter"
    serve_what_was_before(runs.home)
    assert served_run(runs.home) is None
    assert file.read_text() == '# Mine.\n[generator]\nmax_new_tokens = 99  # enough\nengine = "extractive"\n'
    with pytest.raises(UsageError, match="No run was put to use"):
        serve_what_was_before(runs.home)
