"""Who writes answers: the section ``generator`` of the settings."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from rag.generators.registry import ENGINES


def _known(engine: str) -> str:
    known = ("auto", *ENGINES)
    if engine not in known:
        raise PydanticCustomError("engine", "There is no such engine; there are {known}", {"known": ", ".join(known)})
    return engine


class GeneratorSettings(BaseModel, frozen=True, extra="forbid"):
    """Who writes answers."""

    engine: Annotated[str, AfterValidator(_known)] = Field(
        default="auto", description="Engine; auto chooses by hardware and by what is installed."
    )
    model: str | None = Field(
        default=None, description="Model name, folder or .gguf file; the engine's own default if unset."
    )
    adapter: Path | None = Field(
        default=None,
        description="Trained adapter: the folder of a run or of an adapter, or a LoRA in GGUF for llamacpp.",
    )
    base_url: str | None = Field(default=None, description="Address of an OpenAI-compatible endpoint (engine openai).")
    api_key_env: str = Field(
        default="OPENAI_API_KEY", description="Environment variable that holds the endpoint's key."
    )
    context_tokens: int = Field(default=2048, gt=0, description="llama.cpp's window, in tokens: prompt and reply.")
    max_new_tokens: int = Field(default=160, gt=0, description="Longest reply, in tokens.")
    prompt_tokens: int | None = Field(
        default=None, gt=0, description="Token budget of the prompt; 600 on a CPU and 3000 on CUDA if unset."
    )
    temperature: float = Field(
        default=0.0, ge=0.0, description="Sampling temperature; 0 always takes the likeliest token."
    )
    quantize_on_load: bool = Field(
        default=True,
        description="Whether transformers holds a model that is not quantized in 4 bits (NF4), or as it is stored.",
    )
    threads: int | None = Field(default=None, gt=0, description="CPU threads; chosen from the physical cores if unset.")
