"""The samples that a generator learns from, and those kept apart to judge it by."""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.training.samples import Form, Sample, common_form, read_samples
from rag.training.tables import read_tables
from vectorstore.errors import UsageError


@dataclass(frozen=True, slots=True)
class GeneratorData:
    """Two parts that share no prompt, and what was left out: where and why.

    ``hashes`` are the SHA-256 of the files, by name.
    """

    form: Form
    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    problems: tuple[str, ...]
    hashes: Mapping[str, str]


def load_generator_data(paths: Sequence[Path], held_out: float, seed: int) -> GeneratorData:
    """Read the files and put the share ``held_out`` of the samples apart.

    Raises UsageError when a file cannot be used, or when nothing is left to learn from.
    """
    files = read_tables(paths)
    form = common_form(files)
    samples: dict[str, Sample] = {}
    problems: list[str] = []
    for file in files:
        found, unfit = read_samples(file, form)
        problems += unfit
        for sample in found:
            first = samples.setdefault(_key(asdict(sample) | {"place": ""}), sample)
            if first is not sample:
                problems.append(f"{sample.place}: the same as {first.place}")
    training, apart = _split(list(samples.values()), held_out, seed)
    if not training:
        raise UsageError(
            "There is nothing to learn from" + (f" ({problems[0]})" if problems else ""),
            where=", ".join(map(str, paths)),
            remedy="Correct the rows, or hold a smaller share out.",
        )
    return GeneratorData(
        form, tuple(training), tuple(apart), tuple(problems), _names({f.path: f.sha256 for f in files})
    )


def _split(samples: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Samples with the same prompt are on the same side: to hold out what is learned by heart would flatter."""
    groups: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[_key(list(sample.prompt) or sample.text)].append(sample)
    order = sorted(groups)
    random.Random(f"{seed} held out").shuffle(order)
    wanted = round(share * len(samples))
    training: list[Sample] = []
    apart: list[Sample] = []
    for key in order:
        (apart if len(apart) + len(groups[key]) <= wanted else training).extend(groups[key])
    return training, apart


def _key(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).lower().encode()).hexdigest()


def _names(hashes: Mapping[Path, str]) -> dict[str, str]:
    """Hashes by the files' names, or by their paths where two have the same name."""
    names = [path.name for path in hashes]
    return {path.name if names.count(path.name) == 1 else str(path): digest for path, digest in hashes.items()}
