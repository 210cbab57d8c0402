"""Who bought what, and what that lets them do (behaviour.md 2.9)."""

import enum
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.errors import Invalid
from app.extensions import db, uuid7
from app.plans import PLANS
from app.tenants import Tenant

GRACE = timedelta(days=7)


class SubscriptionStatus(enum.StrEnum):
    """The words of the payment processor."""

    trialing = enum.auto()
    active = enum.auto()
    past_due = enum.auto()
    unpaid = enum.auto()
    paused = enum.auto()
    incomplete = enum.auto()
    incomplete_expired = enum.auto()
    canceled = enum.auto()


class Access(enum.StrEnum):
    full = enum.auto()
    degraded = enum.auto()
    none = enum.auto()
    off = enum.auto()


class Subscription(db.Model):
    """One per tenant; the processor decides status and money, our ledger decides quotas."""

    __tablename__ = "subscription"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), unique=True)
    plan: Mapped[str] = mapped_column(default="starter")
    status: Mapped[SubscriptionStatus] = mapped_column(default=SubscriptionStatus.trialing)
    trial_ends_at: Mapped[datetime | None]
    period_started_at: Mapped[datetime] = mapped_column(default=now)
    period_ends_at: Mapped[datetime | None]
    past_due_since: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    spend_cap_cents: Mapped[int | None] = mapped_column(default=5_000)
    created_at: Mapped[datetime] = mapped_column(default=now)
    tenant: Mapped[Tenant] = relationship()

    def access_at(self, moment: datetime) -> Access:
        """What the tenant may do at that moment."""
        if self.status in (SubscriptionStatus.trialing, SubscriptionStatus.active):
            return Access.full
        if self.status == SubscriptionStatus.past_due:
            return (
                Access.full if self.past_due_since is None or moment < self.past_due_since + GRACE else Access.degraded
            )
        if self.status in (SubscriptionStatus.unpaid, SubscriptionStatus.paused):
            return Access.degraded
        if self.status == SubscriptionStatus.canceled:
            return Access.full if self.ended_at and moment < self.ended_at else Access.off
        return Access.none


class UnknownPlan(Invalid):
    code = "PLAN_UNKNOWN"


def of(tenant_id: UUID) -> Subscription | None:
    """The subscription of a tenant, if it has one."""
    return db.session.scalar(select(Subscription).where(Subscription.tenant_id == tenant_id))


def access(tenant_id: UUID) -> Access:
    """What a tenant may do now; without a subscription nothing."""
    subscription = of(tenant_id)
    return subscription.access_at(now()) if subscription else Access.none


def change_plan(subscription: Subscription, plan: str) -> str:
    """Put a tenant on another plan and return the former one; raises UnknownPlan."""
    if plan not in PLANS:
        raise UnknownPlan(f"There is no plan called {plan}.")
    former, subscription.plan = subscription.plan, plan
    return former
