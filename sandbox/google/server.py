"""The HTTP server: every address of this Google under one loopback port."""

import errno
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.google import api, issuer
from sandbox.google.faults import Fault
from sandbox.google.wire import Refused
from sandbox.google.world import World

HOST = "127.0.0.1"
EVENTS = "/calendar/v3/calendars/<calendar_id>/events"
ROUTES = Map(
    [
        Rule("/o/oauth2/v2/auth", methods=["GET"], endpoint=issuer.consent_page),
        Rule("/o/oauth2/v2/auth", methods=["POST"], endpoint=issuer.consent),
        Rule("/token", methods=["POST"], endpoint=issuer.token),
        Rule("/revoke", methods=["POST"], endpoint=issuer.revoke),
        Rule("/calendar/v3/users/me/calendarList", methods=["GET"], endpoint=api.list_calendars),
        Rule("/calendar/v3/calendars", methods=["POST"], endpoint=api.create_calendar),
        Rule(EVENTS, methods=["GET"], endpoint=api.list_events),
        Rule(EVENTS, methods=["POST"], endpoint=api.insert),
        Rule(f"{EVENTS}/<event_id>", methods=["GET"], endpoint=api.get),
        Rule(f"{EVENTS}/<event_id>", methods=["PATCH"], endpoint=api.patch),
        Rule(f"{EVENTS}/<event_id>", methods=["DELETE"], endpoint=api.delete),
    ]
)


class Quiet(WSGIRequestHandler):
    """No access log, and no waiting for the client's acknowledgement."""

    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        """Say nothing: the sandbox keeps its own list of requests."""


class Front:
    """Finds who answers a request, and lets it meet the fault that waits for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.stopping = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        with self._world.lock:
            self._world.requests.append((request.method, request.path))
        fault = self._world.faults.take(request.method, request.path)
        if fault is not None and fault.kind == "refuse":
            refusal = Refused(fault.status, fault.reason, "As the test wants it")
            return refusal.response(fault.headers)(environ, start_response)
        response = self._answer(environ, request)
        if fault is not None:
            self._suffer(fault, environ)
        return response(environ, start_response)

    def _answer(self, environ: dict[str, Any], request: Request) -> Response:
        try:
            view, values = ROUTES.bind_to_environ(environ).match()
            with self._world.lock:
                return view(self._world, request, **values)  # type: ignore[no-any-return,operator]
        except Refused as refused:
            return refused.response()
        except HTTPException as error:
            self._world.complain(f"{request.method} {request.path}: {error.code}")
            return Response(str(error.description), error.code or 500)

    def _suffer(self, fault: Fault, environ: dict[str, Any]) -> None:
        """Keep an answer from arriving in time, or at all; what was asked for is done already."""
        if fault.kind in ("slow", "lose"):
            self.stopping.wait(fault.seconds)
        line = environ.get("werkzeug.socket")
        if fault.kind in ("close", "lose") and isinstance(line, socket.socket):
            with suppress(OSError):  # the client may have gone first
                line.shutdown(socket.SHUT_RDWR)


def listen(front: Front, port: int) -> BaseWSGIServer:
    """Open the port, on the loopback address."""
    try:
        return make_server(HOST, port, front, threaded=True, request_handler=Quiet)
    except SystemExit as error:  # werkzeug's answer to a port that is taken
        raise OSError(errno.EADDRINUSE, f"port {port} is in use") from error
