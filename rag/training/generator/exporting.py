"""What was trained, in forms that other programs take: merged into its model, or as a GGUF adapter for llama.cpp."""

from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.files import explained, write_folder
from rag.generators.adapters.bottleneck import own_kind
from rag.generators.adapters.folder import adapter_folder, adapter_kind, base_model
from rag.generators.adapters.gguf import write_gguf_adapter
from rag.generators.adapters.loading import load_adapter
from rag.generators.engines.unpacking import model_folder
from rag.training.generator.network import save_model
from vectorstore.errors import UsageError
from vectorstore.models import Download, resolve_model


def merge(run: Path, unpacked: Path, output: Path, downloads: Download) -> None:
    """Write the model with the adapter of ``run`` inside into the new folder ``output``, as safetensors in bfloat16.

    Raises UsageError where the adapter is of a kind that cannot be part of the weights, or ``output`` exists.
    """
    folder = adapter_folder(run)
    _must_be_new(output)
    if own_kind(folder) == "bottleneck":
        raise UsageError("Bottleneck adapters are no weights of the model", where=str(folder), remedy=_SERVE_IT)
    base = model_folder(resolve_model(base_model(folder), download=downloads), unpacked)
    model = AutoModelForCausalLM.from_pretrained(base, local_files_only=True, dtype=torch.float32)
    network = load_adapter(model, folder)
    if isinstance(network, PeftModel):
        if network.peft_config["default"].is_prompt_learning:
            raise UsageError(
                "Prompt and prefix tokens are no weights of the model", where=str(folder), remedy=_SERVE_IT
            )
        network = network.merge_and_unload()
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    write_folder(output, lambda half: save_model(network, tokenizer, half))


_SERVE_IT = "Serve it with --adapter and the engine transformers."


def export_gguf(run: Path, output: Path, downloads: Download, model: str | None = None) -> None:
    """Write the LoRA adapter of ``run`` as the GGUF file ``output``, for the GGUF file ``model`` (its own by default).

    Raises UsageError where llama.cpp cannot run such an adapter, or ``output`` exists.
    """
    folder = adapter_folder(run)
    _must_be_new(output)
    if adapter_kind(folder) != "lora":
        raise UsageError("llama.cpp runs LoRA adapters only", where=str(folder), remedy=_SERVE_IT)
    source = resolve_model(model or base_model(folder), download=downloads)
    if not source.is_gguf:
        raise UsageError(
            "The names of the weights are taken from a GGUF file", where=source.name, remedy="Name one with --model."
        )
    with explained(output.parent):
        output.parent.mkdir(parents=True, exist_ok=True)
        write_gguf_adapter(folder, source.path, output)


def _must_be_new(path: Path) -> None:
    if path.exists():
        raise UsageError("This exists already", where=str(path), remedy="Name a new --output.")
