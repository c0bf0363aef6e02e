"""What the fine-tuning page trains, by preset: the model that writes, or the one that reads."""

from collections.abc import Mapping
from typing import Any

from rag.training.encoder_settings import ReaderTraining
from rag.training.generator.presets import PRESETS as GENERATOR_PRESETS
from rag.training.generator.presets import Preset, chosen
from rag.training.generator.settings import GeneratorTraining

READER = "reader"
PRESETS: Mapping[str, Preset] = {
    **GENERATOR_PRESETS,
    READER: Preset("Reader: which passages, sentences and words answer a question", {}),
}


def settings_class(preset: str) -> type[GeneratorTraining] | type[ReaderTraining]:
    """The settings of what the preset trains."""
    return ReaderTraining if preset == READER else GeneratorTraining


def chosen_training(preset: str, named: Mapping[str, Any]) -> GeneratorTraining | ReaderTraining:
    """As ``rag.training.generator.presets.chosen``, for every preset."""
    return ReaderTraining.of(named) if preset == READER else chosen(preset, named)
