"""What of a generator is trained: all of it, a part, or something small that is added."""

from collections.abc import Callable, Mapping

from peft import IA3Config, LoraConfig, PeftConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from peft.utils.other import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING
from transformers import PreTrainedModel

from rag.generators.adapters.bottleneck import add_bottlenecks, selected
from rag.training.generator.settings import GeneratorTraining, Method
from vectorstore.errors import UsageError

_TASK = "CAUSAL_LM"
_ATTENTION = ["q_proj", "v_proj"]


def make_trainable(network: PreTrainedModel, training: GeneratorTraining) -> PreTrainedModel | PeftModel:
    """The network with what the method adds; only what is to be trained has gradients.

    Draws new weights from torch's generator. Raises UsageError where the method does not know this kind of model.
    """
    if training.method == "full":
        return network.requires_grad_(True)
    network.requires_grad_(False)
    if training.method == "bitfit":
        for parameter in selected(network).values():
            parameter.requires_grad_(True)
        return network
    if training.method == "adapters":
        return add_bottlenecks(network, training.rank)
    kind = network.config.model_type
    if training.method == "ia3" and kind not in TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING:
        raise UsageError(f"IA3 is not known for {kind}", where="--method", remedy="Use lora.")
    return get_peft_model(network, _CONFIGS[training.method](training))


def _lora(training: GeneratorTraining) -> LoraConfig:
    return LoraConfig(
        task_type=_TASK,
        r=training.rank,
        lora_alpha=training.alpha,
        lora_dropout=training.dropout,
        target_modules="all-linear" if training.target == "all" else _ATTENTION,
        use_dora=training.method == "dora",
    )


_CONFIGS: Mapping[Method, Callable[[GeneratorTraining], PeftConfig]] = {
    "lora": _lora,
    "qlora": _lora,
    "dora": _lora,
    "ia3": lambda _: IA3Config(task_type=_TASK),
    "prompt": lambda training: PromptTuningConfig(task_type=_TASK, num_virtual_tokens=training.rank),
    "prefix": lambda training: PrefixTuningConfig(task_type=_TASK, num_virtual_tokens=training.rank),
}
"""LoRA: arXiv:2106.09685, on a model in NF4: arXiv:2305.14314, DoRA: arXiv:2402.09353, IA3: arXiv:2205.05638, prompt
tuning: arXiv:2104.08691, prefix tuning: arXiv:2101.00190.
"""
