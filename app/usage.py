"""What was used: a ledger with one row per fact, and counters that quotas are asked from (behaviour.md 2.9)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from app import audit, events, subscriptions
from app.clock import now
from app.extensions import db, uuid7
from app.plans import OVERAGE_CENTS, PLANS
from app.subscriptions import Subscription, SubscriptionStatus


class UsageType(enum.StrEnum):
    sms_sent = enum.auto()
    quote_generated = enum.auto()
    notification_sent = enum.auto()
    compliance_cost = enum.auto()
    number_rental = enum.auto()
    ai_turn = enum.auto()
    voice_minutes = enum.auto()


MARKS = (100, 80, 50)
"""Percent of what is included; the contractor hears of each once per period, on a jump only of the highest."""
WITHOUT_ID = "server:"
"""How the event ids begin that we made, because the caller had none."""
UNPAID = (SubscriptionStatus.trialing, SubscriptionStatus.unpaid)
CAP = 101
"""The mark above all: the spend cap is reached."""
METERS = {UsageType.sms_sent: "sms_segments", UsageType.ai_turn: "ai_turns"}


class UsageEvent(db.Model):
    __tablename__ = "usage_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "event_id"),
        Index("ix_usage_event_period", "tenant_id", "event_type", "occurred_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    source: Mapped[str]
    event_id: Mapped[str]
    event_type: Mapped[UsageType]
    quantity: Mapped[int]
    details: Mapped[dict] = mapped_column(JSONB, default=dict)
    occurred_at: Mapped[datetime] = mapped_column(default=now)
    reported_at: Mapped[datetime] = mapped_column(default=now)


class UsageCounter(db.Model):
    """How much of a meter a business used in its period."""

    __tablename__ = "usage_counter"
    __table_args__ = (UniqueConstraint("tenant_id", "meter", "period_started_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    meter: Mapped[str]
    period_started_at: Mapped[datetime]
    used: Mapped[int] = mapped_column(default=0)
    told_percent: Mapped[int] = mapped_column(default=0)
    """The highest mark that the contractor was told of."""


@dataclass(frozen=True)
class Fact:
    """Something that was used, as a service reports it."""

    source: str
    event_id: str
    event_type: UsageType
    quantity: int = 1
    details: Mapping[str, Any] | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """What became of a fact: accepted, duplicate, or conflict with another fact of the same name."""

    status: str
    usage_id: UUID


def report(  # noqa: PLR0917 - a ledger entry reads best as one line
    tenant_id: UUID,
    source: str,
    event_id: str,
    event_type: UsageType,
    quantity: int = 1,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Enter one fact into the ledger; the same event again is a duplicate and returns False."""
    return enter(tenant_id, Fact(source, event_id, event_type, quantity, details)).status == "accepted"


def enter(tenant_id: UUID, fact: Fact) -> Entry:
    """Enter one fact into the ledger once per source and event id, count it, and tell of marks that it reaches."""
    usage_id, occurred_at = uuid7(), fact.occurred_at or now()
    values = {
        "id": usage_id,
        "tenant_id": tenant_id,
        "source": fact.source,
        "event_id": fact.event_id,
        "event_type": fact.event_type,
        "quantity": fact.quantity,
        "details": dict(fact.details or {}),
        "occurred_at": occurred_at,
        "reported_at": now(),
    }
    entered = insert(UsageEvent).values(**values).on_conflict_do_nothing().returning(UsageEvent.id)
    if db.session.scalar(entered) is None:
        return _former(tenant_id, fact)
    if meter := METERS.get(fact.event_type):
        _count(tenant_id, meter, fact.quantity, occurred_at)
    return Entry("accepted", usage_id)


def _former(tenant_id: UUID, fact: Fact) -> Entry:
    former = db.session.scalars(
        select(UsageEvent).where(
            UsageEvent.tenant_id == tenant_id, UsageEvent.source == fact.source, UsageEvent.event_id == fact.event_id
        )
    ).one()
    is_same = (former.event_type, former.quantity, former.details) == (
        fact.event_type, fact.quantity, dict(fact.details or {}),
    )  # fmt: skip
    is_then = fact.occurred_at is None or fact.occurred_at == former.occurred_at
    return Entry("duplicate" if is_same and is_then else "conflict", former.id)


def _count(tenant_id: UUID, meter: str, quantity: int, occurred_at: datetime) -> None:
    subscription = subscriptions.of(tenant_id)
    if subscription is None:
        return
    if occurred_at < subscription.period_started_at:
        _count_late(tenant_id, meter, quantity, occurred_at)
        return
    values = {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "meter": meter,
        "period_started_at": subscription.period_started_at,
        "used": quantity,
        "told_percent": 0,
    }
    added = insert(UsageCounter).values(**values)
    counted = added.on_conflict_do_update(
        index_elements=["tenant_id", "meter", "period_started_at"],
        set_={"used": UsageCounter.used + added.excluded.used},
    )
    # The row stays locked until the commit, so exactly one report reaches each mark.
    row = db.session.execute(counted.returning(UsageCounter.id, UsageCounter.used, UsageCounter.told_percent)).one()
    _tell_of_mark(subscription, meter, row.id, row.used, row.told_percent)


