"""What cannot wait for a turn: a look at each text as it comes, the alarm, telling the contractor (behaviour.md 5)."""

from datetime import timedelta

from sqlalchemy import select

from app import dispatch, events, links, notifications, phones, users, wordings
from app.clock import now
from app.conversations import Conversation, Mode, Urgency, closing, context, note, write_to
from app.dispatch import Event, State
from app.escalations import Escalation, ladder, running_for
from app.escalations.ladder import Alarm
from app.extensions import db
from app.messages import Direction, Message, Purpose, Sender
from app.notifications import Category, Channel
from app.tenants import Tenant

HUMAN_JUST_WROTE = timedelta(minutes=2)
WAIT_FOR_HUMAN = timedelta(seconds=30)
RANKS = {Urgency.normal: 0, Urgency.urgent: 1, Urgency.emergency: 2}


def asks_to_stop(tenant: Tenant, body: str) -> bool:
    """Whether a sentence asks for no more texts ("please stop texting me"), not to stop a leak."""
    result, _ = dispatch.decide(State(), Event.message(body), context.light(tenant), now())
    return "opt_out" in result.acts


def look(thread: Conversation, message: Message) -> str:
    """Read one text for danger alone, raise the alarm and the thread's urgency; the level of the text.

    In a thread that a person has, the fixed safety text goes out all the same unless he writes within 30 s.
    """
    state = State(language=thread.language, hazards=list(thread.dispatch_state.get("hazards", [])))
    result, _ = dispatch.decide(state, Event.message(message.body), context.light(thread.tenant), now())
    raise_urgency(thread, Urgency(result.urgency_level), result.urgency_confidence)
    if thread.mode == Mode.escalated and result.urgency_level == Urgency.emergency and not _was_alarmed(thread):
        alarm(thread, level=2, summary=message.body[:120])  # it was handed over for something lesser
    if thread.mode not in (Mode.human_active, Mode.escalated) or result.life_safety_text is None:
        return result.urgency_level
    remembered = dict(thread.dispatch_state)
    remembered["hazards"] = [*remembered.get("hazards", []), result.life_safety]
    thread.dispatch_state = remembered
    _say_safety(thread, result.life_safety_text)
    alarm(thread, level=3, summary=f"{result.life_safety}: {message.body[:120]}", is_life_safety=True)
    return result.urgency_level


def _was_alarmed(thread: Conversation) -> bool:
    former = select(Escalation.id).where(Escalation.conversation_id == thread.id)
    return db.session.scalar(former.limit(1)) is not None


def raise_urgency(thread: Conversation, level: Urgency, confidence: float) -> None:
    """Urgency is the highest that a conversation ever showed; only a person may lower it."""
    if RANKS[level] > RANKS[thread.urgency_level]:
        thread.urgency_level, thread.urgency_confidence = level, confidence


def _say_safety(thread: Conversation, body: str) -> None:
    moment = now()
    wrote = select(Message.id).where(
        Message.conversation_id == thread.id,
        Message.direction == Direction.outbound,
        Message.sender == Sender.human,
        Message.created_at > moment - HUMAN_JUST_WROTE,
    )
    just_wrote = db.session.scalar(wrote.limit(1)) is not None
    write_to(
        thread,
        body,
        sender=Sender.system,
        purpose=Purpose.safety,
        template="safety",
        due_at=moment + WAIT_FOR_HUMAN if just_wrote else moment,
    )


def alarm(
    thread: Conversation, *, level: int, summary: str, is_life_safety: bool = False, is_accepted: bool = False
) -> None:
    """Alert the contractor about an emergency, or that a customer needs him, and open the lead."""
    thread.needs_person = True
    is_first = running_for(thread.id) is None
    is_emergency = is_life_safety or is_accepted or thread.urgency_level == Urgency.emergency
    told = Alarm(
        level,
        _headline(thread, summary),
        is_emergency=is_emergency,
        is_life_safety=is_life_safety,
        is_accepted=is_accepted,
    )
    ladder.open_for(thread.tenant, thread, told)
    if is_first:
        closing.publish(thread, "conversation.lead_due", reason="emergency" if is_emergency else "takeover")


def _headline(thread: Conversation, summary: str) -> str:
    who = thread.customer.name or phones.shown(thread.customer_phone)
    where = thread.facts.get("address_line")
    is_told = str(thread.facts.get("street_address") or where).lower() in summary.lower()
    return f"{who}: {summary.rstrip('.')}" + (f", {where}" if where and not is_told else "") + "."


def tell_created(thread: Conversation, *, emergency: bool) -> None:
    """A new thread is on the dashboard."""
    told = {"conversation_id": thread.id, "customer_phone": thread.customer_phone, "emergency_detected": emergency}
    events.publish(thread.tenant_id, "conversation.created", told, thread.correlation_id)


def tell_new_message(thread: Conversation, owner: users.User | None) -> None:
    """A customer wrote in a thread that waits for the contractor: once at first, then at most every five minutes."""
    if owner is None:
        return
    bucket = int(now().timestamp() // 300)
    series = "handed" if thread.mode == Mode.escalated else "text"  # that a person is needed is news of its own
    who = thread.customer.name or phones.shown(thread.customer_phone)
    notifications.tell(
        owner,
        title=f"Text from {who}",
        body=f"{who}: {thread.last_message[:140]}",
        category=Category.new_message,
        channels=[Channel.push, Channel.sms] if thread.mode in (Mode.human_active, Mode.escalated) else [Channel.push],
        dedupe_key=f"{series}:{thread.id}:{bucket}",
        extras=notifications.Extras(conversation_id=thread.id),
        action_path=links.thread_path(thread.id),
    )


def hand_over(thread: Conversation, owner: users.User | None) -> None:
    """One holding text, and the contractor is told that an answer is wanted."""
    write_to(
        thread,
        wordings.say(thread.tenant, "hand_over", {}, language=thread.language),
        sender=Sender.system,
        purpose=Purpose.reply,
        template="hand_over",
        control_version=thread.control_version,
    )
    note(thread, "Needs a person: the assistant is switched off.")
    tell_new_message(thread, owner)
