"""What a visit costs: the band of a time, its multiplier, whole dollars, and the words for them (behaviour.md 6)."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from app.scheduling import days
from app.scheduling.types import Band, Slot, Terms

_WORDS: dict[Band, str] = {
    "work": "emergency rate",
    "early": "early-morning emergency rate",
    "evening": "evening emergency rate",
    "night": "night emergency rate",
}


def band_of(start: dt.datetime, end: dt.datetime, terms: Terms) -> Band:
    """The band of a block that starts and ends at these instants."""
    local = start.astimezone(ZoneInfo(terms.timezone))
    day = days.local_days(terms.timezone, local.date(), 1)[0]
    hours = days.business_hours_on(terms, local.date())
    minute = local.hour * 60 + local.minute
    in_time = hours is not None and days.minutes_ceil(end) <= day.at(hours[1])
    return band_at(minute, hours, in_time=in_time, terms=terms)


def band_at(minute: int, hours: tuple[int, int] | None, *, in_time: bool, terms: Terms) -> Band:
    """The band of a clock time, given the business hours of its day and whether the block ends by closing."""
    if hours is not None and hours[0] <= minute < hours[1]:
        return "work" if in_time else "evening"
    night_start, night_end = days.clock(terms.night_start), days.clock(terms.night_end)
    if minute >= night_start or minute < night_end:
        return "night"
    if minute >= days.clock(terms.evening_start):
        return "evening"
    early_end = days.clock(terms.early_end)
    if minute < (early_end if hours is None else min(early_end, hours[0])):
        return "early"
    return "work"


def surcharge_on(date: dt.date, terms: Terms) -> int:
    """The percentage of the base range that an emergency costs more on a local date."""
    return terms.surcharge_percent if days.is_weekend_or_holiday(terms, date) else 0


def multiplier(
    band: Band,
    terms: Terms,
    *,
    emergency: bool = False,
    surcharge_percent: int = 0,
    urgency_multiplier: Decimal = Decimal(1),
) -> Decimal:
    """By what the base range is multiplied; a regular job pays more only in the early morning.

    The surcharge is a percentage of the base range: it is added to the multiplier and never multiplies it.
    """
    if not emergency:
        return terms.early_multiplier if band == "early" else Decimal(1)
    rate = max(_emergency_rate(band, terms), urgency_multiplier)
    return rate + Decimal(surcharge_percent) / 100


def _emergency_rate(band: Band, terms: Terms) -> Decimal:
    if band in ("evening", "night") and terms.after_hours_multiplier is not None:
        return terms.after_hours_multiplier
    rates: dict[Band, Decimal] = {
        "work": terms.work_multiplier,
        "early": terms.early_multiplier,
        "evening": terms.evening_multiplier,
        "night": terms.night_multiplier,
    }
    return rates[band]


def price(low: Decimal, high: Decimal, multiplier: Decimal) -> tuple[int, int]:
    """Both ends of a range at a rate, each in whole dollars, half a dollar upwards."""
    return _whole(low * multiplier), _whole(high * multiplier)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def rate_words(slot: Slot) -> str:
    """The name of the rate of a slot, empty when it costs the base range."""
    if slot.multiplier <= 1:
        return ""
    return "early-morning rate" if slot.slot_type == "early_morning" else _WORDS[slot.band]


def format_price(low: int, high: int) -> str:
    """A range in dollars as it is written in texts; equal ends are one figure."""
    return f"${low:,}" if low == high else f"${low:,}-${high:,}"
