"""Nobody took an alert: the customer hears it once, with a time that he can have, and the talk goes on (2.11, C16)."""

from datetime import timedelta

from sqlalchemy import select

from app import consent, phones, wordings
from app.clock import now
from app.conversations import Conversation, Mode, Status, context, human, note, tell_updated, touch, visits, write_to
from app.dispatch import State, regular, wording
from app.dispatch.types import Offer
from app.errors import Conflict
from app.escalations import Escalation, climbing, ladder
from app.extensions import db
from app.messages import Message, Purpose, Sender

FLAG = "nobody_reached"
"""Lets the customer have the time that he was offered although the business is closed or away."""
TEMPLATES = ("nobody_reached", "technician_not_reached")


def give_up(escalation: Escalation, thread: Conversation | None) -> None:
    """End a ladder that nobody answered: the support team, the owners and the customer hear of it."""
    ladder.exhaust(escalation)
    climbing.ask_support(escalation)
    title = "Nobody took an emergency" if escalation.is_emergency else "Nobody took an alert"
    climbing.mail_owners(escalation, title, f"Nobody took the alert: {escalation.summary}", "exhausted")
    if thread is None:
        return
    who = thread.customer.name or phones.shown(thread.customer_phone)
    note(thread, f"Nobody took the alert about {who}.")
    thread.needs_person = True
    if thread.status == Status.active:
        thread.escalation_reason = "nobody took the alert"
    if _may_be_told(escalation, thread):
        # In an emergency this answers, at whatever hour; else it is our own initiative, and that has its hours.
        _tell_customer(thread, Purpose.reply if escalation.is_emergency else Purpose.nudge)
    tell_updated(thread)


def _may_be_told(escalation: Escalation, thread: Conversation) -> bool:
    """Whether the customer is to hear it: not while a person has the thread, not after STOP, not a second time."""
    if thread.status != Status.active or thread.mode == Mode.human_active:
        return False
    if consent.opted_out_at(thread.tenant_id, thread.customer_phone) is not None:
        return False
    told = select(Message.id).where(
        Message.conversation_id == thread.id,
        Message.template.in_(TEMPLATES),
        Message.created_at >= escalation.created_at,
    )
    return db.session.scalar(told.limit(1)) is None


def _tell_customer(thread: Conversation, purpose: Purpose) -> None:
    is_answered_anyway = thread.ai_due_at is not None  # the dispatcher is about to speak, with times of its own
    offer = None if is_answered_anyway else _put_on_table(thread)
    chosen = thread.tenant.settings.dispatcher
    language = "es" if thread.language == "es" else "en"
    template, values = "nobody_reached_no_time", {}
    if offer is not None:
        window = wording.slot_text(offer.slot, now(), zone=thread.tenant.timezone, language=language)
        template = "nobody_reached"
        values = {"window": window, "price": wording.offer_price_text(offer, language)}
        thread.follow_up_at = now() + timedelta(minutes=chosen.confirm_wait_minutes.other)
    if thread.mode == Mode.escalated:
        _go_on(thread)
    body = wordings.say(thread.tenant, template, values, language=language)
    write_to(
        thread,
        body,
        sender=Sender.system,
        purpose=purpose,
        template=TEMPLATES[0],
        control_version=thread.control_version,
    )
    touch(thread, body)


def _put_on_table(thread: Conversation) -> Offer | None:
    """The next regular time, held for this customer so that a YES books it."""
    offer = regular.first_regular(State.from_json(thread.dispatch_state), context.full(thread))
    if offer is None:
        return None
    try:
        with db.session.begin_nested():
            visits.put_on_table(thread, (offer,))
    except Conflict:
        return None  # somebody was faster: the team will say when
    state = dict(thread.dispatch_state)
    state |= {"outcome": "open", "stage": "confirming", "asked": "confirm", "offer_slots": [offer.slot.id]}
    state["flags"] = sorted({*state.get("flags", []), FLAG})
    thread.dispatch_state = state
    return offer


def _go_on(thread: Conversation) -> None:
    """Nobody came: the assistant has the thread again, and this text answers what was waiting (C16)."""
    state = dict(thread.dispatch_state)
    state |= {"is_human": False}
    if state.get("outcome") in ("handoff", "escalated"):
        state["outcome"] = "open"
    thread.dispatch_state = state
    thread.control_version += 1
    thread.mode = Mode.ai_active
    human.settle_inbound(thread)
    hours = thread.tenant.settings.dispatcher.auto_close_hours
    thread.follow_up_at = thread.follow_up_at or now() + timedelta(hours=hours)
    note(thread, "AI goes on: nobody took the alert.")
