"""The starts that everybody can have: in the working hours, and one early in the morning at its price (7.3, 7.4)."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from app.scheduling import days, frame
from app.scheduling.days import GRID, Day
from app.scheduling.diary import Diary, Gap
from app.scheduling.frame import Frame
from app.scheduling.types import Band, SlotType

SHORTEST_WINDOW = 30


class Start(NamedTuple):
    """A possible start before it becomes a slot; `night` is the date of closing of an after-hours job."""

    start: int
    window_end: int
    technician_id: str
    travel: int
    date: dt.date
    slot_type: SlotType = "regular"
    band: Band = "work"
    surcharge: int = 0
    night: dt.date | None = None


class Harvest:
    """What a search has found so far: the starts, each for the first technician who is free, and broken limits."""

    def __init__(self) -> None:
        self.starts: dict[int, Start] = {}
        self.broken: set[str] = set()

    def add(self, start: Start) -> None:
        self.starts[start.start] = start


def earliest(search: Frame) -> int:
    """The first start after the lead time; an emergency that waits for a regular slot waits like everybody else."""
    return search.earliest("urgent" if search.wanted.urgency == "urgent" else "normal")


def regular(search: Frame, book: Diary, harvest: Harvest) -> None:
    """Starts in the technician's hours; the block ends by closing unless overtime is allowed."""
    first, window = earliest(search), search.terms.arrival_window_minutes
    for day in search.bookable():
        hours = frame.working_hours(book.technician, search.terms, day.date)
        if hours is None or not search.has_room(day.date):
            continue
        punctual = day.at(hours[1]) - search.duration
        last = day.at(hours[1]) - GRID if search.terms.overtime_allowed else punctual
        for gap in book.forbidden.gaps(max(day.at(hours[0]), first), last):
            for start, travel in reachable(search, book, day, gap, harvest):
                until = min(gap.until, punctual) if start <= punctual else gap.until
                end = window_end(start, window, until)
                harvest.add(Start(start, end, book.technician.id, travel, day.date))


def early(search: Frame, book: Diary, harvest: Harvest) -> None:
    """The one premium start before opening on days that are worked."""
    terms = search.terms
    first = earliest(search)
    for day in search.bookable() if terms.early_enabled else ():
        hours = frame.working_hours(book.technician, terms, day.date)
        at = day.at(days.clock(terms.early_start))
        if hours is None or at < first or at >= day.at(hours[0]) or not search.has_room(day.date):
            continue
        last_arrival = min(day.at(days.clock(terms.early_end)), day.at(hours[1]) - search.duration)
        for gap in book.early_forbidden.gaps(at, at):
            for start, travel in reachable(search, book, day, gap, harvest):
                until = min(last_arrival, *(jobs.until for jobs in book.jobs_forbidden.gaps(at, at)))
                end = window_end(start, terms.arrival_window_minutes, until)
                harvest.add(Start(start, end, book.technician.id, travel, day.date, "early_morning", "early"))


def reachable(search: Frame, book: Diary, day: Day, gap: Gap, harvest: Harvest) -> Iterator[tuple[int, int]]:
    """The quarters of an hour of a gap that nobody has yet and that can be driven to, with the minutes on the road.

    A clock time that the day shows twice is left out the second time.
    """
    leg = book.leg_to(gap.first, day)
    for start in range(days.up_to_grid(gap.first), gap.last + 1, GRID):
        if start in harvest.starts or (day.turn is not None and day.is_repeated(start)):
            continue
        travel, limits = search.journey(start, day, leg)
        if limits:
            harvest.broken.update(limits)
        elif start >= search.now + travel:
            yield start, travel


def window_end(start: int, window: int, until: int) -> int:
    """The last promised minute of arrival on the grid; too short a window becomes the exact start."""
    end = min(start + window, until) // GRID * GRID
    return end if end - start >= SHORTEST_WINDOW else start
