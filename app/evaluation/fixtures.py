"""The formats of the dialogue files in the words of the dispatcher: a tenant, its free times, an event, an answer.

The formats are those of the development data (README beside it). A tenant that carries `frozen` is one whose whole
context was kept with a case of our own (frozen.py); any other has the fields of the format alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.dispatch import Context, Event, Result
from app.dispatch.types import DIAGNOSTIC, Customer, Dispatch, Estimate, Offer, OwnAppointment
from app.evaluation import frozen
from app.scheduling.types import WEEKDAYS, AreaVerdict, Found, Place, Slot, Wanted

Json = dict[str, Any]
DAYS = {day[:3]: day for day in WEEKDAYS}
JOB_NUMBER = "NMC-10001"
ASKS = {"zip": None, "hazard": "safe"}
"""What the dispatcher asks under a name that the format does not have."""
FACTS = ("job_type", "jobs", "name", "address", "unit", "zip", "city")
TWO_HOURS = dt.timedelta(hours=2)


def event_of(event: Json) -> Event:
    """The event in the dispatcher's words."""
    return Event(event["type"], text=event.get("text", ""), minutes=event.get("minutes", 0))


def answer(result: Result) -> Json:
    """The result in the words of the format."""
    facts = dict(result.extracted)
    lines = [job for job in facts.get("price_book_jobs") or [] if job not in {"diagnostic_visit", *facts["jobs"]}]
    facts["jobs"] = [*(facts.get("jobs") or []), *lines]
    return {
        "reply": result.reply,
        "asks": ASKS.get(result.asks or "", result.asks),
        "urgency_level": result.urgency_level,
        "urgency_confidence": result.urgency_confidence,
        "ai_confidence": result.ai_confidence,
        "life_safety": result.life_safety,
        "extracted": {key: facts.get(key) for key in FACTS},
        "estimated_value_min": _dollars(result.estimated_value_min),
        "estimated_value_max": _dollars(result.estimated_value_max),
        "proposed": list(result.proposed),
        "confirmed_slot": result.confirmed_slot,
        "outcome": result.outcome,
        "actions": [act for act in result.acts if act != "opt_in"],
        "lang": result.language,
        "lead": result.lead,
        "flags": list(result.flags),
        "evidence": list(result.evidence),
    }


def _dollars(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def context_of(
    given: Json, now: dt.datetime, seed: str, *, offers: tuple[Offer, ...] = (), lapsed: tuple[Offer, ...] = ()
) -> Context:
    """What the dispatcher may know at `now`, from a tenant, its free times and the caller's visits."""
    tenant = given["tenant"]
    zone = ZoneInfo(tenant["timezone"])
    slots = tuple(slot_of(slot, zone) for slot in given["availability"])

    def find_slots(_: Wanted) -> Found:
        return Found(slots)

    kept = tenant.get("frozen")
    facts = frozen.thaw(kept) if kept else _plain(tenant, now) | {"customer": customer_of(given["appointments"])}
    return Context(
        **facts,
        find_slots=find_slots,
        offers=offers,
        lapsed=lapsed,
        appointments=tuple(visit_of(visit, zone) for visit in given["appointments"] if not visit.get("other")),
        job_number=JOB_NUMBER,
        seed=seed,
    )


def _plain(tenant: Json, now: dt.datetime) -> dict[str, Any]:
    emergency = tenant["emergency"]
    fee = Decimal(str(tenant["diagnostic_fee"]))
    return {
        "business_name": tenant["business_name"],
        "trade": tenant["trade_type"],
        "timezone": tenant["timezone"],
        "price_book": tuple(
            Estimate(line["job_type"], int(line["hours"] * 60), Decimal(str(line["min"])), Decimal(str(line["max"])))
            for line in tenant["job_estimates"]
        ),
        "check_area": area_of(tenant["service_area"]),
        "owner_name": tenant["owner_name"],
        "business_hours": {
            DAYS[day]: tuple(hours) if hours else None for day, hours in tenant["business_hours"].items()
        },
        "diagnostic": replace(DIAGNOSTIC, low=fee, high=fee),
        "emergencies_accepted": emergency["enabled"],
        "immediate": immediate(emergency, now) if emergency["enabled"] else None,
        "asks_for": frozenset({"name", "when"}),
    }


def customer_of(appointments: Sequence[Json]) -> Customer:
    """What is known of a caller who has visits: the name and the addresses of the visits."""
    own = [visit for visit in appointments if not visit.get("other")]
    name = next((visit["name"] for visit in own if visit.get("name")), None)
    return Customer(name, tuple(dict.fromkeys(visit["address"] for visit in own if visit.get("address"))))


def slot_of(slot: Json, zone: ZoneInfo) -> Slot:
    """A free time; what a case of our own knows beyond the window lies under `kept`."""
    start, end = (dt.datetime.fromisoformat(slot[key]).replace(tzinfo=zone) for key in ("start", "end"))
    kept = slot.get("kept", {})
    last = start + dt.timedelta(minutes=kept["minutes"]) if "minutes" in kept else end
    return Slot(slot["id"], "tech", start, last, start, end, **Slot.kind_of(kept))


def visit_of(visit: Json, zone: ZoneInfo) -> OwnAppointment:
    """A visit of the caller; without an end it is taken for two hours."""
    start = dt.datetime.fromisoformat(visit["start"]).replace(tzinfo=zone)
    end = dt.datetime.fromisoformat(visit["end"]).replace(tzinfo=zone) if visit.get("end") else start + TWO_HOURS
    kept = {key: Decimal(str(visit[key])) for key in ("low", "high") if visit.get(key) is not None}
    return OwnAppointment(
        visit["id"],
        start,
        end,
        visit["status"],
        visit.get("job_type", ""),
        visit.get("address", ""),
        minutes=visit.get("minutes") or int((end - start).total_seconds() // 60),
        job_number=visit.get("job_number", ""),
        job_types=tuple(visit.get("job_types", ())),
        **kept,
    )


def immediate(emergency: Json, now: dt.datetime) -> Dispatch:
    """The rate of this moment: night, evening, else work."""
    at, rates = f"{now:%H:%M}", emergency["multipliers"]
    evening, night = emergency["evening"], emergency["night"]
    if at >= night[0] or at < night[1]:
        return Dispatch(Decimal(str(rates["night"])), "night")
    if evening[0] <= at < evening[1]:
        return Dispatch(Decimal(str(rates["evening"])), "evening")
    return Dispatch(Decimal(str(rates["work"])), "work")


def area_of(area: Json) -> Callable[..., AreaVerdict]:
    """ZIP prefixes and cities; a street alone is taken as served."""

    def check(*, postal_code: str | None = None, city: str | None = None, **_: object) -> AreaVerdict:
        if postal_code:
            is_in = postal_code.startswith(tuple(area["zip_prefixes"]))
        else:
            is_in = not city or city.lower() in area["cities"]
        return AreaVerdict("in" if is_in else "out", Place(postal_code=postal_code))

    return check


def ids_of(slots: Sequence[Json]) -> set[str]:
    """The ids of some free times."""
    return {slot["id"] for slot in slots}
