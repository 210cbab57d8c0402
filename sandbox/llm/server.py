"""The HTTP server of the sandbox's model: answers, keeps what it was asked, and lets a test look."""

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.llm import behaviours, wire
from sandbox.llm.behaviours import DRIPS, Failure, Json
from sandbox.processes import claim_port

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """One request as it came; `wants` is how its answer was wanted."""

    path: str
    model: str
    wants: str
    body: Json
    at: float

    @property
    def text(self) -> str:
        """All of it as text, to look for words that must not have left the house."""
        return json.dumps(self.body, ensure_ascii=False)


class ModelServer:
    """A model on a loopback port."""

    def __init__(self, port: int) -> None:
        self.stopping = threading.Event()
        self.requests: list[Asked] = []
        self.complaints: list[str] = []
        self.answer: Json = dict(behaviours.ANSWER)
        self._http = ThreadingHTTPServer((HOST, claim_port(port, "the model")), _Door)
        self._http.daemon_threads = True
        self._http.model = self  # type: ignore[attr-defined]
        self._serving = threading.Thread(target=self._http.serve_forever, args=[0.05], daemon=True)
        self._serving.start()

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        return f"http://{HOST}:{self._http.server_port}"

    def settings(self, provider: str, model: str) -> dict[str, str]:
        """The product's settings that lead here, on the wire of a provider."""
        base = self.url if provider == "anthropic" else f"{self.url}/v1"
        key = "any-key-will-do"
        return {"llm_provider": provider, "llm_base_url": base, "llm_model": model, "llm_api_key": key}

    def say(self, **fields: Any) -> None:
        """What the well-behaved models answer from now on."""
        self.answer = behaviours.ANSWER | fields

    def reset(self) -> None:
        """Forget what was asked, and add nothing to any answer."""
        self.requests.clear()
        self.complaints.clear()
        self.answer = dict(behaviours.ANSWER)

    def stop(self) -> None:
        """Close the port."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._serving.join()


class _Door(BaseHTTPRequestHandler):
    """One connection; the model is on its server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def model(self) -> ModelServer:
        found: ModelServer = self.server.model  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        """Show what was asked."""
        if self.path == "/log":
            return self.answer(200, [asdict(asked) for asked in self.model.requests])
        return self.answer(404, {})

    def do_PUT(self) -> None:
        """Take an answer."""
        if self.path != "/answer":
            return self.answer(404, {})
        self.model.answer = behaviours.ANSWER | self.body()
        return self.answer(200, self.model.answer)

    def do_POST(self) -> None:
        """Answer as the model's name says."""
        request = self.body()
        if self.path == "/reset":
            self.model.reset()
            return self.answer(200, {})
        if self.path not in wire.WIRES:
            self.model.complaints.append(f"there is no {self.path}")
            return self.answer(404, {})
        if wrong := wire.wrong_with(self.path, self.headers, request):
            self.model.complaints.append(f"{self.path}: {wrong}")
            return self.answer(400, wire.failure_json(Failure(400, "invalid_request_error", wrong)))
        name = str(request["model"])
        self.model.requests.append(Asked(self.path, name, wire.asked_as(request), request, time.time()))
        return self.behave(name, request)

    def behave(self, name: str, request: Json) -> None:
        """Say it, or fail."""
        made = behaviours.behave(name, self.model.answer)
        if isinstance(made, Failure):
            if made.page is not None:
                return self.send(made.status, made.page.encode(), {"Content-Type": "text/html"})
            return self.answer(made.status, wire.failure_json(made), made.headers)
        self.model.stopping.wait(made.silent_seconds)
        whole = json.dumps(wire.answer_json(self.path, request, made)).encode()
        return self.send(200, whole, {"Content-Type": "application/json"}, pause=made.drip_seconds)

    def body(self) -> Any:
        """The JSON that was sent; an empty object when it is none."""
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            return json.loads(sent or b"{}")
        except ValueError:
            return {}

    def answer(self, status: int, told: Any, headers: dict[str, str] | None = None) -> None:
        """A JSON answer."""
        self.send(status, json.dumps(told).encode(), {"Content-Type": "application/json"} | (headers or {}))

    def send(self, status: int, whole: bytes, headers: dict[str, str], *, pause: float = 0.0) -> None:
        """Send the answer, in pieces with pauses between them when it drips; a client that gave up may go."""
        with suppress(ConnectionError):
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(whole))}).items():
                self.send_header(name, value)
            self.end_headers()
            size = -(-len(whole) // DRIPS) if pause else max(len(whole), 1)
            for start in range(0, len(whole), size):
                self.wfile.write(whole[start : start + size])
                self.wfile.flush()
                self.model.stopping.wait(pause)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the requests are kept."""
