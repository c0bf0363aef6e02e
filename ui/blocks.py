"""The sentences of an answer in the form in which they stand in their documents: as prose, lists, rows, entries, code.

Pure functions for every face. What a document's text says by marks of its own (``- `` before an item, ``Port: 80; Host:
a.`` for a row under its header) is told apart here, so that a page can draw it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag.types import Answer, Citation, Form, Sentence

_MARKED = re.compile(r"(?:[-*•–]|(?P<number>(?:\d{1,3}|[ivx]{1,4}|[a-z])[.)]|[A-Z]\)))\s+(?=\S)")
_KEPT_LINE = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s|\t| {4}")
_CELL = re.compile(r"(?P<name>[^:;]{1,60}): (?P<value>.+)", re.DOTALL)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_MOST_COLUMNS = 5
_SAME_PARAGRAPH = 300
"""Characters that may be left out between two sentences of what counts as one paragraph."""
_HAN_WORD = 2.0
"""Characters of a word where no blanks part the words."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """Sentences of one form that stand together. ``label`` says whose they are, where that is to be said anew."""

    form: Form
    label: str
    sentences: tuple[Sentence, ...]


def blocks_of(answer: Answer) -> list[AnswerBlock]:
    """The sentences of an answer in their order, those together that are of the same form and of the same thing.

    Prose is in paragraphs as in its documents. What is quoted in a row is one citation's, and has its number after the
    last of it alone.
    """
    blocks: list[AnswerBlock] = []
    before = ""
    places = zip(answer.sentences, _paragraphs(answer), strict=True)
    for (form, label, _), run in groupby(places, key=lambda place: (place[0].form, place[0].label, place[1])):
        sentences = tuple(sentence for sentence, _ in run)
        if answer.kind == "extractive":
            following = [*(sentence.citations for sentence in sentences[1:]), None]
            sentences = tuple(
                replace(sentence, citations=()) if sentence.citations == after else sentence
                for sentence, after in zip(sentences, following, strict=True)
            )
        blocks.append(AnswerBlock(form, label if label != before else "", sentences))
        before = label
    return blocks


def _paragraphs(answer: Answer) -> Iterator[int]:
    """For each sentence the number of its paragraph. Prose that is quoted has those of its document, and what stands
    elsewhere is another; everything else is one.
    """
    quoted = {citation.n: citation for citation in answer.citations} if answer.kind == "extractive" else {}
    number, end = 0, 0
    before: Citation | None = None
    for sentence in answer.sentences:
        citation = quoted.get(sentence.citations[0]) if sentence.citations else None
        if citation and sentence.form == "prose":
            told = end - citation.start if citation is before else 0  # of its quote
            here = max(told, citation.quote.find(sentence.text, told))
            if citation is before:
                number += bool(_BLANK_LINE.search(citation.quote, told, here))
            elif before:
                apart = citation.start + here - end
                number += citation.document != before.document or not 0 <= apart <= _SAME_PARAGRAPH
            before, end = citation, citation.start + here + len(sentence.text)
        yield number


def marked(text: str) -> tuple[str, str]:
    """The own number of a list's item, empty where it has none, and what it says.

    >>> marked("2) Wait."), marked("- Ring."), marked("Ring.")
    (('2)', 'Wait.'), ('', 'Ring.'), ('', 'Ring.'))
    """
    found = _MARKED.match(text)
    return (found["number"] or "", text[found.end() :]) if found else ("", text)


def entry(text: str) -> tuple[str, str]:
    r"""The term of an entry, which is its first line, and what is said of it.

    >>> entry("gc.auto\n\nHow many objects.")
    ('gc.auto', 'How many objects.')
    """
    term, _, said = text.strip().partition("\n")
    return (term.strip(), said.strip()) if said.strip() else ("", term)


def paragraphs(text: str) -> list[str]:
    """What blank lines part."""
    return [paragraph.strip("\n") for paragraph in _BLANK_LINE.split(text) if paragraph.strip()]


def keeps_lines(paragraph: str) -> bool:
    """Whether its lines mean something, as those of a list or of code do; lines that are only wrapped do not."""
    return any(_KEPT_LINE.match(line) for line in paragraph.split("\n")[1:])


def cells(row: str) -> list[tuple[str, str]]:
    """Names and values of a row; the values of one without a header have no names.

    >>> cells("Port: 80; Host: a; b."), cells("refdesk ask; answers.")
    ([('Port', '80'), ('Host', 'a; b.')], [('', 'refdesk ask'), ('', 'answers.')])
    """
    found: list[tuple[str, str]] = []
    for piece in row.split("; "):
        if named := _CELL.fullmatch(piece):
            found.append((named["name"].strip(), named["value"].strip()))
        elif found and found[-1][0]:
            name, value = found[-1]
            found[-1] = (name, f"{value}; {piece}")
        else:
            found.append(("", piece.strip()))
    return found


def columns(rows: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    """The names that make a table of the rows, in their order, empty ones where no row has names; none where lines of
    names and values say it better.
    """
    if len(rows) < 2:
        return []
    if not any(name for row in rows for name, _ in row):
        count = len(rows[0])
        return [""] * count if 1 < count <= _MOST_COLUMNS and all(len(row) == count for row in rows) else []
    named = [dict(row) for row in rows]
    names = list(dict.fromkeys(name for row in named for name in row))
    fits = 1 < len(names) <= _MOST_COLUMNS and "" not in names
    alike = all(len(row) == len(cells) and row.keys() & named[0].keys() for row, cells in zip(named, rows, strict=True))
    return names if fits and alike else []


def words(text: str) -> float:
    """How much there is to read, in words; where no blanks part them, some characters make one."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced / _HAN_WORD


def plain_text(answer: Answer) -> str:
    r"""The sentences of an answer in their form, with the numbers of their citations.

    >>> told = Sentence("Two ways:", (1,)), Sentence("By air.", (1,), "item"), Sentence("By sea.", (2,), "item")
    >>> print(plain_text(Answer("extractive", "", told)))
    Two ways: [1]
    <BLANKLINE>
    - By air. [1]
    - By sea. [2]
    """
    return "\n\n".join(_block_text(block) for block in blocks_of(answer))


def _block_text(block: AnswerBlock) -> str:
    lines = list(_lines(block))
    if not block.label:
        return _between(block.form).join(lines)
    if block.form == "prose":
        return f"{block.label}: {' '.join(lines)}"
    return f"{block.label}:\n{_between(block.form).join(lines)}"


def _between(form: Form) -> str:
    return {"prose": " ", "code": "\n\n", "entry": "\n\n"}.get(form, "\n")


def _lines(block: AnswerBlock) -> Iterator[str]:
    for sentence in block.sentences:
        numbers = "".join(f" [{n}]" for n in sentence.citations)
        match block.form:
            case "item" | "step":
                number, said = marked(sentence.text)
                yield f"{number or '-'} {said}{numbers}"
            case "code":
                yield f"{_indented(sentence.text)}\n   {numbers}" if numbers else _indented(sentence.text)
            case "entry":
                term, said = entry(sentence.text)
                yield (f"{term}\n{_indented(said)}" if term else said) + numbers
            case _:
                yield f"{sentence.text}{numbers}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
