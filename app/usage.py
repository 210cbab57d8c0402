"""What was used: a ledger with one row per fact, and counters that quotas are asked from (behaviour.md 2.9)."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from app import subscriptions
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


class UsageCounter(db.Model):
    """How much of a meter a business used in its period."""

    __tablename__ = "usage_counter"
    __table_args__ = (UniqueConstraint("tenant_id", "meter", "period_started_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    meter: Mapped[str]
    period_started_at: Mapped[datetime]
    used: Mapped[int] = mapped_column(default=0)


def report(  # noqa: PLR0917 - a ledger entry reads best as one line
    tenant_id: UUID,
    source: str,
    event_id: str,
    event_type: UsageType,
    quantity: int = 1,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Enter one fact into the ledger; the same event again is a duplicate and returns False."""
    values = {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "source": source,
        "event_id": event_id,
        "event_type": event_type,
        "quantity": quantity,
        "details": dict(details or {}),
        "occurred_at": now(),
    }
    entered = insert(UsageEvent).values(**values).on_conflict_do_nothing().returning(UsageEvent.id)
    if db.session.scalar(entered) is None:
        return False
    if meter := METERS.get(event_type):
        _count(tenant_id, meter, quantity)
    return True


def _count(tenant_id: UUID, meter: str, quantity: int) -> None:
    subscription = subscriptions.of(tenant_id)
    if subscription is None:
        return
    values = {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "meter": meter,
        "period_started_at": subscription.period_started_at,
        "used": quantity,
    }
    added = insert(UsageCounter).values(**values)
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=["tenant_id", "meter", "period_started_at"],
            set_={"used": UsageCounter.used + added.excluded.used},
        )
    )


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
    if subscription.status in (SubscriptionStatus.trialing, SubscriptionStatus.unpaid):
        return True
    cap = subscription.spend_cap_cents
    return cap is not None and over * OVERAGE_CENTS["sms_segments"] >= cap
