"""The thread with a customer, and who speaks in it: the machine, the contractor, or nobody yet (behaviour.md 2.2)."""

import enum
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events, messages
from app.clock import now
from app.customers import Customer
from app.errors import Conflict, NotFound
from app.extensions import db, uuid7
from app.messages import Message, Purpose, Sender
from app.tenants import Tenant

REOPEN_WITHIN = timedelta(hours=72)


class Status(enum.StrEnum):
    active = enum.auto()
    completed = enum.auto()
    abandoned = enum.auto()
    blocked = enum.auto()
    opted_out = enum.auto()


LIVE = (Status.active, Status.blocked)


class Mode(enum.StrEnum):
    waiting_customer = enum.auto()
    owner_window = enum.auto()
    ai_active = enum.auto()
    human_active = enum.auto()
    escalated = enum.auto()


class Urgency(enum.StrEnum):
    normal = enum.auto()
    urgent = enum.auto()
    emergency = enum.auto()


class Conversation(db.Model):
    __tablename__ = "conversation"
    __table_args__ = (
        Index(
            "uq_conversation_live",
            "tenant_id",
            "customer_phone",
            unique=True,
            postgresql_where="status IN ('active', 'blocked')",
        ),
        Index("ix_conversation_turn", "ai_due_at", postgresql_where="ai_due_at IS NOT NULL"),
        Index("ix_conversation_follow_up", "follow_up_at", postgresql_where="follow_up_at IS NOT NULL"),
        Index("ix_conversation_inbox", "tenant_id", "last_message_at", "id"),
        Index("ix_conversation_needs", "tenant_id", "last_message_at", postgresql_where="needs_person"),
        Index("ix_conversation_customer", "tenant_id", "customer_phone", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    number_id: Mapped[UUID] = mapped_column(ForeignKey("number.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    customer_phone: Mapped[str]
    business_phone: Mapped[str]
    status: Mapped[Status] = mapped_column(default=Status.active)
    mode: Mapped[Mode | None] = mapped_column(default=Mode.waiting_customer)
    control_version: Mapped[int] = mapped_column(default=1)
    held_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    dispatch_state: Mapped[dict] = mapped_column(JSONB, default=dict)
    stage: Mapped[str] = mapped_column(default="initial")
    urgency_level: Mapped[Urgency] = mapped_column(default=Urgency.normal)
    urgency_confidence: Mapped[float] = mapped_column(default=0.8)
    ai_confidence: Mapped[float] = mapped_column(default=0.0)
    facts: Mapped[dict] = mapped_column(JSONB, default=dict)
    """What the dispatcher understood so far: job, address, name, estimate in cents."""
    language: Mapped[str] = mapped_column(default="en")
    escalation_reason: Mapped[str | None]
    owner_window_expires_at: Mapped[datetime | None]
    ai_due_at: Mapped[datetime | None]
    """When the dispatcher shall answer what is unanswered; None while nothing is."""
    ai_lease_until: Mapped[datetime | None]
    ai_failures: Mapped[int] = mapped_column(default=0)
    follow_up_at: Mapped[datetime | None]
    """When silence becomes a nudge or the end."""
    human_seen_at: Mapped[datetime | None]
    is_done: Mapped[bool] = mapped_column(default=False)
    is_unread: Mapped[bool] = mapped_column(default=False)
    needs_person: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None]
    outcome_reason: Mapped[str | None]
    last_message: Mapped[str] = mapped_column(default="")
    last_message_at: Mapped[datetime] = mapped_column(default=now)
    last_customer_text_at: Mapped[datetime | None]
    correlation_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    customer: Mapped[Customer] = relationship()
    tenant: Mapped[Tenant] = relationship()

    def __str__(self) -> str:
        return self.customer_phone


class Note(db.Model):
    """A line on the timeline: a private note, a hand-over, a decision in plain words."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_thread", "conversation_id", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    kind: Mapped[str]
    """note (private), decision, call"""
    text: Mapped[str]
    user_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=now)


class Turn(db.Model):
    """What the dispatcher made of one turn: understood, decided, why, by which engine, in how many milliseconds."""

    __tablename__ = "turn"
    __table_args__ = (Index("ix_turn_thread", "conversation_id", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    message_id: Mapped[UUID | None]
    event: Mapped[str]
    intent: Mapped[str]
    stage: Mapped[str]
    acts: Mapped[list] = mapped_column(JSONB, default=list)
    evidence: Mapped[list] = mapped_column(JSONB, default=list)
    errors: Mapped[list] = mapped_column(JSONB, default=list)
    """What stood in the way, by its code: OUTSIDE_PHONE_HOURS, OUT_OF_AREA."""
    extracted: Mapped[dict] = mapped_column(JSONB, default=dict)
    step: Mapped[str | None]
    """The step of the policy that answered."""
    confidences: Mapped[dict] = mapped_column(JSONB, default=dict)
    candidates: Mapped[list] = mapped_column(JSONB, default=list)
    """The words that were considered for the answer."""
    verdicts: Mapped[list] = mapped_column(JSONB, default=list)
    """What the guard said against words that were considered."""
    suggestion: Mapped[dict] = mapped_column(JSONB, default=dict)
    """What a language model suggested, and what came of the asking."""
    template: Mapped[str | None]
    engine: Mapped[str] = mapped_column(default="rules")
    milliseconds: Mapped[float] = mapped_column(default=0.0)
    outcome: Mapped[str] = mapped_column(default="open")
    at: Mapped[datetime] = mapped_column(default=now)


class ConversationClosed(Conflict):
    code = "CONVERSATION_CLOSED"


def of(tenant_id: UUID, conversation_id: UUID, *, lock: bool = False) -> Conversation:
    """A thread of that business; a stranger's id is not found."""
    wanted = select(Conversation).where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id)
    if lock:
        wanted = wanted.with_for_update(of=Conversation).execution_options(populate_existing=True)
    found = db.session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def locked(conversation_id: UUID) -> Conversation | None:
    """A thread under its row lock, freshly read."""
    wanted = select(Conversation).where(Conversation.id == conversation_id).with_for_update(of=Conversation)
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def live_row(tenant: Tenant, number_id: UUID, customer_id: UUID, **more: Any) -> dict[str, Any]:
    """The values of a new thread that waits for its customer, for bulk inserts."""
    moment = now()
    return {
        "id": uuid7(),
        "tenant_id": tenant.id,
        "number_id": number_id,
        "customer_id": customer_id,
        "status": Status.active,
        "mode": Mode.waiting_customer,
        "control_version": 1,
        "dispatch_state": {},
        "stage": "initial",
        "urgency_level": Urgency.normal,
        "urgency_confidence": 0.8,
        "ai_confidence": 0.0,
        "facts": {},
        "language": "en",
        "ai_failures": 0,
        "is_done": False,
        "is_unread": False,
        "needs_person": False,
        "last_message": "",
        "last_message_at": moment,
        "created_at": moment,
    } | more


def note(conversation: Conversation, text: str, *, kind: str = "decision", user_id: UUID | None = None) -> None:
    """Write one line on the timeline."""
    db.session.add(
        Note(
            tenant_id=conversation.tenant_id,
            conversation_id=conversation.id,
            kind=kind,
            text=text[:2000],
            user_id=user_id,
        )
    )


def write_to(
    conversation: Conversation, body: str, *, sender: Sender, purpose: Purpose, template: str | None = None, **more: Any
) -> Message:
    """Put a text to the customer of a thread into the outbox; `more` are further columns of its row."""
    row = messages.outbound_row(
        conversation.tenant_id,
        conversation.id,
        business_phone=conversation.business_phone,
        customer_phone=conversation.customer_phone,
        body=body,
        sender=sender,
        purpose=purpose,
        template=template,
        correlation_id=conversation.correlation_id,
        **more,
    )
    return messages.say(row)


def tell_updated(conversation: Conversation) -> None:
    """Let the open pages know that the state of a thread changed."""
    expires = conversation.owner_window_expires_at
    told = {
        "conversation_id": conversation.id,
        "status": conversation.status,
        "mode": conversation.mode,
        "control_version": conversation.control_version,
        "owner_window_expires_at": expires.isoformat() if expires else None,
    }
    events.publish(conversation.tenant_id, "conversation.updated", told, conversation.correlation_id)


def touch(conversation: Conversation, last_line: str, *, unread: bool = False) -> None:
    """Bring a thread to the top of the inbox."""
    conversation.last_message = last_line[:200]
    conversation.last_message_at = now()
    if unread:
        conversation.is_unread = True
        conversation.is_done = False


def live_with(tenant_id: UUID, phone: str, *, lock: bool = False) -> Conversation | None:
    """The open thread with that customer, if there is one."""
    wanted = select(Conversation).where(
        Conversation.tenant_id == tenant_id, Conversation.customer_phone == phone, Conversation.status.in_(LIVE)
    )
    if lock:
        wanted = wanted.with_for_update(of=Conversation).execution_options(populate_existing=True)
    return db.session.scalar(wanted)


def latest_with(tenant_id: UUID, phone: str) -> Conversation | None:
    """The newest thread with that customer, open or not."""
    return db.session.scalar(
        select(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.customer_phone == phone)
        .order_by(Conversation.created_at.desc())
        .limit(1)
    )
