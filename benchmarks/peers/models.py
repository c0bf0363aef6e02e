"""Refdesk's reader in the form that other libraries load: two models of transformers, and their tokenizer."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from rag.reader.embedded import MULTILINGUAL, over_base
from rag.reader.int8 import dequantize
from vectorstore.embedders.packed import BOS, EOS, PAD, UNK, PackedModel
from vectorstore.embedders.tensors import read_tensors
from vectorstore.embedders.unigram import LINE_BREAK, UnigramTokenizer
from vectorstore.models import packaged_model

_SPECIAL = {BOS: "<s>", PAD: "<pad>", EOS: "</s>", UNK: "<unk>"}
_SMALL = 2.0**-12
_WORDS = "bert.embeddings.word_embeddings.weight"


def span_reader() -> PreTrainedModel:
    """The default reader's span head: "nowhere" is the first token."""
    packed, tensors = _default_reader()
    return _loaded(BertForQuestionAnswering(_config(packed, num_labels=2)), packed, tensors)


def cross_encoder() -> PreTrainedModel:
    """The default reader's relevance, as one logit."""
    packed, tensors = _default_reader()
    # No sigmoid behind it: in bfloat16 that makes the best passages equal.
    as_it_is = {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}}
    model = BertForSequenceClassification(_config(packed, num_labels=1, **as_it_is))
    return _loaded(model, packed, _classifier(tensors))


def tokenizer() -> PreTrainedTokenizerFast:
    return fast_tokenizer(_default_reader()[0].tokenizer())


def _classifier(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """``tensors`` with the relevance head where a classifier of BERT has its own.

    Between it and the encoder stands a pooler with a tanh, which leaves small numbers as they are: the pooler makes
    them small, and the classifier large again.
    """
    weights = tensors["relevance.weight"]
    width = weights.shape[1]
    return {
        **tensors,
        "bert.pooler.dense.weight": _SMALL * np.eye(width, dtype=np.float32),
        "bert.pooler.dense.bias": np.zeros(width, np.float32),
        "classifier.weight": weights / _SMALL,
        "classifier.bias": tensors["relevance.bias"],
    }


def fast_tokenizer(tokenizer: UnigramTokenizer) -> PreTrainedTokenizerFast:
    """One that cuts as ``tokenizer`` does, and frames pairs as ``rag.reader.headed_windows`` does."""
    names = {number: piece.decode("utf-8", "replace") for piece, number in tokenizer.pieces.items()}
    names |= _SPECIAL
    vocabulary = [(names.get(number, f"<{number}>"), score) for number, score in enumerate(tokenizer.scores)]
    fast = Tokenizer(Unigram(vocabulary, UNK, False))
    fast.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(r"\s*\n\s*"), f" {LINE_BREAK} "), normalizers.NFKC()]
    )
    fast.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    fast.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(_SPECIAL[BOS], BOS), (_SPECIAL[EOS], EOS)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        bos_token=_SPECIAL[BOS],
        cls_token=_SPECIAL[BOS],
        eos_token=_SPECIAL[EOS],
        sep_token=_SPECIAL[EOS],
        pad_token=_SPECIAL[PAD],
        unk_token=_SPECIAL[UNK],
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    )


@functools.cache
def _default_reader() -> tuple[PackedModel, dict[str, NDArray[Any]]]:
    packed = PackedModel.of(packaged_model(MULTILINGUAL.base))
    return packed, dequantize(over_base(packed, read_tensors(MULTILINGUAL.weights)))


def _config(packed: PackedModel, **more: Any) -> BertConfig:
    return BertConfig(**packed.config, pad_token_id=PAD, **more)


def _loaded(model: PreTrainedModel, packed: PackedModel, tensors: Mapping[str, NDArray[Any]]) -> PreTrainedModel:
    """``model`` with those of ``tensors`` that it has, and the packaged word vectors."""
    given = {**tensors, _WORDS: packed.words(np.arange(packed.config["vocab_size"]))}
    with torch.no_grad():
        for name, values in model.state_dict().items():
            values.copy_(torch.from_numpy(given[name].astype(np.float32)))
    return model.eval()
