"""An answer's sentences in their form, as the plain data that ``turn.js`` draws. Pure functions, no Streamlit.

What is over ``SHOWN_WORDS`` is ``beyond``: it stands on the page, folded away until the reader wants to see more.
"""

from collections.abc import Mapping, Sequence

from rag.types import Answer, Citation, Sentence
from ui import blocks, texts
from ui.chat.views import View, marked_parts

SHOWN_WORDS = 120
"""About so many are shown at once."""
WORTH_A_FOLD = 30
"""Fewer words are not folded away."""


def source_key(citation: Citation, *, related: bool = False) -> str:
    """Names a passage by the fact it is: it stays open when the written answer cites it under another number."""
    return f"{'r' if related else 's'}{citation.document}-{citation.start}-{citation.end}"


def chip_views(sentence: Sentence, by_number: Mapping[int, Citation]) -> list[View]:
    """The buttons that open what a sentence stands on."""
    return [
        {
            "key": source_key(by_number[n]),
            "n": n,
            "place": texts.place(by_number[n].title, by_number[n].page),
        }
        for n in sentence.citations
        if n in by_number
    ]


def block_views(answer: Answer) -> list[View]:
    """The blocks of an answer; in one that is quoted, the short answer is marked once."""
    drawing = _Drawing(answer)
    return [drawing.block(block) for block in blocks.blocks_of(answer)]


class _Drawing:
    """Goes through an answer once, and knows how much of it was drawn and whether its mark was."""

    def __init__(self, answer: Answer) -> None:
        self._left = sum(blocks.words(sentence.text) for sentence in answer.sentences)
        self._drawn = 0.0
        self._folded = False
        self._by_number = {citation.n: citation for citation in answer.citations}
        self._mark = mark = answer.short_answer if answer.kind == "extractive" else None
        self._awaited = mark if mark and any(mark in sentence.text for sentence in answer.sentences) else None

    def block(self, block: blocks.AnswerBlock) -> View:
        view: View = {"form": block.form, "label": block.label, "columns": []}
        if block.form == "row":
            rows = [blocks.cells(sentence.text) for sentence in block.sentences]
            names = blocks.columns(rows)
            items = [self._row(*both, names) for both in zip(block.sentences, rows, strict=True)]
            return view | {"columns": names, "items": _with_chips(items)}
        return view | {"items": _with_chips([self._item(sentence) for sentence in block.sentences])}

    def _item(self, sentence: Sentence) -> View:
        number = term = ""
        said = sentence.text
        if sentence.form in ("item", "step"):
            number, said = blocks.marked(said)
        elif sentence.form == "entry":
            term, said = blocks.entry(said)
        whole = sentence.form in ("prose", "code")
        pieces = [said.strip("\n")] if whole else blocks.paragraphs(said) or [said]
        beyond = [self._is_beyond(piece) for piece in [f"{term} {pieces[0]}", *pieces[1:]]]
        self._pass(sentence)
        return {
            "number": number,
            "term": self._parts(term) if term else [],
            "paragraphs": [
                {
                    "parts": self._parts(piece),
                    "lines": sentence.form == "code" or (not whole and blocks.keeps_lines(piece)),
                    "beyond": folded,
                }
                for piece, folded in zip(pieces, beyond, strict=True)
            ],
            "beyond": beyond[0],
            "chips": chip_views(sentence, self._by_number),
        }

    def _row(self, sentence: Sentence, cells: Sequence[tuple[str, str]], names: Sequence[str]) -> View:
        """A row of a table, or its names and values where the rows make no table."""
        beyond = self._is_beyond(sentence.text)
        self._pass(sentence)
        shown = cells
        if any(names):
            said = dict(cells)
            shown = [(name, said.get(name, "")) for name in names]
        if names:
            shown = [(name, value.removesuffix(".")) for name, value in shown]
        return {
            "cells": [{"name": name, "parts": self._parts(value)} for name, value in shown],
            "beyond": beyond,
            "chips": chip_views(sentence, self._by_number),
        }

    def _parts(self, text: str) -> list[View]:
        parts = marked_parts(text, self._mark)
        if any(part["mark"] for part in parts):
            self._mark = None
        return parts

    def _is_beyond(self, piece: str) -> bool:
        """Whether ``piece``, which comes next, is folded away, as all is that follows it; never before the mark."""
        count = blocks.words(piece)
        enough = self._drawn > 0 and self._drawn + count > SHOWN_WORDS and self._awaited is None
        self._folded = self._folded or (enough and self._left >= WORTH_A_FOLD)
        self._drawn += count
        self._left -= count
        if self._awaited and self._awaited in piece:
            self._awaited = None
        return self._folded

    def _pass(self, sentence: Sentence) -> None:
        if self._awaited and self._awaited in sentence.text:
            self._awaited = None


def _with_chips(items: list[View]) -> list[View]:
    """Where the fold cuts a row of items that share a citation, the last that is shown has its number too."""
    last = next((place for place, item in enumerate(items) if item["beyond"]), 0) - 1
    if last >= 0 and not items[last]["chips"]:
        items[last]["chips"] = next((item["chips"] for item in items[last:] if item["chips"]), [])
    return items
