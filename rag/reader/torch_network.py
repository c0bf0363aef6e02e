"""Any question-answering network of transformers as a reader's. Imports torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, PreTrainedModel

from rag.reader.networks import Logits, OpenVinoNetwork, SpanNetwork
from rag.reader.windows import Batch
from vectorstore.embedders.bert_graph import BertSize
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
        return output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()


def load_network(folder: Path, changed: Tensors | None = None) -> PreTrainedModel:
    """The network in ``folder`` in float32, with the weights that are ``changed`` in place of its own."""
    network = AutoModelForQuestionAnswering.from_pretrained(folder, local_files_only=True)
    if changed is not None:
        state: Mapping[str, Any] = {name: torch.from_numpy(value.copy()) for name, value in changed.items()}
        network.load_state_dict(state, strict=False)
    return network


def fastest_network(network: PreTrainedModel) -> SpanNetwork:
    """The one that runs it fastest here: in float32, OpenVINO takes a third of torch's time, but only plain BERTs."""
    config = network.config
    is_plain_bert = (
        config.model_type == "bert"
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", "absolute") == "absolute"
    )
    if has_gpu() or has_bfloat16() or not is_plain_bert:
        return TorchNetwork(network)
    state = {name: tensor.float().numpy() for name, tensor in network.state_dict().items()}
    return OpenVinoNetwork(BertSize.of(config.to_dict()), state)
