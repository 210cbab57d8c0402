"""The four numbers of the home page and the trend, each the count of rows that can be opened (experience.md 2.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from app.calls import Call, CallStatus
from app.clock import now
from app.extensions import db
from app.messages import Direction, Message
from app.scheduling.appointments import Appointment, AppointmentStatus, Kind
from app.tenants import Tenant

TREND_DAYS = 30
FIRM = (AppointmentStatus.confirmed, AppointmentStatus.in_progress, AppointmentStatus.completed)


@dataclass(frozen=True)
class Span:
    """A stretch of whole days in the zone of the business, with the name it has in links."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Value:
    """What visits are worth, from their price ranges, in cents."""

    low: int = 0
    high: int = 0
    visits: int = 0


@dataclass(frozen=True)
class Numbers:
    """How the work went: `value` of confirmed visits, `estimate` of those that nobody has confirmed yet."""

    texted: int
    replied: int
    booked: int
    value: Value
    estimate: Value


@dataclass(frozen=True)
class Day:
    """One day of the trend."""

    day: date
    missed: int
    replied: int
    booked: int


SPANS = {"today": 1, "week": 7, "month": TREND_DAYS}


def span(tenant: Tenant, name: str) -> Span | None:
    """Today, the last seven days or the last thirty, today included; None for any other name."""
    if name not in SPANS:
        return None
    today = now().astimezone(tenant.zone).date()
    first = today - timedelta(days=SPANS[name] - 1)
    return Span(name, _midnight(first, tenant), _midnight(today + timedelta(days=1), tenant))


def _midnight(day: date, tenant: Tenant) -> datetime:
    return datetime.combine(day, time(), tenant.zone)


def of(tenant: Tenant, during: Span) -> Numbers:
    """The four numbers of a span."""
    visits = booked(tenant.id, during)
    values = {one: value(visits, one) for one in (True, False)}
    return Numbers(
        texted=_count(texted(tenant.id, during)),
        replied=_count(wrote(tenant.id, during)),
        booked=_count(visits),
        value=values[True],
        estimate=values[False],
    )


def _count(rows: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0


def texted(tenant_id: UUID, during: Span) -> Select[Call]:
    """The missed calls that were texted."""
    return missed(tenant_id, during).where(Call.text_sent.is_(True))


def missed(tenant_id: UUID, during: Span) -> Select[Call]:
    """The calls that nobody took."""
    return select(Call).where(
        Call.tenant_id == tenant_id, Call.status == CallStatus.missed, *_within(Call.started_at, during)
    )


def wrote(tenant_id: UUID, during: Span) -> Select[UUID | None]:
    """The threads whose customer wrote."""
    texts = select(Message.conversation_id).where(
        Message.tenant_id == tenant_id,
        Message.direction == Direction.inbound,
        Message.conversation_id.is_not(None),
        *_within(Message.created_at, during),
    )
    return texts.distinct()


def booked(tenant_id: UUID, during: Span) -> Select[Appointment]:
    """The visits that were booked then and still stand."""
    return select(Appointment).where(
        Appointment.tenant_id == tenant_id,
        Appointment.kind == Kind.booking,
        Appointment.status != AppointmentStatus.cancelled,
        *_within(Appointment.created_at, during),
    )


def _within(column: Any, during: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= during.start, column < during.end


def value(visits: Select[Appointment], is_firm: bool) -> Value:
    """What the confirmed ones of these visits are worth, or the others."""
    firm = Appointment.status.in_(FIRM)
    some = visits.where(firm if is_firm else Appointment.status == AppointmentStatus.pending).subquery()
    low, high, count = db.session.execute(
        select(func.sum(some.c.price_low_cents), func.sum(some.c.price_high_cents), func.count())
    ).one()
    return Value(low or 0, high or 0, count)


def trend(tenant: Tenant) -> Sequence[Day]:
    """Missed calls, customers who wrote and bookings of each of the last thirty days, the oldest first."""
    during = span(tenant, "month")
    assert during is not None  # noqa: S101 - the name is ours
    lost = _by_day(tenant, missed(tenant.id, during).subquery(), "started_at")
    texts = wrote(tenant.id, during).add_columns(_local(tenant, Message.created_at)).subquery()
    told = _counts(select(texts.c.day, func.count()).group_by(texts.c.day))
    visits = _by_day(tenant, booked(tenant.id, during).subquery(), "created_at")
    first = during.start.date()
    days = [first + timedelta(days=ahead) for ahead in range(TREND_DAYS)]
    return [Day(day, lost.get(day, 0), told.get(day, 0), visits.get(day, 0)) for day in days]


def _local(tenant: Tenant, column: Any) -> Any:
    return func.date(func.timezone(tenant.timezone, column)).label("day")


def _by_day(tenant: Tenant, rows: Any, column: str) -> Mapping[date, int]:
    day = _local(tenant, rows.c[column])
    return _counts(select(day, func.count()).select_from(rows).group_by(day))


def _counts(by_day: Select[Any]) -> Mapping[date, int]:
    return {row[0]: row[1] for row in db.session.execute(by_day)}
