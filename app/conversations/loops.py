"""Two machines that answer each other: seen by their repetition, stopped by freezing the thread (behaviour.md 8.4)."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app import consent, tasks
from app.clock import now
from app.conversations import Conversation, Mode, closing, note, tell_updated
from app.extensions import db
from app.messages import Direction, Message, MessageStatus, Sender

LOOKED_AT = timedelta(minutes=30)
AT_ONCE = timedelta(seconds=2)
MOST_REPEATS = 2
MOST_ANSWERS = 10
CHOICES = {"", "1", "2", "3", "YES", "Y", "NO", "N", "OK", "SI"}
"""What a person may well text again and again."""


def sign(thread: Conversation, message: Message) -> str | None:
    """What gives a machine away at the other end, in words; None for a person."""
    since = now() - LOOKED_AT
    talk = select(Message).where(Message.conversation_id == thread.id, Message.created_at > since)
    lines = list(db.session.scalars(talk.order_by(Message.created_at, Message.id)))
    if _answers_in_a_row(lines) > MOST_ANSWERS:
        return "more than ten automatic answers in half an hour"
    if consent.keyword(message.body) in CHOICES:
        return None
    rounds = _rounds(lines, consent.keyword(message.body))
    if len(rounds) > MOST_REPEATS:
        return "the same text again after each of ours"
    if sum(rounds.values()) >= MOST_REPEATS:
        return "the same text within two seconds of ours, twice"
    return None


def _answers_in_a_row(lines: Sequence[Message]) -> int:
    """Automatic answers since the last word of a person on our side."""
    count = 0
    for line in lines:
        if line.sender == Sender.human:
            count = 0
        elif line.answers_message_id is not None and line.accepted_at is not None:
            count += 1
    return count


def _rounds(lines: Sequence[Message], words: str) -> dict[Message, bool]:
    """Texts of ours that were answered with these words, and whether that happened at once."""
    ours: Message | None = None
    found: dict[Message, bool] = {}
    for line in lines:
        if line.direction == Direction.outbound:
            ours = line if line.accepted_at is not None else ours
        elif ours is not None and consent.keyword(line.body) == words:
            found.setdefault(ours, line.created_at - (ours.accepted_at or line.created_at) <= AT_ONCE)
    return found


def freeze(thread: Conversation, message: Message, why: str) -> None:
    """Answer no more by machine: a person looks, and support is told."""
    message.status = MessageStatus.no_answer_needed
    thread.mode, thread.needs_person = Mode.escalated, True
    thread.escalation_reason = f"looks like an automatic answer: {why}"
    thread.control_version += 1
    closing.rest(thread)
    closing.discard_waiting(thread.id, "frozen")
    note(thread, f"Stopped answering: {why}.")
    words = f"A thread was frozen: {why}."
    tasks.ask_support(f"loop:{thread.id}", "loop", words, thread.tenant_id)
    tell_updated(thread)
