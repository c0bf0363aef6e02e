"""Question-answering data as documents of passages, cut to the size that the desk shows a generator."""

import functools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from ingest.sentences import sentence_spans

Asked = tuple[tuple[str, str], ...]
"""Pairs of a question and a short answer."""

_LONGEST = 1100


@dataclass(frozen=True, slots=True)
class Passage:
    """``asked`` are answered in ``text``; ``baits`` are not, though their "answers" stand there."""

    text: str
    asked: Asked = ()
    baits: Asked = ()


@dataclass(frozen=True)
class Text:
    """A document."""

    title: str
    passages: tuple[Passage, ...]

    @functools.cached_property
    def whole(self) -> str:
        return " ".join(passage.text for passage in self.passages)


def squad_texts(file: Path) -> list[Text]:
    """The articles of a SQuAD file."""
    texts = []
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        passages = []
        for paragraph in article["paragraphs"]:
            asked = [(q["question"].strip(), q["answers"][0]["text"]) for q in paragraph["qas"] if q["answers"]]
            baits = [
                (q["question"].strip(), a["text"]) for q in paragraph["qas"] for a in q.get("plausible_answers", [])
            ]
            for piece in _pieces(" ".join(paragraph["context"].split())):
                held = (tuple(pair for pair in pairs if pair[1] in piece) for pairs in (asked, baits))
                passages.append(Passage(piece, *held))
        texts.append(Text(article.get("title", "").replace("_", " "), tuple(passages)))
    return texts


def medquad_texts(folder: Path, n: int, seed: int) -> list[Text]:
    """``n`` files of MedQuAD that have some text."""
    files = sorted(folder.rglob("*.xml"))
    random.Random(seed).shuffle(files)
    texts: list[Text] = []
    for path in files:
        root = etree.parse(path).getroot()
        answers = [" ".join((pair.findtext("Answer") or "").split()) for pair in root.iterfind("QAPairs/QAPair")]
        passages = tuple(Passage(piece) for answer in answers for piece in _pieces(answer))
        if len(passages) > 3:
            texts.append(Text(root.findtext("Focus") or "", passages))
        if len(texts) == n:
            break
    return texts


def _pieces(text: str) -> Iterator[str]:
    start = end = 0
    for _, stop in sentence_spans(text):
        if stop - start > _LONGEST and end > start:
            yield text[start:end].strip()
            start = end
        end = stop
    if last := text[start:end].strip():
        yield last
