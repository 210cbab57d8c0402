"""Visits that a person books, moves or calls off: any start, never over another visit (interfaces.md, app-server)."""

from decimal import Decimal
from uuid import UUID

from app import conversations, customers, estimates, leads, pricing, tenants
from app.booking import placing
from app.booking.placing import Plan, keep, move
from app.conversations import Conversation, cards, visits
from app.errors import NotFound
from app.estimates import Estimate
from app.extensions import db
from app.leads import LeadStatus
from app.scheduling import appointments
from app.scheduling.appointments import Appointment, AppointmentStatus, Kind
from app.scheduling.types import SlotType
from app.tenants import Tenant

__all__ = ["Plan", "keep", "move"]


def book(
    tenant: Tenant,
    plan: Plan,
    *,
    phone: str,
    name: str | None,
    estimate: Estimate,
    thread: Conversation | None,
    prices: tuple[int, int] | None = None,
    booking_type: str = "confirmed",
    made_by: str = "",
) -> Appointment:
    """Book a visit for a customer; raises SlotTaken with `alternatives`, and the errors of this module."""
    customer = customers.of(tenant.id, phone)
    customers.learn(customer, name=name, address=dict(plan.address))
    known = visits.address_of(thread) if thread else next(iter(customer.addresses), {})
    low, high = prices or price_cents(tenant, estimate, plan.slot_type)
    facts = {
        "conversation_id": thread.id if thread else None,
        "customer_id": customer.id,
        "job_number": appointments.new_job_number(),
        "job_types": [estimate.job_type],
        "address": dict(plan.address) or known,
        "price_low_cents": low,
        "price_high_cents": high,
        "made_by": made_by,
    }
    is_firm = booking_type == "confirmed"
    status = AppointmentStatus.confirmed if is_firm else AppointmentStatus.pending
    appointment = placing.place(tenant, plan, status, facts, booking_type=booking_type)
    appointments.tell(appointment, change="booked")
    return appointment


def block(tenant: Tenant, plan: Plan, *, title: str, made_by: str) -> Appointment:
    """Keep time free of visits."""
    facts = {"kind": Kind.block, "title": title, "job_types": [], "made_by": made_by}
    appointment = placing.place(tenant, plan, AppointmentStatus.confirmed, facts)
    appointments.tell(appointment, change="blocked")
    return appointment


def price_cents(tenant: Tenant, estimate: Estimate, slot_type: SlotType) -> tuple[int, int]:
    """What a line of the price book costs in a slot of that type: whole dollars, in cents (behaviour.md 6)."""
    terms = tenants.terms(tenant)
    rate = pricing.multiplier(placing.BANDS[slot_type], terms, emergency=slot_type.startswith("emergency"))
    low, high = pricing.price(Decimal(estimate.low_cents) / 100, Decimal(estimate.high_cents) / 100, rate)
    return low * 100, high * 100


def tell_customer(appointment: Appointment, *, is_moved: bool = False) -> bool:
    """Text the customer about his visit; False when there is no conversation with him to do it in."""
    thread = _thread(appointment)
    if thread is None:
        return False
    if is_moved:
        visits.say(thread, visits.moved_text(thread, appointment), template="moved", appointment=appointment)
    else:
        visits.say(thread, visits.booked_text(thread, appointment), template="booked", appointment=appointment)
    conversations.note(thread, f"Visit {visits.window_of(thread.tenant, appointment)}.")
    return True


def _thread(appointment: Appointment) -> Conversation | None:
    if appointment.conversation_id is None:
        return None
    return db.session.get(Conversation, appointment.conversation_id)


def link(appointment: Appointment, lead: leads.Lead) -> None:
    """The lead has its visit."""
    lead.appointment_id = appointment.id
    leads.change(lead, LeadStatus.appointment_scheduled)


def call_off(appointment: Appointment, reason: str, *, notify: bool) -> None:
    """Cancel a visit for one of the reasons of the contract; only the business's own is told to the customer."""
    if reason == "business_cancellation" and appointment.kind == Kind.booking:
        words = cards.cancellation_words(_tenant(appointment), appointment) if notify else ""
        cards.call_off(appointment, words)
        return
    if appointment.kind == Kind.booking:
        visits.cancel_visit(appointment, reason)
        return
    appointments.change(appointment, AppointmentStatus.cancelled, reason=reason)


def _tenant(appointment: Appointment) -> Tenant:
    return db.session.get_one(Tenant, appointment.tenant_id)


def step(appointment: Appointment, status: AppointmentStatus) -> None:
    """Move a visit along its states by hand."""
    if status == AppointmentStatus.completed:
        cards.complete(appointment)
    elif status == AppointmentStatus.confirmed:
        visits.confirm(appointment)
    else:
        appointments.change(appointment, status)


def estimate_of(tenant_id: UUID, job_type: str) -> Estimate:
    """The active line of the price book for a job; raises NotFound."""
    found = next((line for line in estimates.active(tenant_id) if line.job_type == job_type), None)
    if found is None:
        raise NotFound("There is no such job in the price book.", code="JOB_ESTIMATE_NOT_FOUND")
    return found
