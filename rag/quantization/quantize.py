"""A model quantized: checked, written aside, renamed, and described."""

import math
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from rag.files import explained_writing, write_folder
from rag.generators.engines.unpacking import unpack_gguf
from rag.quantization.folder import SHARD_BYTES, OnProgress, write_folder_model
from rag.quantization.gguf_file import write_gguf
from rag.quantization.gguf_models import ConvertedLlama, ReadGguf
from rag.quantization.methods import Quantization
from rag.quantization.source import SourceModel
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.models import ResolvedModel

# A tensor in float32, beside it what it is made of and what becomes of it.
_BYTES_PER_NUMBER_AT_WORK = 10
_UNQUANTIZED_BYTES = 2
_PACKAGES = ("refdesk", "torch", "transformers", "bitsandbytes", "gguf", "xllamacpp")


def open_source(model: ResolvedModel, unpacked: Path, on_progress: OnProgress) -> SourceModel:
    """The model as a folder; a GGUF file is unpacked below ``unpacked`` first, once. Raises UsageError."""
    if model.is_gguf:
        on_progress("Unpacking the GGUF file", 0, 0)
        return SourceModel(model.name, model.sha256(), unpack_gguf(model, unpacked))
    return SourceModel(model.name, model.sha256(), model.path)


def quantize(
    model: ResolvedModel,
    method: Quantization,
    output: Path,
    unpacked: Path,
    on_progress: OnProgress,
    shard_bytes: int = SHARD_BYTES,
) -> dict[str, Any]:
    """Write ``model`` to the folder ``output`` as ``method`` makes it; its figures.

    Weights in safetensors are split into files of ``shard_bytes``. ``output`` appears whole or not at all. Raises
    UsageError where it holds something, and RefdeskError where disk or memory do not suffice.
    """
    if output.exists() and (output.is_file() or any(output.iterdir())):
        raise UsageError("This folder is not empty", where=str(output), remedy="Name a new one.")
    if method.kind == "gguf" and model.is_gguf:
        gguf_model: ReadGguf | ConvertedLlama = ReadGguf(model.path)
        numbers, largest = _counts(gguf_model.shapes)
        source = None
    else:
        source = open_source(model, unpacked, on_progress)
        numbers, largest = source.parameters, source.largest
        if method.kind == "gguf":
            gguf_model = ConvertedLlama(source)
    _check_room(output, _expected_bytes(source, method, numbers), shard_bytes, largest)

    def fill(folder: Path) -> None:
        remedy = "Free space, or name another folder; nothing was left behind."
        with explained_writing("The quantized model cannot be written", output, remedy):
            if method.kind == "gguf":
                write_gguf(gguf_model, str(method.setting), folder / _file_name(model, method), on_progress)
            else:
                assert source is not None
                write_folder_model(source, method, folder, shard_bytes, on_progress)
            (folder / "README.md").write_text(_card(model, method, numbers, weight_bytes(folder)), encoding="utf-8")

    try:
        write_folder(output, fill)
    finally:
        shutil.rmtree(output.with_name(f".{output.name}.half"), ignore_errors=True)
    size = weight_bytes(output)
    return {
        "output": str(output),
        "model": model.name,
        "method": method.name,
        "engine": method.engine,
        "parameters": numbers,
        "bytes": size,
        "bits_per_parameter": round(8 * size / numbers, 2),
    }


def weight_bytes(folder: Path) -> int:
    """What the weights take on disk."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix in {".safetensors", ".gguf"})


def _counts(shapes: dict[str, tuple[int, ...]]) -> tuple[int, int]:
    sizes = [math.prod(shape) for shape in shapes.values()]
    return sum(sizes), max(sizes)


def _expected_bytes(source: SourceModel | None, method: Quantization, numbers: int) -> int:
    if source is None or method.kind in {"plain", "gguf"}:
        return round(numbers * method.bits / 8)
    changed = sum(math.prod(source.shapes[name]) for name in source.quantized)
    return round(changed * method.bits / 8) + (numbers - changed) * _UNQUANTIZED_BYTES


def _check_room(output: Path, expected: int, shard_bytes: int, largest: int) -> None:
    existing = next(folder for folder in output.resolve().parents if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < expected * 1.02:
        raise RefdeskError(
            f"The result takes about {expected / 1e9:.1f} GB and {free / 1e9:.1f} GB are free",
            where=str(existing),
            remedy="Free space, or name a folder on another disk.",
        )
    needed = min(expected, shard_bytes) + largest * _BYTES_PER_NUMBER_AT_WORK
    available = psutil.virtual_memory().available
    if available < needed:
        raise RefdeskError(
            f"The work needs about {needed / 1e9:.1f} GB of memory and {available / 1e9:.1f} GB are free",
            where=str(output),
            remedy="Close other programs, or use a machine with more memory.",
        )


def _file_name(model: ResolvedModel, method: Quantization) -> str:
    stem = model.path.stem if model.is_gguf else Path(model.name).name
    return f"{stem}-{method.setting}.gguf"


def _card(model: ResolvedModel, method: Quantization, numbers: int, size: int) -> str:
    name = Path(model.name).name
    again = "Its own weights were quantized already, so they were rounded twice.\n\n" if model.is_gguf else ""
    kept = "norms" if method.kind == "gguf" else "word vectors, output head and norms"
    made_with = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return f"""# {name}, {method.name}

Made from `{name}` by `refdesk quantize --method {method.name}`: {method.summary}.

{again}- source: {name}, weights with the SHA-256 {model.sha256()}
- parameters: {numbers:,}; {kept} are as they were
- weights: {size:,} bytes, {8 * size / numbers:.2f} bits for each parameter
- made with: {made_with}

Run it with `refdesk ask QUESTION --engine {method.engine} --model FOLDER`. The licence of the source applies to it.
"""
