"""One thread from top to end: calls, texts, notes and visits on one timeline, and all that is known beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app import consent, leads
from app.calls import Call
from app.clock import now
from app.consent import Consent
from app.conversations import Conversation, Note
from app.escalations import Escalation, EscalationState
from app.extensions import db
from app.leads import Lead
from app.messages import Direction, Message
from app.scheduling.appointments import OCCUPYING, Appointment, Kind
from app.users import User

LONGEST = 200
Kept = TypeVar("Kept", Message, Note, Call, Appointment)


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `kind` is message, note, call or visit."""

    at: datetime
    kind: str
    item: Message | Note | Call | Appointment


@dataclass(frozen=True)
class Timeline:
    """What happened, oldest first; `has_more` when there is more above than the page shows."""

    entries: Sequence[Entry]
    names: Mapping[UUID, str]
    texted_after: Mapping[UUID, int]
    """Seconds from the end of a call to the text's acceptance by the carrier, by call."""
    has_more: bool
    last_inbound: UUID | None = None
    """The newest text of the customer: a reply names it, so that nobody answers what has moved on."""


@dataclass(frozen=True)
class Beside:
    """What is known about the customer and the job."""

    lead: Lead | None
    visits: Sequence[Appointment]
    earlier: Sequence[Conversation]
    opted_out_at: datetime | None
    consent: Consent | None


def timeline(thread: Conversation, *, everything: bool = False) -> Timeline:
    """Everything that happened in a thread, its last two hundred things unless all are wanted."""
    limit = 5_000 if everything else LONGEST + 1
    texts = _newest(Message, Message.created_at, thread, limit)
    notes = _newest(Note, Note.at, thread, limit)
    calls = _newest(Call, Call.started_at, thread, limit)
    visits = _newest(Appointment, Appointment.created_at, thread, limit)
    greeted = {text.call_id: text for text in texts if text.call_id}
    entries = [
        *(Entry(text.created_at, "message", text) for text in texts),
        *(Entry(note.at, "note", note) for note in notes if note.kind != "call"),
        *(Entry(call.started_at, "call", call) for call in calls),
        *(Entry(visit.created_at, "visit", visit) for visit in visits if visit.kind == Kind.booking),
    ]
    ordered = sorted(entries, key=_order)
    return Timeline(
        entries=ordered if everything else ordered[-LONGEST:],
        names=_names(thread.tenant_id),
        texted_after={call.id: _seconds(call, greeted[call.id]) for call in calls if _is_timed(call, greeted)},
        has_more=not everything and len(ordered) > LONGEST,
        last_inbound=next((text.id for text in texts if text.direction == Direction.inbound), None),
    )


def _order(entry: Entry) -> tuple[datetime, int]:
    """By time; what happened in one moment in the order of cause and effect."""
    is_answer = isinstance(entry.item, Message) and entry.item.direction == Direction.outbound
    return entry.at, 2 if is_answer else {"call": 0, "message": 1}.get(entry.kind, 3)


def _newest(kind: type[Kept], at: InstrumentedAttribute[datetime], thread: Conversation, limit: int) -> list[Kept]:
    mine = select(kind).where(kind.conversation_id == thread.id, kind.tenant_id == thread.tenant_id)
    return list(db.session.scalars(mine.order_by(at.desc()).limit(limit)))


def _is_timed(call: Call, greeted: Mapping[UUID, Message]) -> bool:
    return bool(call.ended_at and call.id in greeted and greeted[call.id].accepted_at)


def _seconds(call: Call, text: Message) -> int:
    took = text.accepted_at - call.ended_at if text.accepted_at and call.ended_at else timedelta()
    return max(1, round(took.total_seconds()))


def _names(tenant_id: UUID) -> dict[UUID, str]:
    return {user.id: str(user) for user in db.session.scalars(select(User).where(User.tenant_id == tenant_id))}


def beside(thread: Conversation) -> Beside:
    """What the context column shows."""
    tenant_id, phone = thread.tenant_id, thread.customer_phone
    visits = select(Appointment).where(
        Appointment.tenant_id == tenant_id,
        Appointment.customer_id == thread.customer_id,
        Appointment.kind == Kind.booking,
    )
    earlier = select(Conversation).where(
        Conversation.tenant_id == tenant_id, Conversation.customer_phone == phone, Conversation.id != thread.id
    )
    agreed = select(Consent).where(Consent.tenant_id == tenant_id, Consent.phone == phone).order_by(Consent.at.desc())
    return Beside(
        lead=leads.of_conversation(thread.id),
        visits=db.session.scalars(visits.order_by(Appointment.start_at.desc()).limit(10)).all(),
        earlier=db.session.scalars(earlier.order_by(Conversation.created_at.desc()).limit(5)).all(),
        opted_out_at=consent.opted_out_at(tenant_id, phone),
        consent=db.session.scalar(agreed.limit(1)),
    )


def next_visit(visits: Sequence[Appointment]) -> Appointment | None:
    """The first of these visits that is still to come."""
    ahead = [visit for visit in visits if visit.status in OCCUPYING and visit.end_at > now()]
    return min(ahead, key=lambda visit: visit.start_at, default=None)


def alarm(thread: Conversation) -> Escalation | None:
    """The emergency of a thread that nobody has acknowledged."""
    return db.session.scalar(
        select(Escalation).where(Escalation.conversation_id == thread.id, Escalation.state == EscalationState.open)
    )


def holder(thread: Conversation) -> User | None:
    """Who has the thread."""
    return db.session.get(User, thread.held_by_user_id) if thread.held_by_user_id else None


def last_inbound(thread: Conversation) -> UUID | None:
    """The newest text of the customer."""
    return db.session.scalar(
        select(Message.id)
        .where(Message.conversation_id == thread.id, Message.direction == Direction.inbound)
        .order_by(Message.created_at.desc())
        .limit(1)
    )


def seen(thread: Conversation) -> bool:
    """Take the unread mark off; False when there was none."""
    was_unread, thread.is_unread = thread.is_unread, False
    return was_unread
