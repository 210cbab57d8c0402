"""Load on loopback: requests signed beforehand, sent over raw keep-alive sockets, so that the client costs little."""

import secrets
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

LONGEST_ANSWER = 65_536


@dataclass
class Outcome:
    """What came of a load: seconds per request, and the answers that were not 2xx."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lasted: float = 0.0
    sent: int = 0

    def percentile(self, share: float) -> float:
        """Milliseconds under which that share of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")


@dataclass(frozen=True)
class Missed:
    """One missed call as Twilio reports it, ready to be sent."""

    call_sid: str
    caller: str
    request: bytes


def caller(number: int, area: int) -> str:
    """A fictitious caller that is valid as a number: exchange and line count up in a real area code."""
    return f"+1{area}{200 + number // 10_000 % 700:03d}{number % 10_000:04d}"


def missed_calls(
    count: int, *, base: str, public: str, account: str, token: str, called: str, area: int
) -> list[Missed]:
    """Dial actions of calls that nobody answered, each of another caller, signed."""
    validator, made = RequestValidator(token), []
    host = urlsplit(base).netloc
    for number in range(count):
        sid, phone = "CA" + secrets.token_hex(16), caller(number, area)
        form = {
            "CallSid": sid, "AccountSid": account, "From": phone, "To": called, "CallStatus": "in-progress",
            "Direction": "inbound", "DialCallStatus": "no-answer", "DialCallDuration": "0", "DialBridged": "false",
        }  # fmt: skip
        path = f"/webhooks/twilio/call/status/{sid}"
        body = urlencode(form).encode()
        signature = validator.compute_signature(public + path, form)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(Missed(sid, phone, head.encode() + body))
    return made


class Line:
    """One keep-alive connection."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.socket: socket.socket | None = None

    def post(self, request: bytes) -> int:
        """Send a request that was made beforehand; the status of the answer."""
        try:
            return self._post(request)
        except (OSError, ValueError):
            self.close()
            return self._post(request)

    def _post(self, request: bytes) -> int:
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=15)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = self.socket.recv(LONGEST_ANSWER)
            if not part:
                raise ValueError("closed")
            answer += part
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(rest) < length:
            rest += self.socket.recv(LONGEST_ANSWER)
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12])

    def close(self) -> None:
        """Give the connection up."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def closed_loop(base: str, calls: Sequence[Missed], *, connections: int, seconds: float) -> Outcome:
    """As fast as answers come, for a bounded time; every connection sends its next request after the answer."""
    outcome, lock = Outcome(), threading.Lock()
    queue, until = iter(calls), time.perf_counter() + seconds

    def work() -> None:
        line, mine, failed = Line(base), [], []
        while time.perf_counter() < until:
            with lock:
                call = next(queue, None)
            if call is None:
                break
            began = time.perf_counter()
            status = line.post(call.request)
            mine.append(time.perf_counter() - began)
            if not 200 <= status < 300:
                failed.append(str(status))
        line.close()
        with lock:
            outcome.seconds += mine
            outcome.failures += failed

    began = time.perf_counter()
    _together(work, connections)
    outcome.lasted, outcome.sent = time.perf_counter() - began, len(outcome.seconds)
    return outcome


def open_loop(base: str, calls: Sequence[Missed], *, per_second: float, connections: int) -> Outcome:
    """At a fixed rate whatever the answers do; seconds count from the moment a request was due."""
    outcome, lock = Outcome(), threading.Lock()
    schedule, began = iter(enumerate(calls)), time.perf_counter() + 0.2

    def work() -> None:
        line = Line(base)
        while True:
            with lock:
                number, call = next(schedule, (-1, None))
            if call is None:
                break
            due = began + number / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                status = line.post(call.request)
            except OSError as error:
                status = 0
                with lock:
                    outcome.failures.append(type(error).__name__)
            with lock:
                outcome.seconds.append(time.perf_counter() - due)
                if status and not 200 <= status < 300:
                    outcome.failures.append(str(status))
        line.close()

    _together(work, connections)
    outcome.lasted, outcome.sent = time.perf_counter() - began, len(outcome.seconds)
    return outcome


def _together(work: object, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
