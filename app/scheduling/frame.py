"""What is the same for every technician in one search for times: the days, the limits, the way from the base."""

import bisect
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.scheduling import area, days
from app.scheduling.days import Day
from app.scheduling.diary import Leg, Roads
from app.scheduling.types import Busy, Technician, Terms, Urgency, Wanted

NOON = 720


@dataclass(frozen=True, slots=True)
class Frame:
    """One search: `now` in whole minutes, `calendar` from yesterday to the day after the horizon, counts by date."""

    wanted: Wanted
    terms: Terms
    now: int
    today: dt.date
    duration: int
    calendar: tuple[Day, ...]
    jobs: Mapping[dt.date, int]
    nights: Mapping[dt.date, int]
    roads: Roads
    base: Leg | None

    def earliest(self, urgency: Urgency) -> int:
        """The first quarter of an hour after the lead time."""
        return days.up_to_grid(self.now + self.terms.lead_minutes[urgency])

    def bookable(self) -> list[Day]:
        """The days up to the horizon on which the business works and the parts can be there."""
        return [day for day in self.calendar[1:-1] if self.is_workable(day.date) and not self.waits_for_parts(day.date)]

    def is_workable(self, date: dt.date) -> bool:
        """Whether the business is there at all on a date."""
        return not days.is_absent(self.terms, date)

    def waits_for_parts(self, date: dt.date) -> bool:
        """Whether the job needs parts that cannot be had on this date."""
        return self.wanted.requires_parts and not self.terms.same_day_parts and date <= self.today

    def has_room(self, date: dt.date) -> bool:
        """Whether another ordinary job may be booked on a date."""
        return self.jobs[date] < self.terms.max_jobs_per_day

    def journey(self, start: int, day: Day, leg: Leg | None) -> tuple[int, tuple[str, ...]]:
        """Minutes to the job and the travel limits that they break; without a previous job from the base."""
        way = leg or self.base
        if way is None:
            return 0, ()
        if way.minutes == way.peak_minutes:
            return way.at(peak=False)
        return way.at(peak=area.is_peak_minute(day.date.weekday(), day.minute_of(start - way.minutes)))


def of(wanted: Wanted, terms: Terms, busy: Iterable[Busy], now: dt.datetime) -> Frame:
    """Lay out one search."""
    today = now.astimezone(ZoneInfo(terms.timezone)).date()
    calendar = days.local_days(terms.timezone, today - dt.timedelta(days=1), terms.horizon_days + 3)
    roads = Roads(wanted.place, terms, calendar)
    jobs, nights = counts(busy, terms, calendar)
    return Frame(
        wanted=wanted,
        terms=terms,
        now=days.minutes_ceil(now),
        today=today,
        duration=days.block_minutes(wanted.duration_minutes),
        calendar=calendar,
        jobs=jobs,
        nights=nights,
        roads=roads,
        base=roads.leg(terms.base),
    )


def counts(busy: Iterable[Busy], terms: Terms, calendar: Sequence[Day]) -> tuple[Counter[dt.date], Counter[dt.date]]:
    """Bookings by local date, and those after hours by the date of the closing before them (behaviour.md 7.7)."""
    jobs: Counter[dt.date] = Counter()
    nights: Counter[dt.date] = Counter()
    midnights = [day.start for day in calendar]
    for block in busy:
        if block.kind != "booking" or not block.counts:
            continue
        start = days.minutes_floor(block.start)
        number = bisect.bisect_right(midnights, start) - 1
        if number < 0:
            continue
        day = calendar[number]
        if block.after_hours:
            nights[night_of(terms, day.date, day.minute_of(start))] += 1
        else:
            jobs[day.date] += 1
    return jobs, nights


def night_of(terms: Terms, date: dt.date, minute: int) -> dt.date:
    """The date of closing that an after-hours job belongs to: before opening it is still the night before.

    A closed day has no opening; there the night ends at `night_end`.
    """
    hours = days.business_hours_on(terms, date)
    morning = days.clock(terms.night_end) if hours is None else hours[0]
    return date - dt.timedelta(days=1) if minute < morning else date


def is_past_cutoff(terms: Terms, minute: int) -> bool:
    """Whether a clock time lies between the cutoff for new night jobs and the end of the night."""
    if terms.cutoff_time is None:
        return False
    since_noon = (minute - NOON) % days.DAY_MINUTES
    cutoff = (days.clock(terms.cutoff_time) - NOON) % days.DAY_MINUTES
    return cutoff <= since_noon < (days.clock(terms.night_end) - NOON) % days.DAY_MINUTES


def working_hours(technician: Technician, terms: Terms, date: dt.date) -> tuple[int, int] | None:
    """A technician's hours on a date: its override, else the weekly hours; none on holidays and days off."""
    if date in technician.days_off or date in terms.holidays:
        return None
    if date in technician.overrides:
        span = technician.overrides[date]
        return None if span is None else (days.clock(span[0]), days.clock(span[1]))
    weekly = terms.business_hours if technician.hours is None else technician.hours
    return days.hours_on(weekly, date)


def is_on_call(technician: Technician, terms: Terms, night: dt.date) -> bool:
    """Whether a technician can be sent in the night after a date: a day of work, or one on which everybody is off."""
    if night in technician.days_off:
        return False
    if days.business_hours_on(terms, night) is None:
        return True
    return working_hours(technician, terms, night) is not None
