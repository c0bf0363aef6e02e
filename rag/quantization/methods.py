"""The ways to make a model smaller, by name."""

from dataclasses import dataclass
from typing import Any, Literal

from rag.generators.registry import ENGINES, ModelFormat
from vectorstore.errors import UsageError

Kind = Literal["plain", "bitsandbytes", "rounded", "clustered", "pruned", "gguf"]

GROUP = 64
"""Weights of a row that share a scale, where a method says "per group"."""


@dataclass(frozen=True, slots=True)
class Quantization:
    """``bits`` is what a weight of a linear layer takes, scales included; ``setting`` is what tells methods of a kind
    apart: bitsandbytes' data type, the size of a group (0: the whole row), the share pruned, llama.cpp's name.
    """

    name: str
    kind: Kind
    bits: float
    setting: str | int | float
    summary: str

    @property
    def engine(self) -> str:
        """The engine that runs the result."""
        stored: ModelFormat = "gguf" if self.kind == "gguf" else "folder"
        return next(engine.name for engine in ENGINES.values() if stored in engine.formats)


_FIXED = (
    Quantization("float32", "plain", 32, "float32", "32-bit floats, nothing is lost: a reference"),
    Quantization("bfloat16", "plain", 16, "bfloat16", "16-bit floats: the usual reference"),
    Quantization("nf4", "bitsandbytes", 4.13, "nf4", "4-bit NormalFloat with double quantization (bitsandbytes)"),
    Quantization("fp4", "bitsandbytes", 4.13, "fp4", "4-bit floats with double quantization (bitsandbytes)"),
    Quantization(
        "int8", "bitsandbytes", 8, "int8", "8-bit integers per channel, large inputs in 16 bits (bitsandbytes)"
    ),
    Quantization("int8-channel", "rounded", 8, 0, "8-bit integers, round to nearest, a scale for each output channel"),
    Quantization("int8-group", "rounded", 8.5, GROUP, f"8-bit integers, round to nearest, a scale for {GROUP} weights"),
    Quantization("int4-channel", "rounded", 4, 0, "4-bit integers, round to nearest, a scale for each output channel"),
    Quantization("int4", "rounded", 4.5, GROUP, f"4-bit integers, round to nearest, a scale for {GROUP} weights"),
    Quantization("clusters-256", "clustered", 8, 8, "the nearest of 256 centres found by k-means in each matrix"),
    Quantization("clusters-16", "clustered", 4, 4, "the nearest of 16 centres found by k-means in each matrix"),
)
_PRUNED = tuple(
    Quantization(
        f"pruned-{percent}", "pruned", 16, percent / 100, f"the smallest {percent}% of each matrix set to zero"
    )
    for percent in range(10, 100, 10)
)
_GGUF = tuple(
    Quantization(f"gguf-{name.lower()}", "gguf", bits, name, f"llama.cpp's {name}")
    for name, bits in (
        ("F16", 16),
        ("BF16", 16),
        ("Q8_0", 8.5),
        ("Q6_K", 6.56),
        ("Q5_K_M", 5.7),
        ("Q5_0", 5.5),
        ("Q4_K_M", 4.85),
        ("Q4_K_S", 4.6),
        ("Q4_0", 4.5),
        ("Q3_K_M", 3.9),
        ("Q2_K", 3.0),
    )
)

METHODS = {method.name: method for method in (*_FIXED, *_PRUNED, *_GGUF)}

COMPARED = (
    "bfloat16",
    "float32",
    "int8",
    "int8-channel",
    "int8-group",
    "int4-channel",
    "int4",
    "nf4",
    "fp4",
    "clusters-256",
    "clusters-16",
    "pruned-10",
    "pruned-30",
    "pruned-50",
    "gguf-q8_0",
    "gguf-q6_k",
    "gguf-q5_k_m",
    "gguf-q4_k_m",
    "gguf-q4_0",
    "gguf-q3_k_m",
    "gguf-q2_k",
)
"""What a comparison measures unless it is told otherwise; the first is what the others are held against."""


def find_method(name: str) -> Quantization:
    """Raises UsageError, which lists the names, where there is no such method."""
    if name not in METHODS:
        raise UsageError("There is no such method", where=name, remedy=f"There are {', '.join(METHODS)}.")
    return METHODS[name]


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """A row of figures for each method, with the ``problem`` that left some out, and what they were measured on."""

    model: str
    setup: dict[str, Any]
    results: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {"model": self.model, "setup": self.setup, "results": list(self.results)}
