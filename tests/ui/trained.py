"""Training runs as the process that trains leaves them, for the page with the fake desk."""

from pathlib import Path
from typing import Any

from rag.files import write_json
from rag.training.runs.folder import RunFolder
from rag.training.runs.requests import Request, Run, Runs, Status

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
}


def fill_runs(home: Path) -> None:
    """Two finished runs, and one whose data were checked."""
    trained(home, 1.9, {})
    trained(home, 1.4, {"epochs": 6})
    asked(home, {})


def asked(home: Path, values: dict[str, Any]) -> Run:
    """A run whose data were checked."""
    runs = Runs(home)
    name = runs.add(Request((f"{home}/training-data/faq.csv",), "laptop", values))
    runs.note_checked(name, CHECKED)
    runs.note(name, Status("checked", model="SmolLM2", asked_at="2026-11-24T10:00:00+00:00"))
    run = runs.get(name)
    assert run is not None
    return run


def trained(home: Path, loss: float, values: dict[str, Any]) -> Run:
    """A run that has ended at this loss on what was held out."""
    run = asked(home, values)
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
    Runs(home).end(run.name, "done")
    found = Runs(home).get(run.name)
    assert found is not None
    return found
