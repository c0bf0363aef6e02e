"""Which backend runs the embedding model fastest here: measured at the first need, and remembered in the home."""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from vectorstore.embedders.backends import Backend, backends
from vectorstore.machine import processor, vector_width
from vectorstore.models import ResolvedModel

logger = logging.getLogger(__name__)

_FILE = "embedding-speed.json"
_SENTENCE = (
    "The pharmacist keeps a list of what each patient takes, and looks for two medicines that do not go together. "
)
_SAMPLE = [_SENTENCE * number for number in range(1, 9)]
_ROUNDS = 2

Offered = Callable[[ResolvedModel, Path | None], Mapping[str, Callable[[], Backend]]]
"""What can run a model, by name, as ``backends`` tells it."""

Speeds = Mapping[str, float]
"""Texts of the sample a second, by backend."""


def open_fastest(
    model: ResolvedModel, home: Path | None, offered: Offered = backends, sample: Sequence[str] = _SAMPLE
) -> Backend:
    """The fastest backend for ``model`` on this processor, of those ``offered`` for it, by a ``sample`` of texts. All
    give the same vectors, to a cosine above 0.999.

    Without a ``home`` to remember a measurement in, it is the first.
    """
    here = offered(model, home)
    if home is None:
        return next(iter(here.values()))()
    speeds = remembered(model, home)
    if speeds is None or not speeds.keys() <= here.keys():
        logger.info("Measuring what embeds fastest on this machine")
        speeds = {name: _texts_per_second(open_backend, sample) for name, open_backend in here.items()}
        _remember(model, home, speeds)
    return here[fastest(speeds)]()


def remembered(model: ResolvedModel, home: Path) -> Speeds | None:
    """What was measured with this model, on a machine like this one and with the same libraries."""
    speeds = _all_remembered(home).get(_key(model))
    return speeds or None


def fastest(speeds: Speeds) -> str:
    return max(speeds, key=speeds.__getitem__)


def _texts_per_second(open_backend: Callable[[], Backend], sample: Sequence[str]) -> float:
    backend, texts = open_backend(), list(sample)
    backend.embed(texts[:1])  # the first time is slower
    seconds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        backend.embed(texts)
        seconds.append(time.perf_counter() - began)
    return round(len(texts) / min(seconds), 1)


def _key(model: ResolvedModel) -> str:
    libraries = [f"{name} {version(name)}" for name in ("openvino", "torch")]
    return ", ".join([processor(), vector_width(), f"{os.cpu_count()} cores", *libraries, model.fingerprint])


def _remember(model: ResolvedModel, home: Path, speeds: Speeds) -> None:
    content = json.dumps({**_all_remembered(home), _key(model): speeds}, indent=1)
    aside = home / f"{_FILE}.{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        aside.write_text(content, encoding="utf-8")
        aside.replace(home / _FILE)
    except OSError as error:
        logger.warning("What embeds fastest is measured at each start, as %s cannot be written (%s)", home, error)


def _all_remembered(home: Path) -> dict[str, dict[str, float]]:
    try:
        known = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
