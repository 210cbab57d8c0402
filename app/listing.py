"""What a business may look through: one select per kind of row, every one through the business, with its filters."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.calls import Call
from app.consent import Contact, OptOut
from app.conversations import Conversation
from app.customers import Customer
from app.estimates import Estimate
from app.leads import Lead
from app.scheduling.appointments import Appointment
from app.tasks import Task, TaskState

FEWEST_DIGITS = 3


def leads(
    tenant_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    text: str | None = None,
    **facts: Any,
) -> Select[Lead]:
    """Leads, by when they came, what they are and whom they are about."""
    rows = select(Lead).where(
        Lead.tenant_id == tenant_id, *_equal(Lead, facts), *_within(Lead.created_at, since, until)
    )
    if not text:
        return rows
    about = _about(text, Customer.phone, Customer.name)
    rows = rows.join(Customer, Customer.id == Lead.customer_id)
    return rows.where(or_(about, Lead.job_description.icontains(text, autoescape=True)))


def customers(tenant_id: UUID, *, text: str | None = None, opted_out: bool | None = None) -> Select[Customer]:
    """Customers, by name or phone, and by whether they asked for silence."""
    rows = select(Customer).where(Customer.tenant_id == tenant_id)
    if text:
        rows = rows.where(_about(text, Customer.phone, Customer.name))
    if opted_out is None:
        return rows
    silent = exists().where(
        and_(OptOut.tenant_id == Customer.tenant_id, OptOut.phone == Customer.phone, OptOut.lifted_at.is_(None))
    )
    return rows.where(silent if opted_out else ~silent)


def estimates(tenant_id: UUID) -> Select[Estimate]:
    """The price book, with what is switched off."""
    return select(Estimate).where(Estimate.tenant_id == tenant_id)


def appointments(tenant_id: UUID, since: datetime, until: datetime, **facts: Any) -> Select[Appointment]:
    """Everything in the calendar that touches a stretch of time."""
    touching = select(Appointment).where(
        Appointment.tenant_id == tenant_id, Appointment.start_at < until, Appointment.end_at > since
    )
    return touching.where(*_equal(Appointment, facts))


def tasks(tenant_id: UUID, state: TaskState, kind: str | None = None) -> Select[Task]:
    """What waits for the contractor, or did."""
    return select(Task).where(Task.tenant_id == tenant_id, Task.state == state, *_equal(Task, {"kind": kind}))


def calls(
    tenant_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    text: str | None = None,
    **facts: Any,
) -> Select[Call]:
    """Calls, by when they came and what became of them."""
    rows = select(Call).where(
        Call.tenant_id == tenant_id, *_equal(Call, facts), *_within(Call.started_at, since, until)
    )
    return rows.where(_about(text, Call.customer_phone)) if text else rows


def conversations(tenant_id: UUID, *, text: str | None = None, **facts: Any) -> Select[Conversation]:
    """Threads, by their state and whom they are with."""
    rows = select(Conversation).where(Conversation.tenant_id == tenant_id, *_equal(Conversation, facts))
    if not text:
        return rows
    rows = rows.join(Customer, Customer.id == Conversation.customer_id)
    return rows.where(_about(text, Conversation.customer_phone, Customer.name))


def opt_outs(tenant_id: UUID) -> Select[OptOut]:
    """Who asked for silence, as far as it stands."""
    return select(OptOut).where(OptOut.tenant_id == tenant_id, OptOut.lifted_at.is_(None))


def contacts(tenant_id: UUID) -> Select[Contact]:
    """Numbers with a rule of their own."""
    return select(Contact).where(Contact.tenant_id == tenant_id)


def _equal(table: Any, facts: dict[str, Any]) -> list[Any]:
    return [getattr(table, name) == value for name, value in facts.items() if value is not None]


def _within(column: InstrumentedAttribute[Any], since: datetime | None, until: datetime | None) -> list[Any]:
    bounds = [column >= since] if since else []
    return [*bounds, column < until] if until else bounds


def _about(text: str, phone: InstrumentedAttribute[Any], *names: InstrumentedAttribute[Any]) -> Any:
    """A phone in any spelling or a part of one, or a part of a name."""
    digits = "".join(letter for letter in text if letter.isdigit())
    found = [name.icontains(text, autoescape=True) for name in names]
    return or_(phone.contains(digits) if len(digits) >= FEWEST_DIGITS else phone == text, *found)
