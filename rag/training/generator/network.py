"""The network of a generator: made ready to be trained, and saved."""

import copy
import hashlib
from pathlib import Path

import torch
from bitsandbytes.nn import Linear4bit
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rag.files import write_folder
from rag.generators.adapters.bottleneck import Kind, save_own_adapter
from rag.generators.engines.transformers import load_network as load_quantized
from rag.generators.engines.unpacking import model_folder
from rag.training.generator.methods import make_trainable
from rag.training.generator.settings import GeneratorTraining
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_ADAPTER_WEIGHTS = "adapter_model.safetensors"
_NOT_OF_PEFT = ("full", "adapters", "bitfit")


def load_network(
    model: ResolvedModel,
    unpacked: Path,
    adapter: Path | None,
    training: GeneratorTraining,
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel | PeftModel]:
    """The tokenizer, and the network with what is to be trained of it, on the GPU where there is one.

    ``unpacked`` is a folder for the unpacked weights of GGUF models, ``adapter`` a PEFT folder to go on from.
    Raises UsageError when the model is none that writes, or ``adapter`` is none of it.
    """
    if adapter and training.method in _NOT_OF_PEFT:
        raise UsageError("Training goes on from adapters of PEFT only", where="--adapter", remedy="Leave it out.")
    torch.manual_seed(training.seed)  # the adapter may be new
    try:
        folder = model_folder(model, unpacked)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        base = _load_base(folder, quantized=training.method == "qlora")
        if adapter:
            network = PeftModel.from_pretrained(base, str(adapter), is_trainable=True)
        else:
            network = make_trainable(base, training)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"This cannot be trained as a generator ({' '.join(str(error).split())})",
            where=f"{model.name} with {adapter}" if adapter else model.name,
            remedy="Name a causal language model, and an adapter that was made for it.",
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if training.recompute:
        # Prefix tuning hands the layers keys and values of its own, which recomputing would lose.
        if training.method == "prefix":
            raise UsageError("Prefix tuning cannot recompute", where="--recompute", remedy="Leave it out.")
        network.activation_checkpointing_enable({"use_reentrant": False})
        network.enable_input_require_grads()
    return tokenizer, network


def adapter_hash(adapter: Path) -> str:
    """SHA-256 of the adapter's weights, in hexadecimal."""
    return hashlib.sha256((adapter / _ADAPTER_WEIGHTS).read_bytes()).hexdigest()


def _load_base(folder: Path, *, quantized: bool) -> PreTrainedModel:
    if quantized:
        return _keep_differentiable(load_quantized(folder))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    return network.to(device)


def _keep_differentiable(network: PreTrainedModel) -> PreTrainedModel:
    """Where a CPU has bfloat16, bitsandbytes packs its weights at the first evaluation, for good, into a form that has
    no gradient.
    """
    for module in network.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
    return network


def save_network(
    network: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    training: GeneratorTraining,
    model: ResolvedModel,
    output: Path,
) -> Path:
    """Write the folder that is the result, and return it: ``adapter`` in float16, or a whole ``model`` in bfloat16.

    Raises RefdeskError when it cannot be written.
    """
    if training.method == "full":
        write_folder(output / "model", lambda half: save_model(network, tokenizer, half))
        return output / "model"
    folder = output / "adapter"
    base = str(model.path) if model.origin == "folder" else model.name  # found from every folder
    if isinstance(network, PeftModel):
        write_folder(folder, lambda half: _save_peft(network, base, half))
    else:
        kind: Kind = "bottleneck" if training.method == "adapters" else "selected"
        write_folder(folder, lambda half: save_own_adapter(network, kind, training.rank, base, half))
    return folder


def save_model(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write a whole model, its weights in bfloat16, and its tokenizer; the network stays as it is."""
    copy.deepcopy(network).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _save_peft(network: PeftModel, base: str, folder: Path) -> None:
    network.peft_config["default"].base_model_name_or_path = base
    network.save_pretrained(folder, save_embedding_layers=False)  # looking whether they must be would ask the hub
    (folder / "README.md").unlink(missing_ok=True)  # a form that nobody has filled in
    weights = load_file(folder / _ADAPTER_WEIGHTS)
    save_file({name: tensor.half() for name, tensor in weights.items()}, folder / _ADAPTER_WEIGHTS)
