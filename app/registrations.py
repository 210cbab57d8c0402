"""The carriers' permission to text: 10DLC and toll-free verification (behaviour.md 2.8)."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events
from app.clock import now
from app.extensions import db, uuid7
from app.tenants import Tenant


class RegistrationPath(enum.StrEnum):
    ten_dlc = enum.auto()
    toll_free = enum.auto()


class RegistrationStatus(enum.StrEnum):
    draft = enum.auto()
    submitted = enum.auto()
    approved = enum.auto()
    rejected = enum.auto()
    suspended = enum.auto()


class Registration(db.Model):
    """One per tenant: its way through the carriers' review and how far it came."""

    __tablename__ = "registration"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), unique=True)
    path: Mapped[RegistrationPath] = mapped_column(default=RegistrationPath.ten_dlc)
    status: Mapped[RegistrationStatus] = mapped_column(default=RegistrationStatus.draft)
    reason: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    tenant: Mapped[Tenant] = relationship()


def is_open(tenant_id: UUID) -> bool:
    """Whether the carriers let this business text its customers."""
    status = db.session.scalar(select(Registration.status).where(Registration.tenant_id == tenant_id))
    return status == RegistrationStatus.approved


def suspend(tenant_id: UUID, reason: str) -> bool:
    """Stop all texting of a business, in the carrier's words; False when it is stopped already."""
    registration = db.session.scalar(select(Registration).where(Registration.tenant_id == tenant_id).with_for_update())
    if registration is None or registration.status == RegistrationStatus.suspended:
        return False
    registration.status = RegistrationStatus.suspended
    registration.reason = reason
    registration.decided_at = now()
    events.publish(tenant_id, "registration.updated", {"status": registration.status, "reason": reason})
    return True
