"""How the story watches the product: its rows, its pages, and its event stream; nothing is changed by looking."""

import http.cookiejar
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from sandbox.processes import SandboxError

Row = dict[str, Any]
Found = TypeVar("Found")
LOOK_EVERY_SECONDS = 0.01
PATIENCE_SECONDS = 25.0
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def until(look: Callable[[], Found], patience_seconds: float = PATIENCE_SECONDS) -> Found:
    """Look until there is something to see; what was seen last when the time is up."""
    deadline = time.monotonic() + patience_seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)
    return found


class Ledger:
    """The product's rows, read by PostgreSQL's superuser, whom row security does not bind."""

    def __init__(self, admin_url: str, database: str) -> None:
        options = "-c default_transaction_read_only=on"
        address = make_conninfo(admin_url, dbname=database, options=options)
        self._connection = psycopg.connect(address, autocommit=True, row_factory=dict_row)

    def close(self) -> None:
        """Leave the database."""
        self._connection.close()

    def rows(self, table: str, **facts: Any) -> list[Row]:
        """Return the rows with these facts, oldest first."""
        terms: list[sql.Composable] = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in facts
        ]
        query = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY {}").format(
            sql.Identifier(table), sql.SQL(" AND ").join(terms or [sql.SQL("true")]), sql.Identifier("id")
        )
        return self._connection.execute(query, facts).fetchall()

    def row(self, table: str, **facts: Any) -> Row | None:
        """Return the newest row with these facts."""
        found = self.rows(table, **facts)
        return found[-1] if found else None


class Visitor:
    """Somebody with a browser who signs in by the form, like everybody."""

    def __init__(self, web_url: str) -> None:
        self.web_url = web_url
        self.cookies = http.cookiejar.CookieJar()
        self.browser: OpenerDirector = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))

    def sign_in(self, email: str, password: str) -> str | None:
        """Sign in with the form's token; None, or what stood in the way."""
        status, form = self.get("/login")
        token = CSRF.search(form)
        if status != 200 or token is None:
            return f"/login answered {status}{'' if token else ' without a csrf_token'}"
        status, page = self.post("/login", email=email, password=password, csrf_token=token[1])
        return None if status == 200 and 'name="password"' not in page else f"signing in answered {status}"

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        return self._ask(self._request(path))

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; redirections are followed."""
        return self._ask(self._request(path, urlencode(fields).encode()))

    def listen(self, address: str) -> Any:
        """Open an answer that does not end by itself."""
        return self.browser.open(Request(address), timeout=120)  # noqa: S310 - the house's own address

    def _request(self, path: str, body: bytes | None = None) -> Request:
        return Request(self.web_url + path, body)  # noqa: S310 - the house's own address

    def _ask(self, request: Request) -> tuple[int, str]:
        try:
            with self.browser.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except (URLError, OSError) as error:
            return 0, str(error)


@dataclass(frozen=True)
class LiveEvent:
    """One event as an open page of the contractor hears it."""

    name: str
    told: Row
    at: float


class Listener:
    """An open page: keeps the events of a business as they come, until it is closed."""

    def __init__(self, visitor: Visitor, stream_url: str, tenant_id: object) -> None:
        self.heard: list[LiveEvent] = []
        self.trouble: str | None = None
        self.is_open = threading.Event()
        self._visitor, self._url = visitor, f"{stream_url}/events/stream/{tenant_id}"
        threading.Thread(target=self._listen, name="story-listener", daemon=True).start()

    def _listen(self) -> None:
        try:
            with self._visitor.listen(self._url) as stream:
                self.is_open.set()
                self._read(stream)
        except (OSError, ValueError) as error:  # HTTPError and a line cut off at the end of the story are among them
            self.trouble = f"{self._url}: {error}"

    def _read(self, stream: Any) -> None:
        name, text = "message", ""
        for line in stream:
            field, _, value = line.decode().rstrip("\r\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                text += value
            elif not field and text:
                self.heard.append(LiveEvent(name, _object(text), time.perf_counter()))
                name, text = "message", ""

    def event(self, name: str, **facts: object) -> LiveEvent | None:
        """Return the newest event of that name with these facts in its data."""
        wanted = {key: str(value) for key, value in facts.items()}
        for one in reversed(self.heard):
            if one.name == name and all(str(one.told.get(key)) == value for key, value in wanted.items()):
                return one
        return None


def _object(text: str) -> Row:
    told = json.loads(text)
    if not isinstance(told, dict):
        raise SandboxError(f"an event of the stream is not an object: {text[:80]}")
    return told
