"""QLoRA with the preset qlora-13gb beside TRL's trainer: memory, speed, and the longest text that fits.

python -m benchmarks.qlora [--shape llama-3.1-8b|small] [--steps N] [--limit-gb GB] [--only speed|longest]

The model has exactly Llama 3.1 8B's shape and random weights, made layer by layer in NF4: what is measured does not
depend on the weights, and nothing has to be downloaded. Without a GPU a small shape is used, and the longest text is
not looked for. Every figure is printed as soon as it is known.
"""

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import bitsandbytes
import psutil
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.quantizers.auto import AutoHfQuantizer
from trl import SFTConfig, SFTTrainer

from benchmarks.tables import table
from rag.training.generator.completion_loss import completion_loss
from rag.training.generator.methods import make_trainable
from rag.training.generator.presets import chosen
from rag.training.runs.folder import RunFolder
from rag.training.runs.loop import Schedule, Task, train
from rag.training.runs.types import Tick

SHAPES: Mapping[str, Mapping[str, int]] = {
    "llama-3.1-8b": {
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "max_position_embeddings": 131072,
    },
    "small": {
        "hidden_size": 256,
        "intermediate_size": 896,
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "vocab_size": 8016,
        "max_position_embeddings": 4096,
    },
}
_LENGTH = 512
_LENGTH_STEP = 64
_GPU = torch.cuda.is_available()
_DEVICE = "cuda" if _GPU else "cpu"
_HALF = torch.float16 if _GPU else torch.float32
_LEARNED_SHARES = (1.0, 0.2)
"""Raw text, where every token is learned; and prompts, of which only the answers are."""


class RandomRows:
    """A task of random tokens, of which the last ``share`` is learned. Rows are ``length`` tokens long."""

    def __init__(
        self, network: PreTrainedModel | PeftModel, vocabulary: int, batch: int, length: int, share: float
    ) -> None:
        self.network = network
        self._shape, self._vocabulary, self._share = (batch, length), vocabulary, share

    def loss(self, batch: int) -> tuple[Tensor, int]:
        ids = _random_rows(self._shape, self._vocabulary, batch)
        labels = _labels(ids, self._share)
        fields = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
        total, tokens = completion_loss(self.network, {name: value.to(_DEVICE) for name, value in fields.items()})
        return total / tokens, len(ids)

    def evaluate(self) -> None:
        """Nothing is held out."""


def run(
    shape: str | None = None, steps: int = 12, limit_gb: float = 13.0, only: Literal["speed", "longest"] | None = None
) -> dict[str, Any]:
    shape = shape or ("llama-3.1-8b" if _GPU else "small")
    return {
        "shape": shape,
        "device": torch.cuda.get_device_name() if _GPU else f"CPU, {torch.get_num_threads()} threads",
        "steps": steps,
        "length": _LENGTH,
        "limit_gb": limit_gb,
        "ways": {} if only == "longest" else _ways(shape, steps),
        "longest": _longest(shape, limit_gb) if _GPU and only != "speed" else None,
    }


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    rows = [
        (way, f"{found['tokens_per_second']:.0f}", f"{found['peak_gb']:.2f}") for way, found in result["ways"].items()
    ]
    longest = result["longest"]
    fits = f" The longest texts that fit into {result['limit_gb']:.0f} GB: {longest:,} tokens." if longest else ""
    return f"""### QLoRA on a model of Llama's kind

A model of the shape {result["shape"]} with random weights in NF4, {result["length"]} tokens, LoRA rank 64, batches of
2, 4 a step, {result["steps"]} steps; {result["device"]}. TRL: `SFTTrainer` with its defaults and the same adapter. Peak
memory is the GPU's, or without one what the process has grown by.{fits}

{table(("way", "tokens a second", "peak memory (GB)"), rows)}"""


def random_model(shape: str) -> PreTrainedModel:
    """Random weights, the linear layers in NF4 with double quantization, the rest in half precision."""
    config = LlamaConfig(**SHAPES[shape], rope_theta=500000.0, tie_word_embeddings=False, dtype=_HALF)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=_HALF)
    torch.manual_seed(0)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and name != "lm_head":
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, _random_nf4(module.in_features, module.out_features))
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter.is_meta:
                values = torch.empty(parameter.shape, dtype=_HALF, device=_DEVICE)
                values = nn.init.normal_(values, std=0.02) if parameter.dim() > 1 else nn.init.ones_(values)
                setattr(module, name, nn.Parameter(values))
    with torch.device(_DEVICE):
        model.model.rotary_emb = type(model.model.rotary_emb)(config)
    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=_HALF,
    )
    model.hf_quantizer = AutoHfQuantizer.from_config(quantization, pre_quantized=True)
    model.is_loaded_in_4bit = model.is_quantized = True
    return model


def _random_nf4(inputs: int, outputs: int) -> bitsandbytes.nn.Linear4bit:
    layer = bitsandbytes.nn.Linear4bit(
        inputs, outputs, bias=False, compute_dtype=_HALF, compress_statistics=True, quant_type="nf4", device="meta"
    )
    weights = torch.randn(outputs, inputs, dtype=_HALF, device=_DEVICE).mul_(0.02)
    layer.weight = bitsandbytes.nn.Params4bit(
        weights, requires_grad=False, compress_statistics=True, quant_type="nf4", module=layer
    ).to(_DEVICE)
    return layer


