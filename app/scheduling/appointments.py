"""The visits: booked under a lock and a constraint, so that no hour is promised twice (behaviour.md 2.5)."""

import enum
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.range import TimestamptzRange
from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events
from app.calendars import mirror, pushes
from app.clock import now
from app.customers import Customer
from app.errors import Conflict, NotFound
from app.extensions import db, uuid7
from app.scheduling import holds, reminders
from app.scheduling.types import Busy, Place, Slot

LOCK_SPACE = 20_100
"""The first key of the advisory locks on technicians."""


class AppointmentStatus(enum.StrEnum):
    pending = enum.auto()
    confirmed = enum.auto()
    in_progress = enum.auto()
    completed = enum.auto()
    no_show = enum.auto()
    cancelled = enum.auto()


OCCUPYING = (AppointmentStatus.pending, AppointmentStatus.confirmed, AppointmentStatus.in_progress)
NEXT = {
    AppointmentStatus.pending: {AppointmentStatus.confirmed, AppointmentStatus.cancelled},
    AppointmentStatus.confirmed: {
        AppointmentStatus.in_progress,
        AppointmentStatus.completed,
        AppointmentStatus.no_show,
        AppointmentStatus.cancelled,
    },
    AppointmentStatus.in_progress: {AppointmentStatus.completed},
}


class Kind(enum.StrEnum):
    booking = enum.auto()
    block = enum.auto()
    external = enum.auto()
    """Time that a linked calendar takes."""


def new_link_token() -> str:
    """A secret for the customer's link: 128 random bits, safe in a path."""
    return secrets.token_urlsafe(16)


class Appointment(db.Model):
    __tablename__ = "appointment"
    __table_args__ = (
        ExcludeConstraint(
            ("technician_id", "="),
            ("reserved", "&&"),
            where="status IN ('pending', 'confirmed', 'in_progress')",
            using="gist",
            name="ex_appointment_no_overlap",
        ),
        Index("ix_appointment_calendar", "tenant_id", "start_at"),
        Index("ix_appointment_confirm", "confirm_at", postgresql_where="status = 'pending'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    technician_id: Mapped[UUID] = mapped_column(ForeignKey("technician.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"), index=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"), index=True)
    kind: Mapped[Kind] = mapped_column(default=Kind.booking)
    status: Mapped[AppointmentStatus]
    booking_type: Mapped[str] = mapped_column(default="confirmed")
    slot_type: Mapped[str] = mapped_column(default="regular")
    job_number: Mapped[str | None] = mapped_column(unique=True)
    job_types: Mapped[list] = mapped_column(JSONB, default=list)
    title: Mapped[str] = mapped_column(default="")
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    reserved: Mapped[Any] = mapped_column(TSTZRANGE)
    """The block with its buffer behind it: what the database keeps apart."""
    window_start_at: Mapped[datetime]
    window_end_at: Mapped[datetime]
    address: Mapped[dict] = mapped_column(JSONB, default=dict)
    price_low_cents: Mapped[int | None]
    price_high_cents: Mapped[int | None]
    multiplier: Mapped[float] = mapped_column(default=1.0)
    buffer_minutes: Mapped[int] = mapped_column(default=30)
    is_after_hours: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[str] = mapped_column(default="dispatcher")
    confirm_at: Mapped[datetime | None]
    """When a tentative visit is confirmed unless the contractor objects."""
    cancel_at: Mapped[datetime | None]
    """When a night visit falls through unless a technician takes it."""
    cancel_reason: Mapped[str | None]
    notes: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    link_token: Mapped[str] = mapped_column(unique=True, default=new_link_token)
    """The secret in the customer's link to this visit."""
    acknowledged_at: Mapped[datetime | None]
    """When the customer said on that page that he will be there."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    customer: Mapped[Customer | None] = relationship()

    def __str__(self) -> str:
        return self.job_number or self.title


class SlotTaken(Conflict):
    code = "SLOT_UNAVAILABLE"


class TransitionRefused(Conflict):
    code = "APPOINTMENT_TRANSITION_INVALID"


def new_job_number() -> str:
    """A short name for a visit that people can read aloud: no 0, O, 1 or I."""
    return "NMC-" + "".join(secrets.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(5))


def lock(technician_id: UUID) -> None:
    """Wait for one's turn on a technician's time, until the end of this transaction."""
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK_SPACE, func.hashtext(str(technician_id)))))


def book(tenant_id: UUID, slot: Slot, *, buffer_minutes: int, status: AppointmentStatus, **facts: Any) -> Appointment:
    """Book a slot; raises SlotTaken when somebody was faster.

    One's own hold (`facts["conversation_id"]`) is used up, expired holds of others give way, live ones do not.
    """
    technician_id = UUID(slot.technician_id)
    lock(technician_id)
    reserved = holds.span(slot, buffer_minutes)
    holds.give_way(technician_id, reserved, asker=facts.get("conversation_id"))
    appointment = Appointment(
        id=uuid7(),
        tenant_id=tenant_id,
        technician_id=technician_id,
        status=status,
        booking_type=slot.booking_type,
        slot_type=slot.slot_type,
        start_at=slot.start,
        end_at=slot.end,
        reserved=TimestamptzRange(*reserved),
        window_start_at=slot.window_start,
        window_end_at=slot.window_end,
        multiplier=float(slot.multiplier),
        buffer_minutes=buffer_minutes,
        is_after_hours=slot.after_hours,
        **facts,
    )
    try:
        with db.session.begin_nested():
            db.session.add(appointment)
    except IntegrityError as error:
        raise SlotTaken("That time was just taken.") from error
    if appointment.conversation_id:
        holds.release(appointment.conversation_id, holds.HoldStatus.consumed)
    return appointment


def change(appointment: Appointment, status: AppointmentStatus, *, reason: str | None = None) -> None:
    """Move a visit along its states; raises TransitionRefused for any other step."""
    if status not in NEXT.get(appointment.status, set()):
        raise TransitionRefused(f"A visit that is {appointment.status} cannot become {status}.")
    appointment.status = status
    appointment.version += 1
    appointment.cancel_reason = reason if status == AppointmentStatus.cancelled else appointment.cancel_reason
    appointment.confirm_at = appointment.cancel_at = None
    tell(appointment, change=status)


def tell(appointment: Appointment, *, change: str) -> None:
    """Let pages, services and linked calendars know, and let reminders follow; a firm visit has an event of its own."""
    reminders.follow(appointment, change)
    name = appointment.customer.name if appointment.customer else None
    if appointment.status == AppointmentStatus.confirmed and change in ("confirmed", "booked"):
        confirmed = {
            "appointment_id": appointment.id,
            "customer_name": name,
            "scheduled_time": appointment.start_at.isoformat(),
            "change": change,
        }
        events.publish(appointment.tenant_id, "appointment.confirmed", confirmed)
    told = {
        "appointment_id": appointment.id,
        "status": appointment.status,
        "booking_type": appointment.booking_type,
        "start": appointment.start_at.isoformat(),
        "end": appointment.end_at.isoformat(),
        "version": appointment.version,
        "change": change,
    }
    events.publish(appointment.tenant_id, "appointment.updated", told)
    pushes.mark(appointment)


def of(tenant_id: UUID, appointment_id: UUID) -> Appointment:
    """A visit of that business; a stranger's id is not found."""
    found = db.session.scalar(
        select(Appointment)
        .where(Appointment.tenant_id == tenant_id, Appointment.id == appointment_id)
        .with_for_update(of=Appointment)
    )
    if found is None:
        raise NotFound("There is no such appointment.")
    return found


