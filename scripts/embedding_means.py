"""Write what all vectors of the packed embedding model have in common: the means over pieces of its vocabulary.

python scripts/embedding_means.py
"""

import random

import numpy as np
from safetensors.numpy import save_file

from vectorstore.embedders.backends import PackedTorchBackend
from vectorstore.embedders.local import MEANS
from vectorstore.embedders.packed import PackedModel
from vectorstore.models import E5_SMALL, resolve_model

_PIECES = 3_000


def main() -> None:
    model = PackedModel.of(resolve_model(E5_SMALL))
    pieces = sorted({piece.decode("utf-8", "ignore").replace("▁", " ").strip() for piece in model.tokenizer().pieces})
    drawn = random.Random(1).sample([piece for piece in pieces if piece], _PIECES)
    backend = PackedTorchBackend(model)
    means = {
        prompt: backend.embed([prompt + piece for piece in drawn]).mean(axis=0).astype(np.float16)
        for prompt in ("query: ", "passage: ")
    }
    save_file(means, MEANS)


if __name__ == "__main__":
    main()
