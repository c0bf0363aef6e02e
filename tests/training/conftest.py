from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.training.encoder_settings import ReaderTraining
from vectorstore.models import MINILM, resolve_model

COLOURS = ["red", "green", "blue", "white", "brown"]
PLACES = ["the cellar", "the attic", "the garden shed", "the old barn", "the front hall", "the kitchen"]

WriteData = Callable[..., Path]


@pytest.fixture
def write_data(tmp_path: Path) -> WriteData:
    """Writes a SQuAD 2 file on where things are kept, a question that can be answered and one that cannot on each."""

    def write(name: str = "things", articles: int = 4, unanswerable: bool = True) -> Path:
        file = tmp_path / f"{name}.json"
        data = [
            {"title": f"House_{a}", "paragraphs": [_paragraph(a, c, unanswerable) for c in range(len(COLOURS))]}
            for a in range(articles)
        ]
        file.write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
        return file

    return write


def _paragraph(article: int, number: int, unanswerable: bool) -> dict[str, Any]:
    colour, place = COLOURS[number], PLACES[(article + number) % len(PLACES)]
    context = f"In house {article} the {colour} box is kept in {place}, behind a door."
    answers = [{"text": place, "answer_start": context.index(place)}]
    asked = [_asked(f"{article}-{number}", f"Where is the {colour} box of house {article} kept?", answers)]
    if unanswerable:
        asked.append(_asked(f"{article}-{number}-no", f"Who owns the {colour} box of house {article}?", []))
    return {"context": context, "qas": asked}


def _asked(key: str, question: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": key, "question": question, "answers": answers, "is_impossible": not answers}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader of two narrow layers with random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(0)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertForQuestionAnswering(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(resolve_model(MINILM).path / name, folder)
    return folder


def training(**changed: Any) -> ReaderTraining:
    usual: dict[str, Any] = {
        "learning_rate": 1e-3,
        "epochs": 3,
        "max_steps": 12,
        "batch": 4,
        "dropout": 0.0,
        "held_out": 0.25,
        "near_misses": 0.0,
        "altered": 0.0,
        "records": 0.0,
        "evaluate_every": 5,
        "evaluate_on": 8,
        "patience": 0,
        "checkpoint_every": 4,
        "seed": 1,
    }
    return ReaderTraining(**(usual | changed))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generator of two narrow layers with random weights, and a vocabulary of its own."""
    from tests.tiny_llama import write_tiny_llama

    return write_tiny_llama(tmp_path_factory.mktemp("tiny-llama"))
