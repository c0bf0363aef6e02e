"""Weights out of a safetensors file as numpy arrays, which does not need torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import deserialize

Tensors = Mapping[str, NDArray[Any]]

_INTEGERS = {"I8": np.int8, "U8": np.uint8, "I16": np.int16, "I32": np.int32, "I64": np.int64, "BOOL": np.bool_}
_FLOATS = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


def read_tensors(file: Path) -> dict[str, NDArray[Any]]:
    """All tensors of ``file``: numbers with a fraction in float32 (also those in bfloat16), integers as they are.

    Raises OSError where it cannot be read, safetensors' own SafetensorError where it is damaged.
    """
    parts = deserialize(file.read_bytes())  # type: ignore[no-untyped-call]
    return {name: _array(fields) for name, fields in parts}


def _array(fields: Mapping[str, Any]) -> NDArray[Any]:
    kind, data, shape = fields["dtype"], fields["data"], fields["shape"]
    if kind in _INTEGERS:
        return np.frombuffer(data, _INTEGERS[kind]).reshape(shape)
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if kind not in _FLOATS:
        raise ValueError(f"Weights in {kind} are not read here")
    return np.frombuffer(data, _FLOATS[kind]).astype(np.float32, copy=False).reshape(shape)
