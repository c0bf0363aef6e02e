"""What a GGUF file is made of: a folder in Hugging Face's layout, or another GGUF file."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from gguf import GGUFReader, GGUFValueType, GGUFWriter, quants
from torch import Tensor

from rag.quantization.ggml import Float32
from rag.quantization.gguf_vocabulary import add_vocabulary
from rag.quantization.source import SourceModel
from vectorstore.errors import UsageError

_ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM")
_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
WORDS, HEAD = "model.embed_tokens.weight", "lm_head.weight"
_WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_ROPE_FREQUENCIES = "rope_freqs.weight"


class GgufModel(Protocol):
    """Tensors under llama.cpp's names."""

    architecture: str
    layers: int
    sharing: int
    """Query heads for each key head."""
    shapes: dict[str, tuple[int, ...]]
    """(outputs, inputs) of every tensor."""

    def add_metadata(self, writer: GGUFWriter) -> None: ...

    def tensors(self) -> Iterator[tuple[str, Float32]]:
        """Every tensor in float32, in the order of ``shapes``, one in memory at a time."""
        ...


class ConvertedLlama:
    """A Llama or Mistral in Hugging Face's layout; ``names`` leads from llama.cpp's names of tensors to its own.

    Raises UsageError for another architecture.
    """

    architecture = "llama"

    def __init__(self, source: SourceModel) -> None:
        self._source = source
        self._config = source.config
        found = (self._config.get("architectures") or [f"a {self._config.get('model_type')}"])[0]
        if found not in _ARCHITECTURES and self._config.get("model_type") not in {"llama", "mistral"}:
            raise UsageError(
                f"Only Llama and Mistral are converted to GGUF, and this is {found}",
                where=source.name,
                remedy="Choose another method, or name a GGUF file of the model.",
            )
        self.layers = int(self._config["num_hidden_layers"])
        self._heads = int(self._config["num_attention_heads"])
        self._key_heads = int(self._config.get("num_key_value_heads") or self._heads)
        self._head_size = int(self._config.get("head_dim") or self._config["hidden_size"] // self._heads)
        self.sharing = self._heads // self._key_heads
        self.names = {self._gguf_name(name): name for name in source.shapes}
        self._rope = self._rope_frequencies()
        self.shapes = {name: source.shapes[original] for name, original in self.names.items()}
        if self._rope is not None:
            self.shapes[_ROPE_FREQUENCIES] = self._rope.shape

    def add_metadata(self, writer: GGUFWriter) -> None:
        config = self._config
        rope = config.get("rope_parameters") or {}
        writer.add_name(Path(self._source.name).name)
        writer.add_block_count(self.layers)
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_embedding_length(config["hidden_size"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count(self._heads)
        writer.add_head_count_kv(self._key_heads)
        writer.add_key_length(self._head_size)
        writer.add_value_length(self._head_size)
        writer.add_rope_dimension_count(self._head_size)
        writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0))
        writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
        writer.add_vocab_size(config["vocab_size"])
        add_vocabulary(writer, self._source.folder, config["vocab_size"])

    def tensors(self) -> Iterator[tuple[str, Float32]]:
        for name, tensor in self._source.tensors():
            heads = self._rotated_heads(name)
            yield self._gguf_name(name), (permuted(tensor, heads) if heads else tensor).float().numpy()
        if self._rope is not None:
            yield _ROPE_FREQUENCIES, self._rope

    def in_original_order(self, name: str, values: Float32) -> Tensor:
        """The tensor ``name`` (llama.cpp's) with its rows in the order of Hugging Face."""
        heads = self._rotated_heads(self.names[name])
        tensor = torch.from_numpy(values)
        return unpermuted(tensor, heads).contiguous() if heads else tensor

    def _gguf_name(self, name: str) -> str:
        """Word vectors that are also the output head are stored once: here under either name, by llama.cpp as words."""
        if self._config.get("tie_word_embeddings") and name == HEAD and WORDS not in self._source.shapes:
            name = WORDS
        return gguf_name(name)

    def _rotated_heads(self, name: str) -> int:
        if name.endswith("q_proj.weight"):
            return self._heads
        return self._key_heads if name.endswith("k_proj.weight") else 0

    def _rope_frequencies(self) -> Float32 | None:
        """Llama 3.1's slower rotations, as the factors that llama.cpp divides by. Raises UsageError for other kinds."""
        config = self._config
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        kind = rope.get("rope_type", "default")
        if kind == "default":
            return None
        if kind != "llama3":
            raise UsageError(
                f"The conversion to GGUF does not know positions scaled by {kind}",
                where=self._source.name,
                remedy="Choose a method other than gguf-...",
            )
        base = float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0)
        size = self._head_size
        waves = 2 * math.pi * base ** (np.arange(0, size, 2, dtype=np.float64) / size)
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        turns = rope["original_max_position_embeddings"] / waves
        smooth = np.clip((turns - low) / (high - low), 0.0, 1.0)
        factors: Float32 = (1.0 / ((1.0 - smooth) / rope["factor"] + smooth)).astype(np.float32)
        return factors


class ReadGguf:
    """A GGUF file of any architecture."""

    def __init__(self, file: Path) -> None:
        self._reader = GGUFReader(file)
        self.architecture = str(self._value("general.architecture"))
        self.layers = int(self._value(f"{self.architecture}.block_count"))
        heads = self._value(f"{self.architecture}.attention.head_count")
        key_heads = self._value(f"{self.architecture}.attention.head_count_kv") or heads
        self.sharing = heads // key_heads if isinstance(heads, int) and isinstance(key_heads, int) else 1
        self.shapes = {tensor.name: tuple(map(int, tensor.shape[::-1])) for tensor in self._reader.tensors}

    def add_metadata(self, writer: GGUFWriter) -> None:
        own = {"general.architecture", "general.file_type", "general.quantization_version"}
        for key, field in self._reader.fields.items():
            if key in own or key.startswith("GGUF."):
                continue
            inner = field.types[-1] if field.types[0] is GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), field.types[0], inner)

    def tensors(self) -> Iterator[tuple[str, Float32]]:
        for tensor in self._reader.tensors:
            values: Float32 = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            yield tensor.name, values.reshape(self.shapes[tensor.name])

    def _value(self, key: str) -> Any:
        field = self._reader.get_field(key)
        return field.contents() if field else None


def gguf_name(name: str) -> str:
    """llama.cpp's name for a tensor of Hugging Face's Llama. Raises UsageError for one that it does not have.

    >>> gguf_name("model.layers.3.self_attn.q_proj.weight")
    'blk.3.attn_q.weight'
    """
    stem, _, suffix = name.rpartition(".")
    if stem in _WHOLE:
        return f"{_WHOLE[stem]}.{suffix}"
    layer, _, part = stem.removeprefix("model.layers.").partition(".")
    if part not in _PARTS or suffix != "weight":
        raise UsageError(
            "llama.cpp's Llama has no such tensor", where=name, remedy="Choose a method other than gguf-..."
        )
    return f"blk.{layer}.{_PARTS[part]}.{suffix}"


def permuted(weight: Tensor, heads: int) -> Tensor:
    """Rows of a query or key matrix in llama.cpp's order, in which the two halves of a rotation stand side by side."""
    outputs, inputs = weight.shape
    return weight.view(heads, 2, outputs // heads // 2, inputs).transpose(1, 2).reshape(outputs, inputs)


def unpermuted(weight: Tensor, heads: int) -> Tensor:
    """The inverse of ``permuted``."""
    outputs, inputs = weight.shape
    return weight.view(heads, outputs // heads // 2, 2, inputs).transpose(1, 2).reshape(outputs, inputs)
