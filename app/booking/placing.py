"""Finding the technician for a start that a person chose: his hours, the limits of the day, what is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.range import TimestamptzRange
from sqlalchemy.exc import IntegrityError

from app import pricing, tenants
from app.clock import now
from app.conversations import visits
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.scheduling import appointments, area, availability, days, frame, holds, technicians
from app.scheduling.appointments import Appointment, AppointmentStatus, Kind, SlotTaken
from app.scheduling.holds import Hold
from app.scheduling.types import Band, Busy, Place, Slot, SlotType, Technician, Terms, Wanted
from app.tenants import Tenant

ALTERNATIVES = 3
BANDS: dict[SlotType, Band] = {
    "regular": "work",
    "early_morning": "early",
    "emergency_work_hours": "work",
    "emergency_evening": "evening",
    "emergency_night": "night",
}


class OutsideHours(Invalid):
    code = "OUTSIDE_WORKING_HOURS"


class OutOfArea(Invalid):
    code = "OUT_OF_SERVICE_AREA"


class StartInPast(Invalid):
    code = "START_IN_PAST"


class BeyondHorizon(Invalid):
    code = "BEYOND_HORIZON"


class CapacityReached(Conflict):
    code = "CAPACITY_REACHED"


@dataclass(frozen=True)
class Plan:
    """When somebody shall come, and to whom; `force` skips hours, capacity and area, never an overlap."""

    start: datetime
    minutes: int
    technician_id: UUID | None = None
    address: Mapping[str, Any] = field(default_factory=dict)
    slot_type: SlotType = "regular"
    force: bool = False

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


def place(
    tenant: Tenant, plan: Plan, status: AppointmentStatus, facts: dict[str, Any], *, booking_type: str = "confirmed"
) -> Appointment:
    terms, people = tenants.terms(tenant), _people(tenant, plan)
    _check_plan(terms, plan)
    busy = _busy(tenant, terms)
    _check_limits(terms, plan, people, busy, is_visit=facts.get("kind") != Kind.block)
    asker = str(facts.get("conversation_id") or "")
    for person in people:
        if not plan.force and not _works(terms, person, plan):
            continue
        if not _is_free(busy, person, plan, terms, asker):
            continue
        try:
            slot = _slot(terms, plan, person, booking_type)
            return appointments.book(tenant.id, slot, buffer_minutes=terms.min_buffer_minutes, status=status, **facts)
        except Conflict:
            continue
    raise _taken(tenant, terms, plan)


def keep(tenant: Tenant, plan: Plan, *, conversation_id: UUID | None, ttl_minutes: int) -> Hold:
    """Keep a time without booking it; raises SlotTaken with `alternatives`, and what `place` raises about the hours."""
    terms, people = tenants.terms(tenant), _people(tenant, plan)
    _check_plan(terms, plan)
    if not any(_works(terms, person, plan) for person in people):
        raise OutsideHours("Nobody works at that time.")
    for person in sorted(people, key=lambda one: one.id):
        # Bookings and holds are in two tables: whoever looks for free time of a person has to wait for his turn.
        appointments.lock(UUID(person.id))
    busy, asker = _busy(tenant, terms), str(conversation_id or "")
    for person in people:
        if not _works(terms, person, plan) or not _is_free(busy, person, plan, terms, asker):
            continue
        try:
            slot, buffer_minutes = _slot(terms, plan, person, "confirmed"), terms.min_buffer_minutes
            return holds.place(tenant.id, conversation_id, slot, minutes=ttl_minutes, buffer_minutes=buffer_minutes)
        except Conflict:
            continue
    raise _taken(tenant, terms, plan)


def _people(tenant: Tenant, plan: Plan) -> list[Technician]:
    everybody = [person.plain() for person in technicians.active(tenant.id)]
    if plan.technician_id is None:
        return everybody
    found = [person for person in everybody if person.id == str(plan.technician_id)]
    if not found:
        raise NotFound("There is no such technician.")
    return found


def _check_plan(terms: Terms, plan: Plan) -> None:
    moment = now()
    if plan.start <= moment:
        raise StartInPast("That time is over.")
    last = moment.astimezone(ZoneInfo(terms.timezone)).date() + timedelta(days=terms.horizon_days)
    if not plan.force and plan.start.astimezone(ZoneInfo(terms.timezone)).date() > last:
        raise BeyondHorizon(f"Visits are booked {terms.horizon_days} days ahead at most.")
    if plan.force or not plan.address:
        return
    parts = ("city", "state", "postal_code", "latitude", "longitude")
    where: dict[str, Any] = {key: plan.address.get(key) for key in parts}
    verdict = area.check(terms, street=plan.address.get("street_address"), **where)
    if verdict.result == "out":
        raise OutOfArea("That address is outside the service area.")


def _check_limits(
    terms: Terms, plan: Plan, people: Sequence[Technician], busy: Sequence[Busy], *, is_visit: bool
) -> None:
    if plan.force:
        return
    if not any(_works(terms, person, plan) for person in people):
        raise OutsideHours("Nobody works at that time.")
    local = plan.start.astimezone(ZoneInfo(terms.timezone))
    calendar = days.local_days(terms.timezone, local.date(), 1)
    that_day = [one for one in busy if one.start.astimezone(ZoneInfo(terms.timezone)).date() == local.date()]
    jobs, _ = frame.counts(that_day, terms, calendar)
    if is_visit and jobs[local.date()] >= terms.max_jobs_per_day:
        raise CapacityReached(f"That day has {terms.max_jobs_per_day} visits already.")


def _works(terms: Terms, person: Technician, plan: Plan) -> bool:
    start = plan.start.astimezone(ZoneInfo(terms.timezone))
    hours = None if days.is_absent(terms, start.date()) else frame.working_hours(person, terms, start.date())
    if hours is None:
        return False
    day = days.local_days(terms.timezone, start.date(), 1)[0]
    return day.at(hours[0]) <= days.minutes_floor(plan.start) and days.minutes_ceil(plan.end) <= day.at(hours[1])


def _busy(tenant: Tenant, terms: Terms) -> list[Busy]:
    start, end = technicians.horizon(now(), max(terms.horizon_days, 400))
    return appointments.busy(tenant.id, start, end)


def _is_free(busy: Sequence[Busy], person: Technician, plan: Plan, terms: Terms, asker: str) -> bool:
    pad = timedelta(minutes=terms.min_buffer_minutes)
    for one in busy:
        if one.technician_id != person.id or (one.kind == "hold" and one.owner == asker):
            continue
        if one.start < plan.end + pad and plan.start < one.end + timedelta(minutes=one.buffer_minutes):
            return False
    return True


def _slot(terms: Terms, plan: Plan, person: Technician, booking_type: str) -> Slot:
    is_emergency = plan.slot_type.startswith("emergency")
    window = terms.emergency_arrival_window_minutes if is_emergency else terms.arrival_window_minutes
    band = BANDS[plan.slot_type]
    return Slot(
        id=f"hand-{days.minutes_floor(plan.start)}",
        technician_id=person.id,
        start=plan.start,
        end=plan.end,
        window_start=plan.start,
        window_end=plan.start + timedelta(minutes=min(window, plan.minutes)),
        slot_type=plan.slot_type,
        band=band,
        multiplier=pricing.multiplier(band, terms, emergency=is_emergency),
        booking_type="tentative" if booking_type == "tentative" else "confirmed",
        after_hours=plan.slot_type in ("emergency_evening", "emergency_night"),
        early=plan.slot_type == "early_morning",
    )


def _taken(tenant: Tenant, terms: Terms, plan: Plan) -> SlotTaken:
    people = [person.plain() for person in technicians.active(tenant.id)]
    wanted = Wanted(duration_minutes=plan.minutes, place=target(plan.address))
    found = availability.find(wanted, terms, people, _busy(tenant, terms), now())
    nearest = sorted(found.slots, key=lambda slot: abs(slot.start - plan.start))[:ALTERNATIVES]
    shown = [{"start": slot.start, "end": slot.end} for slot in sorted(nearest, key=lambda slot: slot.start)]
    told = [{name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in one.items()} for one in shown]
    return SlotTaken("That time is already taken.", details={"alternatives": told})


def target(address: Mapping[str, Any]) -> Place | None:
    if not address.get("postal_code"):
        return None
    return Place(address.get("latitude"), address.get("longitude"), address["postal_code"], "zip")


def move(tenant: Tenant, appointment: Appointment, plan: Plan) -> None:
    """Give a visit another time or technician, in its own row; the old time is free once the new one is taken."""
    terms = tenants.terms(tenant)
    if appointment.status not in appointments.OCCUPYING:
        raise appointments.TransitionRefused(f"A visit that is {appointment.status} cannot be moved.")
    _check_plan(terms, plan)
    people = _people(tenant, plan)
    busy = [one for one in _busy(tenant, terms) if not is_it(one, appointment)]
    _check_limits(terms, plan, people, busy, is_visit=appointment.kind == Kind.booking)
    asker = str(appointment.conversation_id or "")
    for person in people:
        if (plan.force or _works(terms, person, plan)) and _is_free(busy, person, plan, terms, asker):
            put(tenant, appointment, _slot(terms, plan, person, appointment.booking_type))
            return
    raise _taken(tenant, terms, plan)


def is_it(one: Busy, appointment: Appointment) -> bool:
    return one.technician_id == str(appointment.technician_id) and one.start == appointment.start_at


def put(tenant: Tenant, appointment: Appointment, slot: Slot) -> None:
    """Move a visit to a slot, in its own row; raises SlotTaken when somebody was faster, and changes nothing then."""
    technician_id = UUID(slot.technician_id)
    appointments.lock(technician_id)
    try:
        with db.session.begin_nested():
            appointment.technician_id = technician_id
            appointment.start_at, appointment.end_at = slot.start, slot.end
            appointment.window_start_at, appointment.window_end_at = slot.window_start, slot.window_end
            appointment.reserved = TimestamptzRange(
                slot.start, slot.end + timedelta(minutes=appointment.buffer_minutes)
            )
            appointment.version += 1
    except IntegrityError as error:
        raise SlotTaken("That time was just taken.") from error
    if appointment.confirm_at is not None:
        appointment.confirm_at = visits.confirmed_at(tenant, slot.start)
    appointments.tell(appointment, change="moved")
