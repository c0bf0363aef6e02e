"""Sentences that people wrote beside passages that the reader has not learned from.

Of the public files of checked sentences the reader's training leaves out the tenth of the passages whose SHA-256 begins
lowest; these are the rows that count here. One half of them is to fit with, by the next byte, the other to test with.
"""

import hashlib
import random
from pathlib import Path

from benchmarks.sentences.cases import Case
from rag.training.data.reading import read_reading_files
from vectorstore.types import Chunk

_HELD_OUT = 0.1


def held_out_cases(folder: Path, each: int, seed: int) -> tuple[list[Case], list[Case]]:
    """Up to ``each`` cases of every file in either half: those to fit with, and those to test with. A case's kind is
    its label. None where there is no such folder.
    """
    halves: tuple[list[Case], list[Case]] = [], []
    for file in read_reading_files(sorted(folder.glob("*-support.jsonl*"))):
        sides: tuple[list[Case], list[Case]] = [], []
        for item in file.support:
            digest = hashlib.sha256(item.passage.encode()).digest()
            if int.from_bytes(digest[:4], "big") < _HELD_OUT * 2**32:
                chunk = Chunk(0, 0, "", "/0.txt", None, 0, len(item.passage), "", item.passage)
                group = file.name.removesuffix("-support")
                case = Case(group, item.label, item.label == "supported", item.sentence, (chunk,))
                sides[digest[4] % 2].append(case)
        for half, side in zip(halves, sides, strict=True):
            half += random.Random(seed).sample(side, min(each, len(side)))
    return halves
