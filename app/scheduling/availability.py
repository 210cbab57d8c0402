"""When somebody can come: bookable times of one job, from hours, diaries, lead times and limits (behaviour.md 7.3).

Pure and without a network. A slot is always one technician's: free time of two people is never joined.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import blake2b
from zoneinfo import ZoneInfo

from app import pricing
from app.scheduling import days, diary, dispatches, frame, starts
from app.scheduling.days import Day
from app.scheduling.diary import Diary, Gap
from app.scheduling.frame import Frame
from app.scheduling.starts import Harvest, Start
from app.scheduling.types import (
    Band,
    BookingType,
    Busy,
    Found,
    FreeRange,
    RangeKind,
    Slot,
    SlotType,
    Technician,
    Terms,
    Wanted,
)


def find(
    wanted: Wanted,
    terms: Terms,
    technicians: Sequence[Technician],
    busy: Sequence[Busy],
    now: dt.datetime,
    *,
    stale: bool = False,
) -> Found:
    """Every slot of a job up to the horizon in time order, each start once, and why there are none.

    An emergency also gets the dispatch slots of the next 24 hours that are sooner than the first regular slot.
    A `stale` calendar makes every booking tentative.
    """
    search = frame.of(wanted, terms, busy, now)
    diaries = _diaries(search, technicians, busy)
    harvest = Harvest()
    for look in (starts.regular, starts.early, dispatches.soon):
        for book in diaries:
            look(search, book, harvest)
    slots = _slots(search, sorted(harvest.starts.values())[: wanted.at_most], stale=stale)
    full_today = _is_full_today(search, technicians, harvest)
    return Found(slots, _reasons(search, slots, harvest, full_today=full_today, stale=stale), full_today)


def _diaries(search: Frame, technicians: Sequence[Technician], busy: Sequence[Busy]) -> list[Diary]:
    blocks: dict[str, list[Busy]] = {technician.id: [] for technician in technicians}
    for block in busy:
        if block.technician_id in blocks:
            blocks[block.technician_id].append(block)
    return [diary.of(technician, blocks[technician.id], search.roads, search.wanted) for technician in technicians]


def _slots(search: Frame, ordered: Sequence[Start], *, stale: bool) -> tuple[Slot, ...]:
    """The slots of these starts; what does not depend on the start is worked out once for each kind of slot."""
    kinds: dict[tuple[str, SlotType, Band, int], tuple[str, Decimal]] = {}
    slots = []
    for start in ordered:
        kind = (start.technician_id, start.slot_type, start.band, start.surcharge)
        if kind not in kinds:
            kinds[kind] = (_mark(search, start), _multiplier(search, start))
        mark, multiplier = kinds[kind]
        slots.append(_slot(search, start, mark, multiplier, stale=stale))
    return tuple(slots)


def _mark(search: Frame, start: Start) -> str:
    """What the ids of one technician's slots of one length and type begin with."""
    key = f"{start.technician_id}|{search.duration}|{start.slot_type}"
    return blake2b(key.encode(), digest_size=5).hexdigest()


def _multiplier(search: Frame, start: Start) -> Decimal:
    return pricing.multiplier(
        start.band,
        search.terms,
        emergency=start.slot_type.startswith("emergency"),
        surcharge_percent=start.surcharge,
        urgency_multiplier=search.wanted.urgency_multiplier,
    )


def _slot(search: Frame, start: Start, mark: str, multiplier: Decimal, *, stale: bool) -> Slot:
    opens = days.moment_of(start.start)
    closes = days.moment_of(start.window_end) if start.window_end > start.start else opens
    return Slot(
        id=f"{mark}{start.start // days.GRID:x}",
        technician_id=start.technician_id,
        start=opens,
        end=days.moment_of(start.start + search.duration),
        window_start=opens,
        window_end=closes,
        slot_type=start.slot_type,
        band=start.band,
        multiplier=multiplier,
        surcharge_percent=start.surcharge,
        booking_type="tentative" if stale else _booking_type(search, start),
        travel_minutes=start.travel,
        after_hours=start.night is not None,
        early=start.slot_type == "early_morning",
    )


