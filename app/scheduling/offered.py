"""The times that were offered in a text: numbered rows, so that a choice can only mean one of them."""

import enum
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import db, uuid7
from app.scheduling.types import Slot

STALE_AFTER = timedelta(minutes=60)
MOST = 3


class OfferStatus(enum.StrEnum):
    open = enum.auto()
    chosen = enum.auto()
    stale = enum.auto()


class OfferedSlot(db.Model):
    __tablename__ = "offered_slot"
    __table_args__ = (
        Index("ix_offered_slot_open", "conversation_id", postgresql_where="status = 'open'"),
        Index("ix_offered_slot_thread", "conversation_id", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    number: Mapped[int]
    slot_id: Mapped[str]
    technician_id: Mapped[UUID] = mapped_column(ForeignKey("technician.id"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    window_start_at: Mapped[datetime]
    window_end_at: Mapped[datetime]
    low_cents: Mapped[int]
    high_cents: Mapped[int]
    slot: Mapped[dict] = mapped_column(JSONB)
    job_types: Mapped[list] = mapped_column(JSONB, default=list)
    is_held: Mapped[bool] = mapped_column(default=False)
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.open)
    created_at: Mapped[datetime] = mapped_column(default=now)

    def plain(self) -> Slot:
        """The slot as the scheduling functions know it."""
        return Slot(
            id=self.slot_id,
            technician_id=str(self.technician_id),
            start=self.start_at,
            end=self.end_at,
            window_start=self.window_start_at,
            window_end=self.window_end_at,
            **Slot.kind_of(self.slot),
        )


def standing(conversation_id: UUID) -> list[OfferedSlot]:
    """The offers on the table of a conversation, by number; older than an hour they are none any more."""
    open_ones = select(OfferedSlot).where(
        OfferedSlot.conversation_id == conversation_id,
        OfferedSlot.status == OfferStatus.open,
        OfferedSlot.created_at > now() - STALE_AFTER,
    )
    return list(db.session.scalars(open_ones.order_by(OfferedSlot.number)))


def lapsed(conversation_id: UUID) -> list[OfferedSlot]:
    """The last offers of a conversation, by number, that nobody chose from and that stand no more."""
    latest = select(OfferedSlot).where(OfferedSlot.conversation_id == conversation_id)
    rows = db.session.scalars(latest.order_by(OfferedSlot.created_at.desc(), OfferedSlot.number.desc()).limit(MOST))
    last = _together(list(rows))
    is_over = all(row.status != OfferStatus.chosen and not _stands(row) for row in last)
    return last if is_over else []


def _together(newest_first: list[OfferedSlot]) -> list[OfferedSlot]:
    """The offers of one text: back to the one with the number 1."""
    first = next((place for place, row in enumerate(newest_first) if row.number == 1), -1)
    return newest_first[first::-1] if first >= 0 else []


def _stands(row: OfferedSlot) -> bool:
    return row.status == OfferStatus.open and row.created_at > now() - STALE_AFTER


def withdraw(conversation_id: UUID, status: OfferStatus = OfferStatus.stale) -> None:
    """Take everything off the table."""
    db.session.execute(
        update(OfferedSlot)
        .where(OfferedSlot.conversation_id == conversation_id, OfferedSlot.status == OfferStatus.open)
        .values(status=status)
    )


def put(
    tenant_id: UUID,
    conversation_id: UUID,
    number: int,
    slot: Slot,
    *,
    low_cents: int,
    high_cents: int,
    job_types: list[str],
    is_held: bool,
) -> None:
    """Put one numbered offer on the table."""
    db.session.add(
        OfferedSlot(
            tenant_id=tenant_id,
            conversation_id=conversation_id,
            number=number,
            slot_id=slot.id,
            technician_id=UUID(slot.technician_id),
            start_at=slot.start,
            end_at=slot.end,
            window_start_at=slot.window_start,
            window_end_at=slot.window_end,
            low_cents=low_cents,
            high_cents=high_cents,
            slot=slot.kind_json(),
            job_types=job_types,
            is_held=is_held,
        )
    )
