"""The contractor speaks: a reply takes the thread over, a person always wins (behaviour.md 2.2 C14-C17)."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import consent, messages, registrations, subscriptions, usage
from app.clock import now
from app.conversations import (
    LIVE,
    Conversation,
    ConversationClosed,
    Mode,
    Status,
    Urgency,
    closing,
    note,
    tell_updated,
    touch,
    write_to,
)
from app.errors import Conflict, Invalid
from app.escalations import EscalationState, ladder
from app.extensions import db
from app.messages import Direction, Message, MessageStatus, Purpose, Sender
from app.queue import Job, ring
from app.subscriptions import Access
from app.users import User

LONGEST_HOLD = timedelta(minutes=60)
TOO_OLD = timedelta(days=30)
SHORTEST_SILENCE = timedelta(hours=12)
"""The least that a business can set for `auto_close_hours`."""


class AlreadyTakenOver(Conflict):
    code = "ALREADY_TAKEN_OVER"


class NotTakenOver(Conflict):
    code = "NOT_TAKEN_OVER"


class NotInOwnerWindow(Conflict):
    code = "NOT_IN_OWNER_WINDOW"


class HoldTooLong(Invalid):
    code = "HOLD_TOO_LONG"


class SendRefused(Conflict):
    code = "TEXTING_PAUSED"


def take_over(conversation: Conversation, user: User) -> bool:
    """Give the thread to a person; False when it is his already.

    The caller holds the row lock. Raises AlreadyTakenOver when a colleague has it and ConversationClosed when it ended.
    """
    if conversation.status not in LIVE:
        raise ConversationClosed("This conversation has ended. A reply opens it again.")
    if conversation.mode == Mode.human_active:
        if conversation.held_by_user_id == user.id:
            return False
        raise AlreadyTakenOver(
            "A colleague has this conversation.", details={"held_by_user_id": str(conversation.held_by_user_id)}
        )
    _hold(conversation, user)
    closing.publish(conversation, "conversation.lead_due", reason="takeover")
    return True


def _hold(conversation: Conversation, user: User) -> None:
    conversation.mode, conversation.held_by_user_id = Mode.human_active, user.id
    conversation.control_version += 1
    conversation.human_seen_at = now()
    conversation.needs_person = False
    closing.rest(conversation)
    if closing.discard_waiting(conversation.id, "taken_over"):
        note(conversation, "A reply by AI was discarded: you took over.")
    ladder.close_of(conversation.id, EscalationState.acknowledged, by=user, via="web")
    note(conversation, f"{user} took over.", user_id=user.id)
    tell_updated(conversation)


def reply(conversation: Conversation, user: User, body: str) -> Message:
    """Send a person's words; writing is taking over, and a thread that ended opens again.

    Raises SendRefused, with a code of its own for each reason, before anything is changed.
    """
    body = body.strip()
    if not 1 <= len(body) <= messages.MAX_BODY:
        raise Invalid("A text has 1 to 1,600 characters.", code="VALIDATION_FAILED")
    if (refused := refusal(conversation)) is not None:
        raise refused
    if conversation.status not in LIVE:
        conversation.status, conversation.closed_at = Status.active, None
        conversation.outcome = conversation.outcome_reason = None
        conversation.mode = Mode.waiting_customer
    if conversation.mode != Mode.human_active:
        take_over(conversation, user)
    elif conversation.held_by_user_id != user.id:
        raise AlreadyTakenOver(
            "A colleague has this conversation.", details={"held_by_user_id": str(conversation.held_by_user_id)}
        )
    conversation.human_seen_at = now()
    settle_inbound(conversation)
    sent = write_to(conversation, body, sender=Sender.human, purpose=Purpose.reply, user_id=user.id)
    touch(conversation, f"You: {body}")
    conversation.is_unread = False
    return sent


def settle_inbound(conversation: Conversation) -> None:
    """Whatever the customer wrote is answered by a person now."""
    waiting = select(Message).where(
        Message.conversation_id == conversation.id,
        Message.direction == Direction.inbound,
        Message.status == MessageStatus.received,
    )
    for message in db.session.scalars(waiting):
        message.status = MessageStatus.answered


def refusal(conversation: Conversation) -> SendRefused | None:
    """Why a person may not text this customer now, in words; None when nothing stands in the way."""
    tenant_id, phone = conversation.tenant_id, conversation.customer_phone
    not_textable = conversation.customer.not_textable_reason
    at = consent.opted_out_at(tenant_id, phone)
    refusals = (
        (at is not None, "OPTED_OUT", f"Opted out on {at:%b} {at.day}. You can call them." if at else ""),
        (not_textable is not None, "NOT_TEXTABLE", f"{(not_textable or '').capitalize()}: call instead."),
        (not registrations.is_open(tenant_id), "TEXTING_NOT_APPROVED", "The carriers have not approved texting yet."),
        (
            conversation.tenant.texting_paused_reason is not None,
            "TEXTING_PAUSED",
            conversation.tenant.texting_paused_reason,
        ),
        (
            subscriptions.access(tenant_id) != Access.full,
            "SUBSCRIPTION_INACTIVE",
            "Your plan does not allow texting now.",
        ),
        (
            conversation.urgency_level != Urgency.emergency and usage.is_over_quota(subscriptions.of(tenant_id)),
            "QUOTA_EXCEEDED",
            "The texts of your plan are used up. Call them, or choose a higher plan.",
        ),
        (
            conversation.closed_at is not None and conversation.closed_at < now() - TOO_OLD,
            "CONVERSATION_CLOSED",
            "This conversation is older than 30 days. Start a new one.",
        ),
    )
    return next((SendRefused(why or code, code=code) for stands, code, why in refusals if stands), None)


def release(conversation: Conversation, user: User | None) -> None:
    """Hand the thread back: an unanswered text is answered at once, else the customer is waited for."""
    if conversation.mode not in (Mode.human_active, Mode.escalated):
        raise NotTakenOver("Nobody has taken this conversation over.")
    conversation.control_version += 1
    conversation.held_by_user_id = None
    conversation.needs_person = False
    resume(conversation)
    note(
        conversation, f"{user} gave it back to AI." if user else "Given back to AI.", user_id=user.id if user else None
    )
    tell_updated(conversation)


def resume(conversation: Conversation) -> None:
    """Let the machine go on where it is needed: with the customer's unanswered text, or waiting for one."""
    state = dict(conversation.dispatch_state)
    state["is_human"] = False
    conversation.dispatch_state = state
    if has_unanswered(conversation):
        conversation.mode, conversation.ai_due_at = Mode.ai_active, now()
        ring(Job.drain_turns)
    else:
        conversation.mode = Mode.waiting_customer
        hours = conversation.tenant.settings.dispatcher.auto_close_hours
        conversation.follow_up_at = now() + timedelta(hours=hours)


