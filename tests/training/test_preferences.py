"""Learning from what people liked better."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from rag.conversations.store import ConversationStore
from rag.evaluation.golden_set import golden_questions
from rag.training.data.preference_pairs import preference_pairs
from rag.types import Answer, Citation, Sentence
from tests.training.test_generator import run
from vectorstore.errors import UsageError

pytestmark = pytest.mark.torch


class Killed(Exception):
    pass


@pytest.fixture
def liked(tmp_path: Path) -> Path:
    file = tmp_path / "liked.jsonl"
    rows = [
        {"prompt": f"Where is number {n}?", "chosen": f"It is in row {n % 3}.", "rejected": f"I lost it {n} times."}
        for n in range(16)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def killed_at(step: int) -> Any:
    def tick(tick: Any, steps: int) -> None:
        if tick.step == step:
            raise Killed

    return tick


@pytest.mark.parametrize("objective", ["dpo", "rl"])
def test_a_cut_off_run_ends_like_one_that_was_not(
    objective: str, tmp_path: Path, liked: Path, tiny_llama: Path
) -> None:
    options: dict[str, Any] = {"objective": objective, "rank": 4, "learning_rate": 1e-2, "max_steps": 6, "batch": 2}
    options |= {"checkpoint_every": 2, "longest": 64, "dropout": 0.1}
    whole = run(liked, tiny_llama, tmp_path / "whole", **options)
    with pytest.raises(Killed):
        run(liked, tiny_llama, tmp_path / "cut", on_tick=killed_at(3), **options)
    run(liked, tiny_llama, tmp_path / "cut", resume=True, **options)
    adapters = [load_file(tmp_path / name / "adapter/adapter_model.safetensors") for name in ("whole", "cut")]
    assert all((adapters[0][name] == tensor).all() for name, tensor in adapters[1].items())
    if objective == "dpo":
        curve = [row["held-out loss"] for row in whole["learning_curve"]]
        assert min(curve) < 0.69  # half and half
    else:
        assert (tmp_path / "cut/reward/log.jsonl").exists()


def test_the_better_answers_can_be_learned_alone(tmp_path: Path, liked: Path, tiny_llama: Path) -> None:
    report = run(liked, tiny_llama, tmp_path / "run", objective="sft", learning_rate=1e-2)
    assert report["held_out"]["held_out"]["loss"] < report["held_out"]["held_out"]["loss_before"]


def test_what_data_are_not_for_is_refused(tmp_path: Path, liked: Path, tiny_llama: Path) -> None:
    with pytest.raises(UsageError, match=r"Data with preferences cannot be used for lm.*dpo or rl or sft"):
        run(liked, tiny_llama, tmp_path / "run", objective="lm")
    with pytest.raises(UsageError, match="Preferences are learned with an adapter"):
        run(liked, tiny_llama, tmp_path / "run", method="full")


def test_thumbs_in_the_chat_become_pairs(tmp_path: Path) -> None:
    cited = Citation(1, 7, "Cats", None, 0, 13, "Tom is a cat.", 0.9)

    def answer(text: str) -> Answer:
        return Answer("generated", "tiny", (Sentence(text, (1,)),), (cited,))

    store = ConversationStore(tmp_path)
    for question, text, rating, right in (
        ("Who is Tom?", "A cat.", "up", ""),
        ("who is tom", "A dog.", "down", "Tom is a cat."),
        ("Who is Jerry?", "A mouse.", "up", ""),
        ("Who is Spike?", "A cat.", "down", ""),
    ):
        conversation, turn = store.add_turn(None, question)
        store.set_turn(turn, "done", answer(text))
        store.rate(conversation, turn, rating, right_answer=right)  # type: ignore[arg-type]
    store.close()
    rows = preference_pairs(golden_questions(tmp_path))
    assert [(row["chosen"], row["rejected"]) for row in rows] == [("Tom is a cat.", "A dog."), ("A cat.", "A dog.")]
    assert rows[0]["prompt"][-1]["content"] == "[1] Cats\nTom is a cat.\n\nQuestion: who is tom"
