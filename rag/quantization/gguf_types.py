"""Which of llama.cpp's types each tensor gets: its mixtures give more bits to what matters more.

Source: ``llama_tensor_get_type`` of llama.cpp's src/llama-quant.cpp, for dense models and without an importance matrix.
"""

import re

from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as T

_BASE = {"Q5_K_M": T.Q5_K, "Q4_K_M": T.Q4_K, "Q4_K_S": T.Q4_K, "Q3_K_M": T.Q3_K, "Q2_K": T.Q2_K}
# What takes the place of a type whose blocks of 256 do not fit the rows.
_SMALLER_BLOCKS = {T.Q2_K: T.IQ4_NL, T.Q3_K: T.IQ4_NL, T.Q4_K: T.Q5_0, T.Q5_K: T.Q5_1, T.Q6_K: T.Q8_0}
_LAYER = re.compile(r"blk\.(\d+)\.(.+)\.weight")
_FEW_HEADS = 4  # query heads for each key head


def tensor_type(name: str, shape: tuple[int, ...], mixture: str, *, layers: int, tied: bool, sharing: int) -> T:
    """The type of the tensor ``name`` (llama.cpp's name) of ``shape`` (outputs, inputs) in ``mixture``, such as Q4_K_M.

    ``tied`` says that the word vectors are the output head as well, ``sharing`` how many query heads share a key head.
    """
    if len(shape) == 1:
        return T.F32
    kind = _wanted(name, mixture, layers, tied, sharing)
    if shape[-1] % GGML_QUANT_SIZES[kind][0]:
        kind = _SMALLER_BLOCKS.get(kind, T.F16)
    return T.F16 if shape[-1] % GGML_QUANT_SIZES[kind][0] else kind


def _wanted(name: str, mixture: str, layers: int, tied: bool, sharing: int) -> T:
    base = _BASE[mixture] if mixture in _BASE else T[mixture]
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        return base if base in (T.F16, T.BF16, T.Q8_0) else T.Q6_K
    match = _LAYER.fullmatch(name)
    if match is None or mixture not in _BASE:
        return base
    layer, part = int(match[1]), match[2]
    if part == "attn_v":
        return _of_values(mixture, base, layer, layers, sharing)
    if part == "ffn_down":
        return _of_down(mixture, base, layer, layers)
    if part == "attn_output":
        return {"Q2_K": T.Q3_K, "Q3_K_M": T.Q4_K}.get(mixture, base)
    return base


def _of_values(mixture: str, base: T, layer: int, layers: int, sharing: int) -> T:
    match mixture:
        case "Q2_K":
            return T.Q4_K if sharing >= _FEW_HEADS else T.Q3_K
        case "Q3_K_M":
            return T.Q5_K if layer < 2 else T.Q4_K
        case "Q4_K_S":
            return T.Q5_K if layer < 4 else base
        case _:
            return T.Q6_K if _matters(layer, layers) else base


def _of_down(mixture: str, base: T, layer: int, layers: int) -> T:
    match mixture:
        case "Q2_K":
            return T.Q3_K
        case "Q3_K_M":
            return T.Q5_K if layer < layers // 16 else T.Q4_K
        case "Q4_K_S":
            return T.Q5_K if layer < layers // 8 else base
        case _:
            return T.Q6_K if _matters(layer, layers) else base


def _matters(layer: int, layers: int) -> bool:
    """The first and last eighth, and every third between them."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
