"""What of a generator is trained."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["lora", "full"]


@dataclass(frozen=True, slots=True)
class MethodSettings:
    """``rank``, ``alpha`` and ``dropout`` are those of a new LoRA adapter."""

    method: Method
    rank: int
    alpha: int
    dropout: float
