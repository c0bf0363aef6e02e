"""A LoRA adapter of PEFT as the GGUF file that llama.cpp adds to a model."""

import hashlib
import json
import os
from pathlib import Path

import gguf
import numpy as np
from safetensors.torch import load_file

from vectorstore.errors import UsageError

_PREFIX = "base_model.model."
_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_ROTATED = ("attn_q.weight", "attn_k.weight")
_FIELDS = ("block_count", "attention.head_count", "attention.head_count_kv")


def converted(adapter: Path, model: Path, cache: Path) -> Path:
    """The adapter as a GGUF file in ``cache``, written when it is first asked for. Raises as ``write_gguf_adapter``."""
    base = model.resolve()
    state = base.stat()  # its weights are gigabytes: too much to hash at each start
    digest = hashlib.sha256(f"{base}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    for name in (_CONFIG, _WEIGHTS):
        digest.update(hashlib.sha256((adapter / name).read_bytes()).digest())
    file = cache / f"adapter-{digest.hexdigest()[:12]}.gguf"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        write_gguf_adapter(adapter, model, file)
    return file


def write_gguf_adapter(adapter: Path, model: Path, output: Path) -> None:
    """Write the PEFT folder ``adapter`` for the GGUF file ``model``, under the names that it calls the weights by.

    llama.cpp keeps the rows of the queries and keys of Llama's kind in another order than transformers does (pairs
    that are rotated together lie side by side), so theirs are put in that order. Raises UsageError where the adapter
    changes something that llama.cpp cannot change, or the model is of another kind than Llama's.
    """
    config = json.loads((adapter / _CONFIG).read_text(encoding="utf-8"))
    layers, heads, key_heads = _shape(model)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    half = output.with_name(f".{output.name}.{os.getpid()}")
    writer = gguf.GGUFWriter(half, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    rank = config["r"]
    # llama.cpp divides by the rank; rank-stabilised LoRA divides by its root
    alpha = config["lora_alpha"] * (rank**0.5 if config.get("use_rslora") else 1.0)
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
    for key, tensor in load_file(adapter / _WEIGHTS).items():
        module, _, matrix = key.removeprefix(_PREFIX).rpartition(".lora_")
        name = names.get_name(f"{module}.weight", try_suffixes=(".weight",))
        if not name or matrix not in ("A.weight", "B.weight"):
            raise UsageError(
                f"llama.cpp cannot change {key.removeprefix(_PREFIX)}",
                where=str(adapter),
                remedy="Use the engine transformers, or merge the adapter into its model.",
            )
        if not name.endswith(".weight"):
            name += ".weight"
        weights = tensor.numpy()
        if matrix == "B.weight" and name.endswith(_ROTATED):
            weights = _side_by_side(weights, heads if name.endswith(_ROTATED[0]) else key_heads)
        writer.add_tensor(f"{name}.lora_{matrix[0].lower()}", np.ascontiguousarray(weights))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    half.replace(output)


def _shape(model: Path) -> tuple[int, int, int]:
    """Layers, and heads of the queries and of the keys."""
    fields = gguf.GGUFReader(model).fields
    architecture = fields["general.architecture"].contents()
    if architecture != "llama":
        raise UsageError(
            f"Adapters are converted for models of Llama's kind, not for {architecture}",
            where=str(model),
            remedy="Use the engine transformers.",
        )
    layers, heads, key_heads = (int(fields[f"llama.{name}"].contents()) for name in _FIELDS)
    return layers, heads, key_heads


def _side_by_side(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows of shape ``(heads * size, rank)``: of each head, one of the first half, one of the second, and so on."""
    size = rows.shape[0] // heads
    return rows.reshape(heads, 2, size // 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
