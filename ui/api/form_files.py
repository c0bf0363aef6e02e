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

from rag.extraction.service import FormService
from ui.api.requests import receive, refusal
from vectorstore.errors import RefdeskError, UsageError

_NARROWEST, _DEFAULT_WIDTH, _WIDEST = 200, 1200, 3000
"""Pixels."""


def form_routes(forms: FormService, longest: int) -> list[Route]:
    """``longest`` is the size in bytes of the largest file that is taken."""
    return [
        Route("/form-files", partial(_receive, forms=forms, longest=longest), methods=["PUT"]),
        Route("/form-files/{form}/pages/{page}", partial(_show, forms=forms), methods=["GET"]),
    ]


async def _receive(request: Request, forms: FormService, longest: int) -> Response:
    schema = request.query_params.get("schema", "")

    def place() -> Path:
        if schema and schema not in (known.name for known in forms.desk.schemas()):
            raise UsageError("There is no such schema", where=schema, remedy="Choose another.")
        return forms.place_for(request.query_params.get("path", ""), schema)

    return await receive(request, longest, place, forms.add)


async def _show(request: Request, forms: FormService) -> Response:
    form, page = _number(request.path_params["form"]), _number(request.path_params["page"])
    width = _number(request.query_params.get("width", "")) or _DEFAULT_WIDTH
    try:
        picture = await to_thread.run_sync(_picture, forms, form, page, max(_NARROWEST, min(width, _WIDEST)))
    except RefdeskError as error:
        return refusal(error, 404)
    # A form that was removed is gone: no copy stays with the browser.
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


def _number(text: str) -> int:
    """The number that ``text`` is; 0, which nothing has, where it is none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _picture(forms: FormService, form: int, page: int, width: int) -> bytes:
    path = forms.path(form)
    if path is None:
        raise UsageError("This document was removed", where=str(form), remedy="Add it again.")
    return forms.desk.page_picture(path, page, width)
