"""`refdesk quantize` and `refdesk quantize compare` as a person calls them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from rag.generators.engines.transformers import load_network
from rag.quantization.comparison import compare_methods
from rag.quantization.measuring import measure, measure_gguf_perplexity, perplexity
from rag.quantization.methods import find_method
from rag.quantization.quantize import quantize
from rag.quantization.source import SourceModel
from rag.quantization.tasks import Tasks, load_tasks
from tests.command import TERMINATED, refdesk, refdesk_apart
from tests.quantization.conftest import WORDS
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import resolve_model

pytestmark = pytest.mark.torch


class Watched:
    """Progress, noted."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        self.seen.append(what)


@pytest.fixture
def tasks(tmp_path: Path) -> Tasks:
    text = tmp_path / "text.txt"
    text.write_text(WORDS)
    return load_tasks(text, None, limit=2, tokens=100)


def test_the_command_writes_a_folder(llama: Path, tmp_path: Path) -> None:
    output = tmp_path / "small"
    call = ("quantize", llama, "--method", "gguf-q4_0", "--output", output, "--home", tmp_path / "home", "--json")
    result = refdesk(*call).json
    assert result["engine"] == "llamacpp"
    assert result["bytes"] == next(output.glob("*.gguf")).stat().st_size
    assert resolve_model(str(output)).is_gguf


