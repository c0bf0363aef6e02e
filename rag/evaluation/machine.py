"""The machine that a measurement was made on."""

import os
import platform
from importlib.metadata import version

from vectorstore.machine import instructions, processor

LIBRARIES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "faiss-cpu",
    "llama-index-core",
    "xllamacpp",
    "streamlit",
)


def describe() -> dict[str, str]:
    """Processor, cores, memory, system and the versions that matter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _processor() -> str:
    notable = ("avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")
    flags = [flag for flag in notable if flag.replace("_", "") in instructions()]
    return f"{processor()} ({', '.join(flags) or 'no bfloat16'})"
