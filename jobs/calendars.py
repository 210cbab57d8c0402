"""Linked calendars: our visits are written into them, the contractor's other appointments are read out of them."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from flask import Flask, current_app

from app import tenancy
from app.calendars import access, collisions, mirror, outbox, speaking
from app.calendars.access import Pass, Standing
from app.calendars.mirror import Errand
from app.calendars.outbox import Kind, Outcome, Parcel
from app.extensions import db
from app.providers import google, google_changes
from app.providers.google_changes import Changes

log = logging.getLogger(__name__)

THREADS = 4
LOOK_SECONDS = 0.05
LOOKS = 60

T = TypeVar("T")


class NoToken(Exception):
    """There is no access token now, and the outcome says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


class Hands:
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
        free = THREADS - len(self._running)
        parcels = outbox.claim(free) if free else []
        errands = mirror.claim(free - len(parcels)) if free > len(parcels) else []
        db.session.commit()
        self._running |= {self._pool.submit(self._run, push, parcel) for parcel in parcels}
        self._running |= {self._pool.submit(self._run, pull, errand) for errand in errands}
        if not self._running:
            return False
        done, self._running = wait(self._running, timeout=LOOK_SECONDS)
        for one in done:
            one.result()
        return True

    def _run(self, work: Callable[[T], None], what: T) -> None:
        with self._app.app_context():
            tenancy.enter(tenancy.SYSTEM)
            try:
                work(what)
                db.session.commit()
            except Exception:  # one calendar in trouble must not stop the others; its lease ends by itself
                db.session.rollback()
                log.exception("a calendar could not be served")
            db.session.remove()


def push(parcel: Parcel) -> None:
    """Tell one event to its provider."""
    outbox.settle(parcel, _outcome(parcel))
    db.session.commit()


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


def pull(errand: Errand) -> None:
    """Ask one calendar what keeps its person busy."""
    try:
        changes = _changes(errand)
    except NoToken as none:
        mirror.failed(errand, {Kind.dead: None, Kind.postponed: outbox.POSTPONED}.get(none.outcome.kind, mirror.AGAIN))
    except google.GoogleError as error:
        log.warning("a calendar could not be read: %s", error, extra={"calendar_id": str(errand.calendar_id)})
        mirror.failed(errand, mirror.AGAIN)
    else:
        collisions.report(errand.calendar_id, mirror.settle(errand, changes))
    db.session.commit()


def _changes(errand: Errand) -> Changes:
    token = usable_token(errand.connection_id)
    try:
        return _ask(token, errand)
    except google.TokenExpired:
        return _ask(usable_token(errand.connection_id, refused=token), errand)


def _ask(token: str, errand: Errand) -> Changes:
    if errand.cursor is not None:
        with suppress(google.Gone):  # a lost token: everything once more (calendar.md 5)
            return google_changes.since(token, errand.external_id, errand.cursor, errand.zone)
    return google_changes.within(token, errand.external_id, errand.start, errand.end, zone=errand.zone)


def usable_token(connection_id: UUID, refused: str = "") -> str:
    """An access token, a new one where it is needed; raises NoToken. The row is let go of while Google is asked."""
    held = _waited_for(connection_id, refused)
    if held.standing == Standing.ready:
        return held.token
    if held.standing == Standing.busy:
        raise NoToken(Outcome(Kind.postponed, why="another worker gets the token"))
    if held.standing == Standing.dead:
        raise NoToken(Outcome(Kind.dead, why="the calendar must be connected again"))
    return _refreshed(connection_id, held.token)


def _waited_for(connection_id: UUID, refused: str) -> Pass:
    """What may be done, after a little patience with whoever gets the token that is needed."""
    for _ in range(LOOKS):
        held = access.take(connection_id, refused)
        db.session.commit()
        if held.standing != Standing.busy:
            break
        time.sleep(LOOK_SECONDS)
    return held


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
