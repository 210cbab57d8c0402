"""What a reminder says, read from the visit when it leaves, and why one is not sent (behaviour.md 9, SC48, SC54)."""

from datetime import datetime, timedelta
from uuid import UUID

from app import consent, conversations, links, phones, tasks, wordings
from app.clock import now
from app.conversations import Conversation, visits
from app.extensions import db
from app.messages import Purpose
from app.scheduling import appointments, reminders
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.scheduling.reminders import Reminder, ReminderKind, ReminderStatus

TEMPLATES = {ReminderKind.day_before: "reminder_24h", ReminderKind.two_hours: "reminder_2h", ReminderKind.eta: "eta"}
STEP_MINUTES = 5
A_DAY = timedelta(hours=24)


def send(reminder: Reminder) -> None:
    """Put one reminder into the outbox, or write down why it is not sent."""
    appointment = db.session.get_one(Appointment, reminder.appointment_id)
    thread = _thread(appointment)
    why = _why_not(reminder, appointment, thread)
    if why is not None or thread is None:
        reminder.status, reminder.why = ReminderStatus.dropped, why or "no text conversation with this customer"
        return
    template = _template(reminder, appointment)
    values = _values(thread, appointment)
    text = wordings.say(thread.tenant, template, values, language=thread.language, deeds={"visit", "arrival"})
    message = visits.say(
        thread,
        text,
        template=template,
        appointment=appointment,
        purpose=Purpose.eta if reminder.kind == ReminderKind.eta else Purpose.reminder,
        valid_until=appointment.window_start_at,
    )
    reminder.status, reminder.message_id = ReminderStatus.sent, message.id


def _thread(appointment: Appointment) -> Conversation | None:
    customer = appointment.customer
    return conversations.latest_with(appointment.tenant_id, customer.phone) if customer else None


def _why_not(reminder: Reminder, appointment: Appointment, thread: Conversation | None) -> str | None:
    if appointment.window_start_at <= now() or reminders.is_overtaken(reminder):
        return "too late"
    if appointment.status != AppointmentStatus.confirmed and not _is_tentative_notice(reminder, appointment):
        return "the visit is not confirmed"
    if thread is not None and consent.opted_out_at(thread.tenant_id, thread.customer_phone):
        ask_to_call(appointment, thread)
        return "opted out"
    return None


def _is_tentative_notice(reminder: Reminder, appointment: Appointment) -> bool:
    # A night visit that waits for its technician is promised to nobody.
    is_planned = appointment.status == AppointmentStatus.pending and appointment.cancel_at is None
    return is_planned and reminder.kind == ReminderKind.day_before


def _template(reminder: Reminder, appointment: Appointment) -> str:
    is_tentative = appointment.status == AppointmentStatus.pending
    return "reminder_tentative" if is_tentative else TEMPLATES[reminder.kind]


def _values(thread: Conversation, appointment: Appointment) -> dict[str, str]:
    street = appointment.address.get("street_address")
    return {
        "business": thread.tenant.business_name,
        "window": visits.window_of(thread.tenant, appointment, thread.language),
        "where": f", {street}" if street else "",
        "link": links.visit(appointment.link_token),
        "minutes": str(minutes_until(appointment.window_start_at)),
    }


def minutes_until(arrival: datetime) -> int:
    """How far an arrival is away, as it is said: to the next five minutes, five at least."""
    minutes = (arrival - now()).total_seconds() / 60
    return max(STEP_MINUTES, STEP_MINUTES * round(minutes / STEP_MINUTES))


def leave_to_people(tenant_id: UUID, phone: str) -> None:
    """Somebody who wants no texts any more is reminded of his visits by a person."""
    thread = conversations.latest_with(tenant_id, phone)
    if thread is not None and thread.customer_id is not None:
        for appointment in appointments.upcoming(tenant_id, thread.customer_id):
            ask_to_call(appointment, thread)


def ask_to_call(appointment: Appointment, thread: Conversation) -> None:
    """Ask the contractor to remind a customer by phone, a day before the visit (SC54)."""
    who = (appointment.customer and appointment.customer.name) or phones.shown(thread.customer_phone)
    tasks.add(
        appointment.tenant_id,
        f"remind:{appointment.id}",
        "call_back",
        f"{who} opted out of texts. Remind them of the visit {visits.window_of(thread.tenant, appointment)} by phone.",
        customer_phone=thread.customer_phone,
        conversation_id=thread.id,
        appointment_id=appointment.id,
        due_at=max(now(), appointment.window_start_at - A_DAY),
    )
