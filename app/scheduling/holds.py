"""Times kept for a customer who is about to say yes: short, one per conversation, never in the way once expired."""

import enum
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.range import TimestamptzRange
from sqlalchemy import ColumnElement, ForeignKey, Index, select, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.errors import Conflict, NotFound
from app.extensions import db, uuid7
from app.scheduling.types import Busy, Slot

LONGEST = timedelta(minutes=60)


class HoldStatus(enum.StrEnum):
    active = enum.auto()
    consumed = enum.auto()
    expired = enum.auto()
    released = enum.auto()


class Hold(db.Model):
    __tablename__ = "hold"
    __table_args__ = (
        ExcludeConstraint(
            ("technician_id", "="),
            ("reserved", "&&"),
            where="status = 'active'",
            using="gist",
            name="ex_hold_no_overlap",
        ),
        Index("uq_hold_conversation", "conversation_id", unique=True, postgresql_where="status = 'active'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    """None when a person keeps a time without a thread."""
    technician_id: Mapped[UUID] = mapped_column(ForeignKey("technician.id"))
    status: Mapped[HoldStatus] = mapped_column(default=HoldStatus.active)
    slot_id: Mapped[str]
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    reserved: Mapped[Any] = mapped_column(TSTZRANGE)
    buffer_minutes: Mapped[int] = mapped_column(default=30)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)


class HoldTaken(Conflict):
    code = "SLOT_UNAVAILABLE"


class HoldExpired(Conflict):
    code = "HOLD_EXPIRED"


def place(tenant_id: UUID, conversation_id: UUID | None, slot: Slot, *, minutes: int, buffer_minutes: int) -> Hold:
    """Keep a slot for one conversation, in place of its former hold; raises HoldTaken when another keeps it."""
    if conversation_id is not None:
        release(conversation_id)
    technician_id = UUID(slot.technician_id)
    reserved = span(slot, buffer_minutes)
    end_expired(technician_id, reserved)
    hold = Hold(
        id=uuid7(),
        tenant_id=tenant_id,
        conversation_id=conversation_id,
        technician_id=technician_id,
        slot_id=slot.id,
        start_at=slot.start,
        end_at=slot.end,
        reserved=TimestamptzRange(*reserved),
        buffer_minutes=buffer_minutes,
        expires_at=now() + timedelta(minutes=minutes),
    )
    try:
        with db.session.begin_nested():
            db.session.add(hold)
    except IntegrityError as error:
        raise HoldTaken("Somebody else is about to take that time.") from error
    return hold


def of(tenant_id: UUID, hold_id: UUID) -> Hold:
    """A hold of that business, under its lock; a stranger's id is not found."""
    found = select(Hold).where(Hold.tenant_id == tenant_id, Hold.id == hold_id).with_for_update()
    hold = db.session.scalar(found)
    if hold is None:
        raise NotFound("There is no such hold.")
    return hold


def live_of(conversation_id: UUID) -> Hold | None:
    """The time that is kept for a conversation now."""
    mine = (Hold.conversation_id == conversation_id, Hold.status == HoldStatus.active, Hold.expires_at > now())
    return db.session.scalar(select(Hold).where(*mine))


def use_up(hold: Hold) -> None:
    """The time is booked now; raises HoldExpired when it is not kept any more."""
    if hold.status != HoldStatus.active or hold.expires_at <= now():
        raise HoldExpired("That time is not kept any more.")
    hold.status = HoldStatus.consumed
    db.session.flush()


def give_back(hold: Hold) -> bool:
    """Let others have the time; False when it was not kept any more."""
    if hold.status != HoldStatus.active:
        return False
    hold.status = HoldStatus.released if hold.expires_at > now() else HoldStatus.expired
    return hold.status == HoldStatus.released


def span(slot: Slot, buffer_minutes: int) -> tuple[datetime, datetime]:
    """What a slot takes of a technician's time: its block and the buffer behind it.

    An early-morning visit is offered right before the first entry of the day, so it reserves no buffer.
    """
    return slot.start, slot.end if slot.early else slot.end + timedelta(minutes=buffer_minutes)


def give_way(technician_id: UUID, reserved: tuple[datetime, datetime], *, asker: UUID | None) -> None:
    """Make room for a booking: expired holds end, a live one of anybody but `asker` is in the way (HoldTaken)."""
    end_expired(technician_id, reserved)
    standing = db.session.scalars(select(Hold.conversation_id).where(*_overlapping(technician_id, reserved))).all()
    if any(conversation_id is None or conversation_id != asker for conversation_id in standing):
        raise HoldTaken("Somebody else is about to take that time.")


def end_expired(technician_id: UUID, reserved: tuple[datetime, datetime]) -> None:
    """Holds that are over do not stand in the way of anything."""
    over = update(Hold).where(*_overlapping(technician_id, reserved), Hold.expires_at <= now())
    db.session.execute(over.values(status=HoldStatus.expired))


def _overlapping(technician_id: UUID, reserved: tuple[datetime, datetime]) -> tuple[ColumnElement[bool], ...]:
    overlaps = Hold.reserved.op("&&")(TimestamptzRange(*reserved))
    return (Hold.technician_id == technician_id, Hold.status == HoldStatus.active, overlaps)


def release(conversation_id: UUID, status: HoldStatus = HoldStatus.released) -> None:
    """Give back what is kept for a conversation."""
    db.session.execute(
        update(Hold)
        .where(Hold.conversation_id == conversation_id, Hold.status == HoldStatus.active)
        .values(status=status)
    )


def renew(conversation_id: UUID, minutes: int) -> None:
    """A customer who writes keeps the time a little longer, an hour at most."""
    moment = now()
    db.session.execute(
        update(Hold)
        .where(
            Hold.conversation_id == conversation_id,
            Hold.status == HoldStatus.active,
            Hold.expires_at > moment,
            Hold.created_at > moment - LONGEST + timedelta(minutes=minutes),
        )
        .values(expires_at=moment + timedelta(minutes=minutes))
    )


def busy(tenant_id: UUID, start: datetime, end: datetime) -> list[Busy]:
    """Live holds as busy time, each visible as free only to its owner."""
    live = select(Hold).where(
        Hold.tenant_id == tenant_id,
        Hold.status == HoldStatus.active,
        Hold.expires_at > now(),
        Hold.start_at < end,
        Hold.end_at > start,
    )
    return [
        Busy(
            technician_id=str(hold.technician_id),
            start=hold.start_at,
            end=hold.end_at,
            kind="hold",
            buffer_minutes=hold.buffer_minutes,
            owner=str(hold.conversation_id or hold.id),
            counts=False,
        )
        for hold in db.session.scalars(live)
    ]
