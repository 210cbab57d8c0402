"""The contractor's other appointments: when they keep him busy, copied from his calendars (calendar.md 5 and 9).

Only times are kept, never words. Each calendar is asked every fifteen minutes for what has changed, and for everything
once a day, because the stretch of time that is copied moves on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app import calendars
from app.calendars import Calendar, CalendarRole, Connection, ConnectionStatus
from app.clock import now
from app.extensions import db, uuid7
from app.providers.google_changes import Changes, Foreign
from app.queue import Job, ring
from app.scheduling.technicians import Technician
from app.scheduling.types import Busy
from app.tenants import Tenant

POLL = timedelta(minutes=15)
AGAIN = timedelta(minutes=5)
FULL = timedelta(hours=24)
LEASE = timedelta(seconds=300)
BEHIND, AHEAD = timedelta(days=1), timedelta(days=62)
STALE = timedelta(minutes=60)
READ = (CalendarRole.busy, CalendarRole.both)


class ExternalEvent(db.Model):
    """One stretch of time that a calendar keeps its person busy."""

    __tablename__ = "external_event"
    __table_args__ = (
        UniqueConstraint("calendar_id", "external_id"),
        Index("ix_external_event_busy", "tenant_id", "start_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    calendar_id: Mapped[UUID] = mapped_column(ForeignKey("calendar.id"))
    external_id: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]


@dataclass(frozen=True)
class Errand:
    """One calendar to ask; no row is held meanwhile."""

    calendar_id: UUID
    connection_id: UUID
    external_id: str
    zone: str
    cursor: str | None
    start: datetime
    end: datetime
    leased_until: datetime


def _is_due() -> ColumnElement[bool]:
    moment = now()
    return and_(
        Calendar.role.in_(READ),
        Calendar.due_at <= moment,
        or_(Calendar.leased_until.is_(None), Calendar.leased_until <= moment),
    )


def claim(limit: int) -> list[Errand]:
    """Take calendars to ask under a lease; those of an account that waits to be connected again wait with it."""
    due = select(Calendar).where(_is_due()).order_by(Calendar.due_at).limit(limit)
    rows = db.session.scalars(due.with_for_update(skip_locked=True, of=Calendar))
    return [errand for row in rows if (errand := _take(row)) is not None]


def _take(row: Calendar) -> Errand | None:
    if row.connection.status in (ConnectionStatus.needs_reauth, ConnectionStatus.revoked):
        row.due_at = None
        return None
    moment = now()
    row.leased_until = moment + LEASE
    is_old = row.listed_at is None or row.listed_at <= moment - FULL
    zone = row.timezone or db.session.get_one(Tenant, row.tenant_id).timezone
    return Errand(
        row.id, row.connection_id, row.external_id, zone, None if is_old else row.cursor,
        moment - BEHIND, moment + AHEAD, row.leased_until,
    )  # fmt: skip


def settle(errand: Errand, changes: Changes) -> list[Foreign]:
    """Take the changes over, rows and token together, so that a crash loses neither; the times that are new."""
    row = _leased(errand)
    if row is None:
        return []
    moment = now()
    row.cursor, row.synced_at, row.due_at = changes.cursor or None, moment, moment + POLL
    row.connection.synced_at = moment
    if changes.is_full:
        row.listed_at = moment
    before = _standing(row.id, changes)
    db.session.execute(delete(ExternalEvent).where(ExternalEvent.id.in_([one.id for one in before.values()])))
    after = [one for one in changes.events if _is_inside(one, errand)]
    db.session.add_all(_row(row, one) for one in after)
    db.session.flush()
    news = [one for one in after if _times(before.get(one.id)) != (one.start, one.end)]
    kept = {one.id for one in after}
    _tell(row, news, [gone for name, gone in before.items() if name not in kept])
    return news


def _leased(errand: Errand) -> Calendar | None:
    db.session.get(Connection, errand.connection_id, with_for_update=True, populate_existing=True)
    row = db.session.get(Calendar, errand.calendar_id, with_for_update=True, populate_existing=True)
    if row is None or row.leased_until != errand.leased_until:
        return None
    row.leased_until = None
    return row


def _standing(calendar_id: UUID, changes: Changes) -> dict[str, ExternalEvent]:
    """What we had of the events that changed, or of all when all were listed."""
    rows = select(ExternalEvent).where(ExternalEvent.calendar_id == calendar_id)
    if not changes.is_full:
        rows = rows.where(ExternalEvent.external_id.in_([one.id for one in changes.events]))
    return {row.external_id: row for row in db.session.scalars(rows)}


def _is_inside(one: Foreign, errand: Errand) -> bool:
    if one.start is None or one.end is None or one.end <= one.start:
        return False
    return one.start < errand.end and one.end > errand.start


def _row(calendar: Calendar, one: Foreign) -> ExternalEvent:
    return ExternalEvent(
        tenant_id=calendar.tenant_id, calendar_id=calendar.id, external_id=one.id, start_at=one.start, end_at=one.end
    )


def _times(row: ExternalEvent | None) -> tuple[datetime, datetime] | None:
    return (row.start_at, row.end_at) if row is not None else None


def _tell(calendar: Calendar, news: list[Foreign], gone: list[ExternalEvent]) -> None:
    """Let app-server know which days look different now."""
    zone = db.session.get_one(Tenant, calendar.tenant_id).zone
    starts = [one.start for one in news if one.start] + [one.start_at for one in gone]
    if starts:
        dates = sorted({at.astimezone(zone).date().isoformat() for at in starts})
        calendars.availability_changed(calendar.connection, "sync", dates)


def failed(errand: Errand, wait: timedelta | None) -> None:
    """Nothing came of it: again in a while, or, without a wait, when the contractor has connected again."""
    row = _leased(errand)
    if row is not None:
        row.due_at = now() + wait if wait is not None else None


def follow(calendar: Calendar) -> None:
    """A calendar is for something else now: it is asked from the beginning, or forgotten."""
    if calendar.role in READ:
        calendar.due_at, calendar.cursor, calendar.listed_at, calendar.leased_until = now(), None, None, None
        ring(Job.drain_bulk)
        return
    forget([calendar])


def forget(let_go: Sequence[Calendar]) -> None:
    """Nothing in these calendars keeps anybody busy any more."""
    ids = [row.id for row in let_go]
    db.session.execute(delete(ExternalEvent).where(ExternalEvent.calendar_id.in_(ids)))
    for row in let_go:
        row.due_at = row.cursor = row.listed_at = row.synced_at = row.leased_until = None


def busy(tenant_id: UUID, start: datetime, end: datetime) -> list[Busy]:
    """What keeps the technicians busy elsewhere, for the pure scheduling functions."""
    taken = (
        select(Technician.id, ExternalEvent.start_at, ExternalEvent.end_at)
        .join(Calendar, Calendar.id == ExternalEvent.calendar_id)
        .join(Connection, Connection.id == Calendar.connection_id)
        .join(Technician, Technician.user_id == Connection.user_id)
        .where(
            ExternalEvent.tenant_id == tenant_id,
            ExternalEvent.start_at < end,
            ExternalEvent.end_at > start,
            Calendar.role.in_(READ),
        )
    )
    return [
        Busy(str(technician_id), begins, ends, kind="external", buffer_minutes=0, counts=False)
        for technician_id, begins, ends in db.session.execute(taken)
    ]


def between(user_id: UUID, start: datetime, end: datetime) -> Sequence[ExternalEvent]:
    """What keeps a person busy elsewhere within a stretch of time, in order."""
    rows = (
        select(ExternalEvent)
        .join(Calendar, Calendar.id == ExternalEvent.calendar_id)
        .join(Connection, Connection.id == Calendar.connection_id)
        .where(Connection.user_id == user_id, ExternalEvent.start_at < end, ExternalEvent.end_at > start)
    )
    return db.session.scalars(rows.order_by(ExternalEvent.start_at)).all()


@dataclass(frozen=True)
class Freshness:
    """Whether the copy can be relied on, and how old its oldest part is; without a linked calendar it is of now."""

    is_stale: bool
    synced_at: datetime


def freshness(tenant_id: UUID, user_id: UUID | None = None) -> Freshness:
    """How fresh the copies are that a business, or one person of it, is offered by (behaviour.md 2.6)."""
    moment = now()
    wanted = (
        select(Connection.status, Calendar.role, func.coalesce(Calendar.synced_at, Calendar.created_at))
        .join(Calendar, Calendar.connection_id == Connection.id)
        .join(Technician, Technician.user_id == Connection.user_id)
        .where(Connection.tenant_id == tenant_id, Connection.status != ConnectionStatus.revoked, Technician.is_active)
    )
    if user_id is not None:
        wanted = wanted.where(Connection.user_id == user_id)
    rows = db.session.execute(wanted).all()
    read = [synced_at for _, role, synced_at in rows if role in READ]
    is_dead = any(status == ConnectionStatus.needs_reauth for status, _, _ in rows)
    oldest = min(read, default=moment)
    return Freshness(is_dead or oldest <= moment - STALE, oldest)


def overdue() -> bool:
    """Whether a calendar waits to be asked that a drain should have taken."""
    return db.session.scalar(select(Calendar.id).where(_is_due()).limit(1)) is not None
