"""How large a model is, as far as that can be told without loading it."""

import json
import re
from pathlib import Path

_SIZE = re.compile(r"(?<![a-z0-9.])(?:\d+x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_UNITS = {"b": 1e9, "m": 1e6}


def parameters_of(model: str) -> float | None:
    """About how many parameters a model has: by its name, else by the folder or the GGUF file that it names. None where
    neither tells.

    >>> parameters_of("meta-llama/Llama-3.1-8B-Instruct")
    8000000000.0
    """
    sizes = [float(size) * _UNITS[unit.lower()] for size, unit in _SIZE.findall(model.rsplit("/", 1)[-1])]
    if sizes:
        return max(sizes)
    path = Path(model)
    if (path / "config.json").is_file():
        return _of_shape(path / "config.json")
    return _of_gguf(path) if path.suffix == ".gguf" and path.is_file() else None


def _of_shape(config: Path) -> float | None:
    """Of a transformer whose layers have square attention and a gated network: a little too many, mostly."""
    shape = json.loads(config.read_text(encoding="utf-8"))
    try:
        width, layers = shape["hidden_size"], shape["num_hidden_layers"]
        return float(layers * width * (4 * width + 3 * shape["intermediate_size"]) + 2 * width * shape["vocab_size"])
    except (KeyError, TypeError):
        return None


def _of_gguf(file: Path) -> float:
    from gguf import GGUFReader  # reads all of the vocabulary, which takes a second

    return float(sum(int(tensor.n_elements) for tensor in GGUFReader(file).tensors))
