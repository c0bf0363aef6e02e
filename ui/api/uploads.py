"""Files from the browser into the desk's own folder, and from there into the queue of jobs.

    PUT  /uploads?collection=NAME&path=FOLDER/FILE     the file's bytes; they go to the disk as they come
    POST /uploads {"collection", "paths"}              queues what has come; gives {"job"}

Errors are {"what", "where", "remedy"}. A page of another site can send neither: its browser asks first, for the method
of the one and the content type of the other, and is refused.
"""

import errno
import os
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from anyio import open_file, to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sources.uploads import PART, upload_path
from rag.jobs.queue import EmbeddedJobQueue
from vectorstore.errors import RefdeskError, UsageError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_JSON = "application/json"


class _Uploaded(BaseModel):
    """Names the files that have come, to be added to a collection."""

    model_config = ConfigDict(extra="forbid")

    collection: str
    paths: list[str]


def upload_routes(home: Path, longest: int, see_to_jobs: Callable[[], None]) -> list[Route]:
    """``longest`` is the size in bytes of the largest file that is taken."""
    return [
        Route("/uploads", partial(_receive, home=home, longest=longest), methods=["PUT"]),
        Route("/uploads", partial(_queue, home=home, see_to_jobs=see_to_jobs), methods=["POST"]),
    ]


async def _receive(request: Request, home: Path, longest: int) -> Response:
    query = request.query_params
    return await receive(
        request, longest, lambda: upload_path(home, query.get("collection", ""), query.get("path", ""))
    )


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


async def _queue(request: Request, home: Path, see_to_jobs: Callable[[], None]) -> Response:
    if request.headers.get("content-type", "").partition(";")[0] != _JSON:
        return refusal(UsageError("This is not JSON", remedy=f"Send {_JSON}."), 415)
    try:
        uploaded = _Uploaded.model_validate_json(await request.body())
        job = await to_thread.run_sync(_add, home, uploaded, see_to_jobs)
    except ValidationError as error:
        return refusal(UsageError(f"This is not a list of files ({error.errors()[0]['msg']})"), 400)
    except RefdeskError as error:
        return refusal(error, 400)
    return JSONResponse({"job": job}, status_code=202)


def _add(home: Path, uploaded: _Uploaded, see_to_jobs: Callable[[], None]) -> int:
    files = [upload_path(home, uploaded.collection, path) for path in uploaded.paths]
    missing = next((path for path in files if not path.is_file()), None)
    if missing:
        raise UsageError("This file has not come", where=missing.name, remedy="Add it again.")
    with closing(EmbeddedJobQueue(home)) as queue:
        job = queue.add("ingest", {"collection": uploaded.collection}, list(map(str, files)))
    see_to_jobs()
    return job


def refusal(error: RefdeskError, status: int) -> Response:
    said: dict[str, Any] = {"what": error.what, "where": error.where, "remedy": error.remedy}
    return JSONResponse(said, status_code=status)
