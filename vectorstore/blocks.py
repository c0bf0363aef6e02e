"""The blocks of a text that nothing but the text itself tells of: list items, numbered steps, rows, prose."""

import re
from collections.abc import Iterable

from vectorstore.types import Block, BlockKind, Span

_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*•–]|(?P<number>\d{1,3}[.)]))[ \t]+\S")
_ROW = re.compile(r"(?P<name>[^:;\n]{1,60}): [^;\n]+(?:; [^:;\n]{1,60}: [^;\n]+)+")
_LINE = re.compile(r"[^\n]*\S")
_INDENT = 2
"""Blanks by which a list is shifted to the right of the one that it is in."""


def is_row(line: str) -> bool:
    """Whether it is a row that names its cells, so that it says by itself what it tells.

    >>> is_row("Port: 80; Host: a."), is_row("Port: 80")
    (True, False)
    """
    return bool(_ROW.fullmatch(line))


def cells_of(row: str) -> list[tuple[str, str]]:
    """The cells of a row: the header and the value of each.

    >>> cells_of("Port: 80; Host: a.")
    [('Port', '80'), ('Host', 'a')]
    """
    return [(header, value) for header, _, value in (cell.partition(": ") for cell in row.rstrip(".").split("; "))]


def blocks_in(text: str, sections: Iterable[Span]) -> tuple[Block, ...]:
    r"""The blocks of each of ``sections``, in order, as far as their lines tell.

    >>> text = "Do this:\n\n1. Ring.\n\n2. Wait."
    >>> [(text[one.start : one.end], one.kind.value, one.group) for one in blocks_in(text, [Span(0, 28, "")])]
    [('Do this:', 'prose', 1), ('1. Ring.', 'step', 2), ('2. Wait.', 'step', 2)]
    """
    blocks: list[Block] = []
    for section in sections:
        lists = ""  # what the blocks of the present group have in common; nothing where none is open
        before = -1  # where the line before ended, if it may go on
        for line in _LINE.finditer(text, section.start, section.end):
            words = line.group()
            start = line.end() - len(words.lstrip())
            kind, depth, common = _told(words, lists)
            unmarked = kind is BlockKind.PROSE and "\n\n" not in text[before:start].replace(" ", "")
            if before >= 0 and unmarked and (not lists or words[0].isspace()):
                last = blocks[-1]
                blocks[-1] = Block(last.start, line.end(), last.kind, last.group, last.depth)
            else:
                last_group = blocks[-1].group if blocks else 0
                group = last_group if common and common == lists else last_group + 1
                blocks.append(Block(start, line.end(), kind, group, depth))
                lists = common
            before = line.end()
    return tuple(blocks)


def _told(line: str, lists: str) -> tuple[BlockKind, int, str]:
    """The kind of a line, its depth, and what it has in common with the others of its group, given theirs."""
    if item := _ITEM.match(line):
        kind = BlockKind.STEP if item["number"] else BlockKind.ITEM
        depth = len(item["indent"].expandtabs(4)) // _INDENT
        return kind, depth, lists if depth and lists in (BlockKind.STEP, BlockKind.ITEM) else kind.value
    if row := _ROW.fullmatch(line):
        return BlockKind.ROW, 0, f"row {row['name']}"
    return BlockKind.PROSE, 0, ""
