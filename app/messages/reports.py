"""What the carrier says about a text later: kept as it came, and the text's state only rises (twilio.md A12)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app import events
from app.clock import now
from app.extensions import db, uuid7
from app.messages import OURS, RANK, Message, MessageStatus


class Report(db.Model):
    """One status callback of the carrier, kept as it came."""

    __tablename__ = "message_report"
    __table_args__ = (UniqueConstraint("provider_sid", "status", "error_code", postgresql_nulls_not_distinct=True),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    token: Mapped[str] = mapped_column(index=True)
    provider_sid: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(default=now)


def report(token: str, provider_sid: str, status: str, error_code: int | None) -> Message | None:
    """Keep one status callback and raise the text's state if its rank is higher.

    The message when its state changed, else None: unknown token, repeated callback, lower rank.
    """
    kept = insert(Report).values(
        id=uuid7(), token=token, provider_sid=provider_sid, status=status, error_code=error_code, at=now()
    )
    if db.session.scalar(kept.on_conflict_do_nothing().returning(Report.id)) is None:
        return None
    return raise_status(token, provider_sid, status, error_code)


def raise_status(token: str, provider_sid: str, status: str, error_code: int | None = None) -> Message | None:
    """Bring a text to a state of the carrier unless it is further already.

    The message when people should see another state now; None for steps on the way, which only keep their rank.
    """
    rank = RANK.get(status, 0)
    moment = now()
    values: dict[str, Any] = {
        "provider_rank": rank,
        "provider_sid": provider_sid,
        "status": OURS.get(status, MessageStatus.accepted),
        "accepted_at": func.coalesce(Message.accepted_at, moment),
    }
    if error_code:
        values["error_code"] = error_code
    if status in ("sent", "delivered"):
        values["sent_at"] = func.coalesce(Message.sent_at, moment)
    if status == "delivered":
        values["delivered_at"] = moment
    raised = (
        update(Message)
        .where(Message.token == token, Message.provider_rank < rank, Message.status != MessageStatus.discarded)
        .values(**values)
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    message = db.session.scalar(raised)
    if message is None or rank < RANK["sent"]:
        return None
    tell_status(message)
    return message


def tell_status(message: Message) -> None:
    """Let the open pages know how a text is doing."""
    told = {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "status": message.status,
        "error_code": message.error_code,
    }
    events.publish(message.tenant_id, "message.status", told, message.correlation_id)
