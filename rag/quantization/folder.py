"""A quantized model as a folder in Hugging Face's layout, written tensor by tensor."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file
from torch import Tensor

from rag.generators.engines.packed import PACKED
from rag.quantization.methods import Quantization
from rag.quantization.rounding import cluster, prune, round_to_nearest
from rag.quantization.source import SourceModel

SHARD_BYTES = 1_000_000_000
_BLOCK = 64

OnProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def write_folder_model(
    source: SourceModel, method: Quantization, folder: Path, shard_bytes: int, on_progress: OnProgress
) -> None:
    """Fill the empty ``folder`` with the weights of ``source`` as ``method`` makes them, and all that loads them.

    At no time is more in memory than a shard and what the largest tensor needs.
    """
    shards = Shards(folder, shard_bytes)
    total = len(source.shapes)
    for done, (name, tensor) in enumerate(source.tensors()):
        on_progress("Quantizing", done, total)
        if name in source.quantized:
            for key, value in _changed(tensor, method).items():
                shards.add(name.removesuffix("weight") + key, value)
        else:
            shards.add(name, _plain(tensor, method))
    shards.finish()
    on_progress("Quantizing", total, total)
    config = dict(source.config)
    if quantization := _quantization_config(method):
        config["quantization_config"] = quantization
    if method.kind == "plain":
        config["dtype"] = method.setting
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    copy_tokenizer(source.folder, folder)


def copy_tokenizer(source: Path, target: Path) -> None:
    """Everything beside the weights and config.json that a model's folder needs."""
    kept = {"generation_config.json", "chat_template.jinja", "merges.txt", "vocab.json", "added_tokens.json"}
    for file in source.iterdir():
        if file.name in kept or file.name.startswith(("tokenizer", "special_tokens")):
            shutil.copyfile(file, target / file.name)


def _changed(weight: Tensor, method: Quantization) -> dict[str, Tensor]:
    """What is stored instead of the layer's ``weight``, by its name in the layer."""
    match method.kind:
        case "bitsandbytes" if method.setting == "int8":
            return _bitsandbytes_int8(weight)
        case "bitsandbytes":
            return _bitsandbytes_4bit(weight, str(method.setting))
        case "rounded":
            return round_to_nearest(weight, _whole_bits(method), int(method.setting) or weight.shape[1])
        case "clustered":
            return cluster(weight, _whole_bits(method))
        case "pruned":
            return {"weight": prune(weight, float(method.setting))}
        case _:
            return {"weight": _plain(weight, method)}


def _plain(tensor: Tensor, method: Quantization) -> Tensor:
    return tensor.to(getattr(torch, str(method.setting))) if method.kind == "plain" else tensor


def _bitsandbytes_4bit(weight: Tensor, kind: str) -> dict[str, Tensor]:
    """As `bitsandbytes.nn.Linear4bit` saves itself; float16 is what it gives back."""
    packed, state = bnb.quantize_4bit(
        weight.to(torch.float16), blocksize=_BLOCK, compress_statistics=True, quant_type=kind
    )
    return {"weight": packed, **{f"weight.{key}": value for key, value in state.as_dict(packed=True).items()}}


def _bitsandbytes_int8(weight: Tensor) -> dict[str, Tensor]:
    """As `bitsandbytes.nn.Linear8bitLt` saves itself; 0 is its number for rows in order."""
    rounded, scales, _ = bnb.int8_vectorwise_quant(weight.to(torch.float16))
    return {"weight": rounded, "SCB": scales, "weight_format": torch.tensor(0, dtype=torch.uint8)}


def _quantization_config(method: Quantization) -> dict[str, Any]:
    match method.kind:
        case "bitsandbytes" if method.setting == "int8":
            return {"quant_method": "bitsandbytes", "load_in_8bit": True}
        case "bitsandbytes":
            return {
                "quant_method": "bitsandbytes",
                "load_in_4bit": True,
                "bnb_4bit_quant_type": method.setting,
                "bnb_4bit_use_double_quant": True,
                "bnb_4bit_compute_dtype": "float16",
            }
        case "rounded" | "clustered":
            group = int(method.setting) if method.kind == "rounded" else 0
            return {"quant_method": PACKED, "bits": _whole_bits(method), "group": group}
        case _:
            return {}


def _whole_bits(method: Quantization) -> int:
    return int(method.bits)


class Shards:
    """Safetensors files of about ``size`` bytes, and the index that names them when there are several."""

    def __init__(self, folder: Path, size: int = SHARD_BYTES) -> None:
        self._folder, self._size = folder, size
        self._waiting: dict[str, Tensor] = {}
        self._written: list[list[str]] = []
        self._bytes = 0

    def add(self, name: str, tensor: Tensor) -> None:
        if self._waiting and sum(map(_bytes, self._waiting.values())) + _bytes(tensor) > self._size:
            self._flush()
        self._waiting[name] = tensor.contiguous()

    def finish(self) -> None:
        self._flush()
        count = len(self._written)
        if count == 1:
            self._part(0).rename(self._folder / "model.safetensors")
            return
        weight_map: dict[str, str] = {}
        for number, names in enumerate(self._written):
            file = f"model-{number + 1:05}-of-{count:05}.safetensors"
            self._part(number).rename(self._folder / file)
            weight_map |= dict.fromkeys(names, file)
        index = {"metadata": {"total_size": self._bytes}, "weight_map": weight_map}
        (self._folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", "utf-8")

    def _flush(self) -> None:
        save_file(self._waiting, self._part(len(self._written)), metadata={"format": "pt"})
        self._bytes += sum(map(_bytes, self._waiting.values()))
        self._written.append(list(self._waiting))
        self._waiting = {}

    def _part(self, number: int) -> Path:
        return self._folder / f"part-{number}.safetensors"


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
