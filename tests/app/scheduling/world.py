"""The fixtures of the scenarios as the scheduling core sees them, and short ways to write times and blocks."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from app import pricing
from app.scheduling import availability, offers
from app.scheduling.types import WEEKDAYS, Busy, Place, Technician, Terms

ZONE = ZoneInfo("America/Los_Angeles")
MON, TUE, WED, THU, FRI, SAT, SUN = 14, 15, 16, 17, 18, 19, 20
BASE = Place(34.0522, -118.2437, precision="street")
A1 = Place(34.0928, -118.3287, "90210", "street")
A2 = Place(34.0736, -118.4004, "90210", "street")
WEEK = dict.fromkeys(WEEKDAYS[:5], ("08:00", "18:00"))
OWNER = Technician("owner")

F1 = Terms("America/Los_Angeles", {**WEEK, "saturday": ("08:00", "14:00"), "sunday": None}, BASE, max_jobs_per_day=6)
F2 = F3 = Terms("America/Los_Angeles", {**WEEK, "saturday": ("08:00", "16:00"), "sunday": None}, BASE)
F4 = replace(
    F2,
    business_hours={**dict.fromkeys(WEEKDAYS[:6], ("07:00", "22:00")), "sunday": ("08:00", "20:00")},
    arrival_window_minutes=60,
    max_after_hours_jobs_per_day=3,
)
F5 = replace(F1, early_enabled=False, after_hours_enabled=False, max_jobs_per_day=8)


def at(day, hour, minute=0, *, month=9, year=2026):
    """A local time of the scenarios as an instant."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=ZONE).astimezone(dt.UTC)


def busy(day, start, end, *, technician="owner", **more):
    """A block of one day from `H:MM` to `H:MM`."""
    return Busy(technician, at(day, *_clock(start)), at(day, *_clock(end)), **more)


def _clock(text):
    hour, minute = text.split(":")
    return int(hour), int(minute)


def find(wanted, terms, taken, now, *, technicians=(OWNER,), stale=False):
    return availability.find(wanted, terms, technicians, taken, now, stale=stale)


def choose(found, wanted, now, **more):
    return offers.choose(found, urgency=wanted.urgency, now=now, timezone="America/Los_Angeles", **more)


def local(moment):
    return moment.astimezone(ZONE).strftime("%a %H:%M")


def windows(slots):
    """Windows as `Wed 08:00-10:00`, an exact start as `Tue 15:15`."""
    return [
        local(slot.window_start)
        + (f"-{slot.window_end.astimezone(ZONE):%H:%M}" if slot.window_end != slot.start else "")
        for slot in slots
    ]


def starts(slots, *types):
    return [local(slot.start) for slot in slots if not types or slot.slot_type in types]


def offered(wanted, terms, taken, now, base, **more):
    """What a customer is offered: windows with their prices."""
    choice = choose(find(wanted, terms, taken, now), wanted, now, **more)
    prices = [pricing.format_price(*pricing.price(*base, slot.multiplier)) for slot in choice.slots]
    return list(zip(windows(choice.slots), prices, strict=True))
