"""Words that the contractor texts to his own business number: a command channel, never a lead (behaviour.md 8.6)."""

from datetime import timedelta

from sqlalchemy import select

from app import conversations, escalations, links, notifications
from app.clock import now
from app.conversations import Conversation, Mode, presence
from app.errors import DomainError
from app.escalations import Escalation, ladder
from app.extensions import db
from app.notifications import Category, Channel
from app.notifications.plan import Wish
from app.users import Presence, User

ALERT_LIFE = timedelta(minutes=30)
PRESENCES = {"BUSY": Presence.busy, "BACK": Presence.available, "OFF": Presence.offline}
HELP = "Text 1 to take the newest alert, R and your words to answer the customer, BOT to hand back, BUSY, BACK or OFF."


def obey(user: User, body: str, *, key: str) -> None:
    """Do what the contractor texted, and answer him on his phone; `key` names his text."""
    words = body.strip()
    order, _, rest = words.partition(" ")
    order = order.upper()
    if order == "STOP":
        user.alerts_by_text = False
        return
    if order in ("START", "UNSTOP"):
        user.alerts_by_text = user.alerts_by_voice = True
    answer = _answer(user, order, rest.strip())
    notifications.tell(
        user,
        title="Your command",
        body=answer,
        category=Category.new_message,
        channels=[Channel.sms],
        urgency="high",
        dedupe_key=f"command:{key}",
        wish=Wish(Category.new_message, "high", is_answer=True),
    )


def _answer(user: User, order: str, rest: str) -> str:
    from app.conversations import human  # noqa: PLC0415

    try:
        if order in PRESENCES:
            presence.change(user, PRESENCES[order])
            return f"You are {user.presence} now."
        if order == "1":
            return _take(user)
        if order == "R" and rest:
            return _relay(user, rest)
        if order == "BOT":
            thread = _newest(user)
            if thread is None:
                return "No conversation is yours now."
            human.release(thread, user)
            return "The assistant answers again."
        if order == "STATUS":
            return f"You are {user.presence_at(now())}."
    except DomainError as error:
        return str(error)
    return HELP


def _take(user: User) -> str:
    alert = escalations.newest_open(user.id, now() - ALERT_LIFE)
    if alert is None:
        return "No alert is open."
    alert, thread = lock(alert)
    if not acknowledged(alert, thread, by=user, via="text"):
        return f"{alert.acknowledged_by or 'Somebody'} has it already."
    return f"You have it. {links.public(links.thread_path(thread.id))}" if thread else "You have it."


def lock(alert: Escalation) -> tuple[Escalation, Conversation | None]:
    """An alert under the lock of its thread and its own, in this order as everywhere."""
    thread = conversations.of(alert.tenant_id, alert.conversation_id, lock=True) if alert.conversation_id else None
    return escalations.of(alert.tenant_id, alert.id, lock=True), thread


def acknowledged(alert: Escalation, thread: Conversation | None, *, by: User, via: str) -> bool:
    """Somebody has the emergency: the rungs stop, and a night visit that waited for it is confirmed."""
    from app.conversations import nights  # noqa: PLC0415

    if not ladder.acknowledge(alert, by, via=via):
        return False
    if thread is not None:
        thread.needs_person = False
        conversations.note(thread, f"{by} has it ({via}).")
        nights.technician_accepted(thread)
    return True


def _relay(user: User, words: str) -> str:
    from app.conversations import human  # noqa: PLC0415

    alert = escalations.newest_open(user.id, now() - ALERT_LIFE)
    thread_id = alert.conversation_id if alert else None
    thread = conversations.of(user.tenant_id, thread_id, lock=True) if thread_id else _newest(user, any_mode=True)
    if thread is None:
        return "There is no conversation to answer."
    human.reply(thread, user, words)
    return "Sent."


def _newest(user: User, *, any_mode: bool = False) -> Conversation | None:
    wanted = select(Conversation).where(
        Conversation.tenant_id == user.tenant_id, Conversation.status == conversations.Status.active
    )
    if not any_mode:
        wanted = wanted.where(Conversation.mode == Mode.human_active, Conversation.held_by_user_id == user.id)
    return db.session.scalar(
        wanted.order_by(Conversation.last_message_at.desc()).limit(1).with_for_update(of=Conversation)
    )
