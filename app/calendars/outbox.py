"""Events leave for their provider: claimed under a lease, told with no lock held, written down (calendar.md 9).

A worker that dies leaves a lease that ends; whoever comes next repeats the request, and the event's own id makes that
harmless.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from app import calendars
from app.calendars import Calendar, Connection, ConnectionStatus, entries, pushes, telling
from app.calendars.entries import Entry
from app.calendars.pushes import CalendarEvent, SyncState
from app.clock import now
from app.extensions import db
from app.queue import Job, ring

RETRY_MINUTES = (1, 5, 30, 120)
PROBE = timedelta(hours=1)
LEASE = timedelta(seconds=120)
POSTPONED = timedelta(seconds=2)


@dataclass(frozen=True)
class Parcel:
    """Everything the provider needs for one event; no row is held while it travels."""

    event_id: UUID
    connection_id: UUID
    calendar_id: str
    external_event_id: str
    etag: str | None
    version: int
    is_known: bool
    """Whether the provider has confirmed it before."""
    is_wanted: bool
    owns_text: bool
    """Whether the description is ours to change: the one of a visit is the contractor's once he has it."""
    entry: Entry
    leased_until: datetime


class Kind(enum.StrEnum):
    written = enum.auto()
    removed = enum.auto()
    moved = enum.auto()
    """The contractor gave it another time in his calendar."""
    deleted = enum.auto()
    """The contractor deleted it in his calendar."""
    taken = enum.auto()
    """The id belongs to something else: another one is needed."""
    later = enum.auto()
    refused = enum.auto()
    dead = enum.auto()
    """The account waits to be connected again."""
    postponed = enum.auto()
    """Somebody else gets the token that is needed."""


@dataclass(frozen=True)
class Outcome:
    """What came of a parcel."""

    kind: Kind
    etag: str | None = None
    why: str = ""
    retry_after: float = 0.0


def _is_due() -> ColumnElement[bool]:
    moment = now()
    return and_(
        CalendarEvent.state.in_((SyncState.pending, SyncState.failed)),
        CalendarEvent.due_at <= moment,
        or_(CalendarEvent.leased_until.is_(None), CalendarEvent.leased_until <= moment),
    )


def claim(limit: int) -> list[Parcel]:
    """Take due events under a lease; those of an account that waits to be connected again wait with it."""
    due = select(CalendarEvent).where(_is_due()).order_by(CalendarEvent.due_at).limit(limit)
    rows = db.session.scalars(due.with_for_update(skip_locked=True, of=CalendarEvent))
    return [parcel for row in rows if (parcel := _take(row)) is not None]


def _take(row: CalendarEvent) -> Parcel | None:
    connection = row.calendar.connection if row.calendar is not None else None
    if row.calendar is None or connection is None or connection.status == ConnectionStatus.revoked:
        row.state, row.due_at = SyncState.synced, None
        return None
    if connection.status == ConnectionStatus.needs_reauth:
        row.due_at = None
        return None
    row.leased_until = now() + LEASE
    return Parcel(
        event_id=row.id,
        connection_id=connection.id,
        calendar_id=row.calendar.external_id,
        external_event_id=row.external_event_id,
        etag=row.etag,
        version=row.version,
        is_known=row.pushed_version > 0,
        is_wanted=row.is_wanted,
        owns_text=row.appointment_id is None,
        entry=entries.said_by(row),
        leased_until=row.leased_until,
    )


def settle(parcel: Parcel, outcome: Outcome) -> None:
    """Write down what came of a parcel; one whose lease was given to somebody else is his to write."""
    connection = db.session.get(Connection, parcel.connection_id, with_for_update=True, populate_existing=True)
    wanted = select(CalendarEvent).where(CalendarEvent.id == parcel.event_id).with_for_update(of=CalendarEvent)
    row = db.session.scalar(wanted.execution_options(populate_existing=True))
    if row is None or connection is None or row.leased_until != parcel.leased_until:
        return
    row.leased_until = None
    if connection.status == ConnectionStatus.revoked:
        row.state, row.due_at = SyncState.synced, None  # let go of while it travelled
        return
    _settle[outcome.kind](row, connection, parcel, outcome)
    pushes.tell(row)


