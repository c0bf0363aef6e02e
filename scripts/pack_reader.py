"""Take trained layers as the embedded reader's: python scripts/pack_reader.py LAYERS QUESTION_FILE...

LAYERS is a safetensors file with the weights that a training of the multilingual reader changed: encoder layers under
``bert.``, and the heads ``qa_outputs``, ``sentence``, ``relevance`` and ``support``. The linear layers become int8,
calibrated on passages of the question files (SQuAD's form; best in several languages), all else float16.
"""

import random
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from rag.evaluation.squad import load_squad
from rag.reader.embedded import MULTILINGUAL
from rag.reader.headed_windows import HeadedTokenizer
from rag.reader.quantizing import quantize
from rag.reader.reading_model import ReadingModel
from rag.reader.types import PassageText
from vectorstore.embedders.packed import PackedModel
from vectorstore.embedders.tensors import read_tensors
from vectorstore.models import packaged_model

_SAMPLED = 240
_BATCH = 8


def main(layers: Path, files: list[Path], output: Path = MULTILINGUAL.weights) -> None:
    packed = PackedModel(packaged_model(MULTILINGUAL.base))
    trained = read_tensors(layers)
    network = ReadingModel(packed.config)
    network.load({f"bert.{name}": tensor for name, tensor in packed.tensors().items()} | trained)
    tokenizer = HeadedTokenizer(packed.tokenizer())
    draw = random.Random(0)
    windows = []
    for file in map(load_squad, files):
        asked = draw.sample(file.questions, min(len(file.questions), _SAMPLED // len(files)))
        paragraphs = [file.paragraphs[question.paragraph] for question in asked]
        texts = [PassageText(paragraph.title, paragraph.text, ()) for paragraph in paragraphs]
        windows += tokenizer.cut([question.text for question in asked], texts)
    batches = []
    for first in range(0, len(windows), _BATCH):
        fields = tokenizer.padded(windows[first : first + _BATCH])
        words = torch.from_numpy(packed.words(fields["input_ids"]))
        batches.append({"words": words, "attention_mask": torch.from_numpy(fields["attention_mask"])})
    tensors = {
        name: tensor if tensor.dtype == np.int8 else tensor.astype(np.float16)
        for name, tensor in quantize(network.eval(), batches).items()
        if name in trained or name.rpartition(".")[0] + ".weight" in trained
    }
    save_file(tensors, output)
    sys.stdout.write(f"{len(tensors)} tensors, {output.stat().st_size:,} bytes: {output}\n")


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]]
    main(paths[0], paths[1:])
