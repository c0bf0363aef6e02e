"""Evaluations and quantizing as jobs: what comes of them lies where the command line puts it."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.evaluation.runs import load_run
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import LEASE_SECONDS, Job
from rag.jobs.worker import Worker
from rag.settings.model import load_settings
from rag.worker.measuring import measuring_work
from tests.jobs.clock import ClockAhead
from tests.tiny_llama import write_tiny_llama

pytestmark = pytest.mark.torch


@pytest.fixture
def clock() -> ClockAhead:
    return ClockAhead()


@pytest.fixture
def queue(tmp_path: Path, clock: ClockAhead) -> Iterator[EmbeddedJobQueue]:
    with closing(EmbeddedJobQueue(tmp_path / "home", clock)) as queue:
        yield queue


def done(queue: EmbeddedJobQueue, job: int) -> Job:
    """The job, once all that waits was done."""
    Worker(queue, "measuring", "test", lambda: measuring_work(load_settings(queue.home))).run()
    found = queue.get(job)
    assert found is not None
    return found


@pytest.mark.models
def test_an_evaluation_is_kept_with_the_others(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    context = "The bridge opened in 1932 and crosses the harbour."
    answers = [{"text": "1932", "answer_start": context.index("1932")}]
    asked = [{"id": "1", "question": "When did the bridge open?", "answers": answers}]
    data = tmp_path / "bridge.json"
    data.write_text(json.dumps({"data": [{"title": "", "paragraphs": [{"context": context, "qas": asked}]}]}))
    job = done(queue, queue.add("evaluate", {"what": "qa", "data": str(data), "limit": None}))
    assert (job.state, job.error) == ("done", "")
    run = load_run(queue.home, job.result["run"])
    assert [item.question for item in run.items] == ["When did the bridge open?"]


def test_what_cannot_be_measured_is_said(queue: EmbeddedJobQueue, tmp_path: Path) -> None:
    job = done(queue, queue.add("evaluate", {"what": "qa", "data": str(tmp_path / "missing.json"), "limit": None}))
    assert job.state == "failed"
    assert "missing.json" in job.error


def test_a_model_is_quantized_into_its_folder_and_not_again_by_itself(
    queue: EmbeddedJobQueue, tmp_path: Path, clock: ClockAhead
) -> None:
    model, output = write_tiny_llama(tmp_path / "model"), tmp_path / "small"
    number = queue.add("quantize", {"model": str(model), "method": "int8", "output": str(output)})
    assert queue.take("measuring", "gone") is not None
    clock.ahead = LEASE_SECONDS + 1
    assert done(queue, number).state == "interrupted"
    queue.resume(number)
    job = done(queue, number)
    assert (job.state, job.error) == ("done", "")
    assert job.result["bytes"] > 0
    assert any(output.glob("*.safetensors"))
