"""Questions about a disease over passages on it, from MedQuAD: the first sentences of an answer are what to write."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from benchmarks.generator.sheets import Asked, Sheet
from benchmarks.generator.targets import cited, first_sentences
from ingest.sentences import sentence_spans
from rag.generators.prompts import REFUSAL
from rag.jobs.types import OnProgress
from vectorstore.types import HEADING_SEPARATOR, Chunk

_PASSAGES = 3
_SENTENCES = 2
_CHARACTERS = (250, 700)
_WAYS: dict[str, tuple[str, ...]] = {
    "information": ("What is {}?", "What does {} mean?", "Can you explain what {} is?"),
    "symptoms": ("What are the signs of {}?", "How does {} show itself?", "How do I know if I have {}?"),
    "treatment": ("How is {} treated?", "Is there a therapy for {}?", "What helps against {}?"),
    "inheritance": ("Is {} passed on in families?", "Can children get {} from their parents?"),
    "frequency": ("How common is {}?", "How many people have {}?"),
    "genetic changes": ("Which genes are involved in {}?", "Which mutations lead to {}?"),
    "causes": ("What causes {}?", "Why do people get {}?", "Where does {} come from?"),
    "exams and tests": ("How is {} diagnosed?", "Which tests show {}?", "How do doctors find {}?"),
    "outlook": ("What can people with {} expect?", "How does {} go on over the years?"),
    "susceptibility": ("Who gets {}?", "Who is at risk of {}?"),
    "prevention": ("How can {} be prevented?", "What can I do so that I do not get {}?"),
    "complications": ("What problems can {} lead to?", "What may follow from {}?"),
    "stages": ("What are the stages of {}?",),
}
"""The headings of MedQuAD are its questions, word for word; people ask in other words."""


@dataclass(frozen=True, slots=True)
class _Section:
    kind: str
    heading: str
    text: str


def medical_sheets(files: Sequence[Path], seed: int, on_progress: OnProgress) -> list[Sheet]:
    """A sheet for each of the files that has sections enough."""
    sheets = []
    for done, path in enumerate(files, start=1):
        root = etree.parse(path).getroot()
        subject = " ".join((root.findtext("Focus") or "").split())
        if sheet := _sheet(subject, _sections(root), random.Random(f"{seed} {path.name}")):
            sheets.append(sheet)
        on_progress("Asking about diseases", done, len(files))
    return sheets


def _sections(root: etree._Element) -> list[_Section]:
    """One for each kind of question that is asked in several ways here."""
    found: dict[str, _Section] = {}
    for pair in root.iterfind("QAPairs/QAPair"):
        question, text = pair.find("Question"), " ".join((pair.findtext("Answer") or "").split())
        kind = "" if question is None else question.get("qtype", "")
        if kind in _WAYS and text:
            found.setdefault(kind, _Section(kind, " ".join((pair.findtext("Question") or "").split()), text))
    return list(found.values())


def _sheet(subject: str, sections: list[_Section], draw: random.Random) -> Sheet | None:
    if not subject or len(sections) <= _PASSAGES:
        return None
    draw.shuffle(sections)
    longest = draw.randint(*_CHARACTERS)
    passages = tuple(_chunk(n, subject, section, longest) for n, section in enumerate(sections[:_PASSAGES]))
    asked = []
    for n, (section, chunk) in enumerate(zip(sections, passages, strict=False), start=1):
        question = draw.choice(_WAYS[section.kind]).format(subject)
        if said := first_sentences(chunk, question, draw.randint(1, _SENTENCES)):
            asked.append(Asked(question, "answered", (), n, cited(said, n)))
    for section in sections[_PASSAGES : _PASSAGES + draw.randint(1, 2)]:
        asked.append(Asked(draw.choice(_WAYS[section.kind]).format(subject), "elsewhere", (), 0, REFUSAL))
    draw.shuffle(asked)
    return Sheet("medquad", passages, tuple(asked))


def _chunk(number: int, subject: str, section: _Section, longest: int) -> Chunk:
    ends = [end for _, end in sentence_spans(section.text)]
    end = max((end for end in ends if end <= longest), default=ends[0] if ends else len(section.text))
    heading = HEADING_SEPARATOR.join((subject, section.heading))
    return Chunk(number, number, subject, "", None, 0, end, heading, section.text[:end], opens=True)
