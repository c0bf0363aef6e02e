"""Hugging Face models, 4-bit NF4 unless they are quantized already, on CUDA or on the CPU."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from bitsandbytes.functional import has_avx512bf16
from pydantic import PrivateAttr
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, PreTrainedModel
from transformers.generation.streamers import TextStreamer
from transformers.utils import logging
from typing_extensions import override

import rag.generators.engines.packed  # noqa: F401 - tells transformers of its layers
from rag.generators.adapters.loading import load_adapter
from rag.generators.engines.streaming import StreamingChat
from rag.generators.engines.unpacking import model_folder
from rag.generators.types import Wanted
from vectorstore.errors import ModelUnavailable, RefdeskError
from vectorstore.models import ResolvedModel


class TransformersChat(StreamingChat):
    """A causal language model in NF4 with double quantization (QLoRA's storage, arXiv:2305.14314).

    A model that is quantized already, by `refdesk quantize` or otherwise, runs as it is.
    ``unpacked`` is a folder for the unpacked weights of GGUF models; ``adapter`` is the folder of one. With
    ``quantize_on_load`` off, weights stay as they are stored.
    Raises ModelUnavailable when the weights or the adapter cannot be loaded.

    >>> chat = TransformersChat(source=resolve_model(SMOLLM2), unpacked=Path("unpacked"))  # doctest: +SKIP
    >>> chat.invoke("What is a citation?").text  # doctest: +SKIP
    """

    source: ResolvedModel
    unpacked: Path
    adapter: Path | None = None
    max_new_tokens: int = 160
    temperature: float = 0.0
    quantize_on_load: bool = True

    _model: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()

    @override
    def model_post_init(self, context: Any, /) -> None:
        """Load and quantize the model."""
        try:
            folder = model_folder(self.source, self.unpacked)
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            self._model = load_network(folder, quantize=self.quantize_on_load)
            if self.adapter:
                self._model = load_adapter(self._model, self.adapter)
        except (OSError, ValueError, ImportError) as error:
            raise ModelUnavailable(
                "transformers cannot load the model",
                where=self.source.name,
                remedy=f"{str(error).splitlines()[0]}.",
            ) from error
        _make_stoppable(self._model)

    @property
    @override
    def _llm_type(self) -> str:
        return "transformers"

    @property
    def knows_chats(self) -> bool:
        """Whether there is a form in which to put messages to it; one that was only trained on texts has none."""
        return self._tokenizer.chat_template is not None

    @property
    def network(self) -> PreTrainedModel:
        """The model itself."""
        model: PreTrainedModel = self._model
        return model

    @override
    def get_num_tokens(self, text: str) -> int:
        """Tokens of ``text`` in this model's own vocabulary."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    @override
    def _produce(self, messages: list[dict[str, str]], emit: Callable[[str], None], stopped: threading.Event) -> None:
        prompt = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        window = self._model.config.max_position_embeddings
        room = window - prompt["input_ids"].shape[1]
        if room <= 0:
            raise RefdeskError(
                f"The prompt is longer than the model's window of {window} tokens", remedy="Ask less at once."
            )
        sampling: dict[str, Any] = {"do_sample": self.temperature > 0}
        if self.temperature > 0:
            sampling["temperature"] = self.temperature
        _running.stopped = stopped
        try:
            with torch.inference_mode():
                self._model.generate(
                    **prompt,
                    **sampling,
                    max_new_tokens=min(self.max_new_tokens, room),
                    pad_token_id=self._tokenizer.eos_token_id,
                    streamer=_Emitter(self._tokenizer, emit),
                )
        except _Stopped:
            return
        finally:
            _running.stopped = None


def load(wanted: Wanted) -> TransformersChat:
    """Raises ModelUnavailable also where the model knows no chats."""
    assert wanted.source is not None
    chat = TransformersChat(
        source=wanted.source,
        unpacked=wanted.unpacked,
        adapter=wanted.adapter,
        max_new_tokens=wanted.settings.max_new_tokens,
        temperature=wanted.settings.temperature,
        quantize_on_load=wanted.settings.quantize_on_load,
    )
    if not chat.knows_chats:
        what, remedy = "This model only goes on with texts; it knows no chats", "Name one that does."
        raise ModelUnavailable(what, where=wanted.source.name, remedy=remedy)
    return chat


class _Emitter(TextStreamer):
    """transformers' streamer, which ends pieces at whole words, with a callback instead of standard output."""

    def __init__(self, tokenizer: Any, emit: Callable[[str], None]) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._emit = emit

    @override
    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if text:
            self._emit(text)


class _Stopped(Exception):
    """Raised inside `generate` to leave it."""


_running = threading.local()


def _make_stoppable(model: PreTrainedModel) -> None:
    """Look at the running thread's stop event before every decoder layer.

    A stopping criterion is asked once a token, so it cannot interrupt the reading of a long prompt, which takes seconds
    on a CPU.
    """

    def check(*_: object) -> None:
        if (stopped := getattr(_running, "stopped", None)) and stopped.is_set():
            raise _Stopped

    for layer in model.get_decoder().layers:
        layer.register_forward_pre_hook(check)


def load_network(folder: Path, *, quantize: bool = True) -> PreTrainedModel:
    """Load ``folder`` as it is quantized; what is not, in NF4 if ``quantize``, else in its own data type.

    Quantized weights are computed with in float16 on CUDA; on a CPU in bfloat16 where bitsandbytes has kernels for it.
    """
    if torch.cuda.is_available():
        device, compute = "cuda", torch.float16
    else:
        device, compute = "cpu", torch.bfloat16 if has_avx512bf16() else torch.float32
    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(folder)
    stored = getattr(config, "quantization_config", None)
    options: dict[str, Any] = {"config": config, "dtype": compute}
    if stored and "bnb_4bit_compute_dtype" in stored:  # what the weights were made for may not be what runs them
        stored["bnb_4bit_compute_dtype"] = str(compute).removeprefix("torch.")
    elif not stored and quantize:
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute,
        )
    elif not stored:
        options["dtype"] = config.dtype
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder, device_map=device, use_safetensors=True, **options
    )
    if stored:  # transformers leaves word vectors and norms of a quantized model in the type that they are stored in
        for parameter in model.parameters():
            if parameter.is_floating_point() and parameter.dtype != compute:
                parameter.data = parameter.data.to(compute)
    return model.eval()