def of_hold(hold: holds.Hold) -> Appointment | None:
    """The visit for which a hold was used up."""
    if hold.status != holds.HoldStatus.consumed:
        return None
    return db.session.scalar(
        select(Appointment)
        .where(
            Appointment.tenant_id == hold.tenant_id,
            Appointment.technician_id == hold.technician_id,
            Appointment.start_at == hold.start_at,
            Appointment.created_at >= hold.created_at,
        )
        .order_by(Appointment.created_at)
        .limit(1)
    )


def upcoming(tenant_id: UUID, customer_id: UUID) -> Sequence[Appointment]:
    """A customer's own visits that are still to come."""
    return db.session.scalars(
        select(Appointment)
        .where(
            Appointment.tenant_id == tenant_id,
            Appointment.customer_id == customer_id,
            Appointment.kind == Kind.booking,
            Appointment.status.in_(OCCUPYING),
            Appointment.end_at > now(),
        )
        .order_by(Appointment.start_at)
    ).all()


def between(tenant_id: UUID, start: datetime, end: datetime) -> Sequence[Appointment]:
    """Everything in the calendar of a business that touches a stretch of time, in order."""
    touching = select(Appointment).where(
        Appointment.tenant_id == tenant_id, Appointment.start_at < end, Appointment.end_at > start
    )
    return db.session.scalars(touching.order_by(Appointment.start_at)).all()


def busy(tenant_id: UUID, start: datetime, end: datetime) -> list[Busy]:
    """What takes the technicians' time - bookings, live holds, linked calendars - for the pure scheduling functions."""
    booked = [
        Busy(
            technician_id=str(visit.technician_id),
            start=visit.start_at,
            end=visit.end_at,
            kind=visit.kind.value,  # type: ignore[arg-type]
            buffer_minutes=visit.buffer_minutes,
            place=_place(visit.address),
            after_hours=visit.is_after_hours,
            counts=visit.kind == Kind.booking,
            visit=str(visit.id),
        )
        for visit in between(tenant_id, start, end)
        if visit.status in OCCUPYING
    ]
    return booked + holds.busy(tenant_id, start, end) + mirror.busy(tenant_id, start, end)


def _place(address: dict[str, Any]) -> Place | None:
    if not address.get("postal_code") and address.get("latitude") is None:
        return None
    is_exact = address.get("latitude") is not None and address.get("precision") == "street"
    where = (address.get("latitude"), address.get("longitude"), address.get("postal_code"))
    return Place(*where, "street" if is_exact else "zip")
