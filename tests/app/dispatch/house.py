"""Businesses of the scenarios with the real schedule behind them: what a conversation in a test stands on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.dispatch import Context, Event, Result, State, decide
from app.dispatch.types import Estimate, Offer
from app.scheduling import area, availability
from app.scheduling.types import Busy, Place, Technician, Terms

ZONE = ZoneInfo("America/Los_Angeles")
BASE = Place(34.0522, -118.2437, "90012", "street")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
HOURS = {**dict.fromkeys(WEEK, ("08:00", "18:00")), "saturday": ("08:00", "14:00"), "sunday": None}
PLACES = {
    "789 Sunset": (34.0928, -118.3287),
    "456 Oak": (34.0736, -118.4004),
    "456 Remote": (35.6225, -117.6708),
    "45678 Valley": (34.4839, -118.1969),
}
BOOKS = {
    "plumbing": (
        "faucet_repair 90 150 200",
        "toilet_repair 90 150 350",
        "drain_clog 90 150 300",
        "leak_repair 120 150 450",
        "pipe_repair 120 250 600 P",
        "water_heater_repair 120 150 400 P",
        "sewer_backup 150 250 800",
        "toilet_installation 180 315 420 P",
    ),
    "electrical": (
        "outlet_installation 120 125 200",
        "power_loss_diagnosis 120 150 300",
        "electrical_hazard 90 200 400",
        "breaker_repair 90 150 350 P",
        "light_fixture 90 125 300",
        "ceiling_fan 120 150 350",
    ),
    "hvac": ("ac_repair 120 150 200", "furnace_repair 120 150 450 P", "no_heat_call 90 150 300", "tune_up 90 100 180"),
    "locksmith": ("home_lockout 60 150 150", "car_lockout 60 100 180", "rekey 90 120 250", "lock_change 90 150 350 P"),
    "garage_door": ("spring_replacement 120 200 400 P", "opener_repair 90 120 300", "tune_up 120 95 95"),
}
NAMES = {
    "plumbing": "Prime Plumbing",
    "electrical": "ElectriPro",
    "hvac": "CoolTech HVAC",
    "locksmith": "SecureLock Services",
    "garage_door": "Garage Door Pros",
}


def estimates(trade: str) -> tuple[Estimate, ...]:
    """The price book of a trade (behaviour.md 13.2)."""
    lines = [line.split() for line in BOOKS[trade]]
    return tuple(
        Estimate(name, int(minutes), Decimal(low), Decimal(high), requires_parts="P" in rest)
        for name, minutes, low, high, *rest in lines
    )


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of September 2026 on the clock of the scenarios; the 15th is their Tuesday."""
    return dt.datetime(2026, 9, day, hour, minute, tzinfo=ZONE)


def busy(start: dt.datetime, end: dt.datetime, place: Place = BASE) -> Busy:
    """Time of the only technician that is booked."""
    return Busy("owner", start.astimezone(dt.UTC), end.astimezone(dt.UTC), place=place)


class Talk:
    """One conversation with a business: texts in, results out."""

    def __init__(
        self,
        trade: str = "plumbing",
        *,
        now: dt.datetime,
        taken: tuple[Busy, ...] = (),
        terms: dict[str, object] | None = None,
        **context: object,
    ) -> None:
        self.trade, self.now, self.taken, self.extra = trade, now, taken, context
        hours = context.pop("business_hours", HOURS)
        self.terms = Terms("America/Los_Angeles", hours, BASE, **(terms or {}))  # type: ignore[arg-type]
        self.state, self.offers = State(), ()
        self.said: list[str] = []
        self.history: list[Offer] = []
        self.hear(Event("missed_call"))

    def text(self, body: str, *, minutes: int = 1) -> Result:
        """The customer writes, some minutes later."""
        self.now += dt.timedelta(minutes=minutes)
        return self.hear(Event.message(body))

    def silence(self, minutes: int) -> Result:
        self.now += dt.timedelta(minutes=minutes)
        return self.hear(Event("timeout", minutes=minutes))

    def hear(self, event: Event) -> Result:
        self.state = State.from_json(self.state.to_json())
        result, self.state = decide(self.state, event, self.context(), self.now)
        if result.offers or not result.keeps_offers:
            self.offers = result.offers
        self.history += result.offers
        if result.reply:
            self.said.append(result.reply)
        return result

    def context(self) -> Context:
        return Context(**{**self.facts(), **self.extra})  # type: ignore[arg-type]

    def facts(self) -> dict[str, object]:
        people = [Technician("owner")]
        instant = self.now.astimezone(dt.UTC)

        def check_area(**where: object) -> object:
            street = str(where.get("street") or "")
            spot = next((point for name, point in PLACES.items() if street.startswith(name)), (None, None))
            return area.check(self.terms, latitude=spot[0], longitude=spot[1], **where)  # type: ignore[arg-type]

        return {
            "business_name": NAMES[self.trade],
            "trade": self.trade,
            "timezone": "America/Los_Angeles",
            "price_book": estimates(self.trade),
            "find_slots": lambda wanted: availability.find(wanted, self.terms, people, self.taken, instant),
            "check_area": check_area,
            "business_hours": self.terms.business_hours,
            "offers": self.offers,
            "job_number": "NMC-7F3K2",
            "owner_name": "the owner",
            "business_phone": "+12135550100",
        }
