"""The network of a reader: made ready to be trained, and saved."""

import hashlib
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rag.files import write_folder
from rag.training.encoder_settings import EncoderMethod
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

_ADAPTER_WEIGHTS = "adapter_model.safetensors"


def load_network(
    model: ResolvedModel, adapter: Path | None, method: EncoderMethod, rank: int, dropout: float, seed: int
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel | PeftModel]:
    """The tokenizer, and the network with what is to be trained of it, on the GPU where there is one.

    ``rank`` is that of a new adapter, of use with "lora" and without ``adapter``. Raises UsageError when the model is
    of a kind that cannot be trained as a reader, or ``adapter`` is none of it.
    """
    torch.manual_seed(seed)  # the answer layer and the adapter may be new
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if adapter and not (adapter / _ADAPTER_WEIGHTS).is_file():
        raise UsageError(f"This holds no {_ADAPTER_WEIGHTS}", where=str(adapter), remedy="Name an adapter's folder.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
        network = AutoModelForQuestionAnswering.from_pretrained(
            model.path,
            local_files_only=True,
            dtype=torch.float32,
            # On a CPU plain attention trains faster than the fused one.
            attn_implementation="sdpa" if device == "cuda" else "eager",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        if adapter:
            network = PeftModel.from_pretrained(network, str(adapter), is_trainable=True)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"This cannot be trained as a reader ({' '.join(str(error).split())})",
            where=f"{model.name} with {adapter}" if adapter else model.name,
            remedy="Name an encoder of the BERT kind, and an adapter that was made for it.",
        ) from error
    if method == "lora" and not adapter:
        config = LoraConfig(
            task_type=TaskType.QUESTION_ANS,
            r=rank,
            lora_alpha=2 * rank,
            lora_dropout=dropout,
            target_modules="all-linear",
            exclude_modules=["qa_outputs"],  # the answer layer is trained whole
        )
        network = get_peft_model(network, config)
    elif method == "full":
        # Half of a small model's weights are word vectors: leaving them saves time, and words that the training data
        # does not hold keep their place among the others.
        network.get_input_embeddings().requires_grad_(False)
    return tokenizer, network.to(device)


def adapter_hash(adapter: Path) -> str:
    """SHA-256 of the adapter's weights, in hexadecimal."""
    return hashlib.sha256((adapter / _ADAPTER_WEIGHTS).read_bytes()).hexdigest()


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
