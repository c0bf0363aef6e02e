"""What ``refdesk finetune generator`` trained, put to use in transformers."""

from pathlib import Path

from peft import PeftModel
from peft.tuners.ia3 import IA3Layer
from torch import Tensor, nn
from transformers import PreTrainedModel

from rag.generators.adapters.bottleneck import load_own_adapter
from rag.generators.adapters.folder import OWN_CONFIG


def load_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel | PeftModel:
    """``model`` with the adapter, ready to write. Raises ValueError or OSError where they do not fit."""
    if (folder / OWN_CONFIG).is_file():
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
