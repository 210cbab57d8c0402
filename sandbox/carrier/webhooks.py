"""Webhooks from the network to the product: signed, retried, kept in a log, posted by a small pool."""

import json
import queue
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import urllib3
from werkzeug.test import Client

from sandbox.carrier import signing

UNREACHABLE = 0  # the status of a webhook that found nobody
TIMED_OUT = -1
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Webhook:
    """One request to the product and what came back; status 0 = no connection, -1 = too slow."""

    url: str
    params: dict[str, str]
    status: int
    body: bytes = b""
    content_type: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path alone, as tests and pages like to name it."""
        return urlsplit(self.url).path

    @property
    def ok(self) -> bool:
        """Whether the product answered with a 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The answer as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Envelope:
    """A webhook ready to go: the URL as configured, and the page that is signed and asked."""

    url: str
    page: str
    body: bytes
    content_type: str
    signature: str
    method: str = "POST"
    params: dict[str, str] = field(default_factory=dict)


class Sender:
    """Carries bytes to the product's loopback address, over a socket or into a WSGI application."""

    def __init__(self, product_url: str, public_url: str, product_app: Any = None, timeout: float = 15.0) -> None:
        self.public_url = public_url.rstrip("/")
        self._app, self._timeout = product_app, timeout
        self._base = urlsplit(product_url).path.rstrip("/")
        parts = urlsplit(product_url)
        self._pool = urllib3.HTTPConnectionPool(
            parts.hostname or "127.0.0.1", parts.port or 80, maxsize=16, block=False, retries=False
        )

    def reaches(self, url: str) -> bool:
        """Whether the URL lies under the product's public address."""
        return url == self.public_url or url.startswith((self.public_url + "/", self.public_url + "?"))

    def send(self, url: str, method: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, str]:
        """Status, body and content type; 0 or -1 when nobody answered in time."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if self._app is not None:
            answer = Client(self._app).open(
                path, base_url=f"{parts.scheme}://{parts.netloc}", method=method, data=body, headers=headers
            )
            return answer.status_code, answer.get_data(), answer.headers.get("Content-Type", "")
        timeout = urllib3.Timeout(connect=min(5.0, self._timeout), read=self._timeout)
        headers = {**headers, "Host": parts.netloc.rpartition("@")[2]}
        try:
            reply = self._pool.request(
                method, self._base + path, body=body, headers=headers, timeout=timeout, redirect=False
            )
        except urllib3.exceptions.ReadTimeoutError:
            return TIMED_OUT, b"", ""
        except urllib3.exceptions.HTTPError:
            return UNREACHABLE, b"", ""
        return reply.status, reply.data, reply.headers.get("Content-Type", "")


def overrides(url: str) -> dict[str, str]:
    """Connection overrides of a webhook URL, read from its fragment (`#rc=3&rp=all`)."""
    return dict(parse_qsl(urlsplit(url).fragment))


def is_retried(status: int, policy: str) -> bool:
    """Whether the retry policy asks for another attempt after this status."""
    wanted = policy.split(",")
    reasons = {
        "ct": status == UNREACHABLE,
        "rt": status == TIMED_OUT,
        "4xx": 400 <= status < 500,
        "5xx": status >= 500,
    }
    if "all" in wanted:
        return any(reasons.values())
    return any(reasons.get(reason, False) for reason in wanted)


class Webhooks:
    """Signs and posts; what is posted later goes through a pool that `settle` waits for."""

    def __init__(
        self,
        sender: Sender,
        token_of: Callable[[str], str],
        complain: Callable[[str, str], None],
        *,
        workers: int = 4,
    ) -> None:
        self.sender, self.log = sender, deque[Webhook](maxlen=20000)
        self._token_of, self._complain = token_of, complain
        self._jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._open, self._idle = 0, threading.Condition()
        self._workers = workers
        for _ in range(self._workers):
            threading.Thread(target=self._work, name="carrier-webhooks", daemon=True).start()

    def post(self, account_sid: str, url: str, params: dict[str, str], **how: Any) -> Webhook:
        """Send a signed form now and give back the answer.

        `how`: `kind` (voice or text, for the port rule), `method`, `tamper` (changes fields after signing).
        """
        return self._deliver(self._form(account_sid, url, params, **how))

    def post_json(self, account_sid: str, url: str, document: object, *, tamper: bool = False) -> Webhook:
        """Send signed JSON whose hash is part of the URL."""
        body = json.dumps(document).encode()
        page = signing.with_body_hash(url.partition("#")[0], body)
        sign = signing.signature(self._token_of(account_sid), signing.signed_form(page, "text"), {})
        return self._deliver(Envelope(url, page, body + (b" " if tamper else b""), "application/json", sign))

    def _form(
        self,
        account_sid: str,
        url: str,
        params: dict[str, str],
        *,
        kind: str = "text",
        method: str = "POST",
        tamper: bool = False,
    ) -> "Envelope":
        page = url.partition("#")[0]
        if method == "GET":
            page += ("&" if "?" in page else "?") + urlencode(params)
        fields = params if method == "POST" else {}
        sign = signing.signature(self._token_of(account_sid), signing.signed_form(page, kind), fields)
        if tamper:
            params = {**params, "From": "+12135550199", "Body": "forged"}
        body = urlencode(params).encode() if method == "POST" else b""
        return Envelope(url, page, body, FORM, sign, method, params)

    def _deliver(self, letter: "Envelope") -> Webhook:
        """As many attempts as the URL's overrides ask for, all under one idempotency token."""
        token, wanted = secrets.token_hex(18), overrides(letter.url)
        headers = {
            "X-Twilio-Signature": letter.signature,
            "I-Twilio-Idempotency-Token": token,
            "Content-Type": letter.content_type,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        if not self.sender.reaches(letter.page):
            self._complain("webhook", f"{letter.page} is not under the public address {self.sender.public_url}")
            return self._keep(Webhook(letter.page, letter.params, UNREACHABLE, token=token, headers=headers))
        for _ in range(1 + min(5, int(wanted.get("rc", "1")))):
            status, answer, kind = self.sender.send(letter.page, letter.method, letter.body, headers)
            hook = self._keep(Webhook(letter.page, letter.params, status, answer, kind, token, headers))
            if not is_retried(status, wanted.get("rp", "ct")):
                break
        return hook

    def _keep(self, hook: Webhook) -> Webhook:
        self.log.append(hook)
        return hook

    def later(self, job: Callable[[], object]) -> None:
        """Do this in the pool (or in `settle`, when the carrier has no pool)."""
        self.promise(job)()

    def promise(self, job: Callable[[], object]) -> Callable[[], None]:
        """Count a job as open already; what is returned starts it."""
        with self._idle:
            self._open += 1

        def start() -> None:
            self._jobs.put(job)
            with self._idle:
                self._idle.notify_all()

        return start

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until everything that was put off has been done; False when the time is up."""
        for _ in range(max(1, int(timeout / 0.05))):  # counted, because tests freeze the clock
            if not self._workers:
                self._drain()
            with self._idle:
                if self._open == 0:
                    return True
                self._idle.wait(0.05)
        return self._open == 0

    def stop(self) -> None:
        """Let the pool go home."""
        for _ in range(self._workers):
            self._jobs.put(None)

    def _drain(self) -> None:
        """Do what is there now, in this thread."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            self._run(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._run(job)

    def _run(self, job: Callable[[], object] | None) -> None:
        try:
            if job is not None:
                job()
        except Exception as error:  # noqa: BLE001 - a broken job must not silence the pool; tests see the complaint
            self._complain("carrier", repr(error))
        finally:
            with self._idle:
                self._open -= 1
                self._idle.notify_all()
