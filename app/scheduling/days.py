"""The local days of a business: clock times to instants and back, across daylight saving.

Instants here are whole minutes since 1970-01-01 00:00 UTC, so that a search adds and compares plain numbers.
"""

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.scheduling.types import WEEKDAYS, DayHours, Terms

GRID = 15
DAY_MINUTES = 1440
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """One local date from midnight (`start`) to midnight; `turn` is when the clocks change, by `shift` minutes."""

    date: dt.date
    start: int
    end: int
    turn: int | None = None
    shift: int = 0

    def at(self, minute: int) -> int:
        """The instant of a clock time; one in a gap takes the offset before it, a doubled one is the first."""
        early = self.start + minute
        if self.turn is None or early < self.turn:
            return early
        late = early - self.shift
        return late if late >= self.turn else early

    def minute_of(self, instant: int) -> int:
        """The clock time of an instant of this day, in minutes since midnight."""
        minute = instant - self.start
        return minute if self.turn is None or instant < self.turn else minute + self.shift

    def is_repeated(self, instant: int) -> bool:
        """Whether the clock has shown this time before on the same day."""
        return self.turn is not None and self.turn <= instant < self.turn - self.shift


def minutes_floor(moment: dt.datetime) -> int:
    """The last whole minute at or before a moment."""
    since = moment - _EPOCH
    return since.days * DAY_MINUTES + since.seconds // 60


def minutes_ceil(moment: dt.datetime) -> int:
    """The first whole minute at or after a moment."""
    until = _EPOCH - moment
    return -(until.days * DAY_MINUTES + until.seconds // 60)


def moment_of(instant: int) -> dt.datetime:
    """A minute as an aware datetime in UTC."""
    return dt.datetime.fromtimestamp(instant * 60, dt.UTC)


def up_to_grid(instant: int) -> int:
    """The first quarter of an hour at or after an instant; every zone's offset is a multiple of it."""
    return -(-instant // GRID) * GRID


def block_minutes(duration_minutes: int) -> int:
    """The length of the block that is reserved for a job: whole quarters of an hour."""
    return max(GRID, up_to_grid(duration_minutes))


@lru_cache(maxsize=256)
def clock(text: str) -> int:
    """Minutes since midnight of `HH:MM`; 23:59 and 24:00 both mean the end of the day."""
    hours, minutes = text.split(":")
    minute = int(hours) * 60 + int(minutes)
    return DAY_MINUTES if minute == DAY_MINUTES - 1 else minute


def hours_on(hours: Mapping[str, DayHours], date: dt.date) -> tuple[int, int] | None:
    """Opening and closing of a date in minutes since midnight, or None when it is closed."""
    span = hours.get(WEEKDAYS[date.weekday()])
    return None if span is None else (clock(span[0]), clock(span[1]))


def business_hours_on(terms: Terms, date: dt.date) -> tuple[int, int] | None:
    """The stated hours of the business on a date; a holiday is closed."""
    return None if date in terms.holidays else hours_on(terms.business_hours, date)


def is_absent(terms: Terms, date: dt.date) -> bool:
    """Whether the business is out of office on a date; the day of return (`out_until`) is worked."""
    if terms.out_from is None and terms.out_until is None:
        return False
    begun = terms.out_from is None or date >= terms.out_from
    return begun and (terms.out_until is None or date < terms.out_until)


def is_weekend_or_holiday(terms: Terms, date: dt.date) -> bool:
    """Whether an emergency on this date costs the surcharge (behaviour.md 6)."""
    return date.weekday() >= _SATURDAY or date in terms.holidays


@lru_cache(maxsize=64)
def local_days(timezone: str, first: dt.date, count: int) -> tuple[Day, ...]:
    """`count` local days from `first` on."""
    zone = ZoneInfo(timezone)
    midnights = [dt.datetime.combine(first + dt.timedelta(days=number), dt.time(), zone) for number in range(count + 1)]
    return tuple(_day(here, there) for here, there in itertools.pairwise(midnights))


def _day(midnight: dt.datetime, following: dt.datetime) -> Day:
    start, end = minutes_floor(midnight.astimezone(dt.UTC)), minutes_floor(following.astimezone(dt.UTC))
    shift = DAY_MINUTES - (end - start)
    if shift == 0:
        return Day(midnight.date(), start, end)
    zone = midnight.tzinfo
    before = midnight.utcoffset()
    turn = next(at for at in range(start, end + 1, GRID) if moment_of(at).astimezone(zone).utcoffset() != before)
    return Day(midnight.date(), start, end, turn, shift)
