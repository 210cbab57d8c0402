"""What of our visits shall stand in a linked calendar: a row per event, due until the provider has it (calendar.md 9).

The appointment is the truth. Each change of it marks the row in the same transaction; jobs/calendars.py does the rest.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import calendars, events, users
from app.calendars import Calendar, Connection, ConnectionStatus, entries
from app.calendars.entries import Entry
from app.clock import now
from app.errors import NotFound
from app.extensions import db, uuid7
from app.queue import Job, ring
from app.scheduling.technicians import Technician

if TYPE_CHECKING:  # the appointments mark their events here
    from app.scheduling.appointments import Appointment

LOCAL = "local"


class SyncState(enum.StrEnum):
    """behaviour.md 2.6, appointment push."""

    pending = enum.auto()
    synced = enum.auto()
    failed = enum.auto()
    conflict = enum.auto()


class CalendarEvent(db.Model):
    """One event in one calendar as we want it, and how far the provider has followed."""

    __tablename__ = "calendar_event"
    __table_args__ = (
        UniqueConstraint("appointment_id", "generation"),
        Index("ix_calendar_event_due", "due_at", postgresql_where="due_at IS NOT NULL"),
        Index("ix_calendar_event_user", "user_id", "start_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    calendar_id: Mapped[UUID | None] = mapped_column(ForeignKey("calendar.id"), index=True)
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))
    generation: Mapped[int] = mapped_column(default=1)
    """Part of the id at the provider, where an id that was deleted stays taken."""
    provider: Mapped[str] = mapped_column(default=LOCAL)
    external_event_id: Mapped[str]
    etag: Mapped[str | None]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(default="")
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    is_tentative: Mapped[bool] = mapped_column(default=False)
    is_wanted: Mapped[bool] = mapped_column(default=True)
    """False: it shall be taken away."""
    version: Mapped[int] = mapped_column(default=1)
    pushed_version: Mapped[int] = mapped_column(default=0)
    """The version that the provider has; 0 while it has none."""
    state: Mapped[SyncState] = mapped_column(default=SyncState.pending)
    attempts: Mapped[int] = mapped_column(default=0)
    """Tries that failed in a row."""
    due_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    calendar: Mapped[Calendar | None] = relationship()

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class Wish:
    """An event that somebody asks for by the service interface, with the visit that it stands for if there is one."""

    user_id: UUID
    entry: Entry
    appointment_id: UUID | None = None


def mark(visit: Appointment) -> None:
    """A visit was booked, moved, confirmed or called off: its event follows, after the transaction that said so."""
    if visit.kind == "external":
        return
    newest = newest_of(visit.id)
    if visit.status == "cancelled":
        if newest is not None:
            remove(newest)
        return
    user_id = whose(visit.tenant_id, visit.technician_id)
    if user_id is not None:
        want(visit.tenant_id, Wish(user_id, entries.of(visit), visit.id))


def want(tenant_id: UUID, wish: Wish) -> CalendarEvent:
    """The event of a wish: the one that stands for its visit already, changed, or a new one."""
    row = newest_of(wish.appointment_id) if wish.appointment_id else None
    generation = row.generation + 1 if row is not None else 1
    if row is not None and row.is_wanted and _must_leave(row, wish.user_id):
        remove(row)
    if row is None or not row.is_wanted:
        row = CalendarEvent(
            id=uuid7(), tenant_id=tenant_id, appointment_id=wish.appointment_id, generation=generation, version=0,
            provider=LOCAL, external_event_id="",
        )  # fmt: skip
        name_anew(row)
    row.user_id = wish.user_id
    change(row, wish.entry)
    db.session.add(row)
    return row


def name_anew(row: CalendarEvent) -> None:
    """Give a row its id at the provider, which we choose, so that a repeated insert is noticed (calendar.md 5)."""
    row.external_event_id = f"nmc{(row.appointment_id or row.id).hex}g{row.generation}"


def change(row: CalendarEvent, entry: Entry) -> None:
    """Let an event say something else; the same once more changes nothing."""
    is_news = row.version == 0 or entries.said_by(row) != entry
    if is_news:
        row.title, row.description, row.location = entry.title, entry.description, entry.location
        row.start_at, row.end_at, row.is_tentative = entry.start, entry.end, entry.is_tentative
        row.version += 1
    if row.calendar_id is None and (target := calendars.written_by(row.user_id)) is not None:
        row.calendar, row.provider = target, target.connection.provider
        is_news = True
    if is_news:
        set_out(row)


def remove(row: CalendarEvent) -> None:
    """Take an event out of the calendar; one that is out already stays out."""
    if row.is_wanted:
        row.is_wanted = False
        row.version += 1
        set_out(row)


def set_out(row: CalendarEvent) -> None:
    """The row has something to tell its provider: now, when the contractor has connected again, or never."""
    connection = _connection(row)
    row.attempts, row.last_error = 0, None
    if connection is None or connection.status == ConnectionStatus.revoked:
        row.state, row.due_at = SyncState.synced, None
        return
    row.state = SyncState.pending
    row.due_at = None if connection.status == ConnectionStatus.needs_reauth else now()
    if row.due_at is not None:
        ring(Job.drain_bulk)


def hand_over(old_id: UUID, new_id: UUID) -> None:
    """A visit goes on in another row: so does its event, and the contractor's notes in it stay."""
    row = newest_of(old_id)
    if row is not None:
        row.appointment_id = new_id
        row.is_wanted = True


