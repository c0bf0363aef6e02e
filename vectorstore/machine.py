"""What this machine has, told without importing a model library: those take seconds."""

import ctypes
import functools
import os
import platform
import subprocess
import sys
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_kept_free = 0


def threads() -> int:
    """How many threads calculations get: as OMP_NUM_THREADS says, else one a core; see ``keep_cores_free``."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    named = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, (int(named) if named.isdecimal() and int(named) else allowed) - _kept_free)


def keep_cores_free(number: int) -> None:
    """Leave so many cores to others, in models that are loaded from now on."""
    global _kept_free  # of the process, as torch's own number is
    _kept_free = number


@functools.cache
def has_gpu() -> bool:
    """Whether torch calculates on a GPU. Asked only where there is a driver for one."""
    if not Path("/dev/kfd").exists():  # AMD's
        try:
            ctypes.CDLL("libcuda.so.1")
        except OSError:
            return False
    import torch

    return torch.cuda.is_available()


def gpu_name() -> str:
    """The first GPU's name; empty where there is none."""
    if not has_gpu():
        return ""
    import torch

    return torch.cuda.get_device_name(0)


@functools.cache
def processor() -> str:
    """The processor's name, as its maker writes it."""
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string")
    return _cpuinfo().get("model name", "") or platform.processor() or platform.machine()


@functools.cache
def instructions() -> frozenset[str]:
    """The processor's extensions in Linux's names without underscores: avx2, avx512f, avx512vnni, bf16 ..."""
    if sys.platform == "darwin":
        words = _sysctl("machdep.cpu.features") + " " + _sysctl("machdep.cpu.leaf7_features")
    else:
        known = _cpuinfo()
        words = known.get("flags", "") or known.get("Features", "")  # the latter on ARM
    return frozenset(words.lower().replace("_", "").split())


def has_bfloat16() -> bool:
    """Whether torch calculates in bfloat16 without going through float32 for each number, by oneDNN's own rule."""
    known = instructions()
    return any(needed <= known for needed in _WITH_BFLOAT16)


_WITH_BFLOAT16 = ({"avx512f", "avx512bw", "avx512vl", "avx512dq"}, {"avxvnniint8", "avxneconvert"}, {"bf16"})


def vector_width() -> str:
    """The widest vectors that are calculated with, as torch calls them."""
    known = instructions()
    return next((name for name in ("AVX512", "AVX2", "SVE", "NEON") if _SIGN_OF[name] in known), "DEFAULT")


_SIGN_OF = {"AVX512": "avx512f", "AVX2": "avx2", "SVE": "sve", "NEON": "asimd"}


@functools.cache
def _cpuinfo() -> dict[str, str]:
    """What Linux says of the first core."""
    try:
        first, _, _ = _CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    except OSError:
        return {}
    fields = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in fields}


def _sysctl(name: str) -> str:
    done = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False)
    return done.stdout.strip()
