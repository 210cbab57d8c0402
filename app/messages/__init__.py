"""The texts: an outbox row before anything leaves, a token that repairs a lost answer, a state that only rises.

States and rules: behaviour.md 2.3 and 3.3.
"""

import enum
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from smsutil import is_valid_gsm, split
from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import events, tracing
from app.clock import now
from app.extensions import db, uuid7
from app.queue import Job, ring

MAX_BODY = 1600
VALIDITY_SECONDS = {"greeting": 900}
DEFAULT_VALIDITY_SECONDS = 4 * 3600


class Direction(enum.StrEnum):
    inbound = enum.auto()
    outbound = enum.auto()


class Sender(enum.StrEnum):
    customer = enum.auto()
    ai = enum.auto()
    human = enum.auto()
    system = enum.auto()


class MessageStatus(enum.StrEnum):
    received = enum.auto()
    answered = enum.auto()
    no_answer_needed = enum.auto()
    queued = enum.auto()
    sending = enum.auto()
    accepted = enum.auto()
    """The carrier has it; its own words are queued, accepted or scheduled."""
    sent = enum.auto()
    delivered = enum.auto()
    undelivered = enum.auto()
    failed = enum.auto()
    unknown = enum.auto()
    """The carrier's answer was lost: never sent again before it was looked for."""
    discarded = enum.auto()
    canceled = enum.auto()


RANK = {
    "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
    "delivered": 9, "undelivered": 9, "failed": 9, "canceled": 9, "read": 10,
}  # fmt: skip
"""The carrier's states by rank: a lower rank never overwrites a higher one."""
OURS = {
    "accepted": MessageStatus.accepted,
    "scheduled": MessageStatus.accepted,
    "queued": MessageStatus.accepted,
    "sending": MessageStatus.accepted,
    "sent": MessageStatus.sent,
    "delivered": MessageStatus.delivered,
    "read": MessageStatus.delivered,
    "undelivered": MessageStatus.undelivered,
    "failed": MessageStatus.failed,
    "canceled": MessageStatus.canceled,
}


class Purpose(enum.StrEnum):
    """Why a text goes out; it decides which gates and hours apply to it."""

    greeting = enum.auto()
    reply = enum.auto()
    booking = enum.auto()
    safety = enum.auto()
    nudge = enum.auto()
    reminder = enum.auto()
    eta = enum.auto()
    optout_confirm = enum.auto()
    help = enum.auto()
    last_word = enum.auto()
    """The one text of a talk that may still leave when the plan's texts are used up."""


class Message(db.Model):
    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_todo", "due_at", postgresql_where="status IN ('queued', 'sending', 'unknown')"),
        Index("ix_message_thread", "conversation_id", "created_at"),
        Index("ix_message_heard", "tenant_id", "created_at", postgresql_where="direction = 'inbound'"),
        Index("uq_message_provider_sid", "provider_sid", unique=True),
        Index("ix_message_trouble", "id", postgresql_where="status IN ('failed', 'undelivered', 'unknown')"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    """None for a text that is stored but belongs to no thread: a word of the contractor, a short code."""
    direction: Mapped[Direction]
    sender: Mapped[Sender]
    business_phone: Mapped[str]
    customer_phone: Mapped[str]
    body: Mapped[str]
    status: Mapped[MessageStatus]
    provider_rank: Mapped[int] = mapped_column(default=0)
    provider_sid: Mapped[str | None]
    token: Mapped[str | None] = mapped_column(unique=True)
    error_code: Mapped[int | None]
    segments: Mapped[int] = mapped_column(default=1)
    purpose: Mapped[Purpose | None]
    template: Mapped[str | None]
    control_version: Mapped[int | None]
    """The version of the thread that an automatic text was written for; another one discards it."""
    appointment_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    call_id: Mapped[UUID | None]
    answers_message_id: Mapped[UUID | None]
    discard_reason: Mapped[str | None]
    policy: Mapped[dict | None] = mapped_column(JSONB)
    media: Mapped[list] = mapped_column(JSONB, default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    valid_until: Mapped[datetime | None]
    request_id: Mapped[str | None] = mapped_column(index=True)
    correlation_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    accepted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


def new_token() -> str:
    """A secret name for an outbound row: 128 random bits, safe in a path."""
    return secrets.token_urlsafe(16).replace("=", "")


def segments(body: str) -> int:
    """How many parts the carrier will bill: 160/153 GSM-7 or 70/67 UCS-2 characters each."""
    return max(1, len(split(body).parts))


def is_plain(body: str) -> bool:
    """Whether every character is in GSM-7, so that one odd quote does not double the price."""
    return bool(is_valid_gsm(body))


def outbound_row(
    tenant_id: UUID,
    conversation_id: UUID,
    *,
    business_phone: str,
    customer_phone: str,
    body: str,
    sender: Sender,
    purpose: Purpose,
    template: str | None = None,
    control_version: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The values of one text that is to go out now, for bulk inserts."""
    moment = now()
    validity = VALIDITY_SECONDS.get(purpose, DEFAULT_VALIDITY_SECONDS)
    return {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "conversation_id": conversation_id,
        "direction": Direction.outbound,
        "sender": sender,
        "business_phone": business_phone,
        "customer_phone": customer_phone,
        "body": body[:MAX_BODY],
        "status": MessageStatus.queued,
        "provider_rank": 0,
        "token": new_token(),
        "segments": segments(body),
        "purpose": purpose,
        "template": template,
        "control_version": control_version,
        "media": [],
        "attempts": 0,
        "due_at": moment,
        "valid_until": moment + timedelta(seconds=validity),
        "created_at": moment,
        "request_id": tracing.request_id(),
    } | more


def say(row: dict[str, Any]) -> Message:
    """Put one text into the outbox; it leaves after the commit, if the gate still lets it."""
    message = Message(**row)
    db.session.add(message)
    ring(Job.drain_outbox)
    tell_created(message)
    return message


def hear(
    tenant_id: UUID,
    *,
    business_phone: str,
    customer_phone: str,
    body: str,
    provider_sid: str,
    media: list[dict[str, str]],
) -> Message:
    """Keep one text that came in; the caller puts it into a thread."""
    message = Message(
        tenant_id=tenant_id,
        direction=Direction.inbound,
        sender=Sender.customer,
        business_phone=business_phone,
        customer_phone=customer_phone,
        body=readable(body)[:MAX_BODY],
        status=MessageStatus.received,
        provider_sid=provider_sid,
        segments=segments(body[:MAX_BODY]),
        media=media,
        request_id=tracing.request_id(),
    )
    db.session.add(message)
    db.session.flush()
    return message


def readable(body: str) -> str:
    """The text without control characters, line breaks and tabs kept."""
    return "".join(letter for letter in body if letter in "\n\t" or letter.isprintable() or ord(letter) > 0x9F)


def tell_created(message: Message) -> None:
    """Let the open pages know of a new text."""
    db.session.flush()
    told = {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "direction": message.direction,
        "sender": message.sender,
        "status": message.status,
        "body": message.body,
    }
    events.publish(message.tenant_id, "message.created", told, message.correlation_id)


def by_token(token: str) -> Message | None:
    """The outbound text with that token."""
    return db.session.scalar(select(Message).where(Message.token == token))
