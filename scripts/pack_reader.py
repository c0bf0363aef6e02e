"""Take a trained reader as the embedded one: python scripts/pack_reader.py RUN_FOLDER

RUN_FOLDER is what ``refdesk finetune reader --method full`` left. Only tensors that differ from the packaged MiniLM are
kept, in float16.
"""

import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForQuestionAnswering

from rag.reader.embedded import WEIGHTS
from vectorstore.models import MINILM, resolve_model


def main(run: Path) -> None:
    trained = AutoModelForQuestionAnswering.from_pretrained(run / "model", local_files_only=True).state_dict()
    base = AutoModelForQuestionAnswering.from_pretrained(resolve_model(MINILM).path).state_dict()
    changed = {name: tensor.half() for name, tensor in trained.items() if not torch.equal(tensor, base[name])}
    WEIGHTS.parent.mkdir(exist_ok=True)
    save_file(changed, WEIGHTS)
    shutil.copyfile(run / "report.json", WEIGHTS.with_name("report.json"))
    sys.stdout.write(f"{len(changed)} tensors, {WEIGHTS.stat().st_size:,} bytes: {WEIGHTS}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
