"""Which times are offered for what was wished (behaviour.md 7.5), and what they cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from app import pricing
from app.dispatch.types import Estimate, Json, Offer
from app.scheduling import offers
from app.scheduling.types import Found, Slot, Urgency

DAYPARTS = ("morning", "afternoon", "evening")
SLACK, LOOSE = 30, 60
"""Minutes around a wished clock time; more when it was said about."""


@dataclass(frozen=True)
class Wish:
    """What the customer said about the time: windows that suit, what does not, and how soon."""

    windows: tuple[Json, ...] = ()
    exclude: tuple[str, ...] = ()
    asap: bool = False

    @property
    def is_open(self) -> bool:
        return not self.windows and not self.exclude


def local_start(slot: Slot, zone: str) -> dt.datetime:
    """The promised start of a slot on the clock of the tenant."""
    return slot.window_start.astimezone(ZoneInfo(zone))


def is_emergency_slot(slot: Slot) -> bool:
    """Whether a slot is for emergencies only."""
    return slot.slot_type.startswith("emergency")


def choose(
    found: Found, *, urgency: Urgency, wish: Wish, now: dt.datetime, zone: str, wants_early: bool = False
) -> tuple[list[Slot], bool]:
    """At most three slots in time order, and whether they are what was asked for."""
    is_plain = urgency != "emergency"
    slots = tuple(
        slot for slot in found.slots if slot.window_start > now and not (is_plain and is_emergency_slot(slot))
    )
    choice = offers.choose(
        Found(slots),
        urgency=urgency,
        now=now,
        timezone=zone,
        want_price_options=wants_early,
        wish=None if wish.is_open else wish_of(wish),
    )
    return list(choice.slots), choice.matched


def wish_of(wish: Wish) -> offers.Wish:
    """The wish as the schedule reads it."""
    return offers.Wish(
        windows=tuple(window_of(window) for window in wish.windows),
        not_dates=frozenset(dt.date.fromisoformat(item) for item in wish.exclude if item not in DAYPARTS),
        not_dayparts=frozenset(item for item in wish.exclude if item in DAYPARTS),  # type: ignore[misc]
    )


def window_of(window: Json) -> offers.Window:
    """One wished window; a point in time has some slack."""
    date = dt.date.fromisoformat(window["date"]) if window.get("date") else None
    if window.get("is_point"):
        return offers.Window(date, at=window["start"], slack=LOOSE if window.get("approximate") else SLACK)
    return offers.Window(date, start=window.get("start"), end=window.get("end"))


# Offers


def total(estimates: Sequence[Estimate]) -> tuple[Decimal, Decimal, int]:
    """Low, high and minutes of several jobs in one visit."""
    return (
        sum((line.low for line in estimates), Decimal(0)),
        sum((line.high for line in estimates), Decimal(0)),
        sum(line.minutes for line in estimates),
    )


def offers_for(slots: Iterable[Slot], estimates: Sequence[Estimate]) -> list[Offer]:
    """Numbered offers with the price of each slot."""
    low, high, _ = total(estimates)
    jobs = tuple(line.job_type for line in estimates)
    return [
        Offer(number, slot, *priced(low, high, slot.multiplier), job_types=jobs)
        for number, slot in enumerate(slots, start=1)
    ]


def priced(low: Decimal, high: Decimal, multiplier: Decimal = Decimal(1)) -> tuple[Decimal, Decimal]:
    """Both ends of a range at a rate, in whole dollars."""
    cheap, dear = pricing.price(low, high, multiplier)
    return Decimal(cheap), Decimal(dear)
