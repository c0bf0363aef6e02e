"""Forms from the browser, and pictures of their pages back.

    PUT /form-files?schema=NAME&path=FILE            the file's bytes; it is queued to be read
    GET /form-files/ID/pages/NUMBER?width=PIXELS     a page, from 1, as a PNG picture

Errors are {"what", "where", "remedy"}. Only forms are shown, and by their number alone.
"""

import re
from functools import partial
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag.desk.curator_protocols import Forms
from ui.api.requests import principal_of, receive, refusal
from vectorstore.errors import RefdeskError

_NARROWEST, _DEFAULT_WIDTH, _WIDEST = 200, 1200, 3000
"""Pixels."""


def form_routes(forms: Forms, longest: int) -> list[Route]:
    """``longest`` is the size in bytes of the largest file that is taken."""
    return [
        Route("/form-files", partial(_receive, forms=forms, longest=longest), methods=["PUT"]),
        Route("/form-files/{form}/pages/{page}", partial(_show, forms=forms), methods=["GET"]),
    ]


async def _receive(request: Request, forms: Forms, longest: int) -> Response:
    principal, query = principal_of(request), request.query_params

    def place() -> Path:
        return forms.place_for(principal, query.get("path", ""), query.get("schema", ""))

    return await receive(request, longest, place, lambda path: forms.add(principal, path))


async def _show(request: Request, forms: Forms) -> Response:
    form, page = _number(request.path_params["form"]), _number(request.path_params["page"])
    width = _number(request.query_params.get("width", "")) or _DEFAULT_WIDTH
    within = max(_NARROWEST, min(width, _WIDEST))
    try:
        picture = await to_thread.run_sync(forms.picture, principal_of(request), form, page, within)
    except RefdeskError as error:
        return refusal(error, 404)
    # A form that was removed is gone: no copy stays with the browser.
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


def _number(text: str) -> int:
    """The number that ``text`` is; 0, which nothing has, where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
