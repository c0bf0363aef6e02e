"""The network of a generator: made ready to be trained, and saved."""

from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rag.generators.transformers_engine import unpack_gguf
from rag.training.files import write_folder
from rag.training.methods import MethodSettings
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_ADAPTER_WEIGHTS = "adapter_model.safetensors"


def load_network(
    model: ResolvedModel, unpacked: Path, adapter: Path | None, settings: MethodSettings, seed: int
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel | PeftModel]:
    """The tokenizer, and the network with what is to be trained of it, on the GPU where there is one.

    ``unpacked`` is a folder for the unpacked weights of GGUF models. Raises UsageError when the model is none that
    writes, or ``adapter`` is none of it.
    """
    torch.manual_seed(seed)  # the adapter may be new
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if adapter and not (adapter / _ADAPTER_WEIGHTS).is_file():
        raise UsageError(f"This holds no {_ADAPTER_WEIGHTS}", where=str(adapter), remedy="Name an adapter's folder.")
    try:
        folder = unpack_gguf(model, unpacked) if model.is_gguf else model.path
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
        if adapter:
            network = PeftModel.from_pretrained(network, str(adapter), is_trainable=True)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"This cannot be trained as a generator ({' '.join(str(error).split())})",
            where=f"{model.name} with {adapter}" if adapter else model.name,
            remedy="Name a causal language model, and an adapter that was made for it.",
        ) from error
    if settings.method == "lora" and not adapter:
        config = LoraConfig(
            task_type=TaskType.CAUSAL_LM,
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules="all-linear",
        )
        network = get_peft_model(network, config)
    return tokenizer, network.to(device)


def save_network(
    network: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase, model: ResolvedModel, output: Path
) -> Path:
    """Write the folder that is the result, and return it: a PEFT adapter in float16, or a whole transformers model.

    Raises RefdeskError when it cannot be written.
    """
    if not isinstance(network, PeftModel):
        write_folder(output / "model", lambda half: _save_model(network, tokenizer, half))
        return output / "model"
    network.peft_config["default"].base_model_name_or_path = model.name
    write_folder(output / "adapter", lambda half: _save_adapter(network, half))
    return output / "adapter"


def _save_model(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _save_adapter(network: PeftModel, folder: Path) -> None:
    network.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # a form that nobody has filled in
    weights = load_file(folder / _ADAPTER_WEIGHTS)
    save_file({name: tensor.half() for name, tensor in weights.items()}, folder / _ADAPTER_WEIGHTS)
