"""The loss of a causal language model, with logits only where there is something to learn.

A model computes them for every token: with a vocabulary of 49,152 that is a fifth of the work of SmolLM2-135M, and of
a prompt with a short answer nearly all of it is for nothing. TRL's fused head leaves them out on CUDA alone.
"""

from collections.abc import Mapping
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from rag.training.data.tokens import IGNORED

_CHANGED_LATER = (
    "final_logit_softcapping",
    "logits_soft_cap",
    "logits_scaling",
    "logit_scale",
    "lm_head_multiplier",
    "output_multiplier",
)
"""Settings by which models (Gemma, Granite, Cohere, Falcon-H1) change what the head says."""


def completion_loss(
    network: PreTrainedModel | PeftModel, batch: Mapping[str, Tensor], logits_at_once: int = 1 << 26
) -> tuple[Tensor, int]:
    """The sum of the negative log-likelihoods (natural logarithm) of the labelled tokens, and their number.

    ``network`` is a causal language model; ``batch`` holds ``input_ids``, ``attention_mask`` and ``labels`` of shape
    ``(rows, tokens)``; ``logits_at_once`` bounds the memory for logits, and is 256 MB of them in float32.
    """
    labels = batch["labels"][:, 1:]
    learned = labels != IGNORED
    model = network.get_base_model() if isinstance(network, PeftModel) else network
    head: nn.Linear = model.get_output_embeddings()
    config = model.config.get_text_config()
    changed = any(getattr(config, name, None) for name in _CHANGED_LATER)
    kept: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Any, ...]) -> tuple[Tensor]:
        """Keep the hidden states that the head is to be asked about, and hand it none of the others."""
        hidden: Tensor = arguments[0]
        # prompt and prefix tuning put tokens of their own before the others
        kept.append(hidden[:, -labels.shape[1] - 1 : -1][learned])
        return (kept[0].unsqueeze(0) if changed else hidden[:0],)

    hook = head.register_forward_pre_hook(keep)
    try:
        output = network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False)
    finally:
        hook.remove()
    targets = labels[learned]
    if changed:  # then only the model itself knows how, and the logits are computed all at once
        loss = functional.cross_entropy(output.logits[0].float(), targets, reduction="sum")
    else:
        loss = _negative_log_likelihood(head, kept[0], targets, logits_at_once)
    return loss, len(targets)


def _negative_log_likelihood(head: nn.Linear, hidden: Tensor, targets: Tensor, logits_at_once: int) -> Tensor:
    """In portions whose logits fit ``logits_at_once``.

    Where there are several, each is computed again for its gradient, so that memory does not grow with the text.
    """
    portion = max(1, logits_at_once // head.out_features)
    if len(targets) <= portion:
        return _portion(head, hidden, targets)
    portions = zip(hidden.split(portion), targets.split(portion), strict=True)
    losses = [checkpoint(_portion, head, some, wanted, use_reentrant=False) for some, wanted in portions]
    return torch.stack(losses).sum()


def _portion(head: nn.Linear, hidden: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(head(hidden).float(), targets, reduction="sum")
