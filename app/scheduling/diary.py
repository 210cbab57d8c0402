"""The time of one technician: when a job of a given length can start between the others, and how far it is from there.

Every busy block forbids the starts in an open interval: later than its own start less pad and length, earlier than its
end plus pad. What is left between the merged intervals are the possible starts, and the start of the next interval is
the last minute at which somebody may still arrive (behaviour.md 7.4).
"""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.scheduling import area, days
from app.scheduling.days import Day
from app.scheduling.types import Busy, Place, Technician, Terms, Wanted

FAR = 1 << 40
_JOBS = ("booking", "hold")


class Leg(NamedTuple):
    """A journey: its minutes off and in the rush hours, and the travel limits that it breaks then."""

    minutes: int
    peak_minutes: int
    limits: tuple[str, ...] = ()
    peak_limits: tuple[str, ...] = ()

    def at(self, *, peak: bool) -> tuple[int, tuple[str, ...]]:
        """Minutes and broken limits of a departure in or off the rush hours."""
        return (self.peak_minutes, self.peak_limits) if peak else (self.minutes, self.limits)


class Gap(NamedTuple):
    """Possible starts from `first` to `last`, both included; `until` is where the next block forbids arriving."""

    first: int
    last: int
    until: int


class Roads:
    """The ways between the wanted place and others on the days of a search."""

    def __init__(self, target: Place | None, terms: Terms, calendar: Sequence[Day]) -> None:
        self.target, self.terms, self.calendar = target, terms, calendar
        self.point = area.point_of(target)
        self.midnights = [day.start for day in calendar]

    def leg(self, other: Place | None) -> Leg | None:
        """The way between another place and the wanted one, None when it cannot be told."""
        if other is None or self.target is None:
            return None
        if area.are_same_zip(other, self.target):
            return Leg(area.SAME_ZIP_MINUTES, area.SAME_ZIP_MINUTES)
        point = area.point_of(other)
        if point is None or self.point is None:
            return None
        terms = self.terms
        miles = area.haversine_miles(*point, *self.point) * terms.travel_road_factor
        calm, rush = area.minutes_for(miles, terms, peak=False), area.minutes_for(miles, terms, peak=True)
        if max(calm, rush) <= terms.max_travel_minutes and miles <= terms.max_travel_miles:
            return Leg(calm, rush)
        return Leg(calm, rush, area.broken_limits(miles, calm, terms), area.broken_limits(miles, rush, terms))

    def around(self, place: Place | None, start: int, end: int) -> tuple[Leg | None, int]:
        """The way from a busy block to the wanted job as it is when the block ends, and the minutes back before it."""
        leg = self.leg(place)
        if leg is None:
            return None, 0
        if leg.minutes == leg.peak_minutes:
            return leg, leg.minutes
        minutes, limits = leg.at(peak=self._is_peak(end))
        return Leg(minutes, minutes, limits, limits), leg.at(peak=self._is_peak(start - leg.minutes))[0]

    def _is_peak(self, departs: int) -> bool:
        day = self.calendar[max(0, bisect.bisect_right(self.midnights, departs) - 1)]
        return area.is_peak_minute(day.date.weekday(), day.minute_of(departs))


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Merged open intervals of impossible starts, in order."""

    since: list[int]
    until: list[int]

    def gaps(self, first: int, last: int) -> Iterator[Gap]:
        """What is possible between two starts."""
        number = bisect.bisect_right(self.until, first)
        while number < len(self.since) and first <= last:
            since = self.since[number]
            if since >= first:
                yield Gap(first, min(since, last), since)
            first = max(first, self.until[number])
            number += 1
        if first <= last:
            yield Gap(first, last, FAR)


@dataclass(frozen=True, slots=True)
class Diary:
    """One technician's diary for one search; `left` is when each placed job ends, `legs` the way from it."""

    technician: Technician
    forbidden: Forbidden
    early_forbidden: Forbidden
    jobs_forbidden: Forbidden
    left: list[int]
    legs: list[Leg]

    def leg_to(self, start: int, day: Day) -> Leg | None:
        """The way from the previous job of that day, None when the technician comes from the base."""
        number = bisect.bisect_right(self.left, start) - 1
        return self.legs[number] if number >= 0 and self.left[number] >= day.start else None


def of(technician: Technician, busy: Iterable[Busy], roads: Roads, wanted: Wanted) -> Diary:
    """Read the busy time of one technician for one wanted job; the asker's own hold is no obstacle."""
    duration, pad = days.block_minutes(wanted.duration_minutes), roads.terms.min_buffer_minutes
    every, before_day, jobs, left = [], [], [], []
    for block in busy:
        if block.end <= block.start or (block.kind == "hold" and block.owner and block.owner == wanted.asker):
            continue
        start, end = days.minutes_floor(block.start), days.minutes_ceil(block.end)
        away, towards = roads.around(block.place, start, end)
        after = end + max(pad, block.buffer_minutes, away.minutes if away else 0)
        interval = (start - max(pad, wanted.buffer_minutes, towards) - duration, after)
        every.append(interval)
        if block.kind in _JOBS:
            jobs.append(interval)
        else:
            # The early visit is over when the ordinary day begins: an entry that is no job needs no pad after it.
            before_day.append((start - duration, after))
        if away:
            left.append((end, away))
    left.sort()
    ends, legs = [end for end, _ in left], [leg for _, leg in left]
    return Diary(technician, _merged(every), _merged(jobs + before_day), _merged(jobs), ends, legs)


def taken(busy: Iterable[Busy]) -> Forbidden:
    """Busy time itself, without pads."""
    return _merged([(days.minutes_floor(block.start), days.minutes_ceil(block.end)) for block in busy])


def _merged(intervals: list[tuple[int, int]]) -> Forbidden:
    since: list[int] = []
    until: list[int] = []
    for start, end in sorted(intervals):
        if until and start < until[-1]:
            until[-1] = max(until[-1], end)
        else:
            since.append(start)
            until.append(end)
    return Forbidden(since, until)
