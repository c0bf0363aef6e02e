"""The folder of a trained adapter: what it says of itself, without loading it."""

import json
from pathlib import Path
from typing import Any

from rag.generators.registry import AdapterKind
from vectorstore.errors import ModelUnavailable

OWN_CONFIG = "refdesk_adapter.json"
"""In an adapter of a kind that PEFT does not have: see ``rag.generators.adapters.bottleneck``."""
_PEFT_CONFIG = "adapter_config.json"
_PEFT_WEIGHTS = "adapter_model.safetensors"


def adapter_folder(path: Path) -> Path:
    """The folder of the adapter itself, where ``path`` may be the folder of its run.

    Raises ModelUnavailable where there is none, or its weights are not safetensors.
    """
    for folder in (path, path / "adapter"):
        if (folder / OWN_CONFIG).is_file():
            return folder
        if (folder / _PEFT_CONFIG).is_file():
            _must_hold_safetensors(folder)
            return folder
    whole = path / "model"
    remedy = f"Use --model {whole}." if whole.is_dir() else "Name the folder of a run, or of an adapter in PEFT's form."
    raise ModelUnavailable("This holds no adapter", where=str(path), remedy=remedy)


def _must_hold_safetensors(folder: Path) -> None:
    """Without them PEFT would load a pickle, which can carry code, or look for weights on the network."""
    if (folder / _PEFT_WEIGHTS).is_file():
        return
    pickled = folder / "adapter_model.bin"
    if pickled.is_file():
        raise ModelUnavailable(
            "These weights are pickled, and Refdesk loads safetensors only",
            where=str(pickled),
            remedy=f"Get the adapter with {_PEFT_WEIGHTS}, as PEFT's save_pretrained writes it by default.",
        )
    raise ModelUnavailable(
        "This adapter has no weights", where=str(folder), remedy=f"Put its {_PEFT_WEIGHTS} there, or name another."
    )


def adapter_kind(path: Path) -> AdapterKind:
    """Of a GGUF file, or of a folder: "lora" is plain LoRA, without magnitudes (DoRA). Raises as ``adapter_folder``."""
    if path.is_file():
        return "gguf"
    config = _peft_config(adapter_folder(path))
    return "lora" if config.get("peft_type") == "LORA" and not config.get("use_dora") else "other"


def base_model(folder: Path) -> str:
    """The name of the model that the adapter was trained on."""
    own = folder / OWN_CONFIG
    if own.is_file():
        return str(json.loads(own.read_text(encoding="utf-8"))["base"])
    return str(_peft_config(folder)["base_model_name_or_path"])


def _peft_config(folder: Path) -> dict[str, Any]:
    file = folder / _PEFT_CONFIG
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return config
