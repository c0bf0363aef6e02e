"""Take a trained reader as the embedded one: python scripts/pack_reader.py RUN_FOLDER... QUESTION_FILE...

RUN_FOLDER is what ``refdesk finetune reader --method full`` left. The weights of several runs, each of which went on
from the one before, are averaged (Wortsman et al., "Model soups", ICML 2022). Only tensors that differ from the
packaged MiniLM are kept: the linear layers in int8, calibrated on passages of the question files, all else in float16.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForQuestionAnswering

from rag.evaluation.squad import load_squad
from rag.reader.embedded import WEIGHTS
from rag.reader.quantizing import quantize
from rag.reader.windows import PairTokenizer
from vectorstore.models import MINILM, resolve_model

_SAMPLED = 200
_BATCH = 8


def main(runs: list[Path], files: list[Path]) -> None:
    models = [AutoModelForQuestionAnswering.from_pretrained(run / "model", local_files_only=True) for run in runs]
    trained = models[0].eval()
    states = [model.state_dict() for model in models]
    trained.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    base = AutoModelForQuestionAnswering.from_pretrained(resolve_model(MINILM).path).state_dict()
    tokenizer = PairTokenizer.of_model(runs[0] / "model")
    pairs = [
        (question.text, file.paragraphs[question.paragraph].text)
        for file in map(load_squad, files)
        for question in file.questions
    ]
    windows = tokenizer.cut(*zip(*random.Random(0).sample(pairs, _SAMPLED), strict=True))
    batches = [
        {name: torch.from_numpy(values) for name, values in tokenizer.padded(windows[first : first + _BATCH]).items()}
        for first in range(0, len(windows), _BATCH)
    ]
    tensors = {
        name: tensor if tensor.dtype == np.int8 else tensor.astype(np.float16)
        for name, tensor in quantize(trained, batches).items()
        if name not in base or not np.array_equal(tensor, base[name].numpy())
    }
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(tensors, WEIGHTS)
    reports = [json.loads((run / "report.json").read_text(encoding="utf-8")) for run in runs]
    for report in reports[1:]:
        report["settings"]["model"] = "the run before"
    WEIGHTS.with_name("reports.json").write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(tensors)} tensors, {WEIGHTS.stat().st_size:,} bytes: {WEIGHTS}\n")


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]]
    main([path for path in paths if path.is_dir()], [path for path in paths if path.is_file()])
