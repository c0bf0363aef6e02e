"""Files to train on, from the browser.

    PUT /training-files?path=FOLDER/FILE     the file's bytes

Errors are {"what", "where", "remedy"}.
"""

from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag.training.data.uploads import data_file
from ui.api.requests import receive


def training_routes(home: Path, longest: int) -> list[Route]:
    """``longest`` is the size in bytes of the largest file that is taken."""
    return [Route("/training-files", partial(_receive, home=home, longest=longest), methods=["PUT"])]


async def _receive(request: Request, home: Path, longest: int) -> Response:
    return await receive(request, longest, lambda: data_file(home, request.query_params.get("path", "")))
