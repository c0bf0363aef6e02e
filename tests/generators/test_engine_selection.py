"""Which engine is chosen, and the reason that a person reads."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI

from rag.components import open_generator
from rag.engine_selection import choose_engine, is_large, load_generator, prompt_budget
from rag.generators.model_size import parameters_of
from rag.generators.registry import ENGINES, LLAMA, PACKAGED_ADAPTERS, Engine, adapter_for
from rag.generators.types import Choice, Hardware
from rag.settings.model import Settings, load_settings
from vectorstore.errors import ModelUnavailable, UsageError
from vectorstore.models import SMOLLM2, ResolvedModel, resolve_model

GPU = Hardware(cuda_memory_bytes=24_000_000_000)


def settings(home: Path, downloads: str = "never", **generator: Any) -> Settings:
    return load_settings(home, downloads=downloads, generator=generator)


@pytest.mark.parametrize(
    ("hardware", "downloads", "engine", "model", "because"),
    [
        (Hardware(), "allow", "llamacpp", SMOLLM2, "No CUDA GPU"),
        (Hardware(cuda_memory_bytes=4_000_000_000), "allow", "llamacpp", SMOLLM2, "Only 4 GB"),
        (GPU, "never", "llamacpp", SMOLLM2, "downloads are off"),
        (GPU, "ask", "transformers", LLAMA, "24 GB of GPU memory free"),
    ],
)
def test_auto(tmp_path: Path, hardware: Hardware, downloads: str, engine: str, model: str, because: str) -> None:
    choice = choose_engine(settings(tmp_path, downloads), hardware)
    assert (choice.engine, choice.model) == (engine, model)
    assert because in choice.reason


def test_auto_takes_weights_that_are_there(tmp_path: Path) -> None:
    found = ResolvedModel(LLAMA, tmp_path, "cache", "found in the Hugging Face cache")
    choice = choose_engine(settings(tmp_path), GPU, lambda name: found)
    assert (choice.engine, choice.model) == ("transformers", LLAMA)
    assert "found in the Hugging Face cache" in choice.reason


def test_auto_with_a_named_model_follows_its_format(tmp_path: Path) -> None:
    assert choose_engine(settings(tmp_path, model=SMOLLM2), GPU).engine == "llamacpp"
    assert choose_engine(settings(tmp_path, model="some/model"), Hardware()).engine == "transformers"


@pytest.mark.parametrize("engine", ["transformers", "llamacpp", "openai", "extractive"])
def test_a_named_engine_is_obeyed(tmp_path: Path, engine: str) -> None:
    choice = choose_engine(settings(tmp_path, engine=engine), Hardware())
    assert choice.engine == engine
    assert choice.reason.endswith(".")


def test_an_engine_that_loads_no_model_is_given_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "parrot", Engine("parrot", "a parrot", "parrot"))
    assert choose_engine(settings(tmp_path, engine="llamacpp"), Hardware()).model == SMOLLM2
    assert choose_engine(settings(tmp_path, engine="parrot"), Hardware()) == Choice(
        "parrot", None, "The settings ask for a parrot."
    )


def test_an_adapter_goes_to_an_engine_that_runs_its_kind(tmp_path: Path) -> None:
    lora = tmp_path / "lora.gguf"
    lora.touch()
    assert choose_engine(settings(tmp_path, "allow", adapter=lora), GPU).engine == "llamacpp"
    with pytest.raises(UsageError, match=r"No engine runs some/model with this adapter: generator\.adapter"):
        choose_engine(settings(tmp_path, adapter=lora, model="some/model"), Hardware())


def test_an_engine_that_is_not_installed_is_passed_over_and_named_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    llamacpp = ENGINES["llamacpp"]
    assert llamacpp.runs("gguf", "lora")
    absent = replace(llamacpp, packages=("not_installed_here",))
    assert not absent.runs("gguf", None)
    monkeypatch.setitem(ENGINES, "llamacpp", absent)
    with pytest.raises(ModelUnavailable, match=r"llama\.cpp is not installed: not_installed_here"):
        load_generator(Choice("llamacpp", SMOLLM2, ""), settings(tmp_path))


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such engine; there are auto, llamacpp, .*extractive"):
        settings(tmp_path, engine="steam")


def test_prompt_budgets(tmp_path: Path) -> None:
    plain = settings(tmp_path).generator
    assert prompt_budget(plain, "llamacpp", GPU) == 600
    assert prompt_budget(plain, "transformers", Hardware()) == 600
    assert prompt_budget(plain, "transformers", GPU) == 3000
    long = settings(tmp_path, prompt_tokens=5000).generator
    assert prompt_budget(long, "llamacpp", Hardware()) == 2048 - 160
    assert prompt_budget(long, "transformers", Hardware()) == 5000


def test_extractive_loads_nothing(tmp_path: Path) -> None:
    assert open_generator(settings(tmp_path, engine="extractive")) is None


@pytest.mark.models
def test_the_packaged_model_is_loaded_when_it_first_has_something_to_write(tmp_path: Path) -> None:
    generator = open_generator(settings(tmp_path))
    assert generator is not None
    assert "chat" not in vars(generator)
    named = open_generator(settings(tmp_path, model=SMOLLM2))
    assert named is not None
    assert "chat" in vars(named)


def test_an_endpoint(tmp_path: Path) -> None:
    given = settings(tmp_path, engine="openai", model="some-model", base_url="http://127.0.0.1:9/v1")
    loaded = load_generator(choose_engine(given, Hardware()), given)
    assert isinstance(loaded, ChatOpenAI)
    assert (loaded.model_name, loaded.openai_api_base) == ("some-model", "http://127.0.0.1:9/v1")


def test_an_endpoint_without_an_address(tmp_path: Path) -> None:
    given = settings(tmp_path, engine="openai", model="some-model")
    with pytest.raises(UsageError, match=r"generator\.base_url"):
        load_generator(choose_engine(given, Hardware()), given)


def test_llamacpp_refuses_other_formats(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(ModelUnavailable, match="GGUF files only"):
        load_generator(Choice("llamacpp", str(tmp_path), ""), settings(tmp_path))


@pytest.mark.parametrize(
    ("engine", "model", "able"),
    [
        ("transformers", LLAMA, True),
        ("llamacpp", SMOLLM2, False),
        ("llamacpp", "/models/Qwen2.5-3B-Instruct-Q4_K_M.gguf", True),
        ("llamacpp", "/models-8B/SmolLM2-1.7B-Instruct-Q8_0.gguf", False),
        ("transformers", "mistralai/Mixtral-8x7B-Instruct", True),
        ("transformers", "/models/tuned-4bit", False),
        ("openai", "llama3.1:8b", True),
        ("openai", "qwen2.5:0.5b", False),
        ("openai", "smollm2:360m", False),
        ("openai", "large-model", True),
        ("extractive", None, False),
    ],
)
def test_a_model_large_enough_by_its_name_rewrites_questions(engine: str, model: str | None, able: bool) -> None:
    assert is_large(Choice(engine, model, "")) is able


@pytest.mark.parametrize(("width", "large"), [(4096, True), (576, False)])
def test_a_folder_whose_name_tells_no_size_is_judged_by_the_models_shape(
    tmp_path: Path, width: int, large: bool
) -> None:
    shape = {"hidden_size": width, "num_hidden_layers": 32, "intermediate_size": 3 * width, "vocab_size": 50_000}
    (tmp_path / "config.json").write_text(json.dumps(shape))
    assert is_large(Choice("transformers", str(tmp_path), "")) is large


@pytest.mark.slow
def test_a_gguf_file_whose_name_tells_no_size_is_as_large_as_its_tensors(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").symlink_to(resolve_model(SMOLLM2).path)
    assert parameters_of(str(tmp_path / "mine.gguf")) == 134_515_008


def test_the_packaged_model_writes_with_its_own_adapter_unless_another_is_named(tmp_path: Path) -> None:
    assert adapter_for(SMOLLM2, None) == PACKAGED_ADAPTERS[SMOLLM2]
    assert adapter_for(SMOLLM2, tmp_path / "mine") == tmp_path / "mine"
    assert adapter_for(LLAMA, None) is None
