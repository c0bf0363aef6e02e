"""What the parse worker does: requests in, documents, layouts or pictures of pages out.

Requests and replies are JSON, one a line; documents are foreign input, so nothing is ever unpickled. The worker imports
no torch: it starts quickly and parses while the main process embeds.
"""

import base64
import hashlib
import json
import math
import os
import re
import resource
import signal
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO, TypeVar

import psutil

from ingest.layout.documents import page_picture, read_layout
from ingest.layout.wire import layout_to_json
from ingest.limits import Limits
from ingest.readers.base import Part, ReadDocument, ReadOptions, Refused
from ingest.readers.registry import import_parsers, parts_of, read_file
from ingest.readers.stretches import STRETCH_CHARACTERS
from ingest.sources.mapping import Mapping as NamedMapping
from ingest.worker.spending import IDLE, out_of_memory
from vectorstore.types import HEADING_SEPARATOR, Block, Page, ParsedDocument, Span, Unit

_WORDS_OF_A_NAME = re.compile(r"[^\s_-]+(?:-(?=\d)[^\s_-]+)*")
"""With the dates and numbers in it whole."""
_LETTERS = re.compile(r"[^\W\d_]{3}")

Cut = Callable[[ReadDocument, str], ParsedDocument]
Send = Callable[[dict[str, Any]], None]
Placed = TypeVar("Placed", Unit, Span, Block)


def serve(tokenizer_file: str, token_limit: int, limits: dict[str, Any], uncut: str) -> None:
    """Answer requests until the input ends. ``uncut`` says why the network is not cut, if it is not.

    Reading that comes no further, be it that it computes or that it waits, ends this process by itself, should the one
    that watches it be gone.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints must not spoil the replies
    cut = _chunker(Path(tokenizer_file), token_limit) if tokenizer_file else None
    bearable = Limits.model_validate(limits)
    import_parsers()
    _limit_memory(bearable.memory_mb * 1024**2)
    _reply(replies, {"uncut": uncut})

    def send(message: dict[str, Any]) -> None:
        _watch(0)  # nobody waits for this process while it waits to be heard
        _reply(replies, message)
        _watch(bearable.timeout_seconds)

    opened = _Parts()
    for line in sys.stdin:
        request = json.loads(line)
        mappings = tuple(NamedMapping.model_validate(mapping) for mapping in request.get("mappings", ()))
        _watch(bearable.timeout_seconds)
        options = ReadOptions(mappings, bearable, lambda: send({"alive": True}))
        reply = _answer(request, options, cut, opened, send)
        _watch(0)
        _reply(replies, reply)


def _watch(seconds: float) -> None:
    """End this process when it comes no further for twice as long as it may; 0 ends the watch."""
    signal.setitimer(signal.ITIMER_PROF, 2 * seconds)
    signal.alarm(math.ceil(2 * IDLE * seconds))


def _chunker(tokenizer_file: Path, token_limit: int) -> Cut:
    from ingest.chunking import Chunker  # LlamaIndex takes seconds to import, and layouts need none

    return Chunker(tokenizer_file, token_limit).cut


class _Parts:
    """The parts of the file that was read last, so that they are not taken out of it anew for each of them."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._within: dict[tuple[str, ...], tuple[Part, ...]] = {}

    def forget(self) -> None:
        self._file = None
        self._within = {}

    def find(self, path: Path, address: tuple[str, ...]) -> Part:
        """Raises Refused."""
        if path != self._file:
            self._file, self._within = path, {}
        whole = Path(address[-2]) if len(address) > 1 else path
        above = address[:-1]
        # What is beside the way to it is let go of: each level holds what is below it again.
        self._within = {key: parts for key, parts in self._within.items() if key == above[: len(key)]}
        if above not in self._within:
            data = self.find(path, above).data if above else path.read_bytes()
            self._within[above] = parts_of(whole, data)
        found = next((part for part in self._within[above] if part.name == address[-1]), None)
        if found is None:
            raise Refused("unreadable", "The file has changed while it was read.")
        return found


def _answer(
    request: Mapping[str, Any], options: ReadOptions, cut: Cut | None, opened: _Parts, send: Send
) -> dict[str, Any]:
    path = Path(request["path"])
    try:
        if address := tuple(request.get("part", ())):
            return _Parsing(opened.find(path, address), cut, send).reply(options, in_stretches=False)
        opened.forget()
        data = path.read_bytes()
        match request.get("wanted"):
            case "layout":
                return layout_to_json(read_layout(path, data, options, pictures=request["pictures"]))
            case "picture":
                picture = page_picture(path, data, request["page"], request["width"])
                return {"png": base64.b64encode(picture).decode("ascii")}
            case _:
                return _Parsing(Part(path.name, data), cut, send).reply(options, in_stretches=request["in_stretches"])
    except Refused as refusal:
        return {"refused": refusal.reason, "detail": refusal.detail}
    except OSError as error:
        return {"refused": "unreadable", "detail": f"The file cannot be read ({error.strerror})."}
    except MemoryError:
        too_much = out_of_memory(options.limits)
        return {"refused": too_much.reason, "detail": too_much.detail}
    except RecursionError:
        return {"refused": "damaged", "detail": "The document is nested too deeply."}
    except Exception as error:  # foreign input through foreign parsers: any failure is the file's, and named
        return {"refused": "damaged", "detail": f"The file cannot be read ({type(error).__name__})."}