def _booking_type(search: Frame, start: Start) -> BookingType:
    """Confirmed on the day itself, the night that follows it included; later as the contractor has set it."""
    return "confirmed" if (start.night or start.date) <= search.today else search.terms.next_day_booking


def _is_full_today(search: Frame, technicians: Sequence[Technician], harvest: Harvest) -> bool:
    """Whether there is working time left today but no regular slot in it."""
    today = search.calendar[1]
    if not search.is_workable(today.date) or search.waits_for_parts(today.date):
        return False
    if any(start.date == today.date and start.slot_type == "regular" for start in harvest.starts.values()):
        return False
    earliest = starts.earliest(search)
    hours = [frame.working_hours(technician, search.terms, today.date) for technician in technicians]
    return any(earliest <= today.at(span[1]) - search.duration for span in hours if span)


def _reasons(
    search: Frame, slots: Sequence[Slot], harvest: Harvest, *, full_today: bool, stale: bool
) -> tuple[str, ...]:
    away = not search.is_workable(search.today)
    reasons = ["OUT_OF_OFFICE"] if away else []
    if search.wanted.urgency == "emergency" and not dispatches.are_accepted(search):
        reasons.append("EMERGENCY_NOT_ACCEPTED")
    if not slots:
        reasons += sorted(harvest.broken, reverse=True)
    if (full_today and not search.has_room(search.today)) or not (slots or harvest.broken or away):
        reasons.append("CAPACITY_REACHED")
    if stale:
        reasons.append("CALENDAR_STALE")
    return tuple(reasons)


def free_ranges(
    terms: Terms, technicians: Sequence[Technician], busy: Sequence[Busy], now: dt.datetime, horizon: int
) -> list[FreeRange]:
    """Free time of each technician for `horizon` days from today, without pads: a consumer adds those of its job."""
    today = now.astimezone(ZoneInfo(terms.timezone)).date()
    calendar = days.local_days(terms.timezone, today, horizon + 1)
    first, last = days.minutes_ceil(now), calendar[-1].end
    free: list[FreeRange] = []
    for technician in technicians:
        taken = diary.taken(block for block in busy if block.technician_id == technician.id)
        for start, end, kind in _open_ranges(terms, technician, calendar):
            gaps = taken.gaps(max(start, first), min(end, last))
            free.extend(_free(technician, gap, kind) for gap in gaps if gap.last > gap.first)
    return sorted(free, key=lambda one: (one.technician_id, one.start))


def _free(technician: Technician, gap: Gap, kind: RangeKind) -> FreeRange:
    return FreeRange(technician.id, days.moment_of(gap.first), days.moment_of(gap.last), kind)


def _open_ranges(terms: Terms, technician: Technician, calendar: Sequence[Day]) -> Iterator[tuple[int, int, RangeKind]]:
    """What each day offers before anything is booked: early morning, working hours, and the time around them."""
    for day in calendar:
        if days.is_absent(terms, day.date) or day.date in technician.days_off:
            continue
        hours = frame.working_hours(technician, terms, day.date)
        after_hours = terms.emergencies_accepted and terms.after_hours_enabled
        if hours is None:
            if after_hours and frame.is_on_call(technician, terms, day.date):
                yield day.start, day.end, "after_hours"
            continue
        opening, closing = day.at(hours[0]), day.at(hours[1])
        early = min(opening, day.at(days.clock(terms.early_start))) if terms.early_enabled else opening
        late = max(early, min(opening, day.at(days.clock(terms.early_end))))
        yield early, late, "early_morning"
        yield opening, closing, "regular"
        if after_hours:
            yield from (
                (day.start, early, "after_hours"),
                (late, opening, "after_hours"),
                (closing, day.end, "after_hours"),
            )
