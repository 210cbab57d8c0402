"""Who changed what, when and why: a row in the same transaction as the deed (experience.md 3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import tracing
from app.clock import now
from app.extensions import db, uuid7


class Audit(db.Model):
    __tablename__ = "audit"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID | None] = mapped_column(index=True)
    actor: Mapped[str]
    acting_as: Mapped[str | None]
    action: Mapped[str] = mapped_column(index=True)
    target: Mapped[str]
    before: Mapped[dict | None] = mapped_column(JSONB)
    after: Mapped[dict | None] = mapped_column(JSONB)
    reason: Mapped[str | None]
    request_id: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)


def record(
    action: str,
    target: str,
    *,
    actor: str,
    tenant_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    acting_as: str | None = None,
) -> None:
    """Write down one deed, `area.verb`; never message bodies, never secrets."""
    db.session.add(
        Audit(
            tenant_id=tenant_id,
            actor=actor,
            acting_as=acting_as,
            action=action,
            target=target,
            before=before,
            after=after,
            reason=reason,
            request_id=tracing.request_id(),
        )
    )
