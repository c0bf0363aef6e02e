"""What the peers need that Refdesk does not: an environment of their own, and the reader as folders of transformers."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import torch

from benchmarks.peers.models import cross_encoder, span_reader, tokenizer
from rag.reader.embedded import MULTILINGUAL
from vectorstore.errors import RefdeskError
from vectorstore.machine import has_bfloat16

REQUIREMENTS = Path(__file__).parents[1] / "peers-requirements.txt"


def peers_python(work: Path, requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter of an environment under ``work`` with the peers that ``requirements`` names, made unless it is
    there and up to date.

    Refdesk's own packages are seen from there, torch and the frameworks among them; they come second. Raises
    RefdeskError when the peers cannot be installed.
    """
    folder = work / "peers-environment"
    python = folder / "bin/python"
    installed = folder / requirements.name
    if installed.is_file() and installed.read_text(encoding="utf-8") == requirements.read_text(encoding="utf-8"):
        return python
    venv.create(folder, clear=True, with_pip=False, symlinks=True)
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    packages = Path(folder, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
    (packages / "refdesk-packages.pth").write_text("\n".join(sorted(paths)) + "\n", encoding="utf-8")
    # --no-deps: the file lists everything, and torch must not come a second time.
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "-r", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise RefdeskError(
            f"The peers cannot be installed ({said})",
            where=str(requirements),
            remedy="See whether pip reaches its index.",
        )
    shutil.copyfile(requirements, installed)
    return python


def reader_folders(work: Path) -> tuple[Path, Path]:
    """The default reader under ``work``, for spans and for relevance, as folders that any library loads.

    That for relevance is in bfloat16 where the processor calculates with it: half the time.
    """
    folder = work / "peers-reader"
    written = folder / "fingerprint.txt"
    reader, reranker = folder / "spans", folder / "relevance"
    if not written.is_file() or written.read_text(encoding="utf-8") != MULTILINGUAL.fingerprint:
        shutil.rmtree(folder, ignore_errors=True)
        relevance = cross_encoder()
        relevance = relevance.to(torch.bfloat16) if has_bfloat16() else relevance
        for model, place in ((span_reader(), reader), (relevance, reranker)):
            model.save_pretrained(place)
            tokenizer().save_pretrained(place)
        written.write_text(MULTILINGUAL.fingerprint, encoding="utf-8")
    return reader, reranker