def _ways(shape: str, steps: int) -> dict[str, dict[str, float]]:
    ways: dict[str, dict[str, float]] = {}
    for share in _LEARNED_SHARES:
        for name, work in (("Refdesk", _ours), ("TRL", _trl)):
            way = f"{name}, {share:.0%} of the tokens learned"
            ways[way] = _measured(lambda work=work, share=share: work(shape, steps, _LENGTH, share))
            _say(f"{way}: {ways[way]}")
    return ways


def _network(shape: str) -> PreTrainedModel | PeftModel:
    training = chosen("qlora-13gb", {})
    network = make_trainable(random_model(shape), training)
    network.activation_checkpointing_enable({"use_reentrant": False})
    network.enable_input_require_grads()
    return network


def _ours(shape: str, steps: int, length: int, share: float) -> float:
    """Tokens a second, as in ``_trl`` without the first step."""
    training = chosen("qlora-13gb", {})
    task: Task = RandomRows(_network(shape), SHAPES[shape]["vocab_size"], training.batch, length, share)
    rate = training.learning_rate or 0.0
    schedule = Schedule(steps, rate, steps + 1, steps + 1, 0, 0, training.accumulation, training.shape)
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run_folder = RunFolder(Path(folder) / "run")
        run_folder.claim({}, resume=False)

        def tick(_: Tick) -> None:
            times.append(time.perf_counter())

        train(task, schedule, run_folder, tick, precision=_HALF if _GPU else torch.bfloat16)
    return _speed(times, training.batch * training.accumulation * length)


def _trl(shape: str, steps: int, length: int, share: float) -> float:
    training = chosen("qlora-13gb", {})
    rows = _random_rows((training.batch * training.accumulation * steps, length), SHAPES[shape]["vocab_size"], 0)
    data = Dataset.from_dict({"input_ids": rows.tolist(), "labels": _labels(rows, share).tolist()})
    times: list[float] = []

    class Timed(SFTTrainer):
        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            times.append(time.perf_counter())
            super().log(logs, start_time)

    settings = training
    with tempfile.TemporaryDirectory() as folder:
        trainer = Timed(
            model=random_model(shape),
            args=SFTConfig(
                output_dir=folder,
                max_length=length,
                max_steps=steps,
                per_device_train_batch_size=training.batch,
                gradient_accumulation_steps=training.accumulation,
                learning_rate=training.learning_rate,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=not _GPU,
                bf16=_GPU,
            ),
            train_dataset=data,
            processing_class=_tokenizer(SHAPES[shape]["vocab_size"]),
            peft_config=LoraConfig(
                task_type="CAUSAL_LM", r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout
            ),
        )
        trainer.train()
    return _speed(times[:steps], training.batch * training.accumulation * length)


def _speed(times: Sequence[float], tokens_a_step: int) -> float:
    """The first step is left out: it waits for kernels and memory."""
    return (len(times) - 1) * tokens_a_step / (times[-1] - times[0])


def _measured(work: Any) -> dict[str, float]:
    gc.collect()
    if _GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    before = 0 if _GPU else _reset_peak()
    speed = work()
    peak = torch.cuda.max_memory_allocated() if _GPU else _peak() - before
    return {"tokens_per_second": round(speed, 1), "peak_gb": round(peak / 1e9, 3)}


def _longest(shape: str, limit_gb: float) -> int:
    """The longest texts, in steps of 64 tokens, that the preset trains on within the limit: doubled, then halved in."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit_gb * 1e9 / total))
    low, high = 0, _LENGTH
    while _fits(shape, high):
        low, high = high, 2 * high
    while high - low > _LENGTH_STEP:
        middle = (low + high) // 2 // _LENGTH_STEP * _LENGTH_STEP
        low, high = (middle, high) if _fits(shape, middle) else (low, middle)
    torch.cuda.set_per_process_memory_fraction(1.0)
    return low


def _fits(shape: str, length: int) -> bool:
    gc.collect()
    torch.cuda.empty_cache()
    try:
        _ours(shape, 2, length, 1.0)
        fits = True
    except Exception as error:  # ours, or torch's own while the model is made
        if "memory" not in str(error):
            raise
        fits = False
    _say(f"{length} tokens {'fit' if fits else 'do not fit'}")
    return fits


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _random_rows(shape: tuple[int, int], vocabulary: int, seed: int) -> Tensor:
    return torch.randint(3, vocabulary, shape, generator=torch.Generator().manual_seed(seed))


def _labels(ids: Tensor, share: float) -> Tensor:
    labels = ids.clone()
    labels[:, : round((1 - share) * ids.shape[1])] = -100
    return labels


def _tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """TRL wants one, though the rows are tokens already."""
    words = {f"w{number}": number for number in range(vocabulary)}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="w0")), eos_token="w1", pad_token="w2"
    )


def _reset_peak() -> int:
    """What the process holds now, from which Linux counts its peak anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return int(psutil.Process().memory_info().rss)


def _peak() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.qlora", description=__doc__)
    parser.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--limit-gb", type=float, default=13.0)
    parser.add_argument("--only", choices=("speed", "longest"), help="for a call that may not take long")
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.shape, arguments.steps, arguments.limit_gb, arguments.only), indent=1))


if __name__ == "__main__":
    main()
