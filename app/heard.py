"""The newest version of each thing that another service told; what is older comes too late (interfaces.md 1.9)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import db, uuid7


class HeardVersion(db.Model):
    __tablename__ = "heard_version"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "subject"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[str]
    """The webhook, e.g. `settings-updated`."""
    subject: Mapped[str]
    """What the version is of: the business, or one of its people."""
    version: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str]
    heard_at: Mapped[datetime] = mapped_column(default=now)


def is_news(tenant_id: UUID, kind: str, subject: str, version: int, event_id: str) -> bool:
    """Note a version; False when the same or a newer one was heard before."""
    values = {
        "id": uuid7(), "tenant_id": tenant_id, "kind": kind, "subject": subject, "version": version,
        "event_id": event_id, "heard_at": now(),
    }  # fmt: skip
    noted = insert(HeardVersion).values(**values)
    newer = noted.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "subject"],
        set_={name: noted.excluded[name] for name in ("version", "event_id", "heard_at")},
        where=HeardVersion.version < noted.excluded.version,
    )
    return db.session.scalar(newer.returning(HeardVersion.id)) is not None
