"""Which times are offered (behaviour.md 7.5), and which of them a wish means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.dispatch import wording
from app.dispatch.types import Estimate, Json, Offer
from app.scheduling.types import Slot

MOST_OFFERS = 3
NOON = dt.time(12)
PARTS = {"morning": ("00:00", "12:00"), "afternoon": ("12:00", "17:00"), "evening": ("17:00", "23:59")}


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


def is_premium(slot: Slot) -> bool:
    """Whether a slot costs more because of its hour."""
    return slot.slot_type != "regular"


def is_emergency_slot(slot: Slot) -> bool:
    """Whether a slot is for emergencies only."""
    return slot.slot_type.startswith("emergency")


# What a wish means


def fits(slot: Slot, wish: Wish, zone: str) -> bool:
    """Whether a slot is one that the customer asked for."""
    start = local_start(slot, zone)
    if not allowed(start, wish.exclude):
        return False
    return not wish.windows or any(within(start, window) for window in wish.windows)


def allowed(start: dt.datetime, exclude: Iterable[str]) -> bool:
    """Whether neither the day nor the day part was refused."""
    for item in exclude:
        if item in PARTS and PARTS[item][0] <= f"{start:%H:%M}" < PARTS[item][1]:
            return False
        if item == f"{start:%Y-%m-%d}":
            return False
    return True


def within(start: dt.datetime, window: Json) -> bool:
    """Whether a start lies in a window; a single point in time allows the half hour around it."""
    if window.get("date") and window["date"] != f"{start:%Y-%m-%d}":
        return False
    first, last, at = window.get("start"), window.get("end"), f"{start:%H:%M}"
    if window.get("is_point"):
        return abs(minutes_of(first) - minutes_of(at)) <= (60 if window.get("approximate") else 30)
    return (not first or at >= first) and (not last or at < last)


def minutes_of(clock: str) -> int:
    """Minutes since midnight."""
    return int(clock[:2]) * 60 + int(clock[3:5])


# Which slots are offered


def choose(
    slots: Sequence[Slot], *, urgency: str, wish: Wish, now: dt.datetime, zone: str, wants_early: bool = False
) -> tuple[list[Slot], bool]:
    """At most three slots in time order, and whether they are what was asked for (behaviour.md 7.5)."""
    if not slots:
        return [], True
    if urgency == "emergency" and (wish.is_open or wish.asap):
        return for_emergency(slots, wants_early=wants_early), True
    plain = [slot for slot in slots if not is_emergency_slot(slot)]
    if urgency == "emergency":
        chosen, is_match = matching(slots, wish, zone)
        return (chosen, True) if is_match else (for_emergency(slots, wants_early=wants_early), False)
    if wish.is_open:
        return spread(plain, now=now, zone=zone), True
    if not plain:
        return [], True
    chosen, is_match = matching(plain, wish, zone)
    return (chosen, True) if is_match else (nearest(plain, wish, now=now, zone=zone), False)


def for_emergency(slots: Sequence[Slot], *, wants_early: bool) -> list[Slot]:
    """The first emergency slot and the first regular one; the early one after an objection."""
    picks = [
        next((slot for slot in slots if is_emergency_slot(slot)), None),
        next((slot for slot in slots if slot.slot_type == "early_morning"), None) if wants_early else None,
        next((slot for slot in slots if slot.slot_type == "regular"), None),
    ]
    return in_order([slot for slot in picks if slot])


def spread(slots: Sequence[Slot], *, now: dt.datetime, zone: str) -> list[Slot]:
    """The early one if the first regular is not today, the earliest regular, one in the other half or the next day."""
    regular = [slot for slot in slots if slot.slot_type == "regular"]
    if not regular:
        return list(slots[:1])
    first = regular[0]
    start = local_start(first, zone)
    early = next((slot for slot in slots if slot.slot_type == "early_morning"), None)
    is_today = start.date() == now.astimezone(ZoneInfo(zone)).date()
    second = other_half(regular, start, zone) or other_day(regular, start, zone)
    return in_order([slot for slot in (None if is_today else early, first, second) if slot])


def other_half(slots: Sequence[Slot], start: dt.datetime, zone: str) -> Slot | None:
    """The first regular slot in the other half of the same day."""
    is_morning = start.time() < NOON
    for slot in slots:
        moment = local_start(slot, zone)
        if moment.date() == start.date() and (moment.time() < NOON) != is_morning:
            return slot
    return None


def other_day(slots: Sequence[Slot], start: dt.datetime, zone: str) -> Slot | None:
    """The first regular slot of a later day."""
    return next((slot for slot in slots if local_start(slot, zone).date() > start.date()), None)


def matching(slots: Sequence[Slot], wish: Wish, zone: str) -> tuple[list[Slot], bool]:
    """Up to two slots that fit the wish and do not overlap; a wished point in time gives the nearest one."""
    fitting = [slot for slot in slots if fits(slot, wish, zone)]
    points = [window for window in wish.windows if window.get("is_point")]
    if points and fitting:
        best = min(fitting, key=lambda slot: off_by(local_start(slot, zone), points))
        return [best], True
    regular = [slot for slot in fitting if slot.slot_type == "regular"] or fitting
    chosen: list[Slot] = []
    for slot in regular:
        if not chosen or slot.window_start >= chosen[-1].window_end:
            chosen.append(slot)
    return chosen[:2], bool(chosen)


def off_by(start: dt.datetime, points: Iterable[Json]) -> int:
    """Minutes between a start and the nearest wished point."""
    return min(abs(minutes_of(point["start"]) - minutes_of(f"{start:%H:%M}")) for point in points)


def nearest(slots: Sequence[Slot], wish: Wish, *, now: dt.datetime, zone: str) -> list[Slot]:
    """The regular slots that come nearest to a wish that cannot be met."""
    free = [slot for slot in slots if slot.slot_type == "regular" and allowed(local_start(slot, zone), wish.exclude)]
    if not free:
        return spread(slots, now=now, zone=zone)
    dated = [window for window in wish.windows if window.get("date")]
    ranked = sorted(free, key=lambda slot: distance(local_start(slot, zone), dated or list(wish.windows)))
    chosen = ranked[:1]
    for slot in ranked:
        if all(apart(slot, other) for other in chosen):
            chosen.append(slot)
    return in_order(chosen[:2])


def apart(one: Slot, other: Slot) -> bool:
    """Whether two arrival windows do not overlap."""
    return one.window_start >= other.window_end or other.window_start >= one.window_end


def distance(start: dt.datetime, windows: Sequence[Json]) -> float:
    """How far a start is from the nearest window, in hours; another day weighs by its distance."""
    if not windows:
        return start.timestamp()
    return min(distance_to(start, window) for window in windows)


def distance_to(start: dt.datetime, window: Json) -> float:
    days = 0
    if window.get("date"):
        days = abs((start.date() - dt.date.fromisoformat(window["date"])).days)
    at = minutes_of(f"{start:%H:%M}")
    first = minutes_of(window["start"]) if window.get("start") else 0
    last = minutes_of(window["end"]) if window.get("end") else 24 * 60
    outside = max(first - at, at - last, 0)
    return days * 24 + outside / 60 + start.timestamp() / 1e12


def in_order(slots: Iterable[Slot]) -> list[Slot]:
    """At most three different slots in time order."""
    seen = {slot.id: slot for slot in slots}
    return sorted(seen.values(), key=lambda slot: slot.window_start)[:MOST_OFFERS]


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
        Offer(number, slot, *wording.price(low, high, slot.multiplier), job_types=jobs)
        for number, slot in enumerate(slots, start=1)
    ]
