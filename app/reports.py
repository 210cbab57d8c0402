"""How the work went between two days: every number is the count or the sum of rows (interfaces.md, reports/summary)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select

from app.calls import Call
from app.desk import numbers
from app.desk.numbers import Span
from app.extensions import db
from app.leads import Lead, LeadStatus
from app.messages import Direction, Message, MessageStatus, Purpose, Sender
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.tenants import Tenant

QUALIFIED = (LeadStatus.qualified, LeadStatus.appointment_scheduled, LeadStatus.completed)


@dataclass(frozen=True)
class FirstTexts:
    """How long missed callers waited for their text, from the decision to the carrier's acceptance, in seconds."""

    p50: float | None
    p95: float | None
    count: int


@dataclass(frozen=True)
class Summary:
    calls: int
    missed: int
    texted: int
    delivered: int
    replied: int
    qualified: int
    booked: int
    completed: int
    estimated_cents: int
    booked_cents: int
    first_texts: FirstTexts
    not_texted: dict[str, int]
    ai_share: float | None
    """The part of our texts to customers that the assistant wrote; None when nobody wrote any."""


def span(tenant: Tenant, first: date, last: date) -> Span:
    """Whole days in the zone of the business, the last one included."""
    end = datetime.combine(last + timedelta(days=1), time(), tenant.zone)
    return Span("report", datetime.combine(first, time(), tenant.zone), end)


def summary(tenant: Tenant, during: Span) -> Summary:
    """All numbers of a span; calls lead the way: texted, delivered and replied are counted of those missed in it."""
    missed, texted = numbers.missed(tenant.id, during), numbers.texted(tenant.id, during)
    visits = numbers.booked(tenant.id, during)
    leads = select(Lead).where(Lead.tenant_id == tenant.id, *_within(Lead.created_at, during))
    return Summary(
        calls=_count(select(Call).where(Call.tenant_id == tenant.id, *_within(Call.started_at, during))),
        missed=_count(missed),
        texted=_count(texted),
        delivered=_count(texted.where(_greeting(Message.status == MessageStatus.delivered))),
        replied=_count(texted.where(_answered())),
        qualified=_count(leads.where(Lead.status.in_(QUALIFIED))),
        booked=_count(visits),
        completed=_count(visits.where(Appointment.status == AppointmentStatus.completed)),
        estimated_cents=_middle(
            leads.where(Lead.status != LeadStatus.lost), "estimated_low_cents", "estimated_high_cents"
        ),
        booked_cents=_middle(visits, "price_low_cents", "price_high_cents"),
        first_texts=_first_texts(tenant.id, during),
        not_texted=_not_texted(missed),
        ai_share=_ai_share(tenant.id, during),
    )


def _count(rows: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0


def _within(column: Any, during: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= during.start, column < during.end


def _greeting(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(Message.call_id == Call.id, Message.purpose == Purpose.greeting, *conditions))


def _answered() -> ColumnElement[bool]:
    return exists().where(
        and_(
            Message.conversation_id == Call.conversation_id,
            Message.direction == Direction.inbound,
            Message.created_at >= Call.started_at,
        )
    )


def _middle(rows: Select[Any], low: str, high: str) -> int:
    """The sum of the middles of the ranges; a row without one adds nothing."""
    some = rows.order_by(None).subquery()
    return round(db.session.scalar(select(func.sum((some.c[low] + some.c[high]) / 2.0))) or 0)


def _first_texts(tenant_id: UUID, during: Span) -> FirstTexts:
    waited = func.extract("epoch", Message.accepted_at - Call.decided_at)
    greetings = (
        select(
            func.percentile_cont(0.5).within_group(waited),
            func.percentile_cont(0.95).within_group(waited),
            func.count(),
        )
        .select_from(Message)
        .join(Call, Call.id == Message.call_id)
        .where(
            Call.tenant_id == tenant_id,
            *_within(Call.started_at, during),
            Message.purpose == Purpose.greeting,
            Message.accepted_at.is_not(None),
            Call.decided_at.is_not(None),
        )
    )
    p50, p95, count = db.session.execute(greetings).one()
    return FirstTexts(_tenths(p50), _tenths(p95), count)


def _tenths(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None


def _not_texted(missed: Select[Call]) -> dict[str, int]:
    silent = missed.where(Call.text_sent.is_(False)).subquery()
    count = func.count()
    rows = select(silent.c.text_code, count).group_by(silent.c.text_code).order_by(count.desc(), silent.c.text_code)
    return {reason or "unknown": number for reason, number in db.session.execute(rows)}


def _ai_share(tenant_id: UUID, during: Span) -> float | None:
    """Greetings are no answers, so they are not counted."""
    written = select(func.sum(case((Message.sender == Sender.ai, 1), else_=0)), func.count()).where(
        Message.tenant_id == tenant_id,
        Message.direction == Direction.outbound,
        Message.sender.in_((Sender.ai, Sender.human)),
        Message.purpose != Purpose.greeting,
        *_within(Message.accepted_at, during),
    )
    by_ai, all_of_them = db.session.execute(written).one()
    return round(by_ai / all_of_them, 2) if all_of_them else None