def _count_late(tenant_id: UUID, meter: str, quantity: int, occurred_at: datetime) -> None:
    """What belongs to a period that is over is added there, and nobody is told of its marks any more."""
    then = (
        select(UsageCounter.id)
        .where(
            UsageCounter.tenant_id == tenant_id,
            UsageCounter.meter == meter,
            UsageCounter.period_started_at <= occurred_at,
        )
        .order_by(UsageCounter.period_started_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    late = update(UsageCounter).where(UsageCounter.id == then).values(used=UsageCounter.used + quantity)
    db.session.execute(late, execution_options={"synchronize_session": False})


def _tell_of_mark(subscription: Subscription, meter: str, counter_id: UUID, count: int, told: int) -> None:
    if subscription.plan not in PLANS:
        return
    included = getattr(PLANS[subscription.plan], meter)
    mark = next((mark for mark in MARKS if count * 100 >= included * mark), 0)
    if mark == MARKS[0] and is_at_cap(subscription):
        mark = CAP
    if mark <= told:
        return
    reached = update(UsageCounter).where(UsageCounter.id == counter_id).values(told_percent=mark)
    db.session.execute(reached, execution_options={"synchronize_session": False})
    start, end = subscription.period_started_at, subscription.period_ends_at
    payload = {
        "meter": meter,
        "threshold_percent": min(mark, MARKS[0]),
        "used": count,
        "included": included,
        "period_start": start.isoformat(),
        "period_end": end.isoformat() if end else None,
        "spend_cap_reached": mark == CAP,
    }
    events.publish(subscription.tenant_id, "usage.threshold_reached", payload)


def oddities(tenant_id: UUID, start: datetime, end: datetime) -> dict[str, int]:
    """Events of a stretch of time that were reported after it was over, and those that came without an id."""
    within = select(func.count()).where(
        UsageEvent.tenant_id == tenant_id, UsageEvent.occurred_at >= start, UsageEvent.occurred_at < end
    )
    late = within.where(UsageEvent.reported_at >= end)
    nameless = within.where(UsageEvent.event_id.startswith(WITHOUT_ID))
    return {"late": db.session.scalar(late) or 0, "usage_events_without_id": db.session.scalar(nameless) or 0}


def used(subscription: Subscription, meter: str) -> int:
    """How much of a meter was used in the running period."""
    found = select(UsageCounter.used).where(
        UsageCounter.tenant_id == subscription.tenant_id,
        UsageCounter.meter == meter,
        UsageCounter.period_started_at == subscription.period_started_at,
    )
    return db.session.scalar(found) or 0


def is_over_quota(subscription: Subscription | None) -> bool:
    """Whether texts that we start are refused: a trial at 100 %, or a paid plan at its spend cap."""
    if subscription is None or subscription.plan not in PLANS:
        return False
    over = used(subscription, "sms_segments") - PLANS[subscription.plan].sms_segments
    if over < 0:
        return False
    if subscription.status in UNPAID:
        return True
    return is_at_cap(subscription)


def overage_cents(subscription: Subscription) -> int:
    """What is owed beyond the plan in the running period."""
    plan = PLANS[subscription.plan]
    return sum(
        max(0, used(subscription, meter) - getattr(plan, meter)) * cents for meter, cents in OVERAGE_CENTS.items()
    )


def is_at_cap(subscription: Subscription) -> bool:
    """Whether a paid plan has spent what its owner allows."""
    cap = subscription.spend_cap_cents
    is_paid = subscription.status not in UNPAID
    return is_paid and cap is not None and overage_cents(subscription) >= cap


def change_cap(subscription: Subscription, cents: int | None, *, actor: str) -> None:
    """Allow another spend, None for any; the contractor hears again when it is reached."""
    before = subscription.spend_cap_cents
    if cents == before:
        return
    subscription.spend_cap_cents = cents
    audit.record(
        "billing.spend_cap", str(subscription.id), actor=actor, tenant_id=subscription.tenant_id,
        before={"spend_cap_cents": before}, after={"spend_cap_cents": cents},
    )  # fmt: skip
    again = update(UsageCounter).where(
        UsageCounter.tenant_id == subscription.tenant_id,
        UsageCounter.period_started_at == subscription.period_started_at,
        UsageCounter.told_percent == CAP,
    )
    db.session.execute(again.values(told_percent=MARKS[0]))
