"""The samples that a generator learns from, and those kept apart to judge it by."""

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.training.data.markup import as_chat
from rag.training.data.samples import DataForm, Sample, common_form, read_samples
from rag.training.data.tables import TableFile, read_tables
from vectorstore.errors import UsageError


@dataclass(frozen=True, slots=True)
class GeneratorData:
    """Two parts that share no prompt, and what was left out: where and why.

    ``hashes`` are the SHA-256 of the files, by name.
    """

    form: DataForm
    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    problems: tuple[str, ...]
    hashes: Mapping[str, str]


def load_generator_data(
    paths: Sequence[Path], test: Sequence[Path], held_out: float, seed: int, *, convert_markup: bool
) -> GeneratorData:
    """Read the files and put the share ``held_out`` of the samples apart; or all those of ``test``, where it is given.

    Samples of ``paths`` whose prompt (or text) is in ``test`` are left out. With ``convert_markup`` texts with chat
    marks become chats first. Raises UsageError when a file cannot be used, or when nothing is left to learn from.
    """
    files, tests = read_tables(paths), read_tables(test)
    form = common_form([*files, *tests])
    problems: list[str] = []
    convert = convert_markup and form == "text"
    samples = _distinct(files, form, problems, convert=convert)
    if test:
        apart = _distinct(tests, form, problems, convert=convert)
        asked = {_prompt_key(sample): sample for sample in apart}
        training = [sample for sample in samples if _prompt_key(sample) not in asked]
        problems += [
            f"{sample.place}: held out, as {asked[_prompt_key(sample)].place}"
            for sample in samples
            if _prompt_key(sample) in asked
        ]
    else:
        training, apart = _split(samples, held_out, seed)
    if not training:
        raise UsageError(
            "There is nothing to learn from" + (f" ({problems[0]})" if problems else ""),
            where=", ".join(map(str, paths)),
            remedy="Correct the rows, or hold a smaller share out.",
        )
    hashes = _names({file.path: file.sha256 for file in (*files, *tests)})
    return GeneratorData(form, tuple(training), tuple(apart), tuple(problems), hashes)


def _distinct(files: Sequence[TableFile], form: DataForm, problems: list[str], *, convert: bool) -> list[Sample]:
    """The samples of all files, each once; what is left out is added to ``problems``."""
    samples: dict[str, Sample] = {}
    for file in files:
        found, unfit = read_samples(file, form)
        problems += unfit
        for sample in map(as_chat, found) if convert else found:
            first = samples.setdefault(_key(asdict(sample) | {"place": ""}), sample)
            if first is not sample:
                problems.append(f"{sample.place}: the same as {first.place}")
    return list(samples.values())


def _split(samples: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Samples with the same prompt are on the same side: to hold out what is learned by heart would flatter."""
    sizes = Counter(map(_prompt_key, samples))
    order = sorted(sizes)
    random.Random(f"{seed} held out").shuffle(order)
    left = round(share * len(samples))
    apart: set[str] = set()
    for key in order:
        if sizes[key] <= left:
            apart.add(key)
            left -= sizes[key]
    parts: tuple[list[Sample], list[Sample]] = [], []
    for sample in samples:
        parts[_prompt_key(sample) in apart].append(sample)
    return parts


def _prompt_key(sample: Sample) -> str:
    return _key(list(sample.prompt) or sample.text)


def _key(value: object) -> str:
    """Letter case and the number of blanks aside."""
    text = re.sub(r"(?:\s|\\[nrt])+", " ", json.dumps(value, sort_keys=True))
    return hashlib.sha256(re.sub(r'(?<=") | (?=")', "", text).lower().encode()).hexdigest()


def _names(hashes: Mapping[Path, str]) -> dict[str, str]:
    """Hashes by the files' names, or by their paths where two have the same name."""
    names = [path.name for path in hashes]
    return {path.name if names.count(path.name) == 1 else str(path): digest for path, digest in hashes.items()}
