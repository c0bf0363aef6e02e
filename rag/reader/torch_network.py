"""Any question-answering network of transformers as a reader's. Imports torch."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
from openvino import opset15 as op
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from rag.reader.networks import Logits, OpenVinoNetwork, ReadingNetwork
from rag.reader.windows import Batch
from vectorstore.embedders.tensors import Tensors
from vectorstore.machine import has_bfloat16, has_gpu


class TorchNetwork:
    """In torch, on the GPU where there is one; ``dtype`` is bfloat16 where that is native, unless it is given."""

    batch_windows = 16
    pad_to = 1

    def __init__(self, network: PreTrainedModel, dtype: torch.dtype | None = None) -> None:
        native = torch.bfloat16 if has_gpu() or has_bfloat16() else torch.float32
        self._network = network.to(device="cuda" if has_gpu() else "cpu", dtype=dtype or native).eval()

    def score(self, batches: Sequence[Batch]) -> list[Logits]:
        return [self._score(batch) for batch in batches]

    def _score(self, batch: Batch) -> Logits:
        fields = {name: torch.from_numpy(values).to(self._network.device) for name, values in batch.items()}
        with torch.inference_mode():
            output = self._network(**fields)
        return Logits(output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy())


def load_network(folder: Path, changed: Tensors | None = None) -> PreTrainedModel:
    """The network in ``folder`` in float32, with the weights that are ``changed`` in place of its own."""
    network = AutoModelForQuestionAnswering.from_pretrained(folder, local_files_only=True)
    if changed is not None:
        state: Mapping[str, Any] = {name: torch.from_numpy(value.copy()) for name, value in changed.items()}
        network.load_state_dict(state, strict=False)
    return network


def fastest_network(network: PreTrainedModel) -> ReadingNetwork:
    """The one that runs it fastest here: in float32, OpenVINO takes less time than torch."""
    if has_gpu() or has_bfloat16():
        return TorchNetwork(network)
    return OpenVinoNetwork(lambda: converted(network))


def converted(network: PreTrainedModel) -> ov.Model:
    """Any of them as a graph for OpenVINO, in float32."""
    names = ["input_ids", "attention_mask"]
    names += ["token_type_ids"] if getattr(network.config, "type_vocab_size", 1) > 1 else []
    example = {name: torch.ones(1, 8, dtype=torch.long) for name in names}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracing, which OpenVINO does
        model = ov.convert_model(network.float().eval(), example_input=example)
    starts, ends = (op.unsqueeze(result.input_value(0), op.constant(np.int64(2))) for result in model.get_results()[:2])
    return ov.Model([op.result(op.concat([starts, ends], 2))], model.get_parameters(), "reader")
