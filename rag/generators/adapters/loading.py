"""What ``refdesk finetune generator`` trained, put to use: which engine runs it, and how it is loaded."""

import json
from pathlib import Path
from typing import Any

from peft import PeftModel
from peft.tuners.ia3 import IA3Layer
from torch import Tensor, nn
from transformers import PreTrainedModel

from rag.generators.adapters.bottleneck import CONFIG, load_own_adapter
from vectorstore.errors import ModelUnavailable

_PEFT_CONFIG = "adapter_config.json"
_PEFT_WEIGHTS = "adapter_model.safetensors"


def adapter_folder(path: Path) -> Path:
    """The folder of the adapter itself, where ``path`` may be the folder of its run.

    Raises ModelUnavailable where there is none, or its weights are not safetensors.
    """
    for folder in (path, path / "adapter"):
        if (folder / CONFIG).is_file():
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


def is_plain_lora(folder: Path) -> bool:
    """Whether llama.cpp can run the adapter: of all kinds it knows LoRA alone, and not with magnitudes (DoRA)."""
    config = _peft_config(folder)
    return config.get("peft_type") == "LORA" and not config.get("use_dora")


def base_model(folder: Path) -> str:
    """The name of the model that the adapter was trained on."""
    own = folder / CONFIG
    if own.is_file():
        return str(json.loads(own.read_text(encoding="utf-8"))["base"])
    return str(_peft_config(folder)["base_model_name_or_path"])


def load_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel | PeftModel:
    """``model`` with the adapter, ready to write. Raises ValueError or OSError where they do not fit."""
    if (folder / CONFIG).is_file():
        return load_own_adapter(model, folder)
    try:
        adapted = PeftModel.from_pretrained(model, str(folder)).eval()
    except RuntimeError as error:  # what torch says of weights of another shape fills pages
        raise ValueError(f"the adapter in {folder} was made for another model") from error
    for layer in adapted.modules():
        if isinstance(layer, IA3Layer):
            layer.register_forward_hook(_keep_type)
    return adapted


def _keep_type(_: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> Tensor:
    """PEFT's IA3 over 4-bit layers answers in float32 whatever it was given, which attention refuses to mix."""
    return answer.to(given[0].dtype)


def _peft_config(folder: Path) -> dict[str, Any]:
    file = folder / _PEFT_CONFIG
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return config
