"""Questions from a program on this machine: ``refdesk ask``, while the desk is being served.

    POST /api/ask {"question", "collections"}      gives what ``refdesk ask --json`` prints

The request carries the token that ``ui.serving`` keeps in the home, readable by its owner alone. Errors are {"what",
"where", "remedy"}.
"""

import secrets
import threading
from functools import partial

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rag.desk.protocols import Desk
from rag.types import Done
from ui.answers import answer_as_json
from ui.api.requests import JSON, principal_of, refusal
from ui.serving import ROUTE
from vectorstore.errors import RefdeskError, UsageError
from vectorstore.types import EVERYTHING, Scope

LOOPBACK = frozenset({"127.0.0.1", "::1"})


class _Asked(BaseModel):
    """A question, and the collections to ask; all where none is named."""

    model_config = ConfigDict(extra="forbid")

    question: str
    collections: list[str] = []


def ask_routes(desk: Desk, token: str) -> list[Route]:
    """For whoever knows the ``token``; one question is answered at a time."""
    return [Route(ROUTE, partial(_ask, desk=desk, token=token, turns=CapacityLimiter(1)), methods=["POST"])]


async def _ask(request: Request, desk: Desk, token: str, turns: CapacityLimiter) -> Response:
    known = secrets.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    if not known or request.client is None or request.client.host not in LOOPBACK:
        return refusal(UsageError("This is for programs of the owner, on this machine"), 403)
    if request.headers.get("content-type", "").partition(";")[0] != JSON:
        return refusal(UsageError("This is not JSON", remedy=f"Send {JSON}."), 415)
    stop = threading.Event()
    try:
        asked = _Asked.model_validate_json(await request.body())
        scope = Scope(collections=frozenset(asked.collections)) if asked.collections else EVERYTHING
        events = desk.questions.answer(principal_of(request), scope, asked.question, stop=stop)
        *_, done = await to_thread.run_sync(list, events, limiter=turns, abandon_on_cancel=True)
    except ValidationError as error:
        return refusal(UsageError(f"This is not a question ({error.errors()[0]['msg']})"), 400)
    except UsageError as error:
        return refusal(error, 400)
    except RefdeskError as error:
        return refusal(error, 500)
    finally:
        stop.set()  # a server that ends does not wait for a generator
    assert isinstance(done, Done)
    return JSONResponse(answer_as_json(done.answer))
