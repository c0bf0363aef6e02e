"""Files from the browser: documents, which then wait in the queue of jobs, and files to train on.

    PUT  /uploads?collection=NAME&path=FOLDER/FILE     the file's bytes; they go to the disk as they come
    POST /uploads {"collection", "paths"}              queues what has come; gives {"job"}
    PUT  /training-files?path=FOLDER/FILE              as for documents; they are kept, and wait for nothing

Errors are {"what", "where", "remedy"}. A page of another site can send neither: its browser asks first, for the method
of the one and the content type of the other, and is refused.
"""

from functools import partial
from pathlib import Path

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rag.access.types import Principal
from rag.desk.protocols import Desk, Documents
from ui.api.requests import JSON, principal_of, receive, refusal
from vectorstore.errors import RefdeskError, UsageError


class _Uploaded(BaseModel):
    """Names the files that have come, to be added to a collection."""

    model_config = ConfigDict(extra="forbid")

    collection: str
    paths: list[str]


def upload_routes(desk: Desk) -> list[Route]:
    return [
        Route("/uploads", partial(_receive, documents=desk.documents), methods=["PUT"]),
        Route("/uploads", partial(_queue, desk=desk), methods=["POST"]),
        Route("/training-files", partial(_receive_training_file, desk=desk), methods=["PUT"]),
    ]


async def _receive(request: Request, documents: Documents) -> Response:
    principal, query = principal_of(request), request.query_params

    def place() -> Path:
        return documents.place_for(principal, query.get("collection", ""), query.get("path", ""))

    return await receive(request, documents.longest_file, place)


async def _receive_training_file(request: Request, desk: Desk) -> Response:
    principal, name = principal_of(request), request.query_params.get("path", "")
    return await receive(request, desk.documents.longest_file, lambda: desk.training.place_for(principal, name))


async def _queue(request: Request, desk: Desk) -> Response:
    if request.headers.get("content-type", "").partition(";")[0] != JSON:
        return refusal(UsageError("This is not JSON", remedy=f"Send {JSON}."), 415)
    try:
        uploaded = _Uploaded.model_validate_json(await request.body())
        job = await to_thread.run_sync(_add, desk, principal_of(request), uploaded)
    except ValidationError as error:
        return refusal(UsageError(f"This is not a list of files ({error.errors()[0]['msg']})"), 400)
    except RefdeskError as error:
        return refusal(error, 400)
    return JSONResponse({"job": job}, status_code=202)


def _add(desk: Desk, principal: Principal, uploaded: _Uploaded) -> int:
    files = [desk.documents.place_for(principal, uploaded.collection, path) for path in uploaded.paths]
    missing = next((path for path in files if not path.is_file()), None)
    if missing:
        raise UsageError("This file has not come", where=missing.name, remedy="Add it again.")
    return desk.jobs.ingest(principal, uploaded.collection, list(map(str, files)))
