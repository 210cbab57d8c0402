"""What the contractor does with a visit from its card: call it off, or say that the work is done."""

from sqlalchemy import select

from app import leads
from app.conversations import Conversation
from app.conversations.visits import cancel_visit, say, window_of
from app.extensions import db
from app.scheduling import appointments
from app.scheduling.appointments import Appointment, AppointmentStatus
from app.tenants import Tenant


def call_off(appointment: Appointment, words: str = "") -> None:
    """The business cancels a visit and tells the customer why, in its own words, or leaves that to a call."""
    thread = _thread_of(appointment)
    cancel_visit(appointment, "business_cancellation")
    if thread is not None and words:
        say(thread, words, template="called_off", appointment=None)


def cancellation_words(tenant: Tenant, appointment: Appointment) -> str:
    """What a customer is told about a visit that the business cancels, for the contractor to change."""
    when = window_of(tenant, appointment)
    return f"{tenant.business_name}: we have to cancel your visit {when}. Sorry about that. Reply here for a new time."


def complete(appointment: Appointment) -> None:
    """The work is done; its lead is won."""
    appointments.change(appointment, AppointmentStatus.completed)
    lead = db.session.scalar(select(leads.Lead).where(leads.Lead.appointment_id == appointment.id))
    if lead is not None and lead.status == leads.LeadStatus.appointment_scheduled:
        leads.change(lead, leads.LeadStatus.completed)


def _thread_of(appointment: Appointment) -> Conversation | None:
    return db.session.get(Conversation, appointment.conversation_id) if appointment.conversation_id else None
