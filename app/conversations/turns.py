"""Whose turn it is: threads that wait for the dispatcher are claimed, read, and let go of before it thinks."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app.clock import now
from app.conversations import Conversation, Mode, Status, closing, context, hearing
from app.dispatch import Context, Event, State
from app.extensions import db
from app.messages import Direction, Message, MessageStatus

LEASE = timedelta(seconds=30)
MAX_FAILURES = 2
AUTOMATIC = (Mode.ai_active, Mode.owner_window)


@dataclass
class Work:
    """One turn to take: everything that was read for it."""

    conversation_id: UUID
    tenant_id: UUID
    event: Event
    state: State
    context: Context
    at: datetime
    control_version: int
    message_ids: Sequence[UUID] = field(default_factory=tuple)


def claim(limit: int) -> list[UUID]:
    """Take threads whose answer or follow-up is due, each for 30 seconds."""
    moment = now()
    due = (
        select(Conversation)
        .where(
            Conversation.status == Status.active,
            or_(Conversation.ai_due_at <= moment, Conversation.follow_up_at <= moment),
            or_(Conversation.ai_lease_until.is_(None), Conversation.ai_lease_until <= moment),
        )
        .order_by(Conversation.ai_due_at.nulls_last())
        .limit(limit)
        .with_for_update(skip_locked=True, of=Conversation)
    )
    taken = []
    for thread in db.session.scalars(due):
        thread.ai_lease_until = moment + LEASE
        taken.append(thread.id)
    return taken


def read(conversation_id: UUID) -> Work | None:
    """Read what a turn needs; None when there is nothing to say any more."""
    thread = db.session.get(Conversation, conversation_id, populate_existing=True)
    if thread is None or thread.status != Status.active:
        return None
    event, ids = _event(thread)
    if event is not None and event.kind == "timeout" and _is_silent_for_good(thread):
        _give_up(thread)
        return None
    if event is None:
        thread.ai_due_at = thread.ai_lease_until = None
        return None
    return Work(
        conversation_id=thread.id,
        tenant_id=thread.tenant_id,
        event=event,
        state=State.from_json(thread.dispatch_state),
        context=context.full(thread),
        at=now(),
        control_version=thread.control_version,
        message_ids=ids,
    )


def outdated(heard: Mapping[UUID, AbstractSet[UUID]]) -> set[UUID]:
    """The threads whose customer has written since; `heard` are the texts that each turn answers."""
    waiting = select(Message.conversation_id, Message.id).where(
        Message.conversation_id.in_(heard),
        Message.direction == Direction.inbound,
        Message.status == MessageStatus.received,
    )
    return {thread for thread, text in db.session.execute(waiting) if thread and text not in heard[thread]}


def _is_silent_for_good(thread: Conversation) -> bool:
    """Nothing was heard for the time after which a thread closes by itself, without a word (C21)."""
    since = thread.last_customer_text_at or thread.created_at
    return now() - since >= timedelta(hours=thread.tenant.settings.dispatcher.auto_close_hours)


def _give_up(thread: Conversation) -> None:
    """Close a thread that fell silent; the dispatcher shall know, so that no old question is answered days later."""
    state = dict(thread.dispatch_state)
    if state.get("outcome") == "open":
        thread.dispatch_state = state | {"outcome": "abandoned"}
    closing.close(thread, Status.abandoned, "abandoned", "no_reply")


def refused(work: Work, state: State, slot_id: str) -> Work | None:
    """The same turn again, with fresh times, because a slot was lost between the offer and the booking."""
    again = read(work.conversation_id)
    if again is None or again.control_version != work.control_version:
        return None
    again.event, again.state, again.message_ids = Event("booking_refused", slot_id=slot_id), state, work.message_ids
    return again


def _event(thread: Conversation) -> tuple[Event | None, Sequence[UUID]]:
    moment = now()
    if thread.mode in AUTOMATIC and thread.ai_due_at is not None and thread.ai_due_at <= moment:
        waiting = hearing.unanswered(thread.id)
        if waiting:
            text = "\n".join(message.body for message in waiting if message.body)
            return Event.message(text, sum(len(message.media) for message in waiting)), [one.id for one in waiting]
    if thread.follow_up_at is not None and thread.follow_up_at <= moment:
        since = thread.last_customer_text_at or thread.created_at
        return Event("timeout", minutes=(moment - since).total_seconds() / 60), ()
    return None, ()


def postpone(conversation_id: UUID, error: str) -> bool:
    """A turn failed: once more, then a person; True when a person is needed now."""
    thread = db.session.get(Conversation, conversation_id, with_for_update={"of": Conversation})
    if thread is None:
        return False
    thread.ai_failures += 1
    thread.ai_lease_until = None
    if thread.ai_failures < MAX_FAILURES:
        thread.ai_due_at = now() + timedelta(seconds=5)
        return False
    thread.ai_due_at = thread.follow_up_at = None
    thread.mode, thread.needs_person = Mode.escalated, True
    thread.escalation_reason = f"the assistant failed: {error[:200]}"
    return True


def overdue() -> bool:
    """Whether a thread waits that a drain should have taken."""
    moment = now()
    waits = select(Conversation.id).where(
        Conversation.status == Status.active,
        or_(Conversation.ai_due_at <= moment, Conversation.follow_up_at <= moment),
        or_(Conversation.ai_lease_until.is_(None), Conversation.ai_lease_until <= moment),
    )
    return db.session.scalar(waits.limit(1)) is not None


def forgotten(moment: datetime, seconds: int) -> list[Conversation]:
    """Threads of the assistant with a text unanswered for that long and no turn planned (behaviour.md 2.3)."""
    lost = (
        select(Conversation)
        .where(
            Conversation.status == Status.active,
            Conversation.mode.in_(AUTOMATIC),
            Conversation.ai_due_at.is_(None),
            Conversation.last_customer_text_at <= moment - timedelta(seconds=seconds),
        )
        .limit(100)
        .with_for_update(skip_locked=True, of=Conversation)
    )
    return [thread for thread in db.session.scalars(lost) if hearing.unanswered(thread.id)]
