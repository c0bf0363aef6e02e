"""Which model does what, from where and why, and whether the machine is in order."""

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embedding_selection import embedding_model, misses_languages
from rag.settings.model import Settings
from vectorstore import library
from vectorstore.embedders.local import LocalEmbedder
from vectorstore.errors import ModelUnavailable, RefdeskError
from vectorstore.machine import gpu_name, has_gpu, processor, threads, vector_width
from vectorstore.models import E5_SMALL, ResolvedModel, packaged_model, resolve_model
from vectorstore.types import EVERYTHING

if TYPE_CHECKING:
    from rag.reader.embedded import Embedded

_OTHER_LANGUAGES = (
    f'Put `[embedding]` and `model = "{E5_SMALL}"` into settings.toml: the next ingestion then indexes them by a model '
    "that knows their languages."
)


def diagnosis(settings: Settings) -> dict[str, Any]:
    """The home, the machine, the model of each role, what reads documents, and the knowledge base."""
    models = models_in_use(settings)
    if "problem" not in models["embedding"]:
        models["embedding"]["backend"] = _embedding_backend(settings)
    return {
        "home": str(settings.home),
        "machine": _machine(settings.home),
        "models": models,
        "reading": _reading(),
        "knowledge_base": _knowledge(settings.home),
        "fitted_numbers": _fitted_numbers(settings),
    }


def models_in_use(settings: Settings) -> dict[str, dict[str, Any]]:
    """For each role its model: from where, with which hash, and why."""
    return {
        "embedding": _model(embedding_model(settings)),
        "reader": _reader(settings),
        "generator": _generator(settings),
        "check": _check(settings),
    }


def _machine(home: Path) -> dict[str, Any]:
    existing = next(folder for folder in [home, *home.parents] if folder.exists())
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "torch": version("torch"),
        "cpu": f"{processor()}, {vector_width()}",
        "threads": threads(),
        "gpu": gpu_name() or "none",
        "free_disk_gb": round(shutil.disk_usage(existing).free / 1e9, 1),
        "executable": sys.executable,
    }


def _reading() -> dict[str, str]:
    """What the process that reads documents has, and has not."""
    from ingest.readers.base import NO_TESSERACT, has_tesseract

    # In a process of its own: this one would be cut off, too.
    command = [sys.executable, "-c", "from ingest.worker.__main__ import cut_network; print(cut_network())"]
    uncut = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return {
        "network": f"not cut off ({uncut})" if uncut else "cut off",
        "pictures": "read by Tesseract" if has_tesseract() else f"not read. {NO_TESSERACT}",
    }


def _model(name: str, resolve: Callable[[str], ResolvedModel] = resolve_model) -> dict[str, Any]:
    try:
        found = resolve(name)
    except ModelUnavailable as error:
        return {"model": name, "problem": str(error)}
    return {
        "model": name,
        "origin": found.origin,
        "path": str(found.path),
        "sha256": found.sha256(),
        "reason": found.reason,
    }


def _embedding_backend(settings: Settings) -> str:
    from vectorstore.embedders.fastest import fastest, remembered

    if has_gpu():
        return "torch, on the GPU"
    speeds = remembered(resolve_model(embedding_model(settings)), settings.home)
    if speeds is None:
        return "the fastest on this machine, which the next ingestion or question measures"
    ranked = ", ".join(f"{name} {speeds[name]}" for name in sorted(speeds, key=lambda name: -speeds[name]))
    return f"{fastest(speeds)}, the fastest of those measured here (texts a second: {ranked})"


def _reader(settings: Settings) -> dict[str, Any]:
    named, own = settings.reader.model, _embedded_reader(settings)
    if own is None:
        return _model(named)
    trained = f"the {own.name} reader, {own.base} trained to read: {own.about}"
    absent = "" if named == own.name else f"{named} is not on this machine, so the embedded reader stands in: "
    return {**_model(own.base, packaged_model), "weights": str(own.weights), "reason": f"{absent}{trained}."}


def _embedded_reader(settings: Settings) -> "Embedded | None":
    """The embedded reader that is used; None where the named model is on this machine."""
    from rag.reader.embedded import DEFAULT, EMBEDDED

    if settings.reader.model in EMBEDDED:
        return EMBEDDED[settings.reader.model]
    return DEFAULT if "problem" in _model(settings.reader.model) else None


def _generator(settings: Settings) -> dict[str, Any]:
    from rag.engine_selection import choose_engine, detect_hardware
    from rag.generators.registry import ENGINES

    choice = choose_engine(settings, detect_hardware())
    described = {"engine": choice.engine, "model": choice.model, "reason": choice.reason}
    if choice.model is None or not ENGINES[choice.engine].formats:
        return described
    return {**_model(choice.model), **described, **_adapter(choice.model, settings)}


def _adapter(model: str, settings: Settings) -> dict[str, str]:
    from rag.generators.adapters.folder import adapter_folder
    from rag.generators.registry import adapter_for

    adapter = adapter_for(model, settings.generator.adapter)
    if adapter is None:
        return {}
    file = adapter if adapter.is_file() else next(adapter_folder(adapter).glob("*.safetensors"))
    return {"adapter": str(adapter), "adapter_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def _check(settings: Settings) -> dict[str, Any]:
    """What judges written sentences, beside the rules."""
    named = settings.grounding.model
    return _model(named) if named else {"reason": "rules, and a score fitted to the embedding model"}


def _fitted_numbers(settings: Settings) -> dict[str, Any] | str:
    """Whose numbers answers hang on, and which of them were fitted to other models than those in use."""
    from rag.calibration.numbers import CALIBRATION_FILE, load_calibration  # brings numpy

    try:
        stored = library.status(settings.home, EVERYTHING)["embedding"]
        embedder = str(stored or "") or LocalEmbedder(resolve_model(embedding_model(settings))).fingerprint
        calibration = load_calibration(settings.home, embedder)
    except RefdeskError as error:
        return str(error)
    own = _embedded_reader(settings)
    reader = own.fingerprint if own else resolve_model(settings.reader.model).fingerprint
    unfitted = calibration.unfitted(embedder, reader)
    fitted = settings.home / CALIBRATION_FILE
    return {
        "from": str(fitted) if fitted.exists() else "Refdesk",
        "unfitted": ", ".join(unfitted),
        **({"remedy": "`refdesk evaluate fit` fits them to the models in use."} if unfitted else {}),
    }


def _knowledge(home: Path) -> dict[str, Any] | str:
    try:
        state: dict[str, Any] = library.status(home, EVERYTHING)
    except RefdeskError as error:
        return str(error)
    told = {key: state[key] for key in ("documents", "chunks", "embedding", "changed_at")}
    other = {"other_languages": _OTHER_LANGUAGES} if misses_languages(home) else {}
    return told | {"collections": len(state["collections"])} | other
