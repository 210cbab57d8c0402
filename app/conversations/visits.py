"""From a yes to a visit, and the words about it that are bound to its row (behaviour.md 2.5, 7.6, P5)."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import leads, tasks, wordings
from app.clock import now
from app.conversations import Conversation, Mode, Status, touch, write_to
from app.dispatch import wording
from app.dispatch.types import Offer, Result
from app.extensions import db
from app.messages import Message, Purpose, Sender
from app.scheduling import appointments, holds, offered
from app.scheduling.appointments import Appointment, AppointmentStatus, SlotTaken
from app.tenants import Tenant

AUTO_CONFIRM_AT_LEAST = timedelta(minutes=30)


def book(thread: Conversation, result: Result, slot_id: str, job_number: str) -> Appointment:
    """Book what the customer chose; raises SlotTaken when it is gone or was never offered here."""
    chosen = next((row for row in offered.standing(thread.id) if row.slot_id == slot_id), None)
    if chosen is None:
        raise SlotTaken("That time is not on offer any more.")
    kind = result.booking_kind or "confirmed"
    moment = now()
    low, high = result.price or (Decimal(chosen.low_cents) / 100, Decimal(chosen.high_cents) / 100)
    appointment = appointments.book(
        thread.tenant_id,
        chosen.plain(),
        buffer_minutes=thread.tenant.settings.operational_limits.min_buffer_between_jobs,
        status=AppointmentStatus.confirmed if kind == "confirmed" else AppointmentStatus.pending,
        conversation_id=thread.id,
        customer_id=thread.customer_id,
        job_number=job_number,
        job_types=list(chosen.job_types),
        address=address_of(thread),
        price_low_cents=int(low * 100),
        price_high_cents=int(high * 100),
        confirm_at=confirmed_at(thread.tenant, chosen.start_at) if kind == "tentative" else None,
        cancel_at=_ack_deadline(thread.tenant, moment) if kind == "reaching_technician" else None,
    )
    chosen.status = offered.OfferStatus.chosen
    if kind == "requested":
        why = "A visit was requested while your calendar was out of date. Confirm or move it."
        ask_for_word(thread, appointment, why)
    appointments.tell(appointment, change="booked")
    return appointment


def address_of(thread: Conversation) -> dict[str, Any]:
    """Where the visit is, as the conversation told it."""
    keys = ("street_address", "unit", "city", "state", "postal_code", "latitude", "longitude")
    return {key: thread.facts.get(key) for key in keys if thread.facts.get(key) is not None}


def confirmed_at(tenant: Tenant, start: datetime) -> datetime | None:
    """When a tentative visit becomes firm: the evening before, the contractor having had half an hour to object."""
    reminders = tenant.settings.reminders
    if not reminders.tentative_auto_confirm:
        return None
    eve = (start.astimezone(tenant.zone) - timedelta(days=1)).date()
    planned = datetime.combine(eve, time.fromisoformat(reminders.tentative_confirm_time), tenant.zone)
    return max(planned, now() + AUTO_CONFIRM_AT_LEAST)


def _ack_deadline(tenant: Tenant, moment: datetime) -> datetime:
    return moment + timedelta(minutes=tenant.settings.emergency_service.night_ack_minutes)


def ask_for_word(thread: Conversation, appointment: Appointment, why: str) -> None:
    """Ask the contractor to confirm a visit that waits for his word."""
    tasks.add(
        thread.tenant_id,
        f"confirm:{appointment.id}",
        "calendar_conflict",
        why,
        appointment_id=appointment.id,
        conversation_id=thread.id,
    )


def cancel(thread: Conversation, appointment_id: str) -> Appointment:
    """The customer cancels his visit: the time is free at once, the lead is open again."""
    appointment = appointments.of(thread.tenant_id, UUID(appointment_id))
    cancel_visit(appointment, "customer_cancellation")
    return appointment


def cancel_visit(appointment: Appointment, reason: str) -> None:
    """Take a visit out of the calendar; its lead becomes a follow-up."""
    appointments.change(appointment, AppointmentStatus.cancelled, reason=reason)
    lead = db.session.scalar(select(leads.Lead).where(leads.Lead.appointment_id == appointment.id))
    if lead is not None and lead.status == leads.LeadStatus.appointment_scheduled:
        leads.change(lead, leads.LeadStatus.qualified)
    tasks.add(
        appointment.tenant_id,
        f"cancelled:{appointment.id}",
        "call_back",
        "The visit was cancelled. Follow up?",
        appointment_id=appointment.id,
        conversation_id=appointment.conversation_id,
    )


def confirm(appointment: Appointment, *, is_unasked: bool = False) -> None:
    """Make a pending visit firm and tell the customer; `is_unasked` when just its hour has come (behaviour.md 8.3)."""
    appointments.change(appointment, AppointmentStatus.confirmed)
    appointment.booking_type = "confirmed"
    thread = _thread_of(appointment)
    if thread is not None:
        unasked: dict[str, Any] = (
            {"purpose": Purpose.reminder, "valid_until": appointment.window_start_at} if is_unasked else {}
        )
        say(thread, booked_text(thread, appointment), template="booked", appointment=appointment, **unasked)


def reopen_with(thread: Conversation, offer: Offer) -> None:
    """Open a thread again with one offer on its table."""
    thread.status, thread.mode, thread.closed_at = Status.active, Mode.ai_active, None
    thread.outcome = thread.outcome_reason = None
    state = dict(thread.dispatch_state)
    state |= {"outcome": "open", "stage": "confirming", "asked": "confirm", "offer_slots": [offer.slot.id]}
    thread.dispatch_state = state
    put_on_table(thread, (offer,))


def put_on_table(thread: Conversation, offers: tuple[Offer, ...]) -> None:
    """Replace the offers of a thread; one alone is held for the customer. Raises SlotTaken when it cannot be."""
    offered.withdraw(thread.id)
    minutes = thread.tenant.settings.pricing.hold_minutes
    buffer = thread.tenant.settings.operational_limits.min_buffer_between_jobs
    is_alone = len(offers) == 1
    if is_alone:
        holds.place(thread.tenant_id, thread.id, offers[0].slot, minutes=minutes, buffer_minutes=buffer)
    else:
        holds.release(thread.id)
    for offer in offers:
        offered.put(
            thread.tenant_id,
            thread.id,
            offer.number,
            offer.slot,
            low_cents=int(offer.low * 100),
            high_cents=int(offer.high * 100),
            job_types=list(offer.job_types),
            is_held=is_alone,
        )


def _thread_of(appointment: Appointment) -> Conversation | None:
    if appointment.conversation_id is None:
        return None
    return db.session.get(Conversation, appointment.conversation_id)


def booked_text(thread: Conversation, appointment: Appointment) -> str:
    """The confirmation, from the row."""
    values = {
        "business": thread.tenant.business_name,
        "window": window_of(thread.tenant, appointment, thread.language),
        "address": appointment.address.get("street_address", ""),
        "price": price_of(appointment),
        "job_number": appointment.job_number or "",
    }
    text = wordings.say(thread.tenant, "booked", values, language=thread.language, deeds={"book"})
    return wording.tidy(text).replace(",,", ",")


def price_of(appointment: Appointment) -> str:
    """What was agreed: `$150-$400`, or one figure."""
    low, high = appointment.price_low_cents or 0, appointment.price_high_cents or 0
    return wording.price_text(Decimal(low) / 100, Decimal(high) / 100)


def moved_text(thread: Conversation, appointment: Appointment) -> str:
    """The new time of a visit, from the row."""
    values = {
        "business": thread.tenant.business_name,
        "window": window_of(thread.tenant, appointment, thread.language),
        "job_number": appointment.job_number or "",
    }
    return wordings.say(thread.tenant, "moved", values, language=thread.language, deeds={"reschedule"})


def window_of(tenant: Tenant, appointment: Appointment, language: str = "en") -> str:
    """The arrival window in the zone of the business, as it is said."""
    start, end = appointment.window_start_at, appointment.window_end_at
    return wording.window_text(start, end, now(), zone=tenant.timezone, language=language)


def say(
    thread: Conversation,
    body: str,
    *,
    template: str,
    appointment: Appointment | None,
    purpose: Purpose = Purpose.booking,
    **more: Any,
) -> Message:
    """Text the customer about a visit; the text is discarded if the row says otherwise when it leaves."""
    touch(thread, body)
    return write_to(
        thread,
        body,
        sender=Sender.system,
        purpose=purpose,
        template=template,
        appointment_id=appointment.id if appointment else None,
        **more,
    )
