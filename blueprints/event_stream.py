"""notification-service: the live events of a business as server-sent events (interfaces.md 1.8, channels.md 13).

Served by a process of its own (`wsgi:create_stream_app()`): an open stream would keep a thread of an ordinary server.
"""

import logging
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app import events, live, sessions, tenancy, tickets, watching
from app.clock import now
from app.errors import DomainError, Forbidden, Unauthenticated
from app.extensions import db
from app.live import Entry, Listener
from app.users import User
from blueprints import guards
from config import Settings

log = logging.getLogger(__name__)
bp = Blueprint("event_stream", __name__)

TICKET = "st_"


class UserMismatch(Forbidden):
    code = "USER_MISMATCH"


@dataclass(frozen=True)
class Pass:
    """On what grounds somebody listens, to be looked at again while he does."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID | None = None
    expires: int | None = None
    """Unix seconds, for an access token."""
    ticket: str | None = None
    event_types: frozenset[str] = frozenset()


def init_app(stream: Flask) -> None:
    """Let our own pages listen although they come from another port."""
    settings: Settings = stream.extensions["settings"]
    parts = urlsplit(settings.public_base_url)
    ours = f"{parts.scheme}://{parts.netloc}"

    @stream.after_request
    def share(answer: Response) -> Response:
        answer.vary.add("Origin")
        if request.headers.get("Origin") == ours:
            answer.headers["Access-Control-Allow-Origin"] = ours
            answer.headers["Access-Control-Allow-Credentials"] = "true"
            answer.headers["Access-Control-Allow-Headers"] = "Authorization, Last-Event-ID"
        return answer


def admit() -> None:
    """Let in whoever has a ticket, an access token or the cookie of the pages."""
    if request.method == "OPTIONS":
        return
    given = request.args.get("access_token")
    if given is not None and given.startswith(TICKET):
        g.grounds = _by_ticket(given)
    elif given is not None:
        if not current_app.extensions["settings"].stream_jwt_in_query:
            raise Unauthenticated("Ask for a ticket; access tokens are not taken from addresses here.")
        g.grounds = _by_token(given)
    elif request.authorization is not None:
        g.grounds = _by_token(request.authorization.token or "")
    else:
        guards.page()
        g.grounds = Pass(g.user.id, g.user.tenant_id)


def _by_ticket(ticket: str) -> Pass:
    told = tickets.use(ticket)
    session_id = UUID(told.session_id) if told.session_id else None
    grounds = Pass(UUID(told.user_id), UUID(told.tenant_id), session_id, None, ticket, frozenset(told.event_types))
    if not _is_welcome(grounds):
        raise Unauthenticated("This session has ended.", code="AUTH_TOKEN_INVALID")
    return grounds


def _by_token(token: str) -> Pass:
    claims = guards.bearer(token)
    return Pass(claims.user_id, claims.tenant_id, claims.session_id, claims.expires)


@bp.get("/events/stream/<uuid:tenant_id>")
def listen(tenant_id: UUID) -> ResponseReturnValue:
    """Tell a page everything that happens in its business, beginning after the event that it names."""
    grounds: Pass = g.grounds
    if tenant_id != grounds.tenant_id:
        raise guards.TenantMismatch("That is another business.")
    if request.args.get("user_id", str(grounds.user_id)) != str(grounds.user_id):
        raise UserMismatch("That is somebody else.")
    settings: Settings = current_app.extensions["settings"]
    last = request.headers.get("Last-Event-ID") or request.args.get("last_event_id")
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the generator outlives the request
    hub, listener = live.hub(), live.join(tenant_id, grounds.user_id)
    watching.seen(grounds.user_id)
    stream = Stream(app, settings, grounds, listener, _wanted(grounds), last)
    # No connection to the database may stay with a stream that lives ten minutes.
    db.session.remove()
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    answer = Response(stream.frames(), mimetype="text/event-stream", headers=headers)
    # A generator that was never asked for its first piece has no end of its own.
    answer.call_on_close(lambda: hub.leave(listener))
    return answer


def _wanted(grounds: Pass) -> frozenset[str]:
    asked = frozenset(filter(None, request.args.get("event_types", "").split(",")))
    return asked & grounds.event_types if asked and grounds.event_types else asked or grounds.event_types


@dataclass
class Stream:
    """One open answer: what was missed, then what happens, until its time is over."""

    app: Flask
    settings: Settings
    grounds: Pass
    listener: Listener
    event_types: frozenset[str]
    last: str | None

    def frames(self) -> Iterator[str]:
        """The answer, piece by piece."""
        yield "retry: 3000\n: connected\n\n"
        yield from self._replay()
        yield from self._follow()

    def _replay(self) -> Iterator[str]:
        if self.last is None:
            return
        with self.app.app_context():
            key, hub = events.stream_key(self.grounds.tenant_id), live.hub()
        missed = hub.missed(key, self.last)
        if missed is None:
            self.last = hub.newest(key)
            yield _frame("stream.reset", '{"reason":"trimmed"}', self.last)
            return
        for entry in missed:
            self.last = entry.id
            if self._concerns(entry):
                yield _frame(entry.type, entry.told, entry.id)

    def _follow(self) -> Iterator[str]:
        began = looked = time.monotonic()
        while (at := time.monotonic()) - began < self.settings.stream_lifetime_seconds:
            if self.listener.is_overrun:
                yield _frame("stream.reset", '{"reason":"too_slow"}')
                return
            if self.listener.is_replaced:
                # Not at once, or the pages of one person would push each other out for ever.
                yield "retry: 60000\n: another page was opened\n\n"
                return
            if at - looked >= self.settings.stream_heartbeat_seconds:
                looked = at
                if not self._may_stay():
                    yield _frame("auth.expired", "{}")
                    return
            if piece := self._next(self.settings.stream_heartbeat_seconds - (at - looked)):
                yield piece

    def _next(self, seconds: float) -> str:
        try:
            entry = self.listener.waiting.get(timeout=seconds)
        except queue.Empty:
            return ": alive\n\n"
        if entry is None or self._came_by_replay(entry) or not self._concerns(entry):
            return ""
        return _frame(entry.type, entry.told, entry.id)

    def _came_by_replay(self, entry: Entry) -> bool:
        return bool(self.last) and entry.order <= Entry(self.last or "", "", "").order

    def _concerns(self, entry: Entry) -> bool:
        if entry.to_user is not None and entry.to_user != str(self.grounds.user_id):
            return False
        return not self.event_types or entry.type in self.event_types

    def _may_stay(self) -> bool:
        with self.app.app_context():
            watching.seen(self.grounds.user_id)
            try:
                return _is_welcome(self.grounds, renews=True)
            except (SQLAlchemyError, DomainError):
                log.warning("an open stream could not be checked; it goes on")
                return True
            finally:
                db.session.remove()


def _is_welcome(grounds: Pass, *, renews: bool = False) -> bool:
    """Whether somebody may still listen: active, signed in, and his token or ticket not over."""
    if grounds.expires is not None and grounds.expires <= now().timestamp():
        return False
    if renews and grounds.ticket is not None:
        try:
            tickets.use(grounds.ticket)
        except tickets.TicketInvalid:
            return False
    with tenancy.scope(tenancy.SYSTEM):
        user = db.session.get(User, grounds.user_id)
        session = db.session.get(sessions.Session, grounds.session_id) if grounds.session_id else None
        is_signed_in = grounds.session_id is None or (session is not None and session.revoked_at is None)
        return user is not None and user.is_active and user.tenant_id == grounds.tenant_id and is_signed_in


def _frame(event: str, told: str, entry_id: str | None = None) -> str:
    name = f"id: {entry_id}\n" if entry_id else ""
    return f"{name}event: {event}\ndata: {told}\n\n"
