"""How the encoders are trained: readers and classifiers."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from rag.reader.embedded import DEFAULT
from rag.training.settings import (
    Batch,
    CheckpointEvery,
    Epochs,
    HeldOut,
    Longest,
    MaxSteps,
    Patience,
    Seed,
    TrainingSettings,
    described,
)
from vectorstore.models import MINILM

EncoderMethod = Literal["lora", "full"]

_LEARNING_RATES: Mapping[EncoderMethod, float] = {"lora": 1e-3, "full": 1e-4}


def _by_method(values: dict[str, Any]) -> float:
    return _LEARNING_RATES[values.get("method", "lora")]


_Model = Annotated[str, described("The encoder to train: a name or a folder.")]
_Method = Annotated[EncoderMethod, described("lora: a small adapter; full: all of the model's weights.")]
_Rank = Annotated[int, described("Size of a new LoRA adapter.", methods=("lora",), ge=1)]
_LearningRate = Annotated[
    float,
    described(
        "Highest learning rate.", default=", ".join(f"{name} {rate}" for name, rate in _LEARNING_RATES.items()), ge=0.0
    ),
]


class ReaderTraining(TrainingSettings):
    """Shares are 0 to 1; ``max_steps`` and ``evaluate_every`` count batches."""

    model: Annotated[str, described("The reader or encoder to go on from: a name or a folder.")] = DEFAULT.name
    epochs: Epochs = 3
    max_steps: MaxSteps = None
    batch: Batch = 32
    learning_rate: Annotated[float, described("Highest learning rate.", ge=0.0)] = 1e-4
    decay: Annotated[
        float, described("Share of the steps, the last ones, over which the learning rate falls.", ge=0.0, le=1.0)
    ] = 0.5
    dropout: Annotated[float, described("Dropout; slow on a CPU.", ge=0.0, le=0.9)] = 0.0
    held_out: Annotated[
        float, described("Share of each file kept to judge by, in whole articles or documents.", ge=0.0, le=0.9)
    ] = 0.05
    near_misses: Annotated[
        float,
        described(
            "For each question, so many rows more with a passage that looks like an answer and holds none: another "
            "paragraph of the article, another section of the subject, the same section of another one.",
            ge=0.0,
            le=3.0,
        ),
    ] = 0.35
    altered: Annotated[
        float,
        described(
            "For each question, so many rows more with a name, a number or a word changed so that their passage does "
            "not answer them.",
            ge=0.0,
            le=3.0,
        ),
    ] = 0.1
    support: Annotated[
        float, described("Share of rows, at most, that teach whether a passage supports a sentence.", ge=0.0, le=0.9)
    ] = 0.2
    records: Annotated[
        float,
        described("Share of questions that are made up, to tables, records and lists of settings.", ge=0.0, le=0.9),
    ] = 0.07
    from_documents: Annotated[
        float, described("Share of questions that are asked of the documents, where some are given.", ge=0.0, le=0.9)
    ] = 0.1
    no_heading: Annotated[float, described("Share of passages shown without their heading.", ge=0.0, le=1.0)] = 0.15
    lower_case: Annotated[float, described("Share of questions shown in lower case.", ge=0.0, le=1.0)] = 0.3
    relevance_weight: Annotated[float, described("Weight of the loss on whether a passage answers.", ge=0.0)] = 0.5
    sentence_weight: Annotated[float, described("Weight of the loss on which sentences answer.", ge=0.0)] = 0.7
    support_weight: Annotated[float, described("Weight of the loss on support; that on words has 1.", ge=0.0)] = 1.0
    evaluate_every: Annotated[
        int | None, described("Steps between evaluations.", default="a fifth of an epoch", ge=1)
    ] = None
    evaluate_on: Annotated[
        int, described("Held-out rows, at most, for an evaluation on the way; ten times as many at last.", ge=1)
    ] = 600
    patience: Patience = 5
    checkpoint_every: CheckpointEvery = 200
    seed: Seed = 0


class ClassifierTraining(TrainingSettings):
    """``max_steps`` counts batches, ``longest`` tokens of a text, ``held_out`` is a share of each label, 0 to 1."""

    model: _Model = MINILM
    method: _Method = "lora"
    rank: _Rank = 16
    learning_rate: _LearningRate = Field(default_factory=_by_method)
    epochs: Epochs = 3
    max_steps: MaxSteps = None
    batch: Batch = 16
    longest: Longest = 256
    held_out: HeldOut = 0.2
    patience: Patience = 5
    checkpoint_every: CheckpointEvery = 100
    seed: Seed = 0