def _done(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    row.etag, row.pushed_version = outcome.etag, parcel.version
    row.attempts, row.last_error = 0, None
    connection.synced_at = now()
    _recovered(connection)
    if row.version != parcel.version:
        # It was changed while it travelled: once more.
        row.state, row.due_at = SyncState.pending, now()
        ring(Job.drain_bulk)
        return
    row.state, row.due_at = SyncState.synced, None
    telling.caught_up(row)


def _recovered(connection: Connection) -> None:
    if connection.status != ConnectionStatus.error:
        return
    connection.status, connection.last_error, connection.trouble_at = ConnectionStatus.active, None, None
    calendars.tell(connection)
    # What had been given up is tried again at once, not at its next hourly probe.
    ours = select(Calendar.id).where(Calendar.connection_id == connection.id)
    waiting = (
        CalendarEvent.calendar_id.in_(ours),
        CalendarEvent.state == SyncState.failed,
        CalendarEvent.due_at.is_not(None),
    )
    db.session.execute(update(CalendarEvent).where(*waiting).values(due_at=now()))
    ring(Job.drain_bulk)


def _later(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    row.last_error = outcome.why[:500]
    if row.version != parcel.version:
        row.due_at = now()  # what failed is not wanted any more; what is wanted has all its tries
        ring(Job.drain_bulk)
        return
    row.attempts += 1
    if row.attempts <= len(RETRY_MINUTES):
        wait = max(RETRY_MINUTES[row.attempts - 1] * 60, outcome.retry_after)
        row.state, row.due_at = SyncState.pending, now() + timedelta(seconds=wait)
        return
    _failed(row, connection, outcome)
    row.due_at = now() + PROBE if row.end_at > now() + PROBE else None


def _refused(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    if row.version != parcel.version:
        _later(row, connection, parcel, outcome)
        return
    row.attempts += 1
    _failed(row, connection, outcome)
    row.due_at = None


def _failed(row: CalendarEvent, connection: Connection, outcome: Outcome) -> None:
    row.state, row.last_error = SyncState.failed, outcome.why[:500]
    if connection.status == ConnectionStatus.active:
        connection.status, connection.trouble_at = ConnectionStatus.error, now()
        calendars.tell(connection)
    connection.last_error = outcome.why[:500]
    telling.cannot_write(row, connection)


def _moved(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    row.etag, row.pushed_version = outcome.etag, max(row.pushed_version, 1)
    if _is_off(row):
        return
    row.state, row.due_at = SyncState.conflict, None
    telling.conflict(row, "moved")


def _deleted(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    _begin_anew(row)
    if _is_off(row):
        return
    row.state, row.due_at = SyncState.conflict, None
    telling.conflict(row, "deleted")


def _is_off(row: CalendarEvent) -> bool:
    """The visit was called off while its event travelled: what the contractor made of it does not matter any more."""
    if row.is_wanted:
        return False
    row.state, row.due_at = SyncState.pending, now()
    ring(Job.drain_bulk)
    return True


def _taken(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    _begin_anew(row)
    _later(row, connection, parcel, outcome)


def _begin_anew(row: CalendarEvent) -> None:
    row.generation, row.etag, row.pushed_version = row.generation + 1, None, 0
    pushes.name_anew(row)


def _dead(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    row.state, row.due_at, row.last_error = SyncState.pending, None, outcome.why[:500]


def _postponed(row: CalendarEvent, connection: Connection, parcel: Parcel, outcome: Outcome) -> None:
    row.due_at = now() + POSTPONED


_settle = {
    Kind.written: _done,
    Kind.removed: _done,
    Kind.moved: _moved,
    Kind.deleted: _deleted,
    Kind.taken: _taken,
    Kind.later: _later,
    Kind.refused: _refused,
    Kind.dead: _dead,
    Kind.postponed: _postponed,
}


def overdue() -> bool:
    """Whether an event waits that a drain should have taken."""
    return db.session.scalar(select(CalendarEvent.id).where(_is_due()).limit(1)) is not None
