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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import psutil

from ingest.layout.documents import page_picture, read_layout
from ingest.layout.wire import layout_to_json
from ingest.limits import Limits
from ingest.readers.base import Part, ReadDocument, ReadOptions, Refused
from ingest.readers.registry import import_parsers, parts_of, read_file
from ingest.sources.mapping import Mapping as NamedMapping
from ingest.worker.spending import IDLE, out_of_memory
from vectorstore.types import HEADING_SEPARATOR, ParsedDocument

_WORDS_OF_A_NAME = re.compile(r"[^\s_-]+(?:-(?=\d)[^\s_-]+)*")
"""With the dates and numbers in it whole."""
_LETTERS = re.compile(r"[^\W\d_]{3}")

Cut = Callable[[ReadDocument, str], ParsedDocument]


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
        reply = _answer(request, ReadOptions(mappings, bearable, lambda: send({"alive": True})), cut, opened)
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


def _answer(request: Mapping[str, Any], options: ReadOptions, cut: Cut | None, opened: _Parts) -> dict[str, Any]:
    path = Path(request["path"])
    try:
        if address := tuple(request.get("part", ())):
            return _parsed(opened.find(path, address), options, cut)
        opened.forget()
        data = path.read_bytes()
        match request.get("wanted"):
            case "layout":
                return layout_to_json(read_layout(path, data, options, pictures=request["pictures"]))
            case "picture":
                picture = page_picture(path, data, request["page"], request["width"])
                return {"png": base64.b64encode(picture).decode("ascii")}
            case _:
                return _parsed(Part(path.name, data), options, cut)
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


def _parsed(file: Part, options: ReadOptions, cut: Cut | None) -> dict[str, Any]:
    assert cut is not None
    path = Path(file.name)
    parsed = cut(
        read_file(path, file.data, options), HEADING_SEPARATOR.join(filter(None, (file.about, _name_of(path))))
    )
    return {
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "size": len(file.data),
        "title": parsed.title,
        "pages": [[page.number, page.start, page.text] for page in parsed.pages],
        "units": [[unit.start, unit.end, unit.heading, dict(unit.metadata)] for unit in parsed.units],
        "chunks": [[chunk.start, chunk.end, chunk.heading] for chunk in parsed.chunks],
        "metadata": dict(parsed.metadata),
        "blocks": [[block.start, block.end, block.kind, block.group, block.depth] for block in parsed.blocks],
        "notes": list(parsed.notes),
        "parts": [part.name for part in parts_of(path, file.data)],
    }


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
