"""What a training leaves of a reader: the weights that it changed, to be laid over those of the model it began with.

A folder with ``model.safetensors`` (float16; the layers by transformers' names, and the heads ``relevance``,
``sentence`` and ``support``) and ``reader.json``, which names the model with its hash; its tokenizer is used.
The embedded readers are of this kind too, in int8.
"""

import json
from typing import Any

from rag.reader.embedded import EMBEDDED
from vectorstore.embedders.tensors import Tensors, read_tensors
from vectorstore.errors import ModelUnavailable
from vectorstore.models import Confirm, Download, ResolvedModel, packaged_model, resolve_model

ABOUT, LAYERS = "reader.json", "model.safetensors"


def resolve_reader(name: str, *, download: Download = "never", confirm: Confirm | None = None) -> ResolvedModel:
    """As ``resolve_model``, for the embedded readers too, whose path is the file of their weights."""
    if own := EMBEDDED.get(name):
        return ResolvedModel(own.name, own.weights, "package", "came with Refdesk")
    return resolve_model(name, download=download, confirm=confirm)


def base_of(model: ResolvedModel, download: Download = "never", confirm: Confirm | None = None) -> ResolvedModel:
    """The model that ``model`` was trained from; itself where it is whole.

    Raises ModelUnavailable when that model is not on this machine, or another one has its name now.
    """
    if own := EMBEDDED.get(model.name):
        return packaged_model(own.base)
    if not (model.path / ABOUT).is_file():
        return model
    about: dict[str, Any] = json.loads((model.path / ABOUT).read_text(encoding="utf-8"))
    base = resolve_model(about["base"], download=download, confirm=confirm)
    if base.sha256() != about["sha256"]:
        raise ModelUnavailable(
            f"It was trained from other weights of {about['base']}",
            where=model.name,
            remedy="Train it anew, or bring those weights back.",
        )
    return base


def changes_of(model: ResolvedModel) -> Tensors:
    """The weights that are laid over those of ``base_of``; none where the model is whole."""
    if model.name in EMBEDDED:
        from rag.reader.int8 import dequantize  # brings OpenVINO

        return dequantize(read_tensors(model.path))
    return read_tensors(model.path / LAYERS) if (model.path / ABOUT).is_file() else {}


def about_trained(base: ResolvedModel) -> str:
    """The text of ``reader.json``."""
    return json.dumps({"base": base.name, "sha256": base.sha256()}, indent=1) + "\n"
