"""What the peers need that Refdesk does not: an environment of their own, and the reader as a transformers folder."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from transformers import AutoTokenizer

from rag.reader.embedded import load_fast
from vectorstore.errors import ModelUnavailable, RefdeskError
from vectorstore.models import resolve_model

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


def reader_folder(name: str, work: Path) -> Path:
    """The reader that ``name`` stands for as a folder that any library loads; the embedded one is written there."""
    try:
        return resolve_model(name).path
    except ModelUnavailable:
        model, network = load_fast()
        folder = work / "peers-reader"
        network.save_pretrained(folder)
        AutoTokenizer.from_pretrained(model.path, local_files_only=True).save_pretrained(folder)
        return folder
