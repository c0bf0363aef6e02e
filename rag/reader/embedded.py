"""The readers that come with Refdesk: packaged models with the weights that Refdesk's own training changed.

``embedded/`` holds those weights (int8 and float16, safetensors; made by scripts/pack_reader.py) and the reports of the
training.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.embedders.tensors import read_tensors
from vectorstore.machine import has_bfloat16, has_gpu
from vectorstore.models import E5_SMALL, MINILM, packaged_model

if TYPE_CHECKING:
    from collections.abc import Callable

    import openvino as ov
    from transformers import PreTrainedModel

    from rag.reader.networks import ReadingNetwork
    from rag.reader.windows import PairTokenizer
    from vectorstore.embedders.packed import PackedModel
    from vectorstore.embedders.tensors import Tensors
    from vectorstore.embedders.unigram import UnigramTokenizer
    from vectorstore.models import ResolvedModel

# What only names these weights, as `refdesk doctor` does, waits neither for OpenVINO nor for torch.

_FOLDER = Path(__file__).parent / "embedded"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A reader by the name that the settings give it: the packaged model ``base`` with ``weights`` over its own.

    A best span with a margin up to ``no_answer_margin`` means that the passage does not say; fitted on held-out
    questions, half of which have no answer in their paragraph (docs/benchmarks.md).
    """

    name: str
    base: str
    weights: Path
    no_answer_margin: float
    about: str

    @property
    def fingerprint(self) -> str:
        """Tells the weights of one training from those of another."""
        return f"embedded-reader@{_sha256(self.weights)[:12]}"


@functools.cache
def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


MULTILINGUAL = Embedded(
    "embedded",
    E5_SMALL,
    _FOLDER / "multilingual.safetensors",
    -1.0,
    "94 languages, passages under their headings",
)
FAST = Embedded("embedded-fast", MINILM, _FOLDER / "weights.safetensors", -3.0, "English alone, in half the time")
EMBEDDED: Mapping[str, Embedded] = {reader.name: reader for reader in (MULTILINGUAL, FAST)}
DEFAULT = MULTILINGUAL


def load_fast() -> "tuple[ResolvedModel, PreTrainedModel]":
    """The packaged model, whose tokenizer is the fast reader's too, and the reader's network in float32 and torch."""
    from rag.reader.int8 import dequantize
    from rag.reader.torch_network import load_network

    model = packaged_model(FAST.base)
    return model, load_network(model.path, dequantize(read_tensors(FAST.weights)))


def open_multilingual(home: Path | None) -> "tuple[UnigramTokenizer, ReadingNetwork]":
    """Its tokenizer, and its network in the form that is fastest here, which ``home`` keeps as it was compiled. Raises
    ModelUnavailable.
    """
    from vectorstore.embedders.packed import PackedModel

    packed = PackedModel.of(packaged_model(MULTILINGUAL.base))
    kept = home / "cache" / "reader.openvino" if home else None
    network = reading_network(packed, lambda: read_tensors(MULTILINGUAL.weights), kept, MULTILINGUAL.fingerprint)
    return packed.tokenizer(), network


def reading_network(
    packed: "PackedModel", trained: "Callable[[], Tensors]", kept: Path | None = None, weights: str = ""
) -> "ReadingNetwork":
    """That of ``trained`` weights (quantized or not) over the packaged ones, in the form that is fastest here.

    ``kept`` and ``weights`` are as ``vectorstore.embedders.compiled`` takes them.
    """
    from rag.reader.int8 import ReaderGraph, dequantize, is_fast_here

    if has_gpu() or (has_bfloat16() and not is_fast_here()):
        from rag.reader.reading_model import ReadingModel, TorchReadingNetwork

        model = ReadingModel(packed.config)
        model.load(dequantize(over_base(packed, trained())))
        return TorchReadingNetwork(model, packed.words)

    from rag.reader.networks import OpenVinoNetwork
    from vectorstore.embedders.bert_graph import BertSize

    def build() -> "ov.Model":
        tensors = over_base(packed, trained())
        tensors = tensors if is_fast_here() else dequantize(tensors)
        return ReaderGraph(BertSize.of(packed.config), tensors, given_words=True).model()

    return OpenVinoNetwork(build, packed.words, kept, weights)


def over_base(packed: "PackedModel", trained: "Tensors") -> "Tensors":
    """``trained`` weights, and the packaged ones that they do not replace."""
    base = packed.tensors(without=[name.removeprefix("bert.") for name in trained])
    return {**{f"bert.{name}": tensor for name, tensor in base.items()}, **trained}


def open_fast() -> "tuple[PairTokenizer, ReadingNetwork]":
    """Its tokenizer, and its network in the form that is fastest here."""
    from rag.reader.int8 import ReaderGraph, is_fast_here
    from rag.reader.windows import PairTokenizer

    if has_gpu() or not is_fast_here():
        from rag.reader.torch_network import fastest_network

        model, network = load_fast()
        return PairTokenizer.of_model(model.path), fastest_network(network)

    from rag.reader.networks import OpenVinoNetwork
    from vectorstore.embedders.bert_graph import BertSize
    from vectorstore.embedders.encoders import read_json

    model = packaged_model(FAST.base)
    encoder = {f"bert.{name}": value for name, value in read_tensors(model.path / "model.safetensors").items()}
    graph = ReaderGraph(BertSize.of(read_json(model.path / "config.json")), encoder | read_tensors(FAST.weights))
    return PairTokenizer.of_model(model.path), OpenVinoNetwork(graph.model)
