"""Plain text, Markdown, and RTF with striprtf as plain text."""

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from striprtf.striprtf import rtf_to_text

from ingest.readers.base import DocumentBuilder, ReadDocument, ReadOptions, Refused
from ingest.readers.encoding import decode
from ingest.readers.html import html_to_document

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_FRONT_MATTER = re.compile(r"\A---\n(?:[\w.-]+:.*\n(?:[ \t]+.*\n|- .*\n)*)+---\n")


def read_text(data: bytes, _: ReadOptions) -> ReadDocument:
    """Paragraphs are separated by blank lines; a line break inside one is a space, unless lines look like a list or
    verse.
    """
    text, encoding = decode(data)
    builder = DocumentBuilder()
    add_text(builder, text)
    return builder.build({"encoding": encoding})


def add_text(builder: DocumentBuilder, text: str) -> None:
    """The paragraphs of a plain text."""
    for paragraph in _PARAGRAPH.split(text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.paragraph(unwrapped(paragraph.strip("\n").split("\n")))


def unwrapped(lines: list[str]) -> str:
    r"""Join the lines of a wrapped paragraph; keep breaks that are meant.

    A break is taken as wrapping when the line before it is nearly as long as the longest one, or the next one goes on
    in lower case.

    >>> unwrapped(["A long line that was wrapped", "by an editor at some width", "Then: ", "- an item"])
    'A long line that was wrapped by an editor at some width\nThen:\n- an item'
    """
    lines = [" ".join(line.split()) for line in lines]
    lines = [line for line in lines if line]
    if not lines:
        return ""
    width = max(len(line) for line in lines)
    text = lines[0]
    for before, line in pairwise(lines):
        wrapped = line[0].islower() or (len(before) > 0.75 * width and len(before) > 40)
        if wrapped and not line.startswith(("- ", "* ", "• ")):
            text += " " + line
        else:
            text += "\n" + line
    return text


def read_markdown(data: bytes, _: ReadOptions) -> ReadDocument:
    """CommonMark with tables. Raw HTML inside is taken as text and markup, never run."""
    text, encoding = decode(data)
    return html_to_document(markdown_markup(text), {"encoding": encoding})


def markdown_markup(text: str) -> str:
    """The text as HTML."""
    markup = MarkdownIt("commonmark").enable("table").render(_FRONT_MATTER.sub("", text.replace("\r\n", "\n")))
    return f"<body>{markup}</body>"


def read_rtf(data: bytes, _: ReadOptions) -> ReadDocument:
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Refused("damaged", "This is no RTF document.")
    builder = DocumentBuilder()
    for line in rtf_to_text(data.decode("latin-1"), errors="replace").split("\n"):
        builder.paragraph(line)
    return builder.build()
