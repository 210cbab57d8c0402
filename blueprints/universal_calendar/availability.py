"""universal-calendar: when somebody is free."""

import datetime as dt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from app import tenants
from app.calendars import mirror
from app.clock import now
from app.errors import Invalid
from app.scheduling import appointments, area, availability, technicians
from app.scheduling.types import Place, Slot, Wanted
from app.tenants import Tenant
from blueprints import guards, limits
from blueprints.reading import query
from blueprints.schemas import Query
from blueprints.shapes import moment
from blueprints.universal_calendar import bp, members

SHORTEST, LONGEST = 5, 720


class DurationOutOfRange(Invalid):
    code = "DURATION_OUT_OF_RANGE"


class DateOutOfRange(Invalid):
    code = "DATE_OUT_OF_RANGE"


class Free(Query):
    user_id: UUID
    date: dt.date
    duration: int
    urgency_level: str = Field(default="normal", pattern="^(normal|urgent|emergency)$")
    postal_code: str | None = Field(default=None, pattern=r"^\d{5}$")


@bp.get("/calendar/availability")
@guards.also_for("availability")
def show_availability() -> ResponseReturnValue:
    """The starts of one day at which a job of that length fits; an empty list is no time that day."""
    limits.spend(limits.AVAILABILITY, "availability", g.caller)
    wanted, tenant, at = query(Free), guards.current_tenant(), now()
    _check(wanted, tenant, at)
    fresh = mirror.freshness(tenant.id, wanted.user_id)
    return jsonify(
        user_id=str(wanted.user_id),
        date=wanted.date.isoformat(),
        timezone=tenant.timezone,
        duration=wanted.duration,
        available_slots=[slot_json(slot, tenant.zone) for slot in _slots(wanted, tenant, at)],
        stale=fresh.is_stale,
        synced_at=moment(fresh.synced_at),
    )


def _check(wanted: Free, tenant: Tenant, at: dt.datetime) -> None:
    members.of(tenant.id, wanted.user_id)
    if not SHORTEST <= wanted.duration <= LONGEST:
        raise DurationOutOfRange(f"A duration is {SHORTEST} to {LONGEST} minutes.")
    today = at.astimezone(tenant.zone).date()
    last = today + dt.timedelta(days=tenant.settings.operational_limits.booking_horizon_days)
    if not today <= wanted.date <= last:
        raise DateOutOfRange(f"Ask for a day from {today} to {last}.")


def _slots(wanted: Free, tenant: Tenant, at: dt.datetime) -> list[Slot]:
    terms = tenants.terms(tenant)
    start, end = technicians.horizon(at, terms.horizon_days)
    # A technician's own time, or for somebody who is none the time of the whole business.
    people = technicians.active(tenant.id)
    mine = [person for person in people if person.user_id == wanted.user_id] or people
    where = area.zip_of(wanted.postal_code) if wanted.postal_code else None
    place = Place(where.latitude, where.longitude, wanted.postal_code, "zip") if where and where.served else None
    search = Wanted(wanted.duration, urgency=wanted.urgency_level, place=place)  # type: ignore[arg-type]
    busy = appointments.busy(tenant.id, start, end)
    found = availability.find(search, terms, [person.plain() for person in mine], busy, at)
    return [
        slot
        for slot in found.slots
        # Dearer times are for emergencies, or asked for by name where a visit is booked.
        if slot.start.astimezone(tenant.zone).date() == wanted.date
        and (slot.slot_type == "regular" or wanted.urgency_level == "emergency")
    ]


def slot_json(slot: Slot, zone: ZoneInfo) -> dict[str, Any]:
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "local_label": f"{start:%a} {start.hour % 12 or 12}:{start:%M %p}",
        "technician_ids": [slot.technician_id],
        "slot_type": slot.slot_type,
    }
