"""The packaged SmolLM2, really running in NF4: the code that runs Llama 3.1 8B on CUDA."""

import threading
from pathlib import Path

import pytest
from bitsandbytes.nn import Linear4bit

from rag.generators.engines.transformers import TransformersChat
from rag.generators.engines.unpacking import unpack_gguf
from vectorstore.errors import ModelUnavailable
from vectorstore.models import SMOLLM2, resolve_model

# Unpacking the GGUF takes 20 seconds on an idle machine, once.
pytestmark = [pytest.mark.models, pytest.mark.timeout(400)]


def test_every_linear_layer_is_in_nf4_with_double_quantization(nf4: TransformersChat) -> None:
    layers = [module for name, module in nf4._model.named_modules() if name.endswith("_proj")]
    assert len(layers) == 30 * 7
    for layer in layers:
        assert isinstance(layer, Linear4bit)
        state = layer.weight.quant_state
        assert (state.quant_type, state.nested) == ("nf4", True)
    # Four bits of 106 million weights. The word vectors take four bytes each where a processor has no bfloat16.
    words = nf4._model.get_input_embeddings().weight
    assert nf4._model.get_memory_footprint() - words.nbytes < 58e6


def test_a_stop_is_seen_while_the_prompt_is_read(nf4: TransformersChat) -> None:
    layers = []
    last = nf4._model.get_decoder().layers[-1].register_forward_pre_hook(lambda *_: layers.append("last"))
    stopped = threading.Event()
    stopped.set()
    nf4._produce([{"role": "user", "content": "and more text " * 100}], lambda _: None, stopped)
    last.remove()
    assert layers == []


def test_unpacking_leaves_one_whole_folder(nf4: TransformersChat, unpacked: Path) -> None:
    source = resolve_model(SMOLLM2)
    (folder,) = unpacked.iterdir()
    assert source.sha256()[:12] in folder.name
    assert unpack_gguf(source, unpacked) == folder


def test_a_folder_that_is_no_model_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match="transformers cannot load the model"):
        TransformersChat(source=resolve_model(str(tmp_path)), unpacked=tmp_path)
