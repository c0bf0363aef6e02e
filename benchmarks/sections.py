"""Medical documents cut into sections under headings, and questions to them in other words than the headings'."""

import json
import random
from collections import defaultdict
from pathlib import Path

from lxml import etree

_KINDS = json.loads(Path(__file__).with_name("sections.json").read_text(encoding="utf-8"))

Asked = tuple[str, frozenset[str]]
"""A question, and the headings (subject and section) of the sections that answer it."""


def write_sections(folder: Path, target: Path, files: int, questions: int, seed: int) -> list[Asked]:
    """Write ``files`` of MedQuAD to ``target``, every other one with plain headings ("Treatment") for its questions.

    They are neighbours in MedQuAD, so that many are about like things. The questions are drawn evenly over the kinds.
    """
    draw = random.Random(seed)
    paths = sorted(folder.rglob("*.xml"))
    first = draw.randrange(len(paths) - files)
    target.mkdir(parents=True)
    told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    subjects: dict[str, str] = {}
    for number, path in enumerate(paths[first : first + files]):
        root = etree.parse(path).getroot()
        subject = " ".join((root.findtext("Focus") or "").split())
        page = [f"# {subject}"]
        for pair in root.iterfind("QAPairs/QAPair"):
            question, answer = pair.findtext("Question") or "", (pair.findtext("Answer") or "").strip()
            asks = next((str(one.get("qtype")) for one in pair.iterfind("Question")), "")
            kind = _KINDS.get(asks)
            heading = kind["heading"] if kind and number % 2 else " ".join(question.split())
            if subject and heading and answer:
                page += [f"## {heading}", answer]
                if kind:
                    subjects[subject.lower()] = subject
                    told[asks][subject.lower()].add(f"{subject} > {heading}")
        if len(page) > 1:
            (target / f"{number:04}.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")
    asked = []
    for number in range(questions):
        kind = sorted(told)[number % len(told)]
        subject = draw.choice(sorted(told[kind]))
        asked.append((draw.choice(_KINDS[kind]["questions"]).format(subjects[subject]), frozenset(told[kind][subject])))
    return asked
