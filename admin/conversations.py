"""The threads, each with its texts, its notes and what the dispatcher made of every turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from admin import attention, finding, words
from admin.base import StaffView, TenantFilter, linked
from app import customers
from app.calls import Call
from app.conversations import Conversation, Note, Turn
from app.customers import Customer
from app.escalations import Escalation
from app.extensions import db
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment


@dataclass(frozen=True)
class Entry:
    """One line of a timeline: a text, a note or a turn."""

    at: datetime
    kind: str
    row: Any
    sentence: str = ""


def timeline(conversation: Conversation) -> list[Entry]:
    """Everything that happened in a thread, in order."""
    texts = _all(Message, conversation, Message.created_at)
    entries = [Entry(one.created_at, "text", one) for one in texts]
    entries += [Entry(one.at, "note", one, one.text) for one in _all(Note, conversation, Note.at)]
    entries += [Entry(one.at, "turn", one, turn_in_words(one)) for one in _all(Turn, conversation, Turn.at)]
    return sorted(entries, key=lambda entry: (entry.at, entry.kind != "note", str(entry.row.id)))


def _all(table: Any, conversation: Conversation, order: Any) -> Sequence[Any]:
    return db.session.scalars(select(table).where(table.conversation_id == conversation.id).order_by(order)).all()


def turn_in_words(turn: Turn) -> str:
    """What the dispatcher understood and decided, as a sentence or three."""
    heard = "The customer was silent" if turn.event == "timeout" else f"Understood as “{words.plain(turn.intent)}”"
    learnt = ", ".join(f"{words.plain(name)} {_said(value)}" for name, value in turn.extracted.items())
    did = ", ".join(words.plain(str(act)) for act in turn.acts)
    asked = turn.suggestion or {}
    parts = [
        f"{heard}{f' because of {_quoted(turn.evidence)}' if turn.evidence else ''}.",
        f"Learnt: {learnt}." if learnt else "",
        f"Decided: {did}." if did else "",
        f"Said “{words.plain(turn.template)}”." if turn.template else "Said nothing.",
        f"Stage: {words.plain(turn.stage)}. Took {turn.milliseconds:.1f} ms by {turn.engine}.",
        f"Asked the model: {_opinion(asked)}." if asked else "",
    ]
    return " ".join(part for part in parts if part)


def _opinion(asked: Mapping[str, Any]) -> str:
    """What came of asking the language model, and what of it the guard let pass."""
    told = f"{asked.get('outcome', '')} after {asked.get('milliseconds', 0):.0f} ms"
    if detail := asked.get("detail"):
        told += f" ({detail})"
    if rejected := asked.get("rejected"):
        told += f"; not taken: {'; '.join(map(str, rejected))}"
    return told


def _quoted(evidence: Sequence[str]) -> str:
    return ", ".join(f"“{one}”" for one in evidence[:5])


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if one not in (None, "", []))
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _customer(_view: Any, _context: Any, row: Conversation, _name: str) -> Any:
    return row.customer.name or words.hidden_phone(row.customer_phone)


class ConversationView(StaffView):
    column_list = ("last_message_at", "tenant", "customer", "status", "mode", "urgency_level", "outcome", "created_at")
    column_details_list = (
        "id", "tenant_id", "customer_phone", "business_phone", "status", "mode", "control_version", "stage",
        "urgency_level",
        "urgency_confidence", "ai_confidence", "language", "facts", "escalation_reason", "outcome", "outcome_reason",
        "needs_person", "is_done", "owner_window_expires_at", "ai_due_at", "ai_failures", "follow_up_at",
        "human_seen_at",
        "last_customer_text_at", "created_at", "closed_at", "correlation_id",
    )  # fmt: skip
    column_export_list = (
        "id",
        "tenant_id",
        "customer_phone",
        "status",
        "mode",
        "urgency_level",
        "outcome",
        "created_at",
        "closed_at",
    )
    column_labels = {
        "tenant_id": "Business", "last_message_at": "Last text", "ai_confidence": "Assistant's confidence",
        "ai_due_at": "Assistant answers at", "ai_failures": "Failed turns", "correlation_id": "Request id",
        "mode": "Who answers", "created_at": "Opened",
    }  # fmt: skip
    column_formatters = {"last_message_at": linked("conversations"), "customer": _customer}
    column_filters = (
        TenantFilter(Conversation.tenant_id, "Business"), "status", "mode", "urgency_level", "outcome", "needs_person",
        "created_at",
    )  # fmt: skip
    segments = {
        "untaken": ("Emergencies that nobody took", attention.untaken),
        "unreached": ("Nobody could be reached in the last 7 days", attention.nobody_reached),
    }
    search_hint = "Customer's phone or name, request id"
    details_template = "panel/conversation.html"

    def get_query(self) -> Any:
        return super().get_query().options(joinedload(Conversation.customer))

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By the customer, or by the request of the call that opened it."""
        known = select(Customer.id)
        if asked.phone:
            return [Conversation.id.in_(threads_with(asked.phone))]
        if asked.name:
            known = known.where(customers.called(asked.name))
            return [Conversation.customer_id.in_(known)]
        return []

    def about(self, row: Conversation) -> dict[str, Any]:
        return {
            "entries": timeline(row),
            "holder": words.HOLDERS.get(row.mode or "", "It is over."),
            "calls": _all(Call, row, Call.started_at),
            "visits": _all(Appointment, row, Appointment.start_at),
            "escalations": _all(Escalation, row, Escalation.created_at),
            "lead": db.session.scalar(select(Lead).where(Lead.conversation_id == row.id)),
            "why": words.why_not_sent,
        }


def threads_with(phone: str) -> Any:
    """The ids of every thread with that number, whoever's customer it is; found through the customers' index."""
    return (
        select(Conversation.id)
        .join(
            Customer, (Customer.tenant_id == Conversation.tenant_id) & (Customer.phone == Conversation.customer_phone)
        )
        .where(Customer.phone == phone, Conversation.customer_phone == phone)
    )
