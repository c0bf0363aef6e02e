"""What the parse worker does: requests in, documents out.

Requests and replies are JSON, one a line; documents are foreign input, so nothing is ever unpickled. The worker imports
no torch: it starts quickly and parses while the main process embeds.
"""

import hashlib
import json
import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import psutil

from ingest.chunking import Chunker
from ingest.limits import Limits
from ingest.mapping import Mapping
from ingest.readers import read_file
from ingest.readers.base import Reading, Refused


def serve(tokenizer_file: str, token_limit: int, limits: dict[str, Any], uncut: str) -> None:
    """Answer requests until the input ends. ``uncut`` says why the network is not cut, if it is not.

    Reading that comes no further ends this process by itself, should the one that watches it be gone.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints must not spoil the replies
    chunker = Chunker(Path(tokenizer_file), token_limit)
    bearable = Limits.model_validate(limits)
    _limit_memory(bearable.memory_mb * 1024**2)
    _reply(replies, {"uncut": uncut})

    def alive() -> None:
        signal.alarm(patience)
        _reply(replies, {"alive": True})

    patience = 2 * math.ceil(bearable.timeout_seconds)
    for line in sys.stdin:
        request = json.loads(line)
        mappings = tuple(Mapping.model_validate(mapping) for mapping in request["mappings"])
        signal.alarm(patience)
        reply = _parse(Path(request["path"]), Reading(mappings, bearable, alive), chunker)
        signal.alarm(0)
        _reply(replies, reply)


def _parse(path: Path, reading: Reading, chunker: Chunker) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        parsed = chunker.cut(read_file(path, data, reading))
    except Refused as refusal:
        return {"refused": refusal.reason, "detail": refusal.detail}
    except OSError as error:
        return {"refused": "unreadable", "detail": f"The file cannot be read ({error.strerror})."}
    except MemoryError:
        return {"refused": "out of memory", "detail": "Reading the file takes more memory than allowed."}
    except RecursionError:
        return {"refused": "damaged", "detail": "The document is nested too deeply."}
    except Exception as error:  # foreign input through foreign parsers: any failure is the file's, and named
        return {"refused": "damaged", "detail": f"The file cannot be read ({type(error).__name__})."}
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "title": parsed.title,
        "pages": [[page.number, page.start, page.text] for page in parsed.pages],
        "units": [[unit.start, unit.end, unit.heading, dict(unit.metadata)] for unit in parsed.units],
        "chunks": [[chunk.start, chunk.end, chunk.heading] for chunk in parsed.chunks],
        "metadata": dict(parsed.metadata),
    }


def _limit_memory(limit: int) -> None:
    """Bound what parsing may add to the memory that the imports already took. macOS does not enforce it."""
    # Not ru_maxrss: that counts the process that started this one, too.
    memory = psutil.Process().memory_info()
    in_use = getattr(memory, "data", memory.rss)
    resource.setrlimit(resource.RLIMIT_DATA, (limit + in_use, resource.RLIM_INFINITY))


def _reply(replies: TextIO, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()
