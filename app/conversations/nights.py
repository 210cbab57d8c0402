"""Night visits wait for a technician: one takes them, or they fall through to a regular time (behaviour.md 5.4)."""

from decimal import Decimal

from sqlalchemy import select

from app import wordings
from app.clock import now
from app.conversations import Conversation
from app.conversations.visits import cancel_visit, confirm, reopen_with, say
from app.dispatch import wording
from app.dispatch.types import Offer
from app.extensions import db
from app.scheduling import appointments, availability, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.types import Wanted
from app.tenants import terms


def technician_accepted(thread: Conversation) -> None:
    """A technician took the night visit that waited for him."""
    waiting = select(Appointment).where(
        Appointment.conversation_id == thread.id,
        Appointment.status == AppointmentStatus.pending,
        Appointment.cancel_at.is_not(None),
    )
    for appointment in db.session.scalars(waiting.with_for_update(of=Appointment)):
        confirm(appointment)


def fall_through(appointment: Appointment) -> None:
    """Nobody took the night visit: it is cancelled, and the customer is offered the first regular time."""
    cancel_visit(appointment, "business_cancellation")
    thread = db.session.get(Conversation, appointment.conversation_id) if appointment.conversation_id else None
    if thread is None:
        return
    offer = _first_regular(thread, appointment)
    template, values = "technician_not_reached_no_time", {}
    if offer is not None:
        template = "technician_not_reached"
        window = wording.slot_text(offer.slot, now(), zone=thread.tenant.timezone, language=thread.language)
        values = {"window": window, "price": wording.offer_price_text(offer, thread.language)}
        reopen_with(thread, offer)
    words = wordings.say(thread.tenant, template, values, language=thread.language)
    say(thread, words, template="technician_not_reached", appointment=None)


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
