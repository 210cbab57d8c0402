"""How a thread ends, and what is told then (behaviour.md 2.2 C18-C24)."""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from app import events, tasks, users
from app.clock import now
from app.conversations import LIVE, Conversation, Status, note, tell_updated
from app.escalations import EscalationState, ladder
from app.extensions import db
from app.messages import Direction, Message, MessageStatus, Purpose, Sender
from app.scheduling import holds, offered


def close(conversation: Conversation, status: Status, outcome: str, reason: str | None = None, **more: Any) -> None:
    """End a thread with its outcome: nothing is held or planned for it any more, and the services hear of it."""
    if conversation.status not in LIVE:
        return
    conversation.status, conversation.mode = status, None
    conversation.outcome, conversation.outcome_reason = outcome, reason
    conversation.closed_at = now()
    conversation.held_by_user_id = None
    conversation.needs_person = False
    rest(conversation)
    if outcome != "appointment_scheduled":
        holds.release(conversation.id)
        ladder.close_of(conversation.id, EscalationState.cancelled)
    offered.withdraw(conversation.id)
    publish(conversation, "conversation.completed", outcome=outcome, outcome_reason=reason, **more)
    tell_updated(conversation)


def block(conversation: Conversation, why: str) -> None:
    """Texting is off for the business: nothing is planned, and the contractor is asked to call (C24)."""
    conversation.status, conversation.mode = Status.blocked, None
    conversation.needs_person = True
    rest(conversation)
    tasks.add(
        conversation.tenant_id,
        f"blocked:{conversation.id}",
        "call_back",
        f"Texting is off ({why}). Call them.",
        customer_phone=conversation.customer_phone,
        conversation_id=conversation.id,
    )
    tell_updated(conversation)


def rest(conversation: Conversation) -> None:
    """Plan nothing more for a thread."""
    conversation.ai_due_at = conversation.ai_lease_until = None
    conversation.follow_up_at = conversation.owner_window_expires_at = None


def opt_out(conversation: Conversation) -> None:
    """The customer wants silence: queued texts are discarded, the hold is given back, the thread is over for good."""
    conversation.control_version += 1
    discard_waiting(conversation.id, "opted_out", also_human=True)
    ladder.close_of(conversation.id, EscalationState.cancelled)
    note(conversation, "The customer asked for no more texts.")
    close(conversation, Status.opted_out, "opted_out")


def discard_waiting(conversation_id: UUID, reason: str, *, also_human: bool = False) -> int:
    """Take back what has not left yet; the one opt-out confirmation and safety texts are never taken back."""
    senders = [Sender.ai, Sender.system] + ([Sender.human] if also_human else [])
    taken = db.session.execute(
        update(Message)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.outbound,
            Message.status == MessageStatus.queued,
            Message.sender.in_(senders),
            Message.purpose.not_in((Purpose.optout_confirm, Purpose.help, Purpose.safety)),
        )
        .values(status=MessageStatus.discarded, discard_reason=reason),
        execution_options={"synchronize_session": False},
    )
    return taken.rowcount  # type: ignore[attr-defined]


def publish(conversation: Conversation, name: str, **more: Any) -> None:
    """Tell the services about a thread in the form of a ConversationEvent (interfaces.md 1.7)."""
    facts = conversation.facts
    owner = users.owner_of(conversation.tenant_id)
    holder = conversation.held_by_user_id or (owner.id if owner else None)
    told = {
        "conversation_id": conversation.id,
        "user_id": holder,
        "customer_phone": conversation.customer_phone,
        "urgency_level": conversation.urgency_level,
        "urgency_confidence": conversation.urgency_confidence,
        "ai_confidence": conversation.ai_confidence,
        "customer_name": facts.get("name") or conversation.customer.name,
        "job_type": facts.get("job_type"),
        "estimated_value_min": _dollars(facts.get("low_cents")),
        "estimated_value_max": _dollars(facts.get("high_cents")),
        "customer_address": facts.get("address_line"),
        "outcome": None,
        "outcome_reason": None,
        "customer_data": {
            "phone": conversation.customer_phone,
            "name": facts.get("name"),
            "address": facts.get("address_line"),
            "street_address": facts.get("street_address"),
            "unit": facts.get("unit"),
            "city": facts.get("city"),
            "state": facts.get("state"),
            "postal_code": facts.get("postal_code"),
            "language": conversation.language,
            "notes": [],
        },
        "appointment_id": None,
        "summary": facts.get("summary", ""),
    }
    events.publish(conversation.tenant_id, name, told | more, conversation.correlation_id)


def _dollars(cents: int | None) -> float | None:
    return cents / 100 if cents is not None else None
