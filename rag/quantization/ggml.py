"""llama.cpp's own quantization of a tensor, which the xllamacpp wheel holds but does not bind.

The function is part of ggml's public interface: ``size_t ggml_quantize_chunk(enum ggml_type type, const float * src,
void * dst, int64_t start, int64_t nrows, int64_t n_per_row, const float * imatrix)``.
"""

import ctypes
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from xllamacpp import xllamacpp

from vectorstore.errors import RefdeskError

Float32 = np.ndarray[Any, np.dtype[np.float32]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def bytes_per_row(kind: GGMLQuantizationType, columns: int) -> int:
    """What a row of ``columns`` numbers takes in ``kind``."""
    block, size = GGML_QUANT_SIZES[kind]
    return int(columns // block * size)


def quantize_rows(rows: Float32, kind: GGMLQuantizationType) -> Bytes:
    """``rows``, (n, columns) float32, in the blocks of ``kind``: (n, bytes_per_row) uint8.

    Rows are shared out among threads; the foreign function runs without Python's lock.
    """
    convert = _function()
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    count, columns = rows.shape
    result = np.empty((count, bytes_per_row(kind, columns)), dtype=np.uint8)

    def work(first: int, end: int) -> None:
        if end > first:
            source, target = rows[first:end], result[first:end]
            convert(int(kind), source.ctypes.data, target.ctypes.data, 0, end - first, columns, None)

    threads = os.cpu_count() or 1
    bounds = np.linspace(0, count, threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
    return result


@functools.cache
def _function() -> Callable[..., int]:
    try:
        function = ctypes.CDLL(xllamacpp.__file__).ggml_quantize_chunk
    except (OSError, AttributeError) as error:
        raise RefdeskError(
            "This build of xllamacpp does not give out llama.cpp's quantizer",
            where=str(xllamacpp.__file__),
            remedy="Install the wheel that the lock names, or choose a method other than gguf-...",
        ) from error
    function.restype = ctypes.c_size_t
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    function.argtypes = [ctypes.c_int, pointer, pointer, integer, integer, integer, pointer]
    return function
