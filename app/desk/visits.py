"""The calendar as a list, which is how owners read it: late ones first, then day by day (experience.md 2.8)."""

import enum
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from app.clock import now
from app.desk import numbers
from app.desk.numbers import Span
from app.extensions import db
from app.scheduling.appointments import Appointment, AppointmentStatus, Kind
from app.tenants import Tenant

AT_MOST = 200


class Show(enum.StrEnum):
    upcoming = enum.auto()
    late = enum.auto()
    in_progress = enum.auto()
    done = enum.auto()


WAITING = (AppointmentStatus.pending, AppointmentStatus.confirmed)
OVER = (AppointmentStatus.completed, AppointmentStatus.no_show, AppointmentStatus.cancelled)
GROUPS = ("Late", "In progress", "Today", "Tomorrow", "This week", "Later", "Done")


def listed(tenant: Tenant, show: Show) -> Sequence[Appointment]:
    """The visits of one chip, in the order of the days; the done ones newest first."""
    order = Appointment.start_at.desc() if show == Show.done else Appointment.start_at
    return db.session.scalars(_bookings(tenant).where(_is(show)).order_by(order).limit(AT_MOST)).all()


def made(tenant: Tenant, during: Span) -> Sequence[Appointment]:
    """The visits that were booked in a span and still stand, as the home page counts them."""
    rows = numbers.booked(tenant.id, during).options(joinedload(Appointment.customer))
    return db.session.scalars(rows.order_by(Appointment.created_at.desc())).all()


def counts(tenant: Tenant) -> Mapping[Show, int]:
    """How many visits each chip holds, counted to a hundred at most."""
    counted = {}
    for show in Show:
        some = select(Appointment.id).where(Appointment.tenant_id == tenant.id, Appointment.kind == Kind.booking)
        some = some.where(_is(show)).limit(100)
        counted[show] = db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return counted


def _bookings(tenant: Tenant) -> Select[Appointment]:
    mine = select(Appointment).where(Appointment.tenant_id == tenant.id, Appointment.kind == Kind.booking)
    return mine.options(joinedload(Appointment.customer))


def _is(show: Show) -> ColumnElement[bool]:
    moment = now()
    waits = Appointment.status.in_(WAITING)
    return {
        Show.upcoming: waits & (Appointment.window_end_at >= moment),
        Show.late: waits & (Appointment.window_end_at < moment),
        Show.in_progress: Appointment.status == AppointmentStatus.in_progress,
        Show.done: Appointment.status.in_(OVER),
    }[show]


def group(tenant: Tenant, visit: Appointment) -> str:
    """The heading under which a visit stands, in the days of the business."""
    if visit.status in OVER:
        return "Done"
    if visit.status == AppointmentStatus.in_progress:
        return "In progress"
    if visit.window_end_at < now():
        return "Late"
    today = now().astimezone(tenant.zone).date()
    ahead = (visit.start_at.astimezone(tenant.zone).date() - today).days
    if ahead <= 1:
        return "Tomorrow" if ahead == 1 else "Today"
    monday_after = today + timedelta(days=7 - today.weekday())
    return "This week" if visit.start_at.astimezone(tenant.zone).date() < monday_after else "Later"


def grouped(tenant: Tenant, visits: Sequence[Appointment]) -> Sequence[tuple[str, Sequence[Appointment]]]:
    """The visits under their headings, empty headings left out."""
    under: dict[str, list[Appointment]] = {}
    for visit in visits:
        under.setdefault(group(tenant, visit), []).append(visit)
    return [(name, under[name]) for name in GROUPS if name in under]
