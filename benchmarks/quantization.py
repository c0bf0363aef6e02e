"""The packaged generator under every method of ``refdesk quantize``; and, on a GPU, a model of Llama 3.1 8B's shape.

python -m benchmarks.quantization --work FOLDER [--layers N]

writes random weights in the shape of Llama 3.1 8B (16 GB; N layers of its 32), and compares bfloat16 with NF4 on it:
size, load time, memory and speed. What random weights write means nothing.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from benchmarks.tables import table
from rag.generators.engines.unpacking import unpack_gguf
from rag.quantization.comparison import compare_methods
from rag.quantization.folder import Shards, copy_tokenizer
from rag.quantization.methods import COMPARED, METHODS
from rag.quantization.report import COLUMNS, cells
from rag.quantization.tasks import load_tasks
from vectorstore.models import SMOLLM2, resolve_model

_LLAMA_31_8B: dict[str, Any] = {
    "vocab_size": 128256,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "rope_parameters": {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
}


def run(work: Path) -> dict[str, Any]:
    """Every method on the packaged generator. Stopped, it goes on where it was."""
    folder = work / "quantization"
    methods = [METHODS[name] for name in COMPARED]
    compared = compare_methods(
        resolve_model(SMOLLM2), methods, load_tasks(None, None, None, 8192), folder, work / "models", _show
    )
    shutil.rmtree(folder)
    return compared.as_json()


def section(result: Mapping[str, Any]) -> str:
    """Markdown for docs/benchmarks.md."""
    figures = table(("method", *COLUMNS), [(f"`{one['method']}`", *cells(one)) for one in result["results"]])
    return f"""## Quantization

`refdesk quantize compare` on {result["model"]}, whose packaged weights are 4-bit (Q4_1) already: every
method rounds them a second time, and `bfloat16` holds what the package holds. Perplexity on a page of our own; F1,
contained and rightly abstained on its {result["setup"]["questions_asked"]} questions, each answered with its right
passage through the desk's prompt. llama.cpp runs the GGUF files, transformers the others, each on its usual number of
threads. A pruned model is stored whole, zeros included.

{figures}"""


def _show(what: str, done: int, _total: int) -> None:
    if done == 0:
        sys.stderr.write(f"  {what}\n")


def _random_llama(folder: Path, layers: int) -> None:
    """A folder with random bfloat16 weights and the packaged generator's tokenizer, written tensor by tensor."""
    config = LlamaConfig(**_LLAMA_31_8B, num_hidden_layers=layers, architectures=["LlamaForCausalLM"], dtype="bfloat16")
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    folder.mkdir(parents=True)
    shards, draw = Shards(folder), torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        weight = torch.empty(parameter.shape, dtype=torch.bfloat16)
        shards.add(name, weight.fill_(1) if weight.ndim == 1 else weight.normal_(0, 0.02, generator=draw))
    shards.finish()
    config.save_pretrained(folder)
    copy_tokenizer(unpack_gguf(resolve_model(SMOLLM2), folder.parent), folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quantization", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder with 50 GB of room")
    parser.add_argument("--layers", type=int, default=32, help="fewer, to try it small")
    arguments = parser.parse_args()
    source = arguments.work / f"random-llama-{arguments.layers}"
    if not (source / "config.json").exists():
        shutil.rmtree(source, ignore_errors=True)
        _random_llama(source, arguments.layers)
    compared = compare_methods(
        resolve_model(str(source)),
        [METHODS["bfloat16"], METHODS["nf4"]],
        load_tasks(None, None, 2, 512),
        arguments.work / f"compared-{arguments.layers}",
        arguments.work,
        _show,
    )
    sys.stdout.write(json.dumps(compared.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
