"""Training runs as the process that trains leaves them, for the page with the fake desk."""

from typing import Any

from rag.files import write_json
from rag.jobs.queue import EmbeddedJobQueue
from rag.jobs.types import Lane
from rag.training.runs.folder import RunFolder
from rag.training.runs.store import Runs
from rag.training.runs.types import Request, Run

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> ![x](http://evil.example/pixel.png)"
CHECKED: dict[str, Any] = {
    "samples": 45,
    "held_out": 5,
    "languages": {"en": 49, "de": 1},
    "tokens": {"shortest": 38, "median": 55, "95%": 70, "longest": 600},
    "warnings": [
        "A person's data, perhaps (e-mail address): 1 sample (faq.csv:49)",
        "With the chat marks of Llama 2: 2 samples (faq.csv:3, faq.csv:4); --convert-markup makes chats of them",
    ],
    "left_out": 2,
    "cut": 1,
    "problems": ["faq.csv:50: answer is empty", "faq.csv:51: the same as faq.csv:1"],
    "notes": [],
    "form": "pairs",
    "objective": "sft",
    "longest": 512,
    "epochs": 3,
    "steps": 18,
    "model": "SmolLM2",
}


def fill_runs(queue: EmbeddedJobQueue) -> None:
    """Two finished runs, and one whose data were checked."""
    trained(queue, 1.9, {})
    trained(queue, 1.4, {"epochs": 6})
    asked(queue, {})


def asked(queue: EmbeddedJobQueue, values: dict[str, Any]) -> Run:
    """A run whose data were checked."""
    runs = Runs(queue)
    name = runs.add(Request((f"{queue.home}/training-data/faq.csv",), "laptop", values))
    _end(queue, "checks", CHECKED)
    return known(runs, name)


def known(runs: Runs, name: str) -> Run:
    run = runs.get(name)
    assert run is not None
    return run


def _end(queue: EmbeddedJobQueue, lane: Lane, result: dict[str, Any]) -> None:
    """Have the job whose turn it is be done with this result."""
    job = queue.take(lane, "trained")
    assert job is not None
    queue.end(job.id, "trained", "done", result=result)


def trained(queue: EmbeddedJobQueue, loss: float, values: dict[str, Any]) -> Run:
    """A run that has ended at this loss on what was held out."""
    run = asked(queue, values)
    folder = RunFolder(run.folder)
    settings = {"model": "SmolLM2", "method": "lora", "epochs": 3, "learning_rate": 5e-4, **values}
    folder.claim({"task": "generator", **settings, "data": {"faq.csv": "0123456789abcdef"}}, resume=False)
    for step in range(1, 19):
        folder.record({"step": step, "loss": round(2.4 - (2.4 - loss) * step / 18, 3), "seconds": 2.0 * step})
        if step % 6 == 0:
            folder.record({"step": step, "score": -loss, "held-out loss": loss})
    after = {"loss": loss, "perplexity": 5.0, "loss_before": 2.4}
    report = {
        "settings": settings,
        "held_out": {"training": after, "held_out": after, "general": after | {"loss": 2.4}},
        "forgotten": 0.0,
        "overfitting": 0.0,
        "answer_f1": {"before": 0.1, "after": 0.6},
        "answers": [{"prompt": HOSTILE, "wanted": "A lamp.", "before": "A cat.", "after": f"A lamp, {loss}."}],
        "parameters_trained": 1_200,
        "peak_memory_mb": 900,
        "steps": 18,
        "steps_planned": 18,
        "seconds": 95.0,
        "result": "adapter",
    }
    (run.folder / "adapter").mkdir()
    write_json(run.folder / "report.json", report)
    runs = Runs(queue)
    runs.start(run.name)
    _end(queue, "training", {})
    return known(runs, run.name)
