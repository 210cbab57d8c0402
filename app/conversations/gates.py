"""Threads whose texting gate closed or opened (behaviour.md 2.2 C24 and C25)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import consent, dispatch, wordings
from app.calls import Call
from app.clock import now
from app.conversations import Conversation, Mode, Status, closing, context, hearing, note, tell_updated, touch, write_to
from app.dispatch import Event, State
from app.extensions import db
from app.messages import Message, MessageStatus, Purpose, Sender
from app.registrations import Registration, RegistrationStatus

CALL_IS_FRESH = timedelta(hours=24)


def close(tenant_id: UUID, why: str) -> None:
    """Block every open thread of a business that may not text any more."""
    active = select(Conversation).where(Conversation.tenant_id == tenant_id, Conversation.status == Status.active)
    for thread in db.session.scalars(active.with_for_update(of=Conversation)):
        note(thread, f"Texting stopped: {why}")
        closing.block(thread, why)


def reopenable() -> list[Conversation]:
    """Blocked threads whose business may text again, locked."""
    approved = select(Registration.tenant_id).where(Registration.status == RegistrationStatus.approved)
    blocked = (
        select(Conversation)
        .where(Conversation.status == Status.blocked, Conversation.tenant_id.in_(approved))
        .order_by(Conversation.created_at)
        .limit(100)
        .with_for_update(skip_locked=True, of=Conversation)
    )
    return [thread for thread in db.session.scalars(blocked) if hearing.is_gate_open(thread.tenant)]


def reopen(thread: Conversation) -> None:
    """Go on with the customer's waiting text, else greet for a fresh missed call, once."""
    thread.status, thread.mode, thread.needs_person = Status.active, Mode.waiting_customer, False
    thread.follow_up_at = now() + timedelta(hours=thread.tenant.settings.dispatcher.auto_close_hours)
    note(thread, "Texting is open again.")
    if hearing.unanswered(thread.id):
        hearing.decide_who_answers(thread, thread.urgency_level.value)
    elif (call := _fresh_call(thread)) is not None and not _was_greeted(thread):
        _greet(thread, call)
    tell_updated(thread)


def _fresh_call(thread: Conversation) -> Call | None:
    missed = select(Call).where(
        Call.conversation_id == thread.id, Call.text_sent.is_(False), Call.started_at > now() - CALL_IS_FRESH
    )
    return db.session.scalar(missed.order_by(Call.started_at.desc()).limit(1))


def _was_greeted(thread: Conversation) -> bool:
    minutes = thread.tenant.settings.texting.greeting_cooldown_minutes
    greeted = select(func.count()).where(
        Message.tenant_id == thread.tenant_id,
        Message.customer_phone == thread.customer_phone,
        Message.purpose == Purpose.greeting,
        Message.status != MessageStatus.discarded,
        Message.created_at > now() - timedelta(minutes=minutes),
    )
    return bool(db.session.scalar(greeted))


def _greet(thread: Conversation, call: Call) -> None:
    known = context.light(thread.tenant, seed=call.call_sid, words=wordings.of(thread.tenant))
    result, state = dispatch.decide(State(), Event("missed_call"), known, now())
    thread.dispatch_state = state.to_json()
    write_to(
        thread,
        result.reply or "",
        sender=Sender.ai,
        purpose=Purpose.greeting,
        template=result.template,
        control_version=thread.control_version,
        call_id=call.id,
    )
    touch(thread, result.reply or "")
    consent.record(thread.tenant_id, thread.customer_phone, method="inbound_call_disclosure", evidence=call.call_sid)
    call.text_sent, call.text_code, call.text_reason = True, "texted", "Texted when texting was open again"
