"""Reminders of a visit: a day and two hours before, and shortly before arrival (behaviour.md 10, 8.3, SC48, SC64).

A row says when it is due; what it says is read from the visit when it leaves, so a visit that moved is never misstated.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import quiet
from app.clock import now
from app.customers import Customer
from app.extensions import db, uuid7
from app.settings import Reminders
from app.tenants import Tenant

if TYPE_CHECKING:
    from app.scheduling.appointments import Appointment

JUST_BOOKED = timedelta(minutes=60)
"""Somebody who booked less than this before a reminder needs none."""
BATCH = 100


class ReminderKind(enum.StrEnum):
    day_before = enum.auto()
    two_hours = enum.auto()
    eta = enum.auto()


class ReminderStatus(enum.StrEnum):
    waiting = enum.auto()
    sent = enum.auto()
    """In the outbox; what became of the text stands in its own row."""
    dropped = enum.auto()


class Reminder(db.Model):
    """One text about one version of a visit; `why` says in words why it was not sent."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("appointment_id", "kind", "version"),
        Index("ix_reminder_due", "due_at", postgresql_where="status = 'waiting'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointment.id"))
    kind: Mapped[ReminderKind]
    version: Mapped[int]
    """The version of the visit that it was planned for."""
    due_at: Mapped[datetime]
    status: Mapped[ReminderStatus] = mapped_column(default=ReminderStatus.waiting)
    why: Mapped[str | None]
    message_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


def follow(appointment: Appointment, change: str) -> None:
    """Let the reminders of a visit follow what has become of it."""
    if appointment.status not in ("pending", "confirmed"):
        drop(appointment.id, f"the visit is {appointment.status.replace('_', ' ')}")
    elif appointment.kind == "booking" and change in ("booked", "moved"):
        plan(appointment)


def plan(appointment: Appointment) -> None:
    """Plan the reminders of a visit for its present time, in place of those for any other time."""
    drop(appointment.id, "the visit was moved")
    tenant = db.session.get_one(Tenant, appointment.tenant_id)
    chosen = tenant.settings.reminders
    rows = [_row(tenant, appointment, kind, ahead) for kind, ahead in _ahead(chosen).items()]
    if rows:
        db.session.execute(insert(Reminder).values(rows).on_conflict_do_nothing())


def _ahead(chosen: Reminders) -> dict[ReminderKind, timedelta]:
    wanted = {ReminderKind.eta: timedelta(minutes=chosen.eta_minutes)}
    if chosen.day_before:
        wanted[ReminderKind.day_before] = timedelta(hours=24)
    if chosen.two_hours:
        wanted[ReminderKind.two_hours] = timedelta(hours=2)
    return wanted


def _row(tenant: Tenant, appointment: Appointment, kind: ReminderKind, ahead: timedelta) -> dict[str, object]:
    planned, moment = appointment.window_start_at - ahead, now()
    due = planned if kind == ReminderKind.eta else opening(tenant, appointment, planned)
    why = None
    if planned <= moment:
        why = "booked too late for it"
    elif kind != ReminderKind.eta and planned <= moment + JUST_BOOKED:
        why = "just booked"
    elif due is None or due >= appointment.window_start_at:
        why = "no hour to text before the visit"
    return {
        "id": uuid7(),
        "tenant_id": appointment.tenant_id,
        "appointment_id": appointment.id,
        "kind": kind,
        "version": appointment.version,
        "due_at": due or planned,
        "status": ReminderStatus.dropped if why else ReminderStatus.waiting,
        "why": why,
        "created_at": moment,
    }


def opening(tenant: Tenant, appointment: Appointment, moment: datetime) -> datetime | None:
    """The first moment from `moment` on at which we may write to the customer of a visit unasked."""
    customer = db.session.get(Customer, appointment.customer_id) if appointment.customer_id else None
    where = quiet.whereabouts(
        postal_code=appointment.address.get("postal_code"),
        phone=customer.phone if customer else "",
        tenant_zone=tenant.timezone,
    )
    hours = tenant.settings.texting.own_initiative_hours
    return quiet.opening(moment, where, (hours.start, hours.end))


def drop(appointment_id: UUID, why: str) -> None:
    """Take back the reminders of a visit that have not been sent."""
    waiting = (Reminder.appointment_id == appointment_id, Reminder.status == ReminderStatus.waiting)
    db.session.execute(update(Reminder).where(*waiting).values(status=ReminderStatus.dropped, why=why))


def take_due(moment: datetime) -> Sequence[Reminder]:
    """Reminders whose time has come, locked until the end of this transaction."""
    due = select(Reminder).where(Reminder.status == ReminderStatus.waiting, Reminder.due_at <= moment)
    return db.session.scalars(due.order_by(Reminder.due_at).limit(BATCH).with_for_update(skip_locked=True)).all()


def is_overtaken(reminder: Reminder) -> bool:
    """Whether a later reminder of the same visit is due as well, so that this one would only repeat it."""
    later = select(Reminder.id).where(
        Reminder.appointment_id == reminder.appointment_id,
        Reminder.status == ReminderStatus.waiting,
        Reminder.due_at > reminder.due_at,
        Reminder.due_at <= now(),
    )
    return db.session.scalar(later.limit(1)) is not None


def of(appointment_id: UUID) -> Sequence[Reminder]:
    """The reminders of a visit, oldest plan first."""
    rows = select(Reminder).where(Reminder.appointment_id == appointment_id)
    return db.session.scalars(rows.order_by(Reminder.version, Reminder.due_at)).all()
