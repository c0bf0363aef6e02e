"""Plain text, Markdown, and RTF with striprtf as plain text."""

import re

from markdown_it import MarkdownIt
from striprtf.striprtf import rtf_to_text

from ingest.readers.base import ReadDocument, ReadOptions, Refused
from ingest.readers.builder import DocumentBuilder
from ingest.readers.encoding import decode, encoding_of
from ingest.readers.html import html_to_document
from ingest.readers.lines import LineReader
from ingest.readers.manual_page import add_manual_page, is_manual_page
from ingest.readers.stretches import Stretches, is_long

_TITLE = re.compile(r"(?![-*•(#]|\d+[.)] )[^\n]{3,80}(?<![.,;:!?])")
_FRONT_MATTER = re.compile(r"\A---\n(?:[\w.-]+:.*\n(?:[ \t]+.*\n|- .*\n)*)+---\n")


def read_text(data: bytes, options: ReadOptions) -> ReadDocument:
    """Paragraphs are separated by blank lines; a line break inside one is a space, unless lines look like verse."""
    builder = DocumentBuilder()
    if options.on_stretch and is_long(data):
        encoding = encoding_of(data)
        stretches, reader = Stretches(builder, data, options.on_stretch), LineReader(builder)
        for number, lines in enumerate(stretches.blocks(encoding)):
            reader.add(lines if number else _below_title(builder, "\n".join(lines)).split("\n"))
            options.on_progress()
    else:
        text, encoding = decode(data)
        add_text(builder, _below_title(builder, text))
    return builder.build({"encoding": encoding})


def _below_title(builder: DocumentBuilder, text: str) -> str:
    """The rest of a text whose first line stands alone, without an end: that is the title."""
    first, _, rest = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").partition("\n\n")
    if not rest.strip() or not _TITLE.fullmatch(first):
        return text
    builder.heading(1, first)
    return rest


def add_text(builder: DocumentBuilder, text: str) -> None:
    """The paragraphs, lists and rows of a plain text, or the sections and entries of a manual page."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_manual_page(text):
        add_manual_page(builder, text, level=1)
    else:
        LineReader(builder).add(text.split("\n"))


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
    text = rtf_to_text(data.decode("latin-1"), errors="replace").replace("\n", "\n\n")
    add_text(builder, _below_title(builder, text))
    return builder.build()
