"""Which of the possible times a customer is offered: at most three, in time order, near to what was wished (7.5)."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from app.scheduling import days
from app.scheduling.types import Found, Slot, SlotType, Urgency

Daypart = Literal["morning", "afternoon", "evening"]
MOST = 3
_NOON = 720
_DAYPARTS: dict[Daypart, tuple[int, int]] = {
    "morning": (0, 720),
    "afternoon": (720, 1020),
    "evening": (1020, days.DAY_MINUTES),
}


@dataclass(frozen=True)
class Window:
    """A wished time: a local date, a span of clock times `HH:MM` (its end does not belong to it), or both.

    `at` is a single clock time instead of a span; a start within `slack` minutes of it suits.
    """

    date: dt.date | None = None
    start: str | None = None
    end: str | None = None
    at: str | None = None
    slack: int = 30


@dataclass(frozen=True)
class Wish:
    """What somebody said about when: any of the windows, and days and dayparts that are no good."""

    windows: tuple[Window, ...] = ()
    not_dates: frozenset[dt.date] = frozenset()
    not_dayparts: frozenset[Daypart] = frozenset()


@dataclass(frozen=True)
class Choice:
    """The slots to offer; `matched` is false when none fitted the wish and these are the nearest."""

    slots: tuple[Slot, ...] = ()
    matched: bool = True


@dataclass(frozen=True, slots=True)
class _Local:
    """A slot with the date and the clock minutes of its start."""

    slot: Slot
    date: dt.date
    minute: int

    @property
    def is_late(self) -> bool:
        return self.minute >= _NOON


def choose(
    found: Found,
    *,
    urgency: Urgency,
    now: dt.datetime,
    timezone: str,
    want_price_options: bool = False,
    wish: Wish | None = None,
) -> Choice:
    """Pick the slots to offer; `want_price_options` adds the early morning to an emergency's options."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    known = [_local(slot, zone) for slot in found.slots]

    def pick(options: Sequence[_Local]) -> list[_Local]:
        if urgency == "emergency":
            return _for_emergency(options, want_price_options=want_price_options)
        return _for_others(options, today)

    picked, matched = _near(known, wish, pick)
    return Choice(tuple(option.slot for option in sorted(picked, key=lambda option: option.slot.start)), matched)


def _local(slot: Slot, zone: ZoneInfo) -> _Local:
    start = slot.start.astimezone(zone)
    return _Local(slot, start.date(), start.hour * 60 + start.minute)


def _near(
    known: list[_Local], wish: Wish | None, pick: Callable[[Sequence[_Local]], list[_Local]]
) -> tuple[list[_Local], bool]:
    """The pick among what fits the wish, else the nearest."""
    if wish is None:
        return pick(known), True
    allowed = [option for option in known if _is_allowed(option, wish)]
    if not wish.windows:
        return (pick(allowed), True) if allowed else (pick(known), False)
    fitting = [option for option in allowed if any(_distance(option, window) == 0 for window in wish.windows)]
    if fitting and any(window.at for window in wish.windows):
        return [min(fitting, key=lambda option: _off_by(option, wish))], True
    if fitting:
        return _with_second(pick(fitting), fitting), True
    return _nearest(allowed or known, wish), False


def _is_allowed(option: _Local, wish: Wish) -> bool:
    if option.date in wish.not_dates:
        return False
    return not any(start <= option.minute < end for start, end in (_DAYPARTS[part] for part in wish.not_dayparts))


def _off_by(option: _Local, wish: Wish) -> int:
    """Minutes between a start and the nearest clock time that was named."""
    return min(abs(option.minute - days.clock(window.at)) for window in wish.windows if window.at)


def _distance(option: _Local, window: Window) -> int:
    """Minutes between a start and a wished window; a window without a date is meant for every day."""
    start, end = _span(window)
    minute = option.minute
    if window.date is not None:
        minute += (option.date - window.date).days * days.DAY_MINUTES
    if minute < start:
        return start - minute
    return max(0, minute - end + 1)


def _span(window: Window) -> tuple[int, int]:
    if window.at:
        return days.clock(window.at) - window.slack, days.clock(window.at) + window.slack + 1
    return (
        days.clock(window.start) if window.start else 0,
        days.clock(window.end) if window.end else days.DAY_MINUTES,
    )


def _nearest(options: Iterable[_Local], wish: Wish) -> list[_Local]:
    """Up to three starts around a wish that nothing fits, one for each half of a day."""
    ordered = sorted(
        options, key=lambda option: (min(_distance(option, window) for window in wish.windows), option.slot.start)
    )
    halves: dict[tuple[dt.date, bool], _Local] = {}
    for option in ordered:
        halves.setdefault((option.date, option.is_late), option)
    return list(halves.values())[:MOST]


def _with_second(picked: list[_Local], fitting: Sequence[_Local]) -> list[_Local]:
    """A single option gets company where the wish leaves room for it: the next start after its arrival window."""
    if len(picked) != 1:
        return picked
    only = picked[0]
    others = (option for option in fitting if option.slot.slot_type == only.slot.slot_type)
    second = next((option for option in others if option.slot.start >= _clear_of(only)), None)
    return picked if second is None else [only, second]


def _clear_of(option: _Local) -> dt.datetime:
    """When the arrival window of an option is over; after an exact start, when its block is."""
    slot = option.slot
    return slot.window_end if slot.window_end > slot.window_start else slot.end


def _for_emergency(options: Sequence[_Local], *, want_price_options: bool) -> list[_Local]:
    """The first dispatch if it is sooner than the first regular slot, that one, and the cheaper morning if asked."""
    regular = _of_type(options, "regular")
    first = regular[0] if regular else None
    dispatch = next((option for option in options if option.slot.slot_type.startswith("emergency")), None)
    picked = [dispatch] if dispatch and _is_before(dispatch, first) else []
    if first:
        picked.append(first)
    if want_price_options:
        early = next(iter(_of_type(options, "early_morning")), None)
        later = next((option for option in regular if first and option.date > first.date), None)
        picked += [option for option in (early if early and _is_before(early, first) else later,) if option]
    return picked


def _for_others(options: Sequence[_Local], today: dt.date) -> list[_Local]:
    """The early morning when nothing regular is left today, the earliest regular slot, and one at another time."""
    regular = _of_type(options, "regular")
    first = regular[0] if regular else None
    early = next(iter(_of_type(options, "early_morning")), None)
    picked = []
    if early and _is_before(early, first) and (first is None or first.date != today):
        picked.append(early)
    if first:
        picked += [option for option in (first, _elsewhen(first, regular)) if option]
    return picked


def _elsewhen(first: _Local, regular: Sequence[_Local]) -> _Local | None:
    """A start in the other half of the day after the window of the first, else the first one of a later day."""
    if not first.is_late:
        clear = _clear_of(first)
        for option in regular:
            if option.date == first.date and option.is_late and option.slot.start >= clear:
                return option
    return next((option for option in regular if option.date > first.date), None)


def _of_type(options: Sequence[_Local], slot_type: SlotType) -> list[_Local]:
    return [option for option in options if option.slot.slot_type == slot_type]


def _is_before(option: _Local, first: _Local | None) -> bool:
    return first is None or option.slot.start < first.slot.start
