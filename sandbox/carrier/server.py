"""The HTTP server: Twilio's hosts under one loopback port, beside the sandbox's own pages."""

import errno
import json
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.carrier.faults import Fault
from sandbox.carrier.oracle import Oracle
from sandbox.carrier.rest import Incoming, answer
from sandbox.carrier.rest.media import STORAGE
from sandbox.carrier.world import World

HOSTS = tuple(f"{name}.twilio.com" for name in ("api", "messaging", "lookups", "trusthub", "events"))
LOOPBACK = ("127.0.0.1", "localhost", "::1")
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Quiet(WSGIRequestHandler):
    """No access log, and no waiting for the client's acknowledgement."""

    disable_nagle_algorithm = True

    def log(self, *_: Any) -> None:
        """Say nothing: the sandbox keeps its own log."""


class Front:
    """Sends requests for a Twilio host to the API, the rest to the pages."""

    def __init__(self, world: World, oracle: Oracle | None, pages: WSGI) -> None:
        self._world, self._oracle, self._pages = world, oracle, pages
        self.stopping = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        host, _, path = environ["PATH_INFO"].lstrip("/").partition("/")
        if host in HOSTS:
            return self._api(environ, host, f"/{path}")(environ, start_response)
        if host == STORAGE:
            return self._storage(environ, path)(environ, start_response)
        return self._pages(environ, start_response)

    def _api(self, environ: dict[str, Any], host: str, path: str) -> Response:
        request = Request(environ)
        login = request.authorization
        credentials = (login.username or "", login.password or "") if login and login.type == "basic" else None
        reply = answer(
            self._world,
            self._oracle,
            Incoming(request.method, host, path, request.args, request.form, credentials),
        )
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        response = Response(body, reply.status, headers=reply.headers, content_type="application/json")
        starts = [self._world.webhooks.promise(job) for job in reply.afterwards]  # settle waits from now on
        if reply.fault:
            self._suffer(reply.fault, environ, starts)
        for start in starts:
            response.call_on_close(start)
        return response

    def _suffer(self, fault: Fault, environ: dict[str, Any], starts: list[Callable[[], None]]) -> None:
        """Keep a good answer from arriving in time, or at all; what was accepted goes on meanwhile."""
        if fault.kind in ("close", "lose"):
            while starts:
                starts.pop(0)()
        if fault.kind in ("slow", "lose"):
            self.stopping.wait(fault.seconds)
        line = environ.get("werkzeug.socket")
        if fault.kind in ("close", "lose") and isinstance(line, socket.socket):
            with suppress(OSError):  # the client may have gone first
                line.shutdown(socket.SHUT_RDWR)

    def _storage(self, environ: dict[str, Any], path: str) -> Response:
        """The content of a recording or a file, for whoever was redirected here without credentials."""
        if "HTTP_AUTHORIZATION" in environ:
            self._world.complain("request", f"credentials were sent to {STORAGE}")
        sid = path.rpartition("/")[2]
        recording, item = self._world.recordings.get(sid), self._world.media.get(sid)
        if recording:
            return Response(recording.sound, content_type="audio/x-wav")
        if item:
            return Response(item.content, content_type=item.content_type)
        return Response("Not found", 404)


def listen(front: Front, host: str, port: int) -> BaseWSGIServer:
    """Open the port; only on the loopback address."""
    if host not in LOOPBACK:
        raise ValueError(f"the sandbox binds the loopback address only, not {host}")
    try:
        return make_server(host, port, front, threaded=True, request_handler=Quiet)
    except SystemExit as error:  # werkzeug's answer to a port that is taken
        raise OSError(errno.EADDRINUSE, f"port {port} is in use") from error


def serve(server: BaseWSGIServer) -> threading.Thread:
    """Serve in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    return thread
