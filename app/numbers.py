"""The phone numbers of the businesses: what callers dial and what texts are sent from."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import db, uuid7
from app.tenants import Tenant


class NumberStatus(enum.StrEnum):
    provisioning = enum.auto()
    active = enum.auto()
    purchased_unconfigured = enum.auto()
    error = enum.auto()
    suspended = enum.auto()
    releasing = enum.auto()
    released = enum.auto()


class Number(db.Model):
    __tablename__ = "number"
    __table_args__ = (
        Index("uq_number_live", "e164", unique=True, postgresql_where="status NOT IN ('released', 'error')"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    e164: Mapped[str]
    sid: Mapped[str | None]
    account_sid: Mapped[str]
    messaging_service_sid: Mapped[str | None]
    status: Mapped[NumberStatus] = mapped_column(default=NumberStatus.active)
    label: Mapped[str] = mapped_column(default="Main")
    is_primary: Mapped[bool] = mapped_column(default=True)
    forwarding_verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    tenant: Mapped[Tenant] = relationship()

    def __str__(self) -> str:
        return self.e164


def active(e164: str) -> Number | None:
    """The live number, whoever's it is; only the system may ask."""
    return db.session.scalar(select(Number).where(Number.e164 == e164, Number.status == NumberStatus.active))


def is_ours(e164: str) -> bool:
    """Whether any business of ours texts or rings from that number (behaviour.md 8.5)."""
    return (
        db.session.scalar(select(Number.id).where(Number.e164 == e164, Number.status != NumberStatus.released))
        is not None
    )


def primary(tenant_id: UUID) -> Number | None:
    """The number that a business texts from."""
    return db.session.scalar(
        select(Number)
        .where(Number.tenant_id == tenant_id, Number.status == NumberStatus.active)
        .order_by(Number.is_primary.desc(), Number.created_at)
        .limit(1)
    )
