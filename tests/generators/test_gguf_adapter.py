"""A PEFT adapter turned into a file for llama.cpp says what it says in PEFT."""

import json
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.generators.adapters.gguf import converted
from rag.generators.engines.llamacpp import LlamaCppChat
from rag.generators.engines.unpacking import unpack_gguf
from vectorstore.models import SMOLLM2, resolve_model

pytestmark = [pytest.mark.models, pytest.mark.timeout(400)]

PROJECTIONS = [f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")]
ASKED = [{"role": "user", "content": "What do cats drink?"}]


@pytest.fixture(scope="module")
def tuned(unpacked: Path) -> PeftModel:
    """The packaged model with an adapter by chance, on the projections of one layer in three."""
    folder = unpack_gguf(resolve_model(SMOLLM2), unpacked)
    torch.manual_seed(3)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=12, target_modules=PROJECTIONS, layers_to_transform=list(range(0, 30, 3)))
    tuned = get_peft_model(network, config).eval()
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.25)
    return tuned


@pytest.fixture
def adapter(tuned: PeftModel, tmp_path: Path) -> Path:
    tuned.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def top_of(chat: LlamaCppChat) -> dict[int, float]:
    """The likeliest first tokens of the reply, and the logarithms of their probabilities."""
    events: list[dict[str, Any]] = []

    def keep(event: dict[str, Any]) -> bool:
        events.append(event)
        return False

    request = {"messages": ASKED, "max_tokens": 1, "temperature": 0.0, "logprobs": True, "top_logprobs": 12}
    chat._server.handle_chat_completions(request, keep)
    (token,) = events[-1]["choices"][0]["logprobs"]["content"]
    return {one["id"]: one["logprob"] for one in token["top_logprobs"]}


def test_logits_are_those_of_peft(tuned: PeftModel, adapter: Path, unpacked: Path, tmp_path: Path) -> None:
    base = resolve_model(SMOLLM2).path
    tokenizer = AutoTokenizer.from_pretrained(next(unpacked.iterdir()))
    prompt = tokenizer.apply_chat_template(ASKED, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    written = top_of(LlamaCppChat(path=base, adapter=converted(adapter, base, tmp_path)))

    def furthest() -> float:
        logits = tuned(**prompt).logits[0, -1].log_softmax(-1)
        return max(abs(float(logits[token]) - value) for token, value in written.items())

    with torch.inference_mode():
        assert furthest() < 0.8  # 4-bit products are rounded in another way
        with tuned.disable_adapter():
            assert furthest() > 2.0


def test_it_is_made_once(adapter: Path, tmp_path: Path) -> None:
    base = resolve_model(SMOLLM2).path
    first = converted(adapter, base, tmp_path / "cache")
    made = first.stat().st_mtime_ns
    assert converted(adapter, base, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == made
    assert list((tmp_path / "cache").iterdir()) == [first]


def write_base(file: Path, heads: int) -> Path:
    """What the conversion reads of a model: its shape."""
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(1)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_another_strength_or_another_model_is_another_file(tmp_path: Path) -> None:
    def strength(alpha: int) -> float:
        (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 2, "lora_alpha": alpha}))
        fields = gguf.GGUFReader(converted(tmp_path, base, tmp_path / "cache")).fields
        return float(fields[gguf.Keys.Adapter.LORA_ALPHA].contents())

    def rows(model: Path) -> bytes:
        (changed,) = gguf.GGUFReader(converted(tmp_path, model, tmp_path / "cache")).tensors
        return bytes(changed.data)

    projection = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"
    save_file({projection: torch.arange(16.0).reshape(8, 2)}, tmp_path / "adapter_model.safetensors")
    base = write_base(tmp_path / "base.gguf", heads=1)
    assert (strength(4), strength(8)) == (4.0, 8.0)
    assert rows(base) != rows(write_base(tmp_path / "other.gguf", heads=2))
    before = rows(base)
    assert rows(write_base(base, heads=2)) != before
