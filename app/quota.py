"""May this still be used: asked before the deed, kept until it is reported (interfaces.md, POST /usage/check)."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import usage
from app.clock import now
from app.errors import Invalid
from app.extensions import db, uuid7
from app.plans import OVERAGE_CENTS, PLANS
from app.subscriptions import Access, Subscription
from app.usage import UNPAID

KEPT = timedelta(minutes=10)


class UsageClass(enum.StrEnum):
    reply = enum.auto()
    own_initiative = enum.auto()
    emergency = enum.auto()
    compliance = enum.auto()


ALWAYS = (UsageClass.emergency, UsageClass.compliance)


class UnknownMeter(Invalid):
    code = "UNKNOWN_METER"


class UsageReservation(db.Model):
    """An allowance that was given and not used yet."""

    __tablename__ = "usage_reservation"
    __table_args__ = (Index("ix_usage_reservation_open", "tenant_id", "meter", postgresql_where="settled_at IS NULL"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    source: Mapped[str]
    meter: Mapped[str]
    quantity: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Verdict:
    """Whether it may be used; `remaining` is what the plan still includes, this use not counted."""

    allowed: bool
    reason: str | None
    remaining: int
    reservation_id: UUID | None = None


def check(tenant_id: UUID, source: str, meter: str, quantity: int, kind: UsageClass) -> Verdict:
    """Whether so much of a meter may be used, and keep it for ten minutes if so; raises UnknownMeter."""
    if meter not in OVERAGE_CENTS:
        raise UnknownMeter(f"There is no meter called {meter}.")
    # Locked, so that two who ask at once are not both given the last one.
    bought = select(Subscription).where(Subscription.tenant_id == tenant_id).with_for_update()
    subscription = db.session.scalar(bought.execution_options(populate_existing=True))
    left = _left(subscription, meter)
    reason = None if kind in ALWAYS else _refusal(subscription, meter, quantity, left)
    remaining = max(0, left)
    if reason is not None:
        return Verdict(allowed=False, reason=reason, remaining=remaining)
    kept = UsageReservation(
        id=uuid7(), tenant_id=tenant_id, source=source, meter=meter, quantity=quantity, expires_at=now() + KEPT
    )
    db.session.add(kept)
    return Verdict(allowed=True, reason=None, remaining=remaining, reservation_id=kept.id)


def _left(subscription: Subscription | None, meter: str) -> int:
    if subscription is None or subscription.plan not in PLANS:
        return 0
    return getattr(PLANS[subscription.plan], meter) - usage.used(subscription, meter) - _reserved(subscription, meter)


def _reserved(subscription: Subscription, meter: str) -> int:
    still_open = select(func.coalesce(func.sum(UsageReservation.quantity), 0)).where(
        UsageReservation.tenant_id == subscription.tenant_id,
        UsageReservation.meter == meter,
        UsageReservation.settled_at.is_(None),
        UsageReservation.expires_at > now(),
    )
    return db.session.scalar(still_open) or 0


def _refusal(subscription: Subscription | None, meter: str, quantity: int, left: int) -> str | None:
    if subscription is None or subscription.access_at(now()) != Access.full:
        return "access_off"
    if quantity <= left:
        return None
    if subscription.status in UNPAID:
        return "trial_cap"
    cap, beyond = subscription.spend_cap_cents, (quantity - left) * OVERAGE_CENTS[meter]
    return "spend_cap" if cap is not None and _others(subscription, meter) + beyond > cap else None


def _others(subscription: Subscription, meter: str) -> int:
    """What the other meters owe."""
    included = getattr(PLANS[subscription.plan], meter)
    mine = max(0, usage.used(subscription, meter) - included) * OVERAGE_CENTS[meter]
    return usage.overage_cents(subscription) - mine


def settle(tenant_id: UUID, source: str, meter: str, quantity: int, reservation_id: UUID | None = None) -> None:
    """The use was reported: its reservation is over, the named one or else the oldest of that source and size."""
    kept = select(UsageReservation.id).where(
        UsageReservation.tenant_id == tenant_id,
        UsageReservation.source == source,
        UsageReservation.meter == meter,
        UsageReservation.settled_at.is_(None),
        UsageReservation.id == reservation_id if reservation_id else UsageReservation.quantity == quantity,
    )
    oldest = kept.order_by(UsageReservation.created_at, UsageReservation.id).limit(1).with_for_update(skip_locked=True)
    settled = update(UsageReservation).where(UsageReservation.id == oldest.scalar_subquery()).values(settled_at=now())
    db.session.execute(settled, execution_options={"synchronize_session": False})
