"""What was trained, put to use: in both engines, merged, and exported."""

import json
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.engine_selection import choose_engine, load_generator
from rag.generators.adapters.loading import load_adapter
from rag.generators.engines.llamacpp import LlamaCppChat, _SocketConnection
from rag.generators.types import Hardware
from rag.settings.model import load_settings
from rag.training.generator.exporting import export_gguf, merge
from tests.tiny_llama import VOCABULARY
from tests.training.test_generator import run
from tests.training.tiny_gguf import write_gguf
from vectorstore.errors import ModelUnavailable, UsageError

pytestmark = pytest.mark.torch

IDS = [0, 40, 41, 60, 300, 7, 90, 1, 120, 222, 31, 77]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Path:
    """The folder of a run that changed its model a lot."""
    folder = tmp_path_factory.mktemp("tuned")
    data = folder / "pairs.jsonl"
    rows = [{"prompt": f"Where is number {n}?", "answer": f"It is in row {n % 3}."} for n in range(20)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(data, tiny_llama, folder / "run", rank=4, learning_rate=3e-2)
    return folder / "run"


def by_torch(model: Path, adapter: Path | None = None) -> torch.Tensor:
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter:
        network = load_adapter(network, adapter)
    with torch.no_grad():
        return network(input_ids=torch.tensor([IDS])).logits[0, -1].log_softmax(-1)


def by_llamacpp(chat: LlamaCppChat) -> torch.Tensor:
    asked = {"prompt": IDS, "n_predict": 1, "n_probs": VOCABULARY, "temperature": 0.0}
    with closing(_SocketConnection(chat._socket)) as connection:
        connection.request("POST", "/completion", json.dumps(asked), {"Content-Type": "application/json"})
        told = json.load(connection.getresponse())
    found = {token["id"]: token["logprob"] for token in told["completion_probabilities"][0]["top_logprobs"]}
    return torch.tensor([found[token] for token in range(len(found))])


def test_llamacpp_with_the_converted_adapter_says_what_peft_says(tmp_path: Path, tiny_llama: Path, tuned: Path) -> None:
    file = write_gguf(tiny_llama, tmp_path / "tiny.gguf")
    plain, base = by_llamacpp(LlamaCppChat(path=file)), by_torch(tiny_llama)
    assert (plain - base).abs().max() < 1e-3
    settings = load_settings(tmp_path, generator={"engine": "llamacpp", "model": str(file), "adapter": tuned})
    chat = load_generator(choose_engine(settings, Hardware()), settings)
    assert isinstance(chat, LlamaCppChat)
    served, wanted = by_llamacpp(chat), by_torch(tiny_llama, tuned / "adapter")
    assert (served - wanted).abs().max() < 1e-3
    assert (served - plain).abs().max() > 0.1


def test_an_exported_adapter_is_the_one_that_is_served(tmp_path: Path, tiny_llama: Path, tuned: Path) -> None:
    file = write_gguf(tiny_llama, tmp_path / "tiny.gguf")
    export_gguf(tuned, tmp_path / "out/adapter.gguf", "never", str(file))
    served = by_llamacpp(LlamaCppChat(path=file, adapter=tmp_path / "out/adapter.gguf"))
    assert (served - by_torch(tiny_llama, tuned / "adapter")).abs().max() < 1e-3
    with pytest.raises(UsageError, match="exists already"):
        export_gguf(tuned, tmp_path / "out/adapter.gguf", "never", str(file))
    with pytest.raises(UsageError, match="GGUF"):
        export_gguf(tuned, tmp_path / "other.gguf", "never")


def test_a_merged_model_says_the_same_without_an_adapter(tmp_path: Path, tiny_llama: Path, tuned: Path) -> None:
    merge(tuned, tmp_path, tmp_path / "merged", "never")
    assert {tensor.dtype for tensor in load_file(tmp_path / "merged/model.safetensors").values()} == {torch.bfloat16}
    assert AutoTokenizer.from_pretrained(tmp_path / "merged").chat_template
    merged, adapted = by_torch(tmp_path / "merged"), by_torch(tiny_llama, tuned / "adapter")
    assert (merged - adapted).abs().max() < 0.1 < (merged - by_torch(tiny_llama)).abs().max()


def test_an_adapter_brings_its_model_along_and_the_engine_that_can_run_it(tmp_path: Path, tuned: Path) -> None:
    def engine(adapter: Path) -> tuple[str, str | None]:
        choice = choose_engine(load_settings(tmp_path, generator={"adapter": adapter}), Hardware())
        return choice.engine, choice.model

    config = json.loads((tuned / "adapter/adapter_config.json").read_text())
    assert engine(tuned) == ("transformers", config["base_model_name_or_path"])
    for name, changes in {"lora": {}, "dora": {"use_dora": True}}.items():
        (tmp_path / name).mkdir()
        changed = config | changes | {"base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M-Instruct"}
        (tmp_path / name / "adapter_config.json").write_text(json.dumps(changed))
        (tmp_path / name / "adapter_model.safetensors").touch()
    assert engine(tmp_path / "lora")[0] == "llamacpp"
    assert engine(tmp_path / "dora")[0] == "transformers"
    with pytest.raises(ModelUnavailable, match="no adapter"):
        engine(tmp_path)
