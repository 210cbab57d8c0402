"""The dispatcher behind the adapter interface of the development data."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.dispatch import Context, Event, Result, State, decide, understanding
from app.dispatch.types import Customer, Dispatch, Estimate, Offer, OwnAppointment
from app.scheduling.types import AreaVerdict, Found, Place, Slot, Wanted

Json = dict[str, Any]
ZONE = "America/Chicago"
DAYS = {
    "mon": "monday",
    "tue": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
OUTCOMES = {"handoff": "handoff", "escalated": "escalated"}


class Adapter:
    """One conversation: the state and the offers on the table are kept between the steps."""

    def __init__(self) -> None:
        self.state = State()
        self.offers: tuple[Offer, ...] = ()
        self.seed = ""

    def reset(self, dialogue: Json, tenant: Json) -> None:
        self.__init__()  # type: ignore[misc]
        self.seed = dialogue["id"]

    def step(self, event: Json, context: Json, now: dt.datetime) -> Json:
        moment = now.replace(tzinfo=ZoneInfo(context["tenant"]["timezone"]))
        result = self.decide(event_of(event), context, moment)
        booked = result.confirmed_slot
        if booked and booked not in {slot["id"] for slot in context["availability"]}:
            self.offers = ()
            result = self.decide(Event("booking_refused", slot_id=booked), context, moment)
        return answer(result)

    def decide(self, event: Event, context: Json, now: dt.datetime) -> Result:
        result, self.state = decide(self.state, event, context_of(context, self.offers, now, self.seed), now)
        if result.offers or not result.keeps_offers:
            self.offers = result.offers
        return result

    def understand(self, text: str, trade: str, context: Json, now: dt.datetime) -> Json:
        offers = [dt.datetime.fromisoformat(start) for start in context.get("offers") or []]
        found = understanding.read(text, trade=trade, now=now, asked=context.get("asked"), offers=offers)
        address = found.address
        return {
            "urgency_level": found.danger.level,
            "urgency_confidence": found.danger.confidence,
            "life_safety": found.danger.classes[0] if found.danger.classes else None,
            "job_type": found.jobs.types[0] if found.jobs.types else None,
            "lang": found.language,
            "intent": found.intent,
            "address": {
                "street": address.street,
                "unit": address.unit,
                "city": address.city,
                "state": address.state,
                "zip": address.postal_code,
            },
            "name": found.name,
            "phone": found.phone,
            "times": [{key: window[key] for key in ("date", "start", "end")} for window in found.times.windows],
            "exclude": list(found.times.exclude),
            "picked": [offers[index].strftime("%Y-%m-%dT%H:%M") for index in found.times.picked],
            "asap": found.times.asap,
            "intent_confidence": found.intent_confidence,
            "job_confidence": found.jobs.confidence,
            "address_confidence": address.confidence,
            "evidence": list(found.evidence),
        }


def event_of(event: Json) -> Event:
    """The event in the product's words."""
    return Event(event["type"], text=event.get("text", ""), minutes=event.get("minutes", 0))


def answer(result: Result) -> Json:
    """The result in the words of the checkers."""
    facts = dict(result.extracted)
    lines = [job for job in facts.get("price_book_jobs") or [] if job not in {"diagnostic_visit", *facts["jobs"]}]
    facts["jobs"] = [*(facts.get("jobs") or []), *lines]
    return {
        "reply": result.reply,
        "asks": {"zip": None, "hazard": "safe"}.get(result.asks or "", result.asks),
        "urgency_level": result.urgency_level,
        "urgency_confidence": result.urgency_confidence,
        "ai_confidence": result.ai_confidence,
        "life_safety": result.life_safety,
        "extracted": {key: facts.get(key) for key in ("job_type", "jobs", "name", "address", "unit", "zip", "city")},
        "estimated_value_min": None if result.estimated_value_min is None else float(result.estimated_value_min),
        "estimated_value_max": None if result.estimated_value_max is None else float(result.estimated_value_max),
        "proposed": list(result.proposed),
        "confirmed_slot": result.confirmed_slot,
        "outcome": result.outcome,
        "actions": [act for act in result.acts if act != "opt_in"],
        "lang": result.language,
        "lead": result.lead,
        "flags": list(result.flags),
        "evidence": list(result.evidence),
    }


