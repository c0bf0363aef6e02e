"""The reader that comes with Refdesk: the packaged MiniLM with the weights that its own training changed.

``embedded/`` holds those weights (float16, safetensors; made by scripts/pack_reader.py) and the training's report.
"""

from pathlib import Path

from safetensors.torch import load_file
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from vectorstore.models import MINILM, ResolvedModel, resolve_model

WEIGHTS = Path(__file__).parent / "embedded" / "weights.safetensors"
NO_ANSWER_MARGIN = -3.0
"""Fitted on held-out questions, half of which have no answer in their paragraph; see docs/benchmarks.md."""


def load_embedded() -> tuple[ResolvedModel, PreTrainedModel]:
    """The packaged model, whose tokenizer is the reader's too, and the reader's network."""
    model = resolve_model(MINILM)
    network = AutoModelForQuestionAnswering.from_pretrained(model.path, local_files_only=True)
    network.load_state_dict(load_file(WEIGHTS), strict=False)
    return model, network
