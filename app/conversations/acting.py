"""What the dispatcher decided is done: under the thread's lock, if nobody has spoken meanwhile (behaviour.md P4)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app import consent, tenants, usage, users
from app.clock import now
from app.conversations import (
    Conversation,
    Mode,
    Status,
    closing,
    ends,
    hearing,
    learnt,
    limits,
    locked,
    moving,
    note,
    tell_updated,
    touch,
    urgent,
    visits,
    write_to,
)
from app.conversations.accounts import turn_of
from app.conversations.turns import AUTOMATIC, Work
from app.dispatch import Result, State
from app.dispatch.wording import MOST_CHARACTERS
from app.errors import Conflict
from app.escalations import EscalationState, ladder, running_for
from app.extensions import db
from app.messages import Message, MessageStatus, Purpose, Sender
from app.queue import Job, ring
from app.scheduling import holds, offered
from app.usage import UsageType

LONG_WAIT = timedelta(minutes=5)
SORRY = "Sorry for the wait. "


class LostSlot(Conflict):
    """The chosen or offered time is gone: the dispatcher has to think again."""

    code = "SLOT_UNAVAILABLE"


def act_on(
    work: Work, result: Result, state: State, *, milliseconds: float, suggestion: dict[str, Any] | None = None
) -> bool:
    """Carry a decision out and write it down; False when it was dropped.

    Raises LostSlot, with the slot's id in `details`, when a booking lost its race; nothing is changed then.
    """
    thread = locked(work.conversation_id)
    if thread is None or not _still_ours(thread, work):
        return False
    if limits.are_reached(thread, work.event, result):
        limits.hand_over(thread, result)
        return True
    _write_down(thread, work, result, milliseconds, suggestion or {})
    _remember(thread, result, state)
    for act in result.acts:
        _carry_out(thread, work, result, act)
    _offer(thread, result)
    _say(thread, work, result)
    _plan(thread, work, result)
    ends.conclude(thread, result)
    tell_updated(thread)
    return True


def _still_ours(thread: Conversation, work: Work) -> bool:
    """Whether the answer may still be given: no takeover, no opt-out, no newer text."""
    thread.ai_lease_until = None
    if thread.status != Status.active:
        return False
    if thread.control_version != work.control_version or (
        thread.mode not in AUTOMATIC and work.event.kind == "message"
    ):
        note(thread, "AI reply dropped: you took over.")
        return False
    waiting = {message.id for message in hearing.unanswered(thread.id)}
    if waiting - set(work.message_ids):
        thread.ai_due_at = now()
        ring(Job.drain_turns)
        return False
    return True


def _write_down(
    thread: Conversation, work: Work, result: Result, milliseconds: float, suggestion: dict[str, Any]
) -> None:
    turn = turn_of(work.event, result, milliseconds, suggestion)
    turn.tenant_id, turn.conversation_id = thread.tenant_id, thread.id
    turn.message_id = work.message_ids[-1] if work.message_ids else None
    db.session.add(turn)
    if work.message_ids and result.reply:
        key = f"turn:{work.message_ids[-1]}"
        usage.report(thread.tenant_id, "twilio-server", key, UsageType.ai_turn, details={"intent": result.intent})


def _remember(thread: Conversation, result: Result, state: State) -> None:
    thread.dispatch_state = state.to_json()
    thread.stage, thread.language = result.stage, result.language
    thread.ai_confidence, thread.ai_failures = result.ai_confidence, 0
    urgent.raise_urgency(thread, type(thread.urgency_level)(result.urgency_level), result.urgency_confidence)
    if thread.mode == Mode.owner_window:
        thread.mode, thread.owner_window_expires_at = Mode.ai_active, None
    thread.facts = learnt.facts(thread, result)


def _carry_out(thread: Conversation, work: Work, result: Result, act: str) -> None:
    order, _, rest = act.partition(":")
    if order == "book":
        _book(thread, work, result, rest)
    elif order == "reschedule":
        appointment_id, _, slot_id = rest.partition(":")
        with _losing(slot_id):
            moved = moving.move(thread, appointment_id, slot_id)
        thread.facts = thread.facts | {"appointment_id": str(moved.id)}
    elif order == "cancel":
        visits.cancel(thread, rest)
    elif order in ("escalate", "dispatch"):
        _escalate(thread, result, accepted=order == "dispatch")
    elif order == "alert_owner" and not {"escalate", "handoff"} & set(result.acts):
        urgent.tell_new_message(thread, users.owner_of(thread.tenant_id))
    elif order == "handoff":
        _hand_over(thread, result)
    elif order == "opt_out":
        consent.opt_out(thread.tenant_id, thread.customer_phone, source="sentence", evidence=str(thread.id))


def _book(thread: Conversation, work: Work, result: Result, slot_id: str) -> None:
    with _losing(slot_id):
        appointment = visits.book(thread, result, slot_id, work.context.job_number)
    thread.facts = thread.facts | {"appointment_id": str(appointment.id)}
    running = running_for(thread.id)
    if result.booking_kind == "reaching_technician":
        summary = f"accepted tonight {visits.window_of(thread.tenant, appointment)}"
        urgent.alarm(thread, level=3, summary=summary, is_accepted=True)
    elif running is not None and not appointment.slot_type.startswith("emergency"):
        ladder.close_of(thread.id, EscalationState.cancelled)


class _losing:  # noqa: N801 - reads as a word in `with`
    """Turns any lost race for a slot into LostSlot with the slot's id."""

    def __init__(self, slot_id: str) -> None:
        self.slot_id = slot_id

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Conflict):
            raise LostSlot(str(error), details={"slot_id": self.slot_id}) from error