def _must_leave(row: CalendarEvent, user_id: UUID) -> bool:
    connection = _connection(row)
    if connection is None:
        return False
    return row.user_id != user_id or connection.status == ConnectionStatus.revoked


def _connection(row: CalendarEvent) -> Connection | None:
    return row.calendar.connection if row.calendar is not None else None


def whose(tenant_id: UUID, technician_id: UUID) -> UUID | None:
    """Whose calendar a technician's visits belong into: his own, or the owner's when he has no account with us."""
    person = db.session.get(Technician, technician_id)
    if person is not None and person.user_id is not None:
        return person.user_id
    owner = users.owner_of(tenant_id)
    return owner.id if owner is not None else None


def newest_of(appointment_id: UUID) -> CalendarEvent | None:
    """The newest event that stands or stood for a visit, locked."""
    rows = select(CalendarEvent).where(CalendarEvent.appointment_id == appointment_id)
    newest = rows.order_by(CalendarEvent.generation.desc()).limit(1)
    return db.session.scalar(newest.with_for_update(of=CalendarEvent))


def of(tenant_id: UUID, event_id: UUID) -> CalendarEvent:
    """An event of that business, locked; a stranger's id is not found."""
    wanted = select(CalendarEvent).where(CalendarEvent.tenant_id == tenant_id, CalendarEvent.id == event_id)
    found = db.session.scalar(wanted.with_for_update(of=CalendarEvent))
    if found is None:
        raise NotFound("There is no such event.")
    return found


def between(user_id: UUID, start: datetime, end: datetime) -> list[CalendarEvent]:
    """The events of ours in a person's calendar that touch a stretch of time, in order."""
    rows = select(CalendarEvent).where(
        CalendarEvent.user_id == user_id,
        CalendarEvent.is_wanted,
        CalendarEvent.start_at < end,
        CalendarEvent.end_at > start,
    )
    return list(db.session.scalars(rows.order_by(CalendarEvent.start_at, CalendarEvent.id)))


def state_of(appointment_id: UUID) -> SyncState:
    """How far the calendar has followed a visit; without anything to follow it is in step."""
    rows = select(CalendarEvent.state).where(CalendarEvent.appointment_id == appointment_id)
    return db.session.scalar(rows.order_by(CalendarEvent.generation.desc()).limit(1)) or SyncState.synced


def is_gone(appointment_id: UUID) -> bool:
    """Whether no calendar has an event of that visit any more."""
    left = select(CalendarEvent.id).where(
        CalendarEvent.appointment_id == appointment_id,
        or_(CalendarEvent.is_wanted, CalendarEvent.state != SyncState.synced),
    )
    return db.session.scalar(left.limit(1)) is None


def tell(row: CalendarEvent) -> None:
    """Let the open pages know how far the calendar has followed."""
    told = {"id": row.id, "status": row.state, "appointment_id": row.appointment_id}
    events.publish(row.tenant_id, "calendar.updated", told)
