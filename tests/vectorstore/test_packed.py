"""The packaged multilingual model, read as data: its tokens are those of ``tokenizers``, its weights a BERT's."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from vectorstore.embedders.counting import open_counter
from vectorstore.embedders.packed import BOS, EOS, UNK, PackedModel
from vectorstore.embedders.unigram import UnigramTokenizer
from vectorstore.errors import ModelUnavailable
from vectorstore.models import E5_SMALL, ResolvedModel, packaged_model, resolve_model

pytestmark = pytest.mark.models

TEXTS = [
    "What is the error code E-404?",
    "",
    "Signs are:\n- pain\n\n  - fever\r\n",
    "Straße №5, ﬁne print … ½ cup at 20 ℃",
    "e\u0301te\u0301 and été, \u200bzero\u200bwidth, nb\u00a0sp",
    "什么是光合作用？植物利用阳光。",
    "日本国憲法 ﾊﾝｶｸ Ｗｉｄｅ１２３",
    "한국어 문장입니다.",
    "नमस्ते दुनिया, गिरफ़्तार",
    "ما هي الدول الممثلة في مجموعات الشرق الأقصى؟",
    "Что такое фотосинтез? Ελληνικά ἄνθρωπος",
    "😀😀 \U00010f00\U00010f01x 👩‍👩‍👧",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa Donaudampfschifffahrtsgesellschaft",
]


@pytest.fixture(scope="module")
def packed() -> PackedModel:
    return PackedModel(packaged_model(E5_SMALL))


@pytest.fixture(scope="module")
def ours(packed: PackedModel) -> UnigramTokenizer:
    return packed.tokenizer()


@pytest.fixture(scope="module")
def theirs(ours: UnigramTokenizer) -> Tokenizer:
    """The same pieces in a tokenizer of the library, with a piece of no likelihood where ours has none."""
    scores = list(ours.scores)
    pieces = {number: piece.decode("utf-8", "replace") for piece, number in ours.pieces.items()}
    vocabulary = [(pieces.get(number, f"<special {number}>"), score) for number, score in enumerate(scores)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=UNK, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(Regex(r"\s*\n\s*"), " ¶ "), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    return tokenizer


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_counted_without_line_breaks(ours: UnigramTokenizer, text: str) -> None:
    whole = " ".join(text.split())
    assert ours.count(text) == len(ours.encode(whole).ids)
    counter = open_counter(resolve_model(E5_SMALL).path)
    assert counter.count(text) == ours.count(text)
    for tokens in range(1, min(6, counter.count(whole))):
        assert ours.count(whole[: counter.end(whole, tokens)]) <= tokens + 1


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_those_of_the_library(ours: UnigramTokenizer, theirs: Tokenizer, text: str) -> None:
    expected = theirs.encode(text, add_special_tokens=False)
    found = ours.encode(text)
    assert found.ids == expected.ids
    # Of what is written with combining marks, ours are the characters that belong together.
    for (start, end), (its_start, its_end) in zip(found.offsets, expected.offsets, strict=True):
        assert start <= its_start
        assert end >= its_end
        assert end - start <= its_end - its_start + 4


def test_plain_words_stand_where_the_library_finds_them(ours: UnigramTokenizer, theirs: Tokenizer) -> None:
    for text in (TEXTS[0], TEXTS[5], TEXTS[7], TEXTS[9], TEXTS[10], TEXTS[12]):
        assert ours.encode(text).offsets == theirs.encode(text, add_special_tokens=False).offsets


def test_what_frames_a_text_is_no_token_when_a_document_writes_it(ours: UnigramTokenizer) -> None:
    assert not {BOS, EOS, UNK}.intersection(ours.encode("He wrote </s> and <s> in <unk> his text.").ids)


def test_its_tensors_are_all_that_a_bert_has(packed: PackedModel) -> None:
    network = BertModel(BertConfig(**packed.config), add_pooling_layer=False)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    words = "embeddings.word_embeddings.weight"
    assert {name: tensor.shape for name, tensor in packed.tensors().items()} | {words: shapes[words]} == shapes


def test_near_words_have_near_vectors(packed: PackedModel, ours: UnigramTokenizer) -> None:
    ids = np.array([[ours.encode(word).ids[0] for word in ("dog", "dogs", "taxation")]])
    vectors = packed.words(ids)
    assert vectors.shape == (1, 3, packed.config["hidden_size"])
    dog, dogs, tax = torch.nn.functional.normalize(torch.from_numpy(vectors[0]), dim=-1)
    assert dog @ dogs > dog @ tax + 0.1


def test_it_is_named_by_what_it_is(packed: PackedModel) -> None:
    found = resolve_model(E5_SMALL)
    assert (found.origin, found.is_packed, found.is_gguf) == ("package", True, False)
    assert found.fingerprint.startswith(f"{E5_SMALL}@")


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "e5-small-q4.bin"
    other.write_bytes(b"E5S1 but something else")
    with pytest.raises(ModelUnavailable, match="another file"):
        PackedModel(ResolvedModel(E5_SMALL, other, "package", ""))