def has_unanswered(conversation: Conversation) -> bool:
    """Whether a customer's text waits for an answer."""
    waiting = select(Message.id).where(
        Message.conversation_id == conversation.id,
        Message.direction == Direction.inbound,
        Message.status == MessageStatus.received,
    )
    return db.session.scalar(waiting.limit(1)) is not None


def hold(conversation: Conversation, until: datetime) -> None:
    """Make the assistant wait longer before it answers ("Hold"), an hour at most."""
    if conversation.mode != Mode.owner_window:
        raise NotInOwnerWindow("The assistant is not waiting for you.")
    if until > now() + LONGEST_HOLD:
        raise HoldTooLong("Hold for an hour at most.")
    conversation.owner_window_expires_at = conversation.ai_due_at = until
    tell_updated(conversation)


def finish(conversation: Conversation, *, outcome: str = "handled_by_human", reason: str | None = None) -> None:
    """The person says that the thread is done."""
    if conversation.status not in LIVE:
        raise ConversationClosed("This conversation has ended already.")
    conversation.control_version += 1
    closing.discard_waiting(conversation.id, "closed")
    ladder.close_of(conversation.id, EscalationState.cancelled)
    settle_inbound(conversation)
    closing.close(conversation, Status.completed, outcome, reason)


def put_away(conversation: Conversation) -> None:
    """Mark a thread done for everybody; one that is still open ends by it, and a new text brings it back."""
    if conversation.status in LIVE:
        finish(conversation)
    conversation.is_done, conversation.is_unread, conversation.needs_person = True, False, False
    tell_updated(conversation)


def bring_back(conversation: Conversation) -> None:
    """Put a thread that was marked done among the open ones again."""
    conversation.is_done = False
    tell_updated(conversation)


def mark_unread(conversation: Conversation) -> None:
    """Keep a thread for later."""
    conversation.is_unread, conversation.is_done = True, False
    tell_updated(conversation)


def answer_now(conversation: Conversation) -> None:
    """Do not wait for the person any longer: the assistant answers at once."""
    if conversation.mode != Mode.owner_window:
        raise NotInOwnerWindow("The assistant is not waiting for you.")
    conversation.mode, conversation.owner_window_expires_at, conversation.ai_due_at = Mode.ai_active, None, now()
    ring(Job.drain_turns)
    tell_updated(conversation)


def idle(moment: datetime) -> list[Conversation]:
    """Threads that a person left alone for longer than the tenant allows, locked."""
    held = (
        select(Conversation)
        .where(
            Conversation.mode == Mode.human_active,
            Conversation.human_seen_at < moment - timedelta(minutes=15),
        )
        .limit(200)
        .with_for_update(skip_locked=True, of=Conversation)
    )
    found = []
    for conversation in db.session.scalars(held):
        minutes = conversation.tenant.settings.dispatcher.human_idle_release_minutes
        if minutes and conversation.human_seen_at and conversation.human_seen_at < moment - timedelta(minutes=minutes):
            found.append(conversation)
    return found


def silent(moment: datetime) -> list[Conversation]:
    """Threads of a person in which nothing was said for as long as the tenant keeps them open, locked (C22)."""
    held = (
        select(Conversation)
        .where(
            Conversation.status == Status.active,
            Conversation.mode == Mode.human_active,
            Conversation.last_message_at <= moment - SHORTEST_SILENCE,
        )
        .order_by(Conversation.last_message_at)
        .limit(200)
        .with_for_update(skip_locked=True, of=Conversation)
    )
    return [thread for thread in db.session.scalars(held) if moment >= thread.last_message_at + _kept_open(thread)]


def _kept_open(conversation: Conversation) -> timedelta:
    return timedelta(hours=conversation.tenant.settings.dispatcher.auto_close_hours)
