"""Long files are read a line at a time and handed on in stretches, so that no more than one of them is in memory."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ingest.readers.base import OnStretch
from ingest.readers.builder import DocumentBuilder
from ingest.readers.pieces import PIECE_CHARACTERS, piece_end

STRETCH_CHARACTERS = 256 * 1024
"""About as large is a stretch."""
_LONG = 4 * STRETCH_CHARACTERS
"""A file of fewer bytes is read as a whole."""
_SPACE = re.compile(r"\s+")

T = TypeVar("T")


def is_long(data: bytes) -> bool:
    return len(data) > _LONG


class Stretches:
    """Hands on what ``builder`` has collected of a file, whenever it is enough for a stretch."""

    def __init__(self, builder: DocumentBuilder, data: bytes, on_stretch: OnStretch) -> None:
        self._builder = builder
        self._data = data
        self._on_stretch = on_stretch
        self._bytes = io.BytesIO(data)

    def lines(self, encoding: str, newline: str | None = None) -> io.TextIOWrapper:
        """The file's text from its start; bytes that are none in ``encoding`` are marked."""
        self._bytes = io.BytesIO(self._data)
        return io.TextIOWrapper(self._bytes, encoding, "replace", newline=newline)

    def hand_on(self) -> None:
        if self._builder.waiting >= STRETCH_CHARACTERS:
            self._on_stretch(self._builder.take(), self._bytes.tell() / len(self._data))

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, of which each is written before the next one is asked for."""
        for item in items:
            yield item
            self.hand_on()

    def blocks(self, encoding: str) -> Iterator[list[str]]:
        """The file's lines, without their breaks, as many as make a stretch, and up to a blank one where there is one.

        A line that is longer than any paragraph is written as prose, without being in memory as a whole.
        """
        lines: list[str] = []
        size = 0
        stream = self.lines(encoding)
        while line := stream.readline(PIECE_CHARACTERS):
            if len(line) == PIECE_CHARACTERS and not line.endswith("\n"):
                yield lines
                lines, size = [], 0
                self._prose(line, stream)
                continue
            lines.append(line.removesuffix("\n"))
            size += len(line)
            if size >= STRETCH_CHARACTERS and (not line.strip() or size >= 2 * STRETCH_CHARACTERS):
                yield lines
                self.hand_on()
                lines, size = [], 0
        yield lines

    def _prose(self, begun: str, stream: io.TextIOWrapper) -> None:
        """The line that has ``begun``, to its end."""
        apart: str | None = None
        while begun:
            more = "" if begun.endswith("\n") else stream.readline(PIECE_CHARACTERS)
            end = piece_end(begun) if more else len(begun)
            self._builder.paragraph(_SPACE.sub(" ", begun[:end]), apart)
            self.hand_on()
            begun = begun[end:] + more
            apart = " " if begun[:1].isspace() else ""
            begun = begun.lstrip(" \t") if more else ""