def test_a_comparison_measures_reports_and_keeps_what_it_has(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    folder, watched = tmp_path / "compared", Watched()
    model, methods = resolve_model(str(llama)), [find_method("gguf-q8_0")]
    first = compare_methods(model, methods, tasks, folder, tmp_path, watched)
    assert "1 of 1, gguf-q8_0: Predicting the text" in watched.seen
    again = Watched()
    assert compare_methods(model, methods, tasks, folder, tmp_path, again) == first
    assert again.seen == []
    (result,) = first.results
    assert "problem" not in result
    # Random weights find every token about equally likely.
    assert 300 < result["perplexity"] < 900
    assert result["questions"] == 2
    assert result["memory_mb"] > 0
    assert json.loads((folder / "results.json").read_text())["results"] == [result]
    page = (folder / "report.html").read_text()
    assert page.count("<svg") >= 2
    assert "gguf-q8_0" in page
    assert not (folder / "model").exists()


def test_a_folder_is_measured_in_its_own_engine(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    method, model = find_method("int8-channel"), resolve_model(str(llama))
    quantize(model, method, tmp_path / "small", tmp_path, Watched())
    figures = measure(SourceModel("tiny", "", llama), tmp_path / "small", tasks, Watched())
    unchanged = load_network(llama, quantize=False)
    tokens = AutoTokenizer.from_pretrained(llama)(WORDS, add_special_tokens=False)["input_ids"][:100]
    assert figures["perplexity"] == pytest.approx(perplexity(unchanged, tokens, [], Watched()), rel=0.02)
    assert 0 <= figures["f1"] <= 1


def test_a_comparison_of_something_else_does_not_mix_in(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    folder = tmp_path / "compared"
    compare_methods(resolve_model(str(llama)), [], tasks, folder, tmp_path, Watched())
    others = load_tasks(None, None, limit=2, tokens=100)
    with pytest.raises(UsageError, match="was begun with text"):
        compare_methods(resolve_model(str(llama)), [], others, folder, tmp_path, Watched())


def test_a_method_that_fails_is_reported_and_tried_again(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    whole = (llama / "tokenizer.json").read_text()
    folder = tmp_path / "compared"
    try:
        (llama / "tokenizer.json").write_text(whole.replace('"type": "ByteLevel"', '"type": "Whitespace"', 1))
        failed = compare_methods(
            resolve_model(str(llama)), [find_method("gguf-q8_0")], tasks, folder, tmp_path, Watched()
        )
    finally:
        (llama / "tokenizer.json").write_text(whole)
    assert "does not know" in failed.results[0]["problem"]
    assert "What could not be measured" in (folder / "report.html").read_text()
    assert not (folder / "results").exists()


def test_what_was_measured_before_a_failure_is_kept(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    def here(work: Callable[..., Any], *arguments: Any, on_progress: Watched) -> Any:
        if work is measure_gguf_perplexity:
            raise RefdeskError("Killed")
        return work(*arguments, on_progress=on_progress)

    folder = tmp_path / "compared"
    (result,) = compare_methods(
        resolve_model(str(llama)), [find_method("gguf-q8_0")], tasks, folder, tmp_path, Watched(), here
    ).results
    assert result["problem"] == "The perplexity is missing. Killed"
    assert result["bytes"] > 0
    assert result["questions"] == 2
    assert result["memory_mb"] > 0
    assert "The perplexity is missing. Killed" in (folder / "report.html").read_text()


def test_a_comparison_that_sigterm_stops_keeps_what_it_has_measured(llama: Path, tmp_path: Path) -> None:
    folder, text = tmp_path / "compared", tmp_path / "text.txt"
    text.write_text(WORDS)
    first = folder / "results/float32.json"
    stopped = refdesk_apart(
        *("quantize", "compare", llama, "--methods", "float32,nf4", "--text", text, "--limit", 0),
        *("--output", folder, "--home", tmp_path / "home"),
        folder=tmp_path,
        until=first.exists,
    )
    assert stopped.code == TERMINATED
    assert "The same call goes on where it was." in " ".join(stopped.err.split())
    assert json.loads(first.read_text())["perplexity"] > 1
    assert [file.name for file in (folder / "results").iterdir()] == [first.name]
    assert not (folder / "model").exists()


def test_a_text_of_one_token_is_refused_before_anything_is_quantized(llama: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("a")
    tasks = load_tasks(tmp_path / "one.txt", None, limit=0, tokens=100)
    with pytest.raises(UsageError, match=r"too short to measure perplexity on.*one\.txt"):
        compare_methods(
            resolve_model(str(llama)), [find_method("nf4")], tasks, tmp_path / "compared", tmp_path, Watched()
        )
    assert not (tmp_path / "compared").exists()


def test_a_model_without_a_tokenizer_is_a_clear_error(llama: Path, tmp_path: Path, tasks: Tasks) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        (bare / name).symlink_to(llama / name)
    with pytest.raises(RefdeskError, match=r"tokenizer cannot be loaded.*bare\. Name a model"):
        compare_methods(resolve_model(str(bare)), [find_method("nf4")], tasks, tmp_path / "out", tmp_path, Watched())


def test_perplexity_is_the_model_s_own_loss(llama: Path) -> None:
    model = load_network(llama, quantize=False).float()
    tokens = list(range(3, 300))
    with torch.inference_mode():
        loss = model(torch.tensor([tokens]), labels=torch.tensor([tokens])).loss
    assert perplexity(model, tokens, [], Watched()) == pytest.approx(float(loss.exp()), rel=1e-4)


def test_our_own_questions_are_answered_by_their_passages() -> None:
    tasks = load_tasks(None, None, limit=None, tokens=8192)
    assert len(tasks.questions) == 24
    assert sum(not asked.answers for asked in tasks.questions) == 6
    for asked in tasks.questions:
        assert all(answer in asked.passage for answer in asked.answers)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["quantize", "any", "--method", "nf9", "--output", "x"], "There is no such method: nf9. There are float32,"),
        (["quantize", "compare", "any", "--methods", "nf4,nf9"], "There is no such method: nf9"),
        (["quantize", "./none", "--method", "nf4", "--output", "x"], "No such model folder or file: ./none"),
    ],
)
def test_a_wrong_call_is_a_clear_error(tmp_path: Path, arguments: Sequence[str], problem: str) -> None:
    called = refdesk(*arguments, "--home", tmp_path)
    assert called.code
    assert problem in called.err


def test_an_empty_text_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UsageError, match="There is no text in it"):
        load_tasks(tmp_path / "empty.txt", None, None, 100)
