"""Linked calendars follow our visits: events are claimed, told to their provider by a few threads, written down."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self
from uuid import UUID

from flask import Flask, current_app

from app import tenancy
from app.calendars import access, outbox, speaking
from app.calendars.access import Standing
from app.calendars.outbox import Kind, Outcome, Parcel
from app.extensions import db
from app.providers import google

log = logging.getLogger(__name__)

THREADS = 4
LOOK_SECONDS = 0.05


class NoToken(Exception):
    """There is no access token now, and the outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


class Pushers:
    """Some threads beside the other work of a drain: a calendar that hangs must not keep an alarm from ringing."""

    def __init__(self) -> None:
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - threads need the app itself
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="calendar")
        self._running: set[Future[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def drain_once(self) -> bool:
        """Begin what is due while threads are free; False when nothing is due and nothing travels."""
        parcels = outbox.claim(THREADS - len(self._running))
        db.session.commit()
        self._running |= {self._pool.submit(self._push, parcel) for parcel in parcels}
        if not self._running:
            return False
        done, self._running = wait(self._running, timeout=LOOK_SECONDS)
        for one in done:
            one.result()
        return True

    def _push(self, parcel: Parcel) -> None:
        with self._app.app_context():
            tenancy.enter(tenancy.SYSTEM)
            push(parcel)
            db.session.remove()


def push(parcel: Parcel) -> None:
    """Tell one event; whatever goes wrong here is left to the end of its lease."""
    try:
        outcome = _outcome(parcel)
        outbox.settle(parcel, outcome)
        db.session.commit()
    except Exception:  # one event in trouble must not stop the others
        db.session.rollback()
        log.exception("an event could not be pushed", extra={"event_id": str(parcel.event_id)})


def _outcome(parcel: Parcel) -> Outcome:
    try:
        token = usable_token(parcel.connection_id)
        try:
            return speaking.speak(token, parcel)
        except google.TokenExpired:
            return speaking.speak(usable_token(parcel.connection_id, refused=token), parcel)
    except NoToken as none:
        return none.outcome
    except google.TokenExpired as error:
        return Outcome(Kind.later, why=str(error))


def usable_token(connection_id: UUID, refused: str = "") -> str:
    """An access token, a new one where it is needed; raises NoToken. The row is let go of while Google is asked."""
    held = access.take(connection_id, refused)
    db.session.commit()
    if held.standing == Standing.ready:
        return held.token
    if held.standing == Standing.busy:
        raise NoToken(Outcome(Kind.postponed, why="another worker gets the token"))
    if held.standing == Standing.dead:
        raise NoToken(Outcome(Kind.dead, why="the calendar must be connected again"))
    return _refreshed(connection_id, held.token)


def _refreshed(connection_id: UUID, refresh_token: str) -> str:
    try:
        tokens = google.refresh(refresh_token)
    except google.GoogleError as error:
        is_for_good = isinstance(error, google.DeadToken)
        access.give_up(connection_id, str(error), is_for_good=is_for_good)
        db.session.commit()
        kind = Kind.dead if is_for_good else Kind.later
        raise NoToken(Outcome(kind, why=str(error))) from error
    access.save(connection_id, tokens)
    # Saved before it is used: a worker that dies now has not wasted it.
    db.session.commit()
    return tokens.access_token
