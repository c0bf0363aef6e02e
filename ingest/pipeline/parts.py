"""A file with the files within it, such as a message with what is attached to it: each is a document of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.pipeline.reading import ParsedFile, Parser
from ingest.readers.base import Refused
from ingest.readers.registry import uses_mappings
from ingest.sources.mapping import Mapping
from ingest.types import Parsed
from ingest.worker.guard import OnParsedStretch, WorkerDied
from vectorstore.types import FileState

_PARTS_TITLE = " › "
_DEEPEST = 10
_MOST_TOO_MUCH = 3
"""After so many parts that ended the process that reads them, the others are left out."""
_MOST_NAMED = 20


class WholeFile:
    """Reads a file and what is within it, no more than ``most`` parts. A part that cannot be read costs nothing but
    itself; the notes of what it is in name it, and say why.

    ``on_reading`` gets each part, at its address, before it is read; ``on_stretch`` the stretches of the file, if it is
    long, but the last.
    """

    def __init__(
        self,
        parser: Parser,
        path: Path,
        mappings: Sequence[Mapping],
        most: int,
        on_reading: Callable[[Path], None] | None = None,
        on_stretch: OnParsedStretch | None = None,
    ) -> None:
        self._parser = parser
        self._path = path
        self._mappings = mappings
        self._most = most
        self._on_reading = on_reading
        self._on_stretch = on_stretch
        self._count = 0
        self._too_much = 0

    def read(self, state: FileState) -> ParsedFile:
        """Raises Refused where the file itself cannot be read."""
        parsed = self._parse(())
        whole, *parts = self._with_parts((), parsed, parsed.document.title or self._path.stem, state)
        return replace(whole, parts=tuple(parts))

    def _with_parts(
        self, address: tuple[str, ...], parsed: Parsed, title: str, state: FileState
    ) -> Iterator[ParsedFile]:
        """Itself, then what is within it, each before its own parts."""
        within: list[ParsedFile] = []
        unread: dict[str, list[str]] = {}
        for name in parsed.parts:
            inner = (*address, name)
            try:
                part = self._part(inner)
            except Refused as refusal:
                unknown = refusal.reason == "unsupported"
                why = "Files of this kind are not read." if unknown else refusal.detail
                unread.setdefault(why, []).append(name)
                continue
            own = f"{parsed.document.title or title}{_PARTS_TITLE}{part.document.title or name}"
            within += self._with_parts(inner, part, own, FileState(part.size, state.mtime_ns))
        notes = tuple(_not_read(names, why) for why, names in unread.items())
        document = replace(parsed.document, notes=(*parsed.document.notes, *notes))
        yield ParsedFile(self._path.joinpath(*address), state, parsed.sha256, document, title)
        yield from within

    def _part(self, address: tuple[str, ...]) -> Parsed:
        if len(address) > _DEEPEST:
            raise Refused("too large", f"No more than {_DEEPEST} messages within each other are read.")
        if self._count >= self._most:
            detail = f"No more than {self._most:,} parts of one file are read. A higher ingest.max_parts allows more."
            raise Refused("too large", detail)
        if self._too_much >= _MOST_TOO_MUCH:
            raise Refused("too large", "The parts before it took too much.")
        self._count += 1
        if self._on_reading:
            self._on_reading(self._path.joinpath(*address))
        try:
            return self._parse(address)
        except Refused as refusal:
            if isinstance(refusal, WorkerDied) or refusal.reason in ("timeout", "out of memory"):
                self._too_much += 1
            raise

    def _parse(self, address: tuple[str, ...]) -> Parsed:
        mapped = uses_mappings(self._path.joinpath(*address))
        on_stretch = None if address else self._on_stretch
        return self._parser.parse(self._path, self._mappings if mapped else (), address, on_stretch)


def _not_read(names: Sequence[str], why: str) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"Not read: {', '.join(names[:_MOST_NAMED])}{more}. {why}"
