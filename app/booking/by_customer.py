"""What a customer does with his visit on the page of its link: be there, call it off, choose another time.

The link is a secret of 128 bits that names one visit and ends a week after it (interfaces.md, web-ui `/a/{token}`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app import conversations, links, notifications, phones, tenants, users, wordings
from app.booking import placing
from app.clock import now
from app.conversations import Conversation, visits
from app.errors import Conflict, NotFound
from app.extensions import db
from app.notifications import Category, Channel
from app.scheduling import appointments, availability, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus, Kind, SlotTaken
from app.scheduling.types import Slot, Wanted
from app.tenants import Tenant

LINK_LIFE = timedelta(days=7)
MOST_CHOICES = 8
A_DAY = 2
"""Times shown of one day: the first of its morning and of its afternoon."""
NOON = 12
CHANGEABLE = (AppointmentStatus.pending, AppointmentStatus.confirmed)


class NotChangeable(Conflict):
    code = "APPOINTMENT_NOT_CHANGEABLE"


def by_token(token: str, *, lock: bool = False) -> Appointment:
    """The visit of a link; an unknown link and one whose week is over are not found alike."""
    wanted = select(Appointment).where(Appointment.link_token == token, Appointment.kind == Kind.booking)
    if lock:
        wanted = wanted.with_for_update(of=Appointment).execution_options(populate_existing=True)
    found = db.session.scalar(wanted)
    if found is None or found.end_at + LINK_LIFE <= now():
        raise NotFound("This link is not known, or its time is over.")
    return found


def may_change(appointment: Appointment) -> bool:
    """Whether the customer can still do something about the visit."""
    return appointment.status in CHANGEABLE and appointment.window_start_at > now()


def may_move(appointment: Appointment) -> bool:
    """Whether another time costs the same: only regular visits; for others the price depends on the hour."""
    return may_change(appointment) and appointment.slot_type == "regular" and appointment.cancel_at is None


def is_late(tenant: Tenant, appointment: Appointment) -> bool:
    """Whether the cancellation window of the business has begun."""
    return now() > appointment.start_at - timedelta(hours=tenant.settings.operational_limits.cancellation_window_hours)


def choices(tenant: Tenant, appointment: Appointment) -> Sequence[Slot]:
    """Other times of the same length and price, eight at most, in order: the first of each half of a day."""
    terms, at = tenants.terms(tenant), now()
    start, end = technicians.horizon(at, terms.horizon_days)
    busy = [one for one in appointments.busy(tenant.id, start, end) if not placing.is_it(one, appointment)]
    minutes = round((appointment.end_at - appointment.start_at).total_seconds() / 60)
    wanted = Wanted(duration_minutes=minutes, place=placing.target(appointment.address))
    people = [person.plain() for person in technicians.active(tenant.id)]
    found = availability.find(wanted, terms, people, busy, at)
    halves: dict[tuple[object, bool], Slot] = {}
    for slot in found.slots:
        local = slot.start.astimezone(tenant.zone)
        if slot.slot_type == "regular" and slot.start != appointment.start_at:
            halves.setdefault((local.date(), local.hour < NOON), slot)
    return sorted(halves.values(), key=lambda slot: slot.start)[:MOST_CHOICES]


def acknowledge(appointment: Appointment) -> None:
    """The customer will be there; saying it twice changes nothing."""
    _check(may_change(appointment))
    if appointment.acknowledged_at is None:
        appointment.acknowledged_at = now()
        if (thread := _thread(appointment)) is not None:
            conversations.note(thread, "The customer says they will be there.")
        appointments.tell(appointment, change="acknowledged")


def cancel(tenant: Tenant, appointment: Appointment) -> None:
    """The customer calls the visit off; the second time nothing happens."""
    if appointment.status == AppointmentStatus.cancelled:
        return
    _check(may_change(appointment))
    when = visits.window_of(tenant, appointment)
    visits.cancel_visit(appointment, "customer_cancellation")
    thread = _thread(appointment)
    if thread is not None:
        values = {"window": visits.window_of(tenant, appointment, thread.language)}
        words = wordings.say(tenant, "cancelled", values, language=thread.language, deeds={"cancel"})
        visits.say(thread, words, template="cancelled", appointment=None)
        conversations.note(thread, f"The customer cancelled the visit {when} on its page.")
    _tell_owner(appointment, "Cancelled by the customer", f"{_who(appointment)} cancelled the visit {when}.")


def move(tenant: Tenant, appointment: Appointment, start: datetime) -> None:
    """The customer takes another of the times shown; raises SlotTaken when it is not free any more."""
    if appointment.start_at == start:
        return
    _check(may_move(appointment))
    chosen = next((slot for slot in choices(tenant, appointment) if slot.start == start), None)
    if chosen is None:
        raise SlotTaken("That time was just taken.")
    before = visits.window_of(tenant, appointment)
    placing.put(tenant, appointment, chosen)
    after = visits.window_of(tenant, appointment)
    if (thread := _thread(appointment)) is not None:
        visits.say(thread, visits.moved_text(thread, appointment), template="moved", appointment=appointment)
        conversations.note(thread, f"The customer moved the visit from {before} to {after} on its page.")
    _tell_owner(appointment, "Moved by the customer", f"{_who(appointment)} moved the visit {before} to {after}.")


def _check(is_allowed: bool) -> None:
    if not is_allowed:
        raise NotChangeable("This visit cannot be changed here any more. Please call or text.")


def _thread(appointment: Appointment) -> Conversation | None:
    customer = appointment.customer
    return conversations.latest_with(appointment.tenant_id, customer.phone) if customer else None


def _who(appointment: Appointment) -> str:
    customer = appointment.customer
    return (customer.name or phones.shown(customer.phone)) if customer else "The customer"


def _tell_owner(appointment: Appointment, title: str, body: str) -> None:
    owner = users.owner_of(appointment.tenant_id)
    if owner is None:
        return
    path = links.thread_path(appointment.conversation_id) if appointment.conversation_id else "/app/appointments"
    notifications.tell(
        owner,
        title=title,
        body=body,
        category=Category.appointment_reminder,
        channels=[Channel.push, Channel.sms],
        dedupe_key=f"visit:{appointment.id}:{appointment.version}",
        action_path=path,
    )
