"""Visits whose own hour has come: to be confirmed by themselves, or to fall through (behaviour.md 5.4, 7.6)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.extensions import db
from app.scheduling.appointments import Appointment, AppointmentStatus


def due_to_confirm(moment: datetime) -> Sequence[Appointment]:
    """Tentative visits whose time to be confirmed has come."""
    due = select(Appointment).where(Appointment.status == AppointmentStatus.pending, Appointment.confirm_at <= moment)
    return db.session.scalars(due.limit(100).with_for_update(skip_locked=True, of=Appointment)).all()


def due_to_fall_through(moment: datetime) -> Sequence[Appointment]:
    """Night visits that no technician has taken in time."""
    due = select(Appointment).where(Appointment.status == AppointmentStatus.pending, Appointment.cancel_at <= moment)
    return db.session.scalars(due.limit(100).with_for_update(skip_locked=True, of=Appointment)).all()


def waits_for_technician(conversation_id: UUID) -> datetime | None:
    """Until when a night visit of this thread waits for a technician's word; None when none does."""
    waiting = select(func.max(Appointment.cancel_at)).where(
        Appointment.conversation_id == conversation_id, Appointment.status == AppointmentStatus.pending
    )
    return db.session.scalar(waiting)
