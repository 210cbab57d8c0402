"""Days that are counted: "a week from tomorrow", "the first Monday in July", "the last day of the month"."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from app.dispatch.times.months import month_of
from app.dispatch.times.words import DAY_NAMES, MONTH_NAMES

DAY = "|".join(DAY_NAMES)
MONTH = "|".join(MONTH_NAMES)
WEEK = 7
PLACES = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
PLACE = "|".join(PLACES)
OF_MONTH = rf"(?:of|in) (?:the |this )?(?P<month>{MONTH}|month|next month)"


def weeks_from(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "2 weeks from tomorrow"."""
    ahead = int(match["weeks"]) * WEEK + (match["base"] == "tomorrow")
    return (now.date() + dt.timedelta(days=ahead),)


def after_next(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "Monday after next": a week behind the coming one."""
    ahead = (DAY_NAMES.index(match["day"]) - now.weekday()) % WEEK or WEEK
    return (now.date() + dt.timedelta(days=ahead + WEEK),)


def nth_of_month(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "the first Monday in July"; of this month only while it is to come."""
    year, month = month_of(match["month"], now)
    for _ in range(2):
        days = [week[DAY_NAMES.index(match["day"])] for week in calendar.monthcalendar(year, month)]
        place = PLACES[match["place"]]
        found = [day for day in days if day]
        date = dt.date(year, month, found[place - 1 if place > 0 else place])
        if date >= now.date():
            return (date,)
        year, month = (year, month + 1) if month < len(MONTH_NAMES) else (year + 1, 1)
    return ()


def edge_of_month(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """The first or the last day of a month."""
    year, month = month_of(match["month"], now)
    if match["place"] == "last":
        return (dt.date(year, month, calendar.monthrange(year, month)[1]),)
    if dt.date(year, month, 1) < now.date():
        year, month = (year, month + 1) if month < len(MONTH_NAMES) else (year + 1, 1)
    return (dt.date(year, month, 1),)


def from_on(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "not before Wednesday", "from the 20th on": a week of days from that one."""
    limit, today = match["limit"], now.date()
    if limit == "tomorrow":
        first = today + dt.timedelta(days=1)
    elif limit == "next week":
        first = today + dt.timedelta(days=WEEK - now.weekday())
    elif limit in DAY_NAMES:
        first = today + dt.timedelta(days=(DAY_NAMES.index(limit) - now.weekday()) % WEEK)
    else:
        number = int(limit[:-2])
        ahead = (today + dt.timedelta(days=days) for days in range(62))
        first = next((day for day in ahead if day.day == number), today)
    return tuple(first + dt.timedelta(days=days) for days in range(WEEK))


def coming_days(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "within the next 3 days", "in the next few days": from today on."""
    count = int(match["count"]) if match["count"].isdigit() else 3
    return tuple(now.date() + dt.timedelta(days=ahead) for ahead in range(count + 1))


LIMIT = rf"(?:the )?(?P<limit>{DAY}|tomorrow|next week|\d{{1,2}}(?:st|nd|rd|th))"
NOT_BEFORE = (
    rf"\b(?:not before|no earlier than|no sooner than|not any earlier than) {LIMIT}\b"
    r"(?! (?:at|around|by|morning|afternoon|evening|\d)\b)"
)
READERS = (
    (r"\b(?:in )?(?P<weeks>\d) weeks? from (?P<base>today|tomorrow)\b", weeks_from),
    (rf"\b(?:the |on )?(?P<day>{DAY}) after next\b", after_next),
    (rf"\b(?:on )?(?:the )?(?P<place>{PLACE}) (?P<day>{DAY}) {OF_MONTH}\b", nth_of_month),
    (rf"\b(?:on )?(?:the )?(?P<place>first|1st|last) day {OF_MONTH}\b", edge_of_month),
    (NOT_BEFORE, from_on),
    (r"\b(?:within|in|over|during|sometime in)? ?(?:the )?next (?P<count>\d|few|couple) days\b", coming_days),
    (r"\bwithin (?P<count>\d) days\b", coming_days),
    (rf"\b(?:from|starting|beginning)(?: on)? {LIMIT} (?:on\b(?! the)|onwards?|forward|and on|or later)", from_on),
)