def _escalate(thread: Conversation, result: Result, *, accepted: bool) -> None:
    is_safety = bool(result.life_safety)
    urgent.alarm(
        thread,
        level=3 if is_safety or accepted else max(2, result.escalation_level),
        summary=thread.facts.get("summary") or thread.last_message,
        is_life_safety=is_safety,
        is_accepted=accepted,
    )


def _hand_over(thread: Conversation, result: Result) -> None:
    thread.mode, thread.needs_person = Mode.escalated, True
    thread.escalation_reason = result.escalation_reason or "the customer needs a person"
    thread.ai_due_at = None
    note(thread, f"Needs a person: {(result.escalation_reason or 'asked for').replace('_', ' ')}.")
    if "escalate" in result.acts:
        return
    if result.escalation_reason == "away":
        # A message was taken for the day of return: nobody is called about it meanwhile.
        urgent.tell_new_message(thread, users.owner_of(thread.tenant_id))
        closing.publish(thread, "conversation.lead_due", reason="takeover")
    else:
        urgent.alarm(thread, level=2, summary=thread.last_message)


def _offer(thread: Conversation, result: Result) -> None:
    if result.offers:
        try:
            with db.session.begin_nested():
                visits.put_on_table(thread, result.offers)
        except Conflict as error:
            raise LostSlot(str(error), details={"slot_id": result.offers[0].slot.id}) from error
        _quote(thread, result)
    elif not result.keeps_offers and result.outcome not in ("booked", "rescheduled"):
        offered.withdraw(thread.id)
        holds.release(thread.id)


def _quote(thread: Conversation, result: Result) -> None:
    for job in {job for offer in result.offers for job in offer.job_types}:
        for band in {offer.slot.band for offer in result.offers}:
            key = f"quote:{thread.id}:{job}:{band}"
            usage.report(thread.tenant_id, "app-server", key, UsageType.quote_generated, details={"job_type": job})


def _say(thread: Conversation, work: Work, result: Result) -> None:
    answered = [message for message in hearing.unanswered(thread.id) if message.id in work.message_ids]
    if not _is_put_off(result):
        for message in answered:
            message.status = MessageStatus.answered if result.reply else MessageStatus.no_answer_needed
    if not result.reply:
        return
    reply = _with_apology(thread, result.reply, answered)
    purpose = _purpose(work, result)
    booked = thread.facts.get("appointment_id") if purpose == Purpose.booking else None
    write_to(
        thread,
        reply,
        sender=Sender.ai,
        purpose=purpose,
        template=result.template,
        control_version=None if purpose == Purpose.safety else thread.control_version,
        answers_message_id=work.message_ids[-1] if work.message_ids else None,
        appointment_id=UUID(booked) if booked else None,
    )
    touch(thread, reply)


def _is_put_off(result: Result) -> bool:
    """Whether the customer was told that he is answered when the phone hours begin: his text stays open until then."""
    return result.template == "closed_hours"


def _with_apology(thread: Conversation, reply: str, answered: list[Message]) -> str:
    """Sorry for the wait, if there was one that nobody announced."""
    is_late = bool(answered) and now() - answered[0].created_at > LONG_WAIT
    if not is_late or thread.facts.get("put_off") or len(SORRY + reply) > MOST_CHARACTERS:
        return reply
    return SORRY + reply


def _purpose(work: Work, result: Result) -> Purpose:
    if result.life_safety:
        return Purpose.safety
    if "opt_out" in result.acts:
        return Purpose.optout_confirm
    if result.confirmed_slot:
        return Purpose.booking
    return Purpose.nudge if work.event.kind == "timeout" else Purpose.reply


def _plan(thread: Conversation, work: Work, result: Result) -> None:
    chosen = thread.tenant.settings.dispatcher
    thread.ai_due_at = tenants.phone_opens_at(thread.tenant, now()) if _is_put_off(result) else None
    thread.facts = thread.facts | {"put_off": _is_put_off(result)}
    if work.event.kind == "timeout" and result.reply and result.outcome != "abandoned":
        thread.follow_up_at = now() + timedelta(minutes=chosen.closing_after_minutes)
    elif result.follow_up_minutes:
        thread.follow_up_at = now() + timedelta(minutes=result.follow_up_minutes)
    else:
        thread.follow_up_at = now() + timedelta(hours=chosen.auto_close_hours)
