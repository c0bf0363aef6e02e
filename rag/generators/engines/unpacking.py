"""Models in Hugging Face's layout, also those that come as a GGUF file."""

import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_model
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase
from transformers.utils import logging

from rag.files import explained_writing
from vectorstore.models import ResolvedModel


def model_folder(model: ResolvedModel, unpacked: Path) -> Path:
    """The model in Hugging Face's layout; a GGUF file is unpacked into ``unpacked`` once."""
    return unpack_gguf(model, unpacked) if model.is_gguf else model.path


def load_tokenizer(model: ResolvedModel, unpacked: Path) -> PreTrainedTokenizerBase:
    """The tokenizer alone, for which no weights are unpacked."""
    if not model.is_gguf:
        return AutoTokenizer.from_pretrained(model.path, local_files_only=True)
    folder = _unpacked(model, unpacked)
    if folder.is_dir():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return AutoTokenizer.from_pretrained(model.path.parent, gguf_file=model.path.name, local_files_only=True)


def unpack_gguf(source: ResolvedModel, cache: Path) -> Path:
    """Turn a GGUF file into a folder of bfloat16 safetensors, once: transformers refuses to quantize a GGUF on load.

    The folder is named by the file's hash and appears whole or not at all. Raises RefdeskError when it cannot be
    written.
    """
    target = _unpacked(source, cache)
    if target.is_dir():
        return target
    logging.disable_progress_bar()
    file = {"gguf_file": source.path.name}
    folder = source.path.parent
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **file)
    tokenizer = AutoTokenizer.from_pretrained(folder, **file)
    loaded.config.__dict__.pop("quantization_config", None)
    loaded.config.dtype = torch.bfloat16
    remedy = "Free space there or correct the permissions, and try again."
    with explained_writing("The model's weights cannot be unpacked", cache, remedy):
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=cache))
        try:
            # `save_pretrained` refuses a model that came from a GGUF, though its weights are ordinary ones by now.
            save_model(loaded.to(torch.bfloat16), str(unfinished / "model.safetensors"), metadata={"format": "pt"})
            loaded.config.save_pretrained(unfinished)
            loaded.generation_config.save_pretrained(unfinished)
            tokenizer.save_pretrained(unfinished)
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _unpacked(source: ResolvedModel, cache: Path) -> Path:
    return cache / f"{source.path.stem}-{source.sha256()[:12]}"
