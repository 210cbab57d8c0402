"""A running Google, and the hands of a test on it."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sandbox.google.faults import Fault, Kind
from sandbox.google.server import HOST, Front, listen
from sandbox.google.wire import point
from sandbox.google.world import CLIENT_ID, CLIENT_SECRET, Calendar, World

BASE = "https://www.googleapis.com/auth/"
FOUND = 302


class Google:
    """Google on a loopback port; `url` is where its pages and its API are."""

    def __init__(self, port: int) -> None:
        self.world = World()
        self._front = Front(self.world)
        self._server = listen(self._front, port)
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_port}"
        serve = {"target": self._server.serve_forever, "kwargs": {"poll_interval": 0.05}, "daemon": True}
        self._thread = threading.Thread(**serve)  # type: ignore[arg-type]
        self._thread.start()

    @property
    def settings(self) -> dict[str, str]:
        """The product's settings that lead here."""
        return {
            "google_client_id": CLIENT_ID,
            "google_client_secret": CLIENT_SECRET,
            "google_auth_url": f"{self.url}/o/oauth2/v2/auth",
            "google_token_url": f"{self.url}/token",
            "google_revoke_url": f"{self.url}/revoke",
            "google_api_url": f"{self.url}/calendar/v3",
        }

    @property
    def complaints(self) -> list[str]:
        """What the real one would not have taken."""
        return self.world.complaints

    @property
    def requests(self) -> list[tuple[str, str]]:
        """What was asked since the last reset: method and path."""
        return list(self.world.requests)

    def account(self, email: str, timezone: str = "America/Los_Angeles") -> None:
        """Open an account with its primary calendar."""
        with self.world.lock:
            self.world.open_account(email, timezone)

    def consent(self, auth_url: str, email: str, *, deny: bool = False, without: Sequence[str] = ()) -> str:
        """Answer the consent page as the account's owner in his browser; where the browser is sent back to."""
        asked = parse_qs(urlsplit(auth_url).query)["scope"][0].split()
        granted = [scope for scope in asked if scope.removeprefix(BASE) not in without]
        form = [("account", email), ("answer", "no" if deny else "yes"), *(("granted", scope) for scope in granted)]
        request = Request(auth_url, urlencode(form).encode())  # noqa: S310 - our own address
        with build_opener(_Stay).open(request, timeout=5) as answer:
            if answer.status != FOUND:
                raise ValueError(answer.read().decode())
            return str(answer.headers["Location"])

    def fault(self, kind: Kind, times: int = 1, **how: Any) -> Fault:
        """Let the next requests suffer; see faults.Fault."""
        return self.world.faults.add(Fault(kind, times, **how))

    def revoke(self, email: str) -> None:
        """The owner takes back what he allowed: its tokens are dead from now on."""
        with self.world.lock:
            for grant in self.world.grants:
                if grant.account.email == email:
                    grant.is_revoked = True

    def forget_access(self) -> None:
        """Every access token is refused from now on; refresh tokens stay good."""
        with self.world.lock:
            self.world.access.clear()

    def calendar(self, email: str, summary: str | None = None) -> Calendar:
        """The primary calendar of an account, or the one with that name."""
        calendars = self.world.accounts[email].calendars.values()
        return next(one for one in calendars if (one.is_primary if summary is None else one.summary == summary))

    def events(self, email: str) -> list[dict[str, Any]]:
        """What stands in the calendars of an account, deleted events left out."""
        with self.world.lock:
            calendars = self.world.accounts[email].calendars.values()
            found = [event for one in calendars for event in one.events.values()]
        return [dict(event) for event in found if event["status"] != "cancelled"]

    def move_by_hand(self, event_id: str, start: datetime, end: datetime) -> None:
        """The contractor drags an event to another time."""
        shown = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
        calendar = self._calendar_with(event_id)
        self.edit_by_hand(event_id, **{name: point(told, calendar.timezone) for name, told in shown.items()})

    def edit_by_hand(self, event_id: str, **fields: Any) -> None:
        """The contractor writes something else into an event."""
        with self.world.lock:
            calendar = self._calendar_with(event_id)
            calendar.store(calendar.events[event_id] | fields)

    def delete_by_hand(self, event_id: str) -> None:
        """The contractor deletes an event."""
        self.edit_by_hand(event_id, status="cancelled")

    def add_by_hand(self, email: str, start: datetime, end: datetime, **fields: Any) -> str:
        """The contractor has something else to do; the id of his event."""
        with self.world.lock:
            calendar = self.calendar(email)
            times = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
            event_id = f"byhand{len(calendar.changes):06d}"
            event: dict[str, Any] = {"kind": "calendar#event", "id": event_id, "status": "confirmed", "sequence": 0}
            event |= {"summary": "Dentist", "eventType": "default"}
            event |= {name: point(told, calendar.timezone) for name, told in times.items()}
            calendar.store(event | {"updated": datetime.now(UTC).isoformat()} | fields)
        return event_id

    def lose_cursors(self, email: str) -> None:
        """Every sync token given out so far is worth nothing any more."""
        calendar = self.calendar(email)
        calendar.first_good_cursor = len(calendar.changes) + 1

    def _calendar_with(self, event_id: str) -> Calendar:
        accounts = self.world.accounts.values()
        return next(one for account in accounts for one in account.calendars.values() if event_id in one.events)

    def reset(self) -> None:
        """As on the first day."""
        with self.world.lock:
            self.world.clear()

    def stop(self) -> None:
        """Close the port."""
        self._front.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Stay(HTTPRedirectHandler):
    """A browser that shows where it is sent, and does not go there."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Hand out the answer as it is."""
        fp.status = code
        return fp
