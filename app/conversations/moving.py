"""A visit is given another time by its customer (behaviour.md 2.5, 4.6)."""

from uuid import UUID

from sqlalchemy import select

from app import leads
from app.calendars import pushes
from app.conversations import Conversation
from app.conversations.visits import ask_for_word, confirmed_at
from app.extensions import db
from app.scheduling import appointments, offered
from app.scheduling.appointments import Appointment, AppointmentStatus, SlotTaken

KEPT = ("customer_id", "job_types", "address", "price_low_cents", "price_high_cents", "title", "notes")


def move(thread: Conversation, appointment_id: str, slot_id: str) -> Appointment:
    """Give a visit another time: the new one is booked and the old one given up in one transaction, at one price.

    Raises SlotTaken when the new time is gone or was never offered here; the old visit stands then.
    """
    old = appointments.of(thread.tenant_id, UUID(appointment_id))
    chosen = next((row for row in offered.standing(thread.id) if row.slot_id == slot_id), None)
    if chosen is None:
        raise SlotTaken("That time is not on offer any more.")
    status, deadline = old.status, old.confirm_at or old.cancel_at  # asked before the old visit forgets them
    with db.session.begin_nested():
        # Given up first inside the savepoint: the old block may overlap the new one of the same technician.
        appointments.change(old, AppointmentStatus.cancelled, reason="rescheduling")
        db.session.flush()
        new = appointments.book(
            thread.tenant_id,
            chosen.plain(),
            buffer_minutes=old.buffer_minutes,
            status=status,
            conversation_id=thread.id,
            confirm_at=confirmed_at(thread.tenant, chosen.start_at) if deadline else None,
            **{name: getattr(old, name) for name in KEPT},
        )
        new.job_number, old.job_number = old.job_number, None
        link, old.link_token = old.link_token, appointments.new_link_token()
        db.session.flush()  # the customer's link goes with the visit, and no two rows may have it
        new.link_token = link
        new.version, new.booking_type = old.version, old.booking_type
    pushes.hand_over(old.id, new.id)
    chosen.status = offered.OfferStatus.chosen
    _follow(thread, old, new, is_unconfirmed=status == AppointmentStatus.pending and deadline is None)
    appointments.tell(new, change="moved")
    return new


def _follow(thread: Conversation, old: Appointment, new: Appointment, *, is_unconfirmed: bool) -> None:
    """What hung on the old visit hangs on the new one: its lead, and the contractor's word where that is awaited."""
    for lead in db.session.scalars(select(leads.Lead).where(leads.Lead.appointment_id == old.id)):
        lead.appointment_id = new.id
    if is_unconfirmed:
        ask_for_word(thread, new, "A visit that you have not confirmed was moved by the customer. Confirm or move it.")
