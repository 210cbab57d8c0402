"""The keys by which programs call a service: one row per caller, hashed, scoped, revocable (interfaces.md 1.2)."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import db, uuid7


class ServiceKey(db.Model):
    __tablename__ = "service_key"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.name


def issue(name: str, scopes: list[str]) -> str:
    """Make a key for a caller; it is shown this once, only its hash is kept."""
    key = f"nmc_{secrets.token_urlsafe(32)}"
    db.session.add(ServiceKey(name=name, key_hash=_hash(key), scopes=scopes))
    return key


def holder(key: str) -> ServiceKey | None:
    """Whose key that is, unless it was revoked."""
    return db.session.scalar(
        select(ServiceKey).where(ServiceKey.key_hash == _hash(key), ServiceKey.revoked_at.is_(None))
    )


def _hash(key: str) -> str:
    # A random key of 256 bits needs no slow hash.
    return hashlib.sha256(key.encode()).hexdigest()
