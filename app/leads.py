"""What a conversation is worth: opened when its outcome is known, followed to the end (behaviour.md 2.4)."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import customers, events
from app.clock import now
from app.customers import Customer
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db, uuid7


class LeadStatus(enum.StrEnum):
    new = enum.auto()
    qualified = enum.auto()
    appointment_scheduled = enum.auto()
    completed = enum.auto()
    lost = enum.auto()


NEXT = {
    LeadStatus.new: {LeadStatus.qualified, LeadStatus.appointment_scheduled, LeadStatus.lost},
    LeadStatus.qualified: {LeadStatus.appointment_scheduled, LeadStatus.lost},
    LeadStatus.appointment_scheduled: {LeadStatus.completed, LeadStatus.qualified, LeadStatus.lost},
    LeadStatus.completed: set(),
    LeadStatus.lost: set(),
}


class Lead(db.Model):
    __tablename__ = "lead"
    __table_args__ = (
        Index("uq_lead_conversation", "conversation_id", unique=True),
        Index("ix_lead_list", "tenant_id", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointment.id"))
    former_lead_id: Mapped[UUID | None]
    status: Mapped[LeadStatus] = mapped_column(default=LeadStatus.new)
    lost_reason: Mapped[str | None]
    job_type: Mapped[str | None]
    job_description: Mapped[str] = mapped_column(default="")
    customer_address: Mapped[str | None]
    urgency_level: Mapped[str] = mapped_column(default="normal")
    urgency_confidence: Mapped[float] = mapped_column(default=0.8)
    ai_confidence: Mapped[float] = mapped_column(default=0.0)
    estimated_low_cents: Mapped[int | None]
    estimated_high_cents: Mapped[int | None]
    conversion_value_cents: Mapped[int | None]
    source: Mapped[str] = mapped_column(default="missed_call")
    notes: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    customer: Mapped[Customer] = relationship()


class TransitionRefused(Conflict):
    code = "LEAD_TRANSITION_INVALID"


class LostReasonRequired(Invalid):
    code = "LOST_REASON_REQUIRED"


LOST = {"out_of_area", "wrong_trade", "not_reachable", "declined", "spam"}


def open_from(tenant_id: UUID, told: Mapping[str, Any]) -> Lead:
    """Open or update the one lead of a conversation from its completion or its first sign of life.

    `told` is a ConversationEvent (interfaces.md 1.7); the same event twice changes nothing.
    """
    conversation_id = UUID(told["conversation_id"])
    customer = customers.of(tenant_id, told["customer_phone"])
    _learn(customer, told)
    lead = db.session.scalar(select(Lead).where(Lead.conversation_id == conversation_id).with_for_update(of=Lead))
    if lead is None:
        lead = Lead(tenant_id=tenant_id, conversation_id=conversation_id, customer_id=customer.id)
        lead.former_lead_id = _former(customer)
        lead.status = LeadStatus.new
        db.session.add(lead)
    _fill(lead, told)
    _advance(lead, told)
    db.session.flush()
    tell(lead, customer)
    return lead


def _learn(customer: Customer, told: Mapping[str, Any]) -> None:
    facts = told.get("customer_data") or {}
    address = {
        "street_address": facts.get("street_address"),
        "unit": facts.get("unit"),
        "city": facts.get("city"),
        "state": facts.get("state"),
        "postal_code": facts.get("postal_code"),
    }
    customers.learn(customer, name=told.get("customer_name"), address=address, language=facts.get("language") or "")


def _former(customer: Customer) -> UUID | None:
    return db.session.scalar(
        select(Lead.id).where(Lead.customer_id == customer.id).order_by(Lead.created_at.desc()).limit(1)
    )


def _fill(lead: Lead, told: Mapping[str, Any]) -> None:
    lead.job_type = told.get("job_type") or lead.job_type
    lead.customer_address = told.get("customer_address") or lead.customer_address
    lead.job_description = (told.get("summary") or lead.job_description or "")[:1000]
    lead.urgency_level = told.get("urgency_level") or lead.urgency_level or "normal"
    lead.urgency_confidence = told.get("urgency_confidence") or lead.urgency_confidence or 0.8
    lead.ai_confidence = told.get("ai_confidence") or lead.ai_confidence or 0.0
    if told.get("estimated_value_min") is not None:
        lead.estimated_low_cents = round(told["estimated_value_min"] * 100)
        lead.estimated_high_cents = round(told["estimated_value_max"] * 100)
    if told.get("appointment_id"):
        lead.appointment_id = UUID(told["appointment_id"])


def _advance(lead: Lead, told: Mapping[str, Any]) -> None:
    outcome, reason = told.get("outcome"), told.get("outcome_reason")
    if lead.status in (LeadStatus.completed, LeadStatus.lost):
        return
    if outcome == "appointment_scheduled":
        lead.status = LeadStatus.appointment_scheduled
    elif lead.status == LeadStatus.appointment_scheduled:
        return
    elif (outcome == "resolved" and reason in LOST) or outcome == "opted_out":
        lead.status, lead.lost_reason = LeadStatus.lost, reason or outcome
    elif outcome == "quote_provided" or (lead.job_type and lead.customer_address) or (lead.ai_confidence or 0) > 0.8:
        lead.status = LeadStatus.qualified


def change(lead: Lead, status: LeadStatus, *, lost_reason: str | None = None) -> None:
    """Move a lead by hand; raises TransitionRefused and LostReasonRequired."""
    if status == lead.status:
        return
    if status not in NEXT[lead.status]:
        raise TransitionRefused(f"A lead that is {lead.status} cannot become {status}.")
    if status == LeadStatus.lost and not lost_reason:
        raise LostReasonRequired("Say why the lead was lost.")
    lead.status, lead.lost_reason = status, lost_reason
    lead.version += 1
    tell(lead, lead.customer)


def tell(lead: Lead, customer: Customer) -> None:
    """Let the open pages know of a lead."""
    told = {
        "lead_id": lead.id,
        "status": lead.status,
        "customer_name": customer.name,
        "urgency_level": lead.urgency_level,
    }
    events.publish(lead.tenant_id, "lead.updated", told)


def of(tenant_id: UUID, lead_id: UUID) -> Lead:
    """A lead of that business; a stranger's id is not found."""
    found = db.session.scalar(select(Lead).where(Lead.tenant_id == tenant_id, Lead.id == lead_id))
    if found is None:
        raise NotFound("There is no such lead.")
    return found


def of_conversation(conversation_id: UUID) -> Lead | None:
    """The lead of a thread, if it has come to one."""
    return db.session.scalar(select(Lead).where(Lead.conversation_id == conversation_id))
