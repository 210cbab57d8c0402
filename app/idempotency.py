"""The same request twice is one deed: its key, what was asked, and what was answered (interfaces.md 1.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.errors import Conflict
from app.extensions import db, uuid7

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=2)
"""A request that has not come to its commit by then never will: its process is gone."""


class IdempotencyKey(db.Model):
    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("tenant_id", "caller", "target", "key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    caller: Mapped[str]
    target: Mapped[str]
    """Method and path."""
    key: Mapped[str]
    body_hash: Mapped[str]
    is_done: Mapped[bool] = mapped_column(default=False)
    """Committed together with the deed itself."""
    status: Mapped[int | None]
    answer: Mapped[dict | None] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now, index=True)


class KeyReused(Conflict):
    code = "IDEMPOTENCY_KEY_REUSED"


class InProgress(Conflict):
    code = "IDEMPOTENCY_IN_PROGRESS"


@dataclass(frozen=True)
class Request:
    """What makes two requests the same one."""

    tenant_id: UUID
    caller: str
    target: str
    key: str
    body_hash: str


@dataclass(frozen=True)
class Kept:
    """An answer that was given before."""

    status: int
    answer: dict[str, Any]


def begin(request: Request) -> UUID | Kept:
    """Claim a key, to be committed at once; the kept answer when the deed was done before.

    Raises KeyReused when the body is another one and InProgress while the first request still runs.
    """
    values = {
        "id": uuid7(), "tenant_id": request.tenant_id, "caller": request.caller, "target": request.target,
        "key": request.key, "body_hash": request.body_hash, "is_done": False, "at": now(),
    }  # fmt: skip
    claimed = insert(IdempotencyKey).values(**values).on_conflict_do_nothing().returning(IdempotencyKey.id)
    if (key_id := db.session.scalar(claimed)) is not None:
        return key_id
    former = db.session.scalars(select(IdempotencyKey).where(*_is(request)).with_for_update()).one_or_none()
    if former is None:  # the first request has just failed and given the key back
        return begin(request)
    if former.at <= now() - KEPT or (not former.is_done and former.at <= now() - ABANDONED):
        former.body_hash, former.at = request.body_hash, now()
        former.is_done, former.status, former.answer = False, None, None
        return former.id
    if former.body_hash != request.body_hash:
        raise KeyReused("This key was used for another request.")
    if former.status is None or former.answer is None:
        raise InProgress("The first request with this key is not finished.")
    return Kept(former.status, former.answer)


def _is(request: Request) -> tuple[Any, ...]:
    return (
        IdempotencyKey.tenant_id == request.tenant_id,
        IdempotencyKey.caller == request.caller,
        IdempotencyKey.target == request.target,
        IdempotencyKey.key == request.key,
    )


def mark_done(key_id: UUID) -> None:
    """Say in the transaction of the deed that it is done, so that it is never done again."""
    db.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == key_id).values(is_done=True))


def keep(key_id: UUID, kept: Kept) -> None:
    """Keep the answer for whoever asks again."""
    values = {"is_done": True, "status": kept.status, "answer": kept.answer}
    db.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == key_id).values(**values))


def forget(key_id: UUID) -> None:
    """The deed was refused: the key may be used again."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == key_id, IdempotencyKey.status.is_(None)))


def discard_old() -> None:
    """Drop what nobody will ask for any more."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.at <= now() - KEPT))
