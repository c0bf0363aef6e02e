"""A GGUF file, written tensor by tensor."""

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as T
from gguf import GGUFReader, GGUFWriter, LlamaFileType, quants
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from rag.quantization.folder import OnProgress
from rag.quantization.ggml import bytes_per_row, quantize_rows
from rag.quantization.gguf_models import HEAD, WORDS, ConvertedLlama, GgufModel, gguf_name
from rag.quantization.gguf_types import tensor_type
from rag.quantization.source import SourceModel


def write_gguf(model: GgufModel, mixture: str, file: Path, on_progress: OnProgress) -> None:
    """Write ``model`` to ``file`` in llama.cpp's ``mixture``, such as Q4_K_M; one tensor is in memory at a time."""
    writer = GGUFWriter(file, model.architecture)
    model.add_metadata(writer)
    writer.add_file_type(LlamaFileType[f"MOSTLY_{mixture}"])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    types = {}
    tied = "output.weight" not in model.shapes
    for name, shape in model.shapes.items():
        kind = tensor_type(name, shape, mixture, layers=model.layers, tied=tied, sharing=model.sharing)
        types[name] = kind
        rows, row_bytes = int(np.prod(shape[:-1])), bytes_per_row(kind, shape[-1])
        # The writer wants the shape in bytes where the type is none of numpy's.
        plain = kind in (T.F32, T.F16)
        stored = shape if plain else (*shape[:-1], row_bytes)
        number = {T.F32: np.float32, T.F16: np.float16}.get(kind, np.uint8)
        writer.add_tensor_info(name, stored, np.dtype(number), rows * row_bytes, None if plain else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for done, (name, values) in enumerate(model.tensors()):
        on_progress("Quantizing", done, len(types))
        kind = types[name]
        if kind in (T.F32, T.F16):
            writer.write_tensor_data(values.astype({T.F32: np.float32, T.F16: np.float16}[kind]))
        else:
            writer.write_tensor_data(quantize_rows(values.reshape(-1, values.shape[-1]), kind))
    writer.close()
    on_progress("Quantizing", len(types), len(types))


def load_gguf(source: SourceModel, file: Path) -> PreTrainedModel:
    """What the GGUF ``file`` that was made from ``source`` holds, unpacked into a model that torch runs in float32.

    llama.cpp tells the probabilities of what it writes, not of a text that it is given, so perplexity is measured here.
    """
    converted = ConvertedLlama(source)
    state = {}
    for tensor in GGUFReader(file).tensors:
        if tensor.name in converted.names:
            values = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            state[converted.names[tensor.name]] = converted.in_original_order(tensor.name, values)
    config = AutoConfig.from_pretrained(source.folder)
    if config.tie_word_embeddings:
        state[HEAD] = state[WORDS] = state[converted.names[gguf_name(WORDS)]]
    with torch.device("meta"):
        kind = type(AutoModelForCausalLM.from_config(config))
    model: PreTrainedModel = kind.from_pretrained(None, config=config, state_dict=state, dtype=torch.float32)
    return model.eval()
