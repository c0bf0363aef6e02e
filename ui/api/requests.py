"""What requests have in common: who sends them, files in their bodies, and how they are refused.

A refusal is {"what", "where", "remedy"}.
"""

import errno
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anyio import open_file, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ingest.sources.uploads import PART
from rag.access.types import LOCAL_OWNER, Principal
from vectorstore.errors import RefdeskError, UsageError

JSON = "application/json"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def principal_of(request: Request) -> Principal:  # noqa: ARG001 - whoever reaches this server is its owner
    """Who sends the request."""
    return LOCAL_OWNER


async def receive(
    request: Request, longest: int, place: Callable[[], Path], keep: Callable[[Path], object] = lambda _: None
) -> Response:
    """Write the request's body to the path that ``place`` gives, and ``keep`` it once it is whole.

    Both may raise UsageError. ``longest`` is the size in bytes of the largest file that is taken.
    """
    part: Path | None = None
    try:
        path = await to_thread.run_sync(place)
        await to_thread.run_sync(lambda: path.parent.mkdir(parents=True, exist_ok=True))
        part = path.with_name(f"{uuid.uuid4().hex}{PART}")
        size = 0
        async with await open_file(part, "wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > longest:
                    raise UsageError(
                        f"The file is larger than {longest // 1024**2:,} MB",
                        where=path.name,
                        remedy="Split it, or raise ingest.max_file_mb.",
                    )
                await file.write(piece)
        await to_thread.run_sync(os.replace, part, path)
        await to_thread.run_sync(keep, path)
    except UsageError as error:
        return refusal(error, 400)
    except ClientDisconnect:
        return Response(status_code=400)
    except OSError as error:
        remedy = "Make room, then add the file again." if error.errno in _FULL else "Rename it, and add it again."
        name = request.query_params["path"]
        return refusal(RefdeskError(f"The file cannot be kept ({error.strerror})", where=name, remedy=remedy), 507)
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return Response(status_code=201)


def refusal(error: RefdeskError, status: int) -> Response:
    said: dict[str, Any] = {"what": error.what, "where": error.where, "remedy": error.remedy}
    return JSONResponse(said, status_code=status)
