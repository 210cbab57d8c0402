"""When a text that we start may leave: by day in every zone where the customer may be (behaviour.md 8.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException
from phonenumbers import timezone as number_zones

from app.scheduling import area

MOST_ZONES = 4
"""A number that may be in more zones than this says nothing about where its owner is."""
LOOK_AHEAD = dt.timedelta(days=8)
SATURDAY, SUNDAY = 5, 6

Hours = tuple[str, str]
"""Opening and closing as local `HH:MM`; the closing minute is outside."""

STRICTER: dict[str, dict[int, Hours]] = {
    "TX": {SUNDAY: ("12:00", "24:00")},
    "RI": dict.fromkeys(range(5), ("00:00", "18:00")) | dict.fromkeys((SATURDAY, SUNDAY), ("10:00", "17:00")),
}
"""States with narrower hours, by local weekday; they are cut with the hours of the business."""


@dataclass(frozen=True)
class Whereabouts:
    """Where a customer may be: every zone counts, and the state if it is known."""

    zones: tuple[str, ...]
    state: str | None = None


def whereabouts(*, postal_code: str | None, phone: str, tenant_zone: str) -> Whereabouts:
    """Where a customer may be: by his ZIP, else in the zone of the business and in each zone of his number."""
    code = area.normalised_zip(postal_code)
    entry = area.zip_of(code) if code else None
    if entry is not None:
        return Whereabouts((entry.timezone,), entry.state)
    return Whereabouts(tuple(dict.fromkeys((tenant_zone, *_zones_of(phone)))))


@lru_cache(maxsize=4096)
def _zones_of(phone: str) -> tuple[str, ...]:
    try:
        zones = number_zones.time_zones_for_number(phonenumbers.parse(phone, "US"))
    except NumberParseException:
        return ()
    known = tuple(zone for zone in zones if zone != number_zones.UNKNOWN_TIMEZONE)
    return known if len(known) <= MOST_ZONES else ()


def is_open(moment: dt.datetime, where: Whereabouts, hours: Hours) -> bool:
    """Whether a text that we start may leave at that moment."""
    return all(_is_open_in(moment.astimezone(ZoneInfo(zone)), where.state, hours) for zone in where.zones)


def _is_open_in(local: dt.datetime, state: str | None, hours: Hours) -> bool:
    opens, closes = _cut(hours, STRICTER.get(state or "", {}).get(local.weekday()))
    return opens <= local.strftime("%H:%M") < closes


def _cut(hours: Hours, other: Hours | None) -> Hours:
    return (max(hours[0], other[0]), min(hours[1], other[1])) if other else hours


def opening(moment: dt.datetime, where: Whereabouts, hours: Hours) -> dt.datetime | None:
    """The first moment from `moment` on at which such a text may leave, in UTC; None when there is none in a week."""
    if is_open(moment, where, hours):
        return moment
    openings = sorted(one for one in _openings(moment, where, hours) if moment < one <= moment + LOOK_AHEAD)
    return next((one for one in openings if is_open(one, where, hours)), None)


def _openings(moment: dt.datetime, where: Whereabouts, hours: Hours) -> Iterator[dt.datetime]:
    # What all zones share begins where one of them opens.
    for name in where.zones:
        zone = ZoneInfo(name)
        first = moment.astimezone(zone).date()
        for day in (first + dt.timedelta(days=number) for number in range(LOOK_AHEAD.days + 1)):
            opens, _ = _cut(hours, STRICTER.get(where.state or "", {}).get(day.weekday()))
            yield dt.datetime.combine(day, dt.time.fromisoformat(opens), zone).astimezone(dt.UTC)
