"""The starts of an emergency: at any hour of the coming day, at the rate of their band (behaviour.md 5.4)."""

import datetime as dt
from typing import NamedTuple

from app import pricing
from app.scheduling import area, days, frame, starts
from app.scheduling.days import GRID, Day
from app.scheduling.diary import Diary
from app.scheduling.frame import Frame
from app.scheduling.starts import Harvest, Start
from app.scheduling.types import Band, SlotType

DISPATCH_MINUTES = 24 * 60
"""How far ahead an emergency is dispatched; whoever waits longer waits for a regular slot."""

_TYPES: dict[Band, SlotType] = {
    "work": "emergency_work_hours",
    "early": "emergency_work_hours",
    "evening": "emergency_evening",
    "night": "emergency_night",
}


def soon(search: Frame, book: Diary, harvest: Harvest) -> None:
    """Every start of the coming day at which the technician may be sent sooner than to a regular slot."""
    if search.wanted.urgency != "emergency" or not are_accepted(search):
        return
    ordinary = (start.start - GRID for start in harvest.starts.values() if start.slot_type == "regular")
    first, last = search.earliest("emergency"), min((search.now + DISPATCH_MINUTES, *ordinary))
    for day in search.bookable():
        if day.date in book.technician.days_off:
            continue
        for gap in book.forbidden.gaps(max(first, day.start), min(last, day.end - GRID)):
            for start, travel in starts.reachable(search, book, day, gap, harvest):
                hour = _hour(search, book, day, start)
                if _may_be_sent(search, book, hour):
                    harvest.add(_start(search, book, hour, travel=travel, until=gap.until))


class _Hour(NamedTuple):
    """A start seen against the hours: the business is open, the technician on duty, the block over by closing.

    `night` is the date of closing when it is after hours.
    """

    start: int
    day: Day
    minute: int
    business: tuple[int, int] | None
    is_open: bool
    on_duty: bool
    punctual: bool
    night: dt.date | None


def _hour(search: Frame, book: Diary, day: Day, start: int) -> _Hour:
    minute, end = day.minute_of(start), start + search.duration
    business = days.business_hours_on(search.terms, day.date)
    hours = frame.working_hours(book.technician, search.terms, day.date)
    is_open, in_time = _within(business, day, minute, end)
    on_duty, punctual = _within(hours, day, minute, end)
    night = None if in_time else frame.night_of(search.terms, day.date, minute)
    return _Hour(start, day, minute, business, is_open, on_duty, punctual, night)


def _within(hours: tuple[int, int] | None, day: Day, minute: int, end: int) -> tuple[bool, bool]:
    """Whether a block starts within hours, and whether it also ends by closing."""
    if hours is None or not hours[0] <= minute < hours[1]:
        return False, False
    return True, end <= day.at(hours[1])


def _may_be_sent(search: Frame, book: Diary, hour: _Hour) -> bool:
    terms = search.terms
    if not (hour.punctual or terms.after_hours_enabled or (hour.on_duty and terms.overtime_allowed)):
        return False
    if hour.is_open and not hour.on_duty:
        return False
    if hour.night is None:
        return search.has_room(hour.day.date)
    return _has_night_left(search, hour, hour.night) and (
        hour.on_duty or frame.is_on_call(book.technician, terms, hour.night)
    )


def _has_night_left(search: Frame, hour: _Hour, night: dt.date) -> bool:
    """Whether another job may be done after hours: the limit per night, the cutoff, absence, parts."""
    if search.nights[night] >= search.terms.max_after_hours_jobs_per_day:
        return False
    if frame.is_past_cutoff(search.terms, hour.minute):
        return False
    return search.is_workable(night) and not search.waits_for_parts(night)


def _start(search: Frame, book: Diary, hour: _Hour, *, travel: int, until: int) -> Start:
    terms, date = search.terms, hour.day.date
    in_time = hour.night is None
    if in_time and hour.business is not None:
        until = min(until, hour.day.at(hour.business[1]) - search.duration)
    band = pricing.band_at(hour.minute, hour.business, in_time=in_time, terms=terms)
    return Start(
        start=hour.start,
        window_end=starts.window_end(hour.start, terms.emergency_arrival_window_minutes, until),
        technician_id=book.technician.id,
        travel=travel,
        date=date,
        slot_type=_TYPES[band],
        band=band,
        surcharge=pricing.surcharge_on(date, terms),
        night=hour.night,
    )


def are_accepted(search: Frame) -> bool:
    """Whether emergencies are taken, and taken this far away."""
    place, terms = search.wanted.place, search.terms
    if not terms.emergencies_accepted:
        return False
    if place is None or terms.emergency_radius_miles is None:
        return True
    exact = place.precision == "street"
    verdict = area.check(
        terms,
        postal_code=place.postal_code,
        latitude=place.latitude if exact else None,
        longitude=place.longitude if exact else None,
        emergency=True,
    )
    return verdict.result != "out"
