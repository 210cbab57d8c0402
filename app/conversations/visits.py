"""From a yes to a visit, and the words about it that are bound to its row (behaviour.md 2.5, 7.6, P5)."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import leads, messages, tasks
from app.calendars import pushes
from app.clock import now
from app.conversations import Conversation, Mode, Status, note, touch
from app.dispatch import wording
from app.dispatch.types import Offer, Result
from app.extensions import db
from app.messages import Purpose, Sender
from app.scheduling import appointments, availability, holds, offered, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus, SlotTaken
from app.scheduling.types import Slot, Wanted
from app.tenants import Tenant, terms

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
        confirm_at=_confirm_at(thread.tenant, chosen.start_at, moment) if kind == "tentative" else None,
        cancel_at=_ack_deadline(thread.tenant, moment) if kind == "reaching_technician" else None,
    )
    chosen.status = offered.OfferStatus.chosen
    if kind == "requested":
        tasks.add(
            thread.tenant_id,
            f"confirm:{appointment.id}",
            "calendar_conflict",
            "A visit was requested while your calendar was out of date. Confirm or move it.",
            appointment_id=appointment.id,
            conversation_id=thread.id,
        )
    appointments.tell(appointment, change="booked")
    return appointment


def address_of(thread: Conversation) -> dict[str, Any]:
    """Where the visit is, as the conversation told it."""
    keys = ("street_address", "unit", "city", "state", "postal_code", "latitude", "longitude")
    return {key: thread.facts.get(key) for key in keys if thread.facts.get(key) is not None}


def _confirm_at(tenant: Tenant, start: datetime, moment: datetime) -> datetime | None:
    """The evening before the visit, but not before the contractor had half an hour to object."""
    reminders = tenant.settings.reminders
    if not reminders.tentative_auto_confirm:
        return None
    eve = (start.astimezone(tenant.zone) - timedelta(days=1)).date()
    planned = datetime.combine(eve, time.fromisoformat(reminders.tentative_confirm_time), tenant.zone)
    return max(planned, moment + AUTO_CONFIRM_AT_LEAST)


def _ack_deadline(tenant: Tenant, moment: datetime) -> datetime:
    return moment + timedelta(minutes=tenant.settings.emergency_service.night_ack_minutes)


def move(thread: Conversation, appointment_id: str, slot_id: str) -> Appointment:
    """Give a visit another time: the new one is booked before the old one is given up, in one transaction."""
    old = appointments.of(thread.tenant_id, UUID(appointment_id))
    chosen = next((row for row in offered.standing(thread.id) if row.slot_id == slot_id), None)
    if chosen is None:
        raise SlotTaken("That time is not on offer any more.")
    was_tentative = old.confirm_at is not None  # asked before the old visit forgets it
    with db.session.begin_nested():
        # Given up first inside the savepoint: the old block may overlap the new one of the same technician.
        appointments.change(old, AppointmentStatus.cancelled, reason="rescheduling")
        db.session.flush()
        kept = (
            "conversation_id",
            "customer_id",
            "job_types",
            "address",
            "price_low_cents",
            "price_high_cents",
            "title",
        )
        new = appointments.book(
            thread.tenant_id,
            chosen.plain(),
            buffer_minutes=old.buffer_minutes,
            status=AppointmentStatus.pending if was_tentative else AppointmentStatus.confirmed,
            confirm_at=_confirm_at(thread.tenant, chosen.start_at, now()) if was_tentative else None,
            **{name: getattr(old, name) for name in kept},
        )
        new.job_number, old.job_number = old.job_number, None
        new.version = old.version
    pushes.hand_over(old.id, new.id)
    appointments.tell(new, change="moved")
    return new


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


def technician_accepted(thread: Conversation) -> None:
    """A technician took the night visit that waited for him."""
    waiting = select(Appointment).where(
        Appointment.conversation_id == thread.id,
        Appointment.status == AppointmentStatus.pending,
        Appointment.cancel_at.is_not(None),
    )
    for appointment in db.session.scalars(waiting.with_for_update(of=Appointment)):
        confirm(appointment)


def confirm(appointment: Appointment) -> None:
    """Make a pending visit firm and tell the customer so."""
    appointments.change(appointment, AppointmentStatus.confirmed)
    appointment.booking_type = "confirmed"
    thread = _thread_of(appointment)
    if thread is not None:
        say(thread, booked_text(thread, appointment), template="booked", appointment=appointment)


def fall_through(appointment: Appointment) -> None:
    """Nobody took the night visit: it is cancelled, and the customer is offered the first regular time."""
    cancel_visit(appointment, "business_cancellation")
    thread = _thread_of(appointment)
    if thread is None:
        return
    offer = _first_regular(thread, appointment)
    if offer is None:
        body = (
            "We couldn't reach a technician for tonight. The team will contact you about a time. In danger, call 911."
        )
        say(thread, body, template="technician_not_reached", appointment=None)
        return
    values = {
        "window": wording.slot_text(offer.slot, now(), zone=thread.tenant.timezone, language=thread.language),
        "price": wording.offer_price_text(offer, thread.language),
    }
    body = (
        "We couldn't reach a technician for tonight. First opening: {window}, {price}. Reply YES to book. "
        "In danger, call 911."
    ).format(**values)
    reopen_with(thread, offer)
    say(thread, body, template="technician_not_reached", appointment=None)


def _first_regular(thread: Conversation, appointment: Appointment) -> Offer | None:
    moment = now()
    rules = terms(thread.tenant)
    start, end = technicians.horizon(moment, rules.horizon_days)
    wanted = Wanted(duration_minutes=int((appointment.end_at - appointment.start_at).total_seconds() // 60))
    people = [person.plain() for person in technicians.active(thread.tenant_id)]
    found = availability.find(wanted, rules, people, appointments.busy(thread.tenant_id, start, end), moment)
    first = next((slot for slot in found.slots if slot.slot_type == "regular"), None)
    if first is None or appointment.price_low_cents is None or appointment.price_high_cents is None:
        return None
    rate = Decimal(str(appointment.multiplier)) * 100
    low, high = Decimal(appointment.price_low_cents) / rate, Decimal(appointment.price_high_cents) / rate
    return Offer(1, first, Decimal(round(low)), Decimal(round(high)), tuple(appointment.job_types))


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
    low, high = Decimal(appointment.price_low_cents or 0) / 100, Decimal(appointment.price_high_cents or 0) / 100
    values = {
        "business": thread.tenant.business_name,
        "window": window_of(thread.tenant, appointment, thread.language),
        "address": appointment.address.get("street_address", ""),
        "price": wording.price_text(low, high),
        "job_number": appointment.job_number or "",
    }
    text, _ = wording.say("booked", values, language=thread.language, said=(), own={})
    return wording.tidy(text).replace(",,", ",")


def window_of(tenant: Tenant, appointment: Appointment, language: str = "en") -> str:
    """The arrival window in the zone of the business, as it is said."""
    start, end = appointment.window_start_at, appointment.window_end_at
    return wording.window_text(start, end, now(), zone=tenant.timezone, language=language)


def say(thread: Conversation, body: str, *, template: str, appointment: Appointment | None) -> None:
    """Text the customer about a visit; the text is discarded if the row says otherwise when it leaves."""
    row = messages.outbound_row(
        thread.tenant_id,
        thread.id,
        business_phone=thread.business_phone,
        customer_phone=thread.customer_phone,
        body=body,
        sender=Sender.system,
        purpose=Purpose.booking,
        template=template,
        appointment_id=appointment.id if appointment else None,
        correlation_id=thread.correlation_id,
    )
    messages.say(row)
    touch(thread, body)


def by_hand(
    tenant: Tenant, thread: Conversation, slot: Slot, *, job_type: str, low_cents: int, high_cents: int, made_by: str
) -> Appointment:
    """The contractor books for a customer: confirmed at once, and the customer hears of it."""
    appointment = appointments.book(
        tenant.id,
        slot,
        buffer_minutes=tenant.settings.operational_limits.min_buffer_between_jobs,
        status=AppointmentStatus.confirmed,
        conversation_id=thread.id,
        customer_id=thread.customer_id,
        job_number=appointments.new_job_number(),
        job_types=[job_type],
        address=address_of(thread),
        price_low_cents=low_cents,
        price_high_cents=high_cents,
        made_by=made_by,
    )
    appointments.tell(appointment, change="booked")
    say(thread, booked_text(thread, appointment), template="booked", appointment=appointment)
    note(thread, f"Booked {window_of(tenant, appointment)}.")
    return appointment
