"""The network of a reader in training: the multilingual one with all its heads, or any other for words alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel

from rag.reader.headed_windows import SENTENCE_TOKENS, HeadedTokenizer
from rag.reader.networks import WordVectors
from rag.reader.reading_model import ReadingModel, ReadingOutput
from rag.reader.trained import ABOUT, LAYERS, about_trained, base_of, changes_of
from rag.reader.windows import PairTokenizer, WindowTokenizer
from rag.training.encoder_settings import ReaderTraining
from rag.training.runs.checkpoints import trainable
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.tensors import Tensors
from vectorstore.errors import UsageError
from vectorstore.models import ResolvedModel

HEADS_RATE = 4.0
"""What is new learns faster than what was trained before."""
_HEADS = ("qa_outputs", "sentence", "relevance", "support")


class HeadedNetwork(nn.Module):
    """The multilingual one, whose word vectors are looked up outside of it. It takes the fields of a batch."""

    def __init__(self, model: ReadingModel, words: WordVectors) -> None:
        super().__init__()
        self.model, self._words = model, words

    def forward(self, fields: Mapping[str, Tensor]) -> ReadingOutput:
        seen = fields["attention_mask"]
        words = torch.from_numpy(self._words(fields["input_ids"].cpu().numpy()))
        output: ReadingOutput = self.model(words.to(seen.device), seen)
        return output


class SpanNetwork(nn.Module):
    """Any network of transformers that marks answers; of the other tasks it tells nothing."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, fields: Mapping[str, Tensor]) -> ReadingOutput:
        hidden = self.model.base_model(**fields).last_hidden_state.float()
        with torch.autocast(hidden.device.type, enabled=False):
            return ReadingOutput(self.model.qa_outputs(hidden), hidden.new_zeros(len(hidden), 0))


@dataclass(frozen=True, slots=True)
class Trainee:
    """A reader to be trained: its ``network``, and what cuts its windows: those of questions, and those of sentences to
    be checked (None where it learns words alone). ``save`` writes what came of it into a folder.
    """

    network: HeadedNetwork | SpanNetwork
    asked: WindowTokenizer
    checked: WindowTokenizer | None
    save: Callable[[Path], None]

    @property
    def rates(self) -> dict[str, float]:
        """Factors on the learning rate by the names of parameters."""
        return {name: HEADS_RATE for name in trainable(self.network) if name.split(".")[1] in _HEADS}


def load_trainee(model: ResolvedModel, training: ReaderTraining) -> Trainee:
    """The reader on the GPU where there is one; ``model`` may also be what a training left.

    Raises UsageError when it is of a kind that cannot be trained as a reader, ModelUnavailable where the model that it
    was trained from is missing.
    """
    torch.manual_seed(training.seed)  # heads may be new
    base = base_of(model)
    if base.is_packed:
        packed = PackedModel(base)
        trainee = headed_trainee(ReadingModel(packed.config), packed, base, changes_of(model))
    else:
        trainee = _span_trainee(base, changes_of(model))
    trainee.network.to("cuda" if torch.cuda.is_available() else "cpu")
    return prepared(trainee, training)


def prepared(trainee: Trainee, training: ReaderTraining) -> Trainee:
    """With what is to be trained of it, which is all but the vectors of words and places."""
    for module in trainee.network.modules():
        if isinstance(module, nn.Embedding):
            # Half and more of a small model's weights are word vectors: leaving them saves time, and words that the
            # training data do not hold keep their place among the others.
            module.requires_grad_(False)
        if isinstance(module, nn.Dropout):
            module.p = training.dropout
    return trainee


def headed_trainee(model: ReadingModel, packed: PackedModel, base: ResolvedModel, changed: Tensors) -> Trainee:
    """``base`` in the form of ``packed``, with weights ``changed``; heads that are not among them begin at nought."""
    for head in (model.sentence, model.relevance, model.support):
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
    model.load({f"bert.{name}": values for name, values in packed.tensors().items()} | dict(changed))
    model.bert.set_attn_implementation(_attention())
    tokenizer = packed.tokenizer()
    network = HeadedNetwork(model, packed.words)

    def save(folder: Path) -> None:
        layers = {
            name.removeprefix("model."): value.detach().half().cpu().contiguous()
            for name, value in trainable(network).items()
        }
        save_file(layers, folder / LAYERS)
        (folder / ABOUT).write_text(about_trained(base), encoding="utf-8")

    return Trainee(network, HeadedTokenizer(tokenizer), HeadedTokenizer(tokenizer, SENTENCE_TOKENS), save)


def _span_trainee(model: ResolvedModel, changed: Tensors) -> Trainee:
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.path, local_files_only=True)
        network = AutoModelForQuestionAnswering.from_pretrained(
            model.path, local_files_only=True, dtype=torch.float32, attn_implementation=_attention()
        )
        state: Mapping[str, Any] = {name: torch.from_numpy(values.copy()) for name, values in changed.items()}
        network.load_state_dict(state, strict=False)
        network.qa_outputs  # noqa: B018 - raises where it has none
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"This cannot be trained as a reader ({' '.join(str(error).split())})",
            where=model.name,
            remedy="Name an encoder of the BERT kind.",
        ) from error

    def save(folder: Path) -> None:
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    return Trainee(SpanNetwork(network), PairTokenizer.of(tokenizer), None, save)


def _attention() -> str:
    """On a CPU plain attention trains faster than the fused one."""
    return "sdpa" if torch.cuda.is_available() else "eager"
