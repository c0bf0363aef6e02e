"""A whole training run of a classifier, on an encoder so small that it takes seconds."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from rag.training.classifier import finetune_classifier
from rag.training.encoder_settings import ClassifierTraining
from tests.evaluation.conftest import quiet
from vectorstore.errors import UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch

TEXTS = {"praise": "What a lovely {} you have, thank you.", "complaint": "My {} arrived broken and late again."}
THINGS = ["lamp", "rope", "saw", "drum", "vase", "kite", "bell", "mask", "pen", "cup"]


def run(data: Path, model: Path, output: Path, **changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"method": "full", "rank": 4, "learning_rate": 1e-2, "epochs": 6, "max_steps": None}
    usual |= {"batch": 4, "longest": 32, "held_out": 0.2, "patience": 0, "checkpoint_every": 5, "seed": 0}
    settings = ClassifierTraining(**(usual | changed))
    return finetune_classifier(
        [data], resolve_model(str(model)), settings, output, resume=False, on_phase=quiet, on_tick=lambda *_: None
    )


def write(file: Path, labels: dict[str, str]) -> Path:
    rows = [{"text": text.format(thing), "label": label} for label, text in labels.items() for thing in THINGS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.mark.parametrize("method", ["full", "lora"])
def test_it_learns_the_labels_and_leaves_a_model_that_knows_them(method: str, tmp_path: Path, tiny: Path) -> None:
    report = run(write(tmp_path / "letters.jsonl", TEXTS), tiny, tmp_path / "run", method=method, epochs=12)
    figures = report["held_out"]
    assert figures["all"]["texts"] == 4
    assert figures["all"]["accuracy"] == figures["all"]["f1"] == 1.0
    assert figures["praise"] == {"texts": 2, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    folder = tmp_path / "run/model"
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    fields = AutoTokenizer.from_pretrained(folder)("My pump arrived broken.", return_tensors="pt")
    assert model.config.id2label[int(model(**fields).logits.argmax())] == "complaint"


def test_data_without_two_labels_are_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(UsageError, match="two labels"):
        run(write(tmp_path / "letters.jsonl", {"praise": TEXTS["praise"]}), tiny, tmp_path / "run")
    (tmp_path / "texts.csv").write_text("text\nOne\n")
    with pytest.raises(UsageError, match="columns text and label"):
        run(tmp_path / "texts.csv", tiny, tmp_path / "run")
