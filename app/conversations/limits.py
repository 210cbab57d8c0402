"""The texts of the plan are used up in the middle of a talk: one last text, then a person (behaviour.md 2.9, SC50)."""

from app import links, notifications, phones, subscriptions, usage, users, wordings
from app.conversations import Conversation, Mode, Urgency, closing, note, tell_updated, touch, write_to
from app.conversations.hearing import unanswered
from app.dispatch import Event, Result
from app.messages import MessageStatus, Purpose, Sender
from app.notifications import Category, Channel

REASON = "your plan's texts are used up"


def are_reached(thread: Conversation, event: Event, result: Result) -> bool:
    """Whether the answer may not be given any more; emergencies and opt-outs go on at any cost."""
    is_exempt = Urgency.emergency in (thread.urgency_level, result.urgency_level) or "opt_out" in result.acts
    if event.kind == "timeout" or is_exempt or not result.reply:
        return False
    return usage.is_over_quota(subscriptions.of(thread.tenant_id))


def hand_over(thread: Conversation, result: Result) -> None:
    """Say once that somebody will be in touch, and give the thread to a person who can also buy more texts."""
    waiting = unanswered(thread.id)
    if not thread.facts.get("told_of_limit"):
        _say(thread, result.language)
        for message in waiting:
            message.status = MessageStatus.answered
    thread.facts = thread.facts | {"told_of_limit": True}
    thread.mode, thread.needs_person, thread.escalation_reason = Mode.escalated, True, REASON
    closing.rest(thread)
    note(thread, f"Needs a person: {REASON}.")
    closing.publish(thread, "conversation.lead_due", reason="takeover")
    _tell_owner(thread)
    tell_updated(thread)


def _say(thread: Conversation, language: str) -> None:
    body = wordings.say(thread.tenant, "hand_over", {}, language=language)
    write_to(
        thread,
        body,
        sender=Sender.system,
        purpose=Purpose.last_word,
        template="hand_over",
        control_version=thread.control_version,
    )
    touch(thread, body)


def _tell_owner(thread: Conversation) -> None:
    owner = users.owner_of(thread.tenant_id)
    if owner is None:
        return
    who = thread.customer.name or phones.shown(thread.customer_phone)
    notifications.tell(
        owner,
        title=f"Texts used up: {who} waits for you",
        body=f"{who} wrote, but {REASON}. Call them. More texts: {links.public(links.BILLING)}",
        category=Category.new_message,
        channels=[Channel.push, Channel.sms],
        urgency="high",
        dedupe_key=f"limit:{thread.id}",
        action_path=links.BILLING,
    )
