"""Where the contractor's other appointments lie over a visit: both stand, and he is asked (behaviour.md 2.6)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app import tasks
from app.calendars import Calendar, Connection
from app.extensions import db
from app.providers.google_changes import Foreign
from app.scheduling.appointments import OCCUPYING, Appointment, Kind
from app.scheduling.technicians import Technician
from app.tenants import Tenant


def report(calendar_id: UUID, news: Sequence[Foreign]) -> None:
    """Ask about every visit that one of these new times of a calendar lies over, once for each pair."""
    for one in news:
        for visit in _under(calendar_id, one):
            when = visit.start_at.astimezone(db.session.get_one(Tenant, visit.tenant_id).zone)
            why = f"Your calendar has something else during the visit {visit} on {when:%a %b} {when.day}. Which stays?"
            key = f"collision:{visit.id}:{one.id}"
            tasks.add(visit.tenant_id, key, "calendar_conflict", why, appointment_id=visit.id)


def _under(calendar_id: UUID, one: Foreign) -> list[Appointment]:
    visits = (
        select(Appointment)
        .join(Technician, Technician.id == Appointment.technician_id)
        .join(Connection, Connection.user_id == Technician.user_id)
        .join(Calendar, Calendar.connection_id == Connection.id)
        .where(
            Calendar.id == calendar_id,
            Appointment.kind == Kind.booking,
            Appointment.status.in_(OCCUPYING),
            Appointment.start_at < one.end,
            Appointment.end_at > one.start,
        )
    )
    return list(db.session.scalars(visits))