class _Parsing:
    """One file on its way to a document. Its parts are sent as they come; their offsets count in the whole document."""

    def __init__(self, file: Part, cut: Cut | None, send: Send) -> None:
        assert cut is not None
        self._path = Path(file.name)
        self._data = file.data
        self._name = HEADING_SEPARATOR.join(filter(None, (file.about, _name_of(self._path))))
        self._cut = cut
        self._send = send
        self._sha256 = hashlib.sha256(file.data).hexdigest()
        self._before = 0

    def reply(self, options: ReadOptions, *, in_stretches: bool) -> dict[str, Any]:
        """What is left of the document when its parts have been sent."""
        read = read_file(self._path, self._data, replace(options, on_stretch=self._part if in_stretches else None))
        last: dict[str, Any] = {}
        for message in self._messages(read, in_stretches=in_stretches):
            if last:
                self._send({"part": last, "share": 1.0})
            last = message
        parts = [part.name for part in parts_of(self._path, self._data)]
        return {**last, "size": len(self._data), "parts": parts}

    def _part(self, read: ReadDocument, share: float) -> None:
        for message in self._messages(read, in_stretches=True):
            self._send({"part": message, "share": share})

    def _messages(self, read: ReadDocument, *, in_stretches: bool) -> Iterator[dict[str, Any]]:
        parsed = self._cut(read, self._name)
        for part in stretches_of(parsed, STRETCH_CHARACTERS) if in_stretches else (parsed,):
            yield self._message(part)
        self._before += len(parsed.text)

    def _message(self, parsed: ParsedDocument) -> dict[str, Any]:
        at = self._before
        return {
            "sha256": self._sha256,
            "title": parsed.title,
            "pages": [[page.number, at + page.start, page.text] for page in parsed.pages],
            "units": [[at + unit.start, at + unit.end, unit.heading, dict(unit.metadata)] for unit in parsed.units],
            "chunks": [[at + chunk.start, at + chunk.end, chunk.heading] for chunk in parsed.chunks],
            "metadata": dict(parsed.metadata),
            "blocks": [
                [at + block.start, at + block.end, block.kind, block.group, block.depth] for block in parsed.blocks
            ],
            "notes": list(parsed.notes),
        }


def stretches_of(parsed: ParsedDocument, size: int) -> Iterator[ParsedDocument]:
    """A long document in parts of about ``size`` characters, none of which ends within a chunk."""
    end = parsed.pages[-1].end if parsed.pages else 0
    cuts = [0]
    for chunk in parsed.chunks if end > 4 * size else ():
        if chunk.start - cuts[-1] >= size:
            cuts.append(chunk.start)
    if len(cuts) == 1:
        yield parsed
        return
    for start, stop in pairwise([*cuts, end + 1]):
        yield replace(
            parsed,
            pages=tuple(
                Page(page.number, max(start, page.start), page.text[max(0, start - page.start) : stop - page.start])
                for page in parsed.pages
                if page.start < stop and page.end > start
            ),
            units=_between(parsed.units, start, stop),
            chunks=_between(parsed.chunks, start, stop),
            blocks=_between(parsed.blocks, start, stop),
        )


def _between(things: Sequence[Placed], start: int, stop: int) -> tuple[Placed, ...]:
    """Those that begin between two places, of the first part all that begin before its end."""
    first, end = (bisect_left(things, place, key=lambda thing: thing.start) for place in (start, stop))
    return tuple(things[first if start else 0 : end])


def _name_of(path: Path) -> str:
    """The words of the file's name; nothing where it is a mere number."""
    return " ".join(_WORDS_OF_A_NAME.findall(path.stem)) if _LETTERS.search(path.stem) else ""


def _limit_memory(limit: int) -> None:
    """Bound what parsing may add to the memory that the imports already took. macOS does not enforce it."""
    # Not ru_maxrss: that counts the process that started this one, too.
    memory = psutil.Process().memory_info()
    in_use = getattr(memory, "data", memory.rss)
    resource.setrlimit(resource.RLIMIT_DATA, (limit + in_use, resource.RLIM_INFINITY))


def _reply(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()
