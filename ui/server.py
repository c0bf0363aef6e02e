"""The server: the chat page behind checks of Host and Origin, with headers that let nothing remote in.

Local by default. A page on the web can make a browser send requests to 127.0.0.1 (or make a name of its own point
there), so a request counts only if it names this server, and a page may only speak to the server that it came from.
"""

import errno
import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import config as streamlit_config

from rag.desk.protocols import Desk
from ui.api.answers import ask_routes
from ui.api.form_files import form_routes
from ui.api.uploads import upload_routes
from ui.chat.session import set_desk
from ui.serving import Announcement
from vectorstore.errors import RefdeskError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::", ""})
GOODBYE_SECONDS = 3

# Streamlit puts the folder of its script on sys.path, so that folder holds the script and its settings alone.
SCRIPT = Path(__file__).parent / "chat" / "entry" / "refdesk.py"

HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(:[0-9]{1,5})?", re.ASCII)
"""A Host header and nothing more: it is repeated in the page's policy."""


class HostGuard:
    """Refuses requests, web sockets included, that name another host or come from another origin.

    Bound to every address of the machine, it takes any IP address and the machine's own name: a name that an attacker
    points here is what must be refused, and an address is not a name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._anywhere = host in WILDCARDS
        self._names = LOOPBACK | {(socket.gethostname() if self._anywhere else host).lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_welcome(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            refusal = PlainTextResponse("Refdesk does not answer under this name or for this page.\n", status_code=403)
            await refusal(scope, receive, send)

    def _is_welcome(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        origin = headers.get("origin")
        return self._is_own(host) and (origin is None or urlsplit(origin).netloc.lower() == host.lower())

    def _is_own(self, host: str) -> bool:
        matched = HOST.fullmatch(host.lower())
        if matched is None:
            return False
        name = (matched["address"] or matched["name"]).rstrip(".")
        return name in self._names or (self._anywhere and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class SecurityHeaders:
    """Adds the policy to every response: everything from this server, nothing from anywhere else, shown in no frame."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = content_policy(Headers(scope=scope).get("host", ""))

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Frame-Options"] = "DENY"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_with_policy)


def content_policy(host: str) -> str:
    """The Content-Security-Policy of a page served under ``host``, a Host header that was checked before.

    Streamlit starts from an inline script, writes styles into the page and loads components from blobs. Its web socket
    is named outright, because not every browser counts it as 'self'.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


async def _healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


def chat_app(*, routes: Sequence[BaseRoute], middleware: Sequence[Middleware]) -> ASGIApp:
    """The page with routes of our own beside it and `middleware` around both."""
    app = st.App(SCRIPT, routes=routes, middleware=middleware)
    # The settings beside the script count from here on, even where an import has read Streamlit's settings before.
    streamlit_config.get_config_options(force_reparse=True)
    return app


def build_app(desk: Desk, host: str, token: str | None = None) -> ASGIApp:
    """The ASGI application for ``host``, the address that it will be bound to. One to a process.

    With a ``token`` it also answers the programs that know it.
    """
    set_desk(desk)
    return chat_app(
        routes=[
            Route("/healthz", _healthz),
            *upload_routes(desk),
            *form_routes(desk.forms, desk.documents.longest_file),
            *(ask_routes(desk, token) if token else ()),
        ],
        middleware=[Middleware(HostGuard, host=host), Middleware(SecurityHeaders)],
    )


class _Server(uvicorn.Server):
    """Says that the page answers once it does: after the application has started and the socket accepts; and when it
    begins to end.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets=sockets)


def serve(
    desk: Desk,
    host: str,
    listening: socket.socket,
    *,
    ready: Callable[[str], None] = print,
    announcement: Announcement | None = None,
) -> None:
    """Serve the page on the socket from ``bind`` until the process is told to stop, and close it.

    ``ready`` gets one line with the address, once it answers. Where it answers on this machine's own address, commands
    learn of it by the ``announcement``.
    """
    if not (host in WILDCARDS or host in LOOPBACK):
        announcement = None
    app = build_app(desk, host, announcement.token if announcement else None)
    name = "127.0.0.1" if host in WILDCARDS else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}"
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GOODBYE_SECONDS)

    def answers() -> None:
        if announcement:
            announcement.publish(address)
        ready(f"Refdesk answers at {address}")

    server = _Server(config, answers, announcement.withdraw if announcement else lambda: None)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn shuts down in order first, then passes the interrupt on
        pass
    finally:
        listening.close()
    if not server.started:
        raise RefdeskError("The chat page did not start", where=address, remedy="The lines above say why")


def bind(host: str, port: int) -> socket.socket:
    """Take the address before anything slow begins; uvicorn would end the process where it is taken."""
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise RefdeskError("This address is not known", where=where, remedy="Choose another with --host") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            remedy = "Choose another with --port or stop the other program"
            raise RefdeskError(f"Port {port} is in use", where=where, remedy=remedy) from error
        if error.errno == errno.EACCES:
            remedy = "Choose one above 1023 with --port"
            raise RefdeskError(f"Port {port} may not be used by this account", where=where, remedy=remedy) from error
        remedy = "Choose another with --host"
        raise RefdeskError("This machine does not have this address", where=where, remedy=remedy) from error
    return listening
