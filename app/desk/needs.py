"""What needs the contractor: one sentence and one button each, the newest emergency on top (experience.md 2.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app import numbers, registrations, subscriptions
from app.clock import now
from app.conversations import Conversation, Mode, Status
from app.customers import Customer
from app.desk import rows
from app.escalations import Escalation, EscalationState
from app.extensions import db
from app.subscriptions import Access
from app.tasks import Task, TaskState
from app.tenants import Tenant

AT_MOST = 20
REASONS = {
    "asked_for_person": "they asked for one",
    "handed_over": "they asked for something only you can say",
    "complaint": "a complaint",
    "no_visit": "they ask about a visit that is not in the calendar",
    "existing_visit": "they ask about a visit that is booked",
    "no_slots": "no free time could be offered",
    "unclear": "it is unclear what they want",
    "too_many_questions": "too many questions without an answer",
    "not_safe": "somebody may be in danger",
    "out_of_office": "you are out of office",
    "away": "you are away",
    "no_address": "they never told the address",
}
"""The dispatcher's reasons for a person, as the pages say them."""


@dataclass(frozen=True)
class Need:
    """One thing that waits for the contractor."""

    kind: str
    """emergency, answer, task or business"""
    why: str
    at: datetime
    is_urgent: bool = False
    name: str | None = None
    phone: str | None = None
    thread_id: UUID | None = None
    task: Task | None = None


def of(tenant: Tenant) -> Sequence[Need]:
    """What waits now, the urgent first, then the newest; one more than a page shows, so that it can say "more"."""
    alarms = _alarms(tenant.id)
    open_tasks = _tasks(tenant.id)
    named = {need.thread_id for need in (*alarms, *open_tasks)}
    answers = [need for need in _answers(tenant.id) if need.thread_id not in named]
    found = [*alarms, *_business(tenant), *open_tasks, *answers]
    return sorted(found, key=lambda need: (need.kind == "emergency", need.is_urgent, need.at), reverse=True)[
        : AT_MOST + 1
    ]


def _alarms(tenant_id: UUID) -> list[Need]:
    ringing = (
        select(Escalation, Conversation)
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .join(Conversation.customer)
        .options(contains_eager(Conversation.customer))
        .where(Escalation.tenant_id == tenant_id, Escalation.state == EscalationState.open)
        .order_by(Escalation.created_at.desc())
        .limit(AT_MOST)
    )
    return [
        Need(
            "emergency",
            alarm.summary,
            alarm.created_at,
            is_urgent=True,
            name=thread.customer.name,
            phone=thread.customer_phone,
            thread_id=thread.id,
        )
        for alarm, thread in db.session.execute(ringing)
    ]


def _tasks(tenant_id: UUID) -> list[Need]:
    waiting = (
        select(Task, Customer.name)
        .outerjoin(Customer, (Customer.tenant_id == Task.tenant_id) & (Customer.phone == Task.customer_phone))
        .where(Task.tenant_id == tenant_id, Task.state == TaskState.open, Task.due_at <= now())
        .order_by(Task.is_urgent.desc(), Task.due_at.desc())
        .limit(AT_MOST + 1)
    )
    return [
        Need(
            "task",
            task.why,
            task.due_at,
            is_urgent=task.is_urgent,
            name=name,
            phone=task.customer_phone,
            thread_id=task.conversation_id,
            task=task,
        )
        for task, name in db.session.execute(waiting)
    ]


def _answers(tenant_id: UUID) -> list[Need]:
    waiting = (
        select(Conversation)
        .join(Conversation.customer)
        .options(contains_eager(Conversation.customer))
        .where(Conversation.tenant_id == tenant_id, rows.needs_person())
        .order_by(Conversation.last_message_at.desc())
        .limit(AT_MOST + 1)
    )
    return [
        Need(
            "answer",
            why(thread),
            thread.last_message_at,
            is_urgent=thread.mode == Mode.escalated,
            name=thread.customer.name,
            phone=thread.customer_phone,
            thread_id=thread.id,
        )
        for thread in db.session.scalars(waiting)
    ]


def why(thread: Conversation) -> str:
    """Why a thread waits for a person, in words."""
    if thread.mode == Mode.escalated:
        return f"Needs a person: {reason(thread)}."
    if thread.status == Status.blocked:
        return "Could not be texted. Call them."
    return "Waits for your answer."


def reason(thread: Conversation) -> str:
    """What made the machine give a thread up, in words."""
    told = thread.escalation_reason or "asked_for_person"
    return REASONS.get(told) or told.replace("_", " ").rstrip(".")


def _business(tenant: Tenant) -> list[Need]:
    """What is wrong with the business's own set-up."""
    moment = now()
    wrong = (
        (subscriptions.access(tenant.id) != Access.full, "Your plan is not active, so callers are not texted."),
        (not registrations.is_open(tenant.id), "The carriers have not approved texting yet. Callers are not texted."),
        (bool(tenant.texting_paused_reason), f"Texting is paused: {tenant.texting_paused_reason}"),
        (numbers.primary(tenant.id) is None, "You have no active number, so no calls reach us."),
    )
    return [Need("business", words, moment, is_urgent=True) for is_so, words in wrong if is_so]