def context_of(context: Json, offers: tuple[Offer, ...], now: dt.datetime, seed: str) -> Context:
    """A tenant of the fixtures as the product sees it."""
    tenant, zone = context["tenant"], ZoneInfo(context["tenant"]["timezone"])
    slots = tuple(slot_of(slot, zone) for slot in context["availability"])
    emergency = tenant["emergency"]
    fee = Decimal(tenant["diagnostic_fee"])

    def find_slots(_: Wanted) -> Found:
        return Found(slots)

    return Context(
        business_name=tenant["business_name"],
        trade=tenant["trade_type"],
        timezone=tenant["timezone"],
        price_book=tuple(
            Estimate(line["job_type"], int(line["hours"] * 60), Decimal(str(line["min"])), Decimal(str(line["max"])))
            for line in tenant["job_estimates"]
        ),
        find_slots=find_slots,
        check_area=area_of(tenant["service_area"]),
        owner_name=tenant["owner_name"],
        business_hours={DAYS[day]: tuple(hours) if hours else None for day, hours in tenant["business_hours"].items()},
        diagnostic=Estimate("diagnostic_visit", 60, fee, fee, "Diagnostic visit"),
        emergencies_accepted=emergency["enabled"],
        immediate=immediate(emergency, now) if emergency["enabled"] else None,
        offers=offers,
        appointments=tuple(visit_of(visit, zone) for visit in context["appointments"] if not visit.get("other")),
        customer=customer_of(context["appointments"]),
        job_number="NMC-10001",
        asks_for=frozenset({"name", "when"}),
        seed=seed,
    )


def customer_of(appointments: list[Json]) -> Customer:
    """What the product knows of a caller who has visits with us: the name and the address of the visits."""
    own = [visit for visit in appointments if not visit.get("other")]
    name = next((visit["name"] for visit in own if visit.get("name")), None)
    return Customer(name, tuple(dict.fromkeys(visit["address"] for visit in own if visit.get("address"))))


def slot_of(slot: Json, zone: ZoneInfo) -> Slot:
    start, end = (dt.datetime.fromisoformat(slot[key]).replace(tzinfo=zone) for key in ("start", "end"))
    return Slot(slot["id"], "tech", start, end, start, end)


def visit_of(visit: Json, zone: ZoneInfo) -> OwnAppointment:
    start = dt.datetime.fromisoformat(visit["start"]).replace(tzinfo=zone)
    end = (
        dt.datetime.fromisoformat(visit["end"]).replace(tzinfo=zone)
        if visit.get("end")
        else start + dt.timedelta(hours=2)
    )
    return OwnAppointment(
        visit["id"],
        start,
        end,
        visit["status"],
        visit.get("job_type", ""),
        visit.get("address", ""),
        minutes=int((end - start).total_seconds() // 60),
    )


def immediate(emergency: Json, now: dt.datetime) -> Dispatch:
    """The band of this moment: night, evening, else work."""
    at = f"{now:%H:%M}"
    evening, night = emergency["evening"], emergency["night"]
    if at >= night[0] or at < night[1]:
        return Dispatch(Decimal(str(emergency["multipliers"]["night"])), "night")
    if evening[0] <= at < evening[1]:
        return Dispatch(Decimal(str(emergency["multipliers"]["evening"])), "evening")
    return Dispatch(Decimal(str(emergency["multipliers"]["work"])), "work")


def area_of(area: Json) -> Any:
    """ZIP prefixes and cities; a street alone is taken as served."""

    def check(*, postal_code: str | None = None, city: str | None = None, **_: object) -> AreaVerdict:
        if postal_code:
            is_in = postal_code.startswith(tuple(area["zip_prefixes"]))
        else:
            is_in = not city or city.lower() in area["cities"]
        return AreaVerdict("in" if is_in else "out", Place(postal_code=postal_code))

    return check
