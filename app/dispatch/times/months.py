"""Parts of a month: "the first week of July", "mid June", "the end of the month"."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from app.dispatch.times.words import MONTH_NAMES

WEEKDAYS = 5
WEEK = 7
MIDDLE = 13
NTH = {"1st": 0, "first": 0, "2nd": 1, "second": 1, "3rd": 2, "third": 2, "4th": 3, "fourth": 3}
LAST = frozenset({"last", "late", "end"})


def part_of_month(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """The workdays of that week that are still to come; "the 2nd of July" is a day and no part."""
    place, name = match["place"], match["month"]
    if place in {*NTH, "last"} and not match["unit"]:
        return ()
    year, month = month_of(name, now)
    days = calendar.monthrange(year, month)[1]
    if place in LAST:
        first = days - WEEK + 1
    elif place.startswith("mid"):
        first = MIDDLE
    else:
        first = 1 + WEEK * NTH.get(place, 0)
    dates = (dt.date(year, month, day) for day in range(first, min(first + WEEK, days + 1)))
    return tuple(date for date in dates if date.weekday() < WEEKDAYS and date >= now.date())


def month_of(name: str, now: dt.datetime) -> tuple[int, int]:
    """Year and number of a month by name; "the month" is this one."""
    if name in MONTH_NAMES:
        month = MONTH_NAMES.index(name) + 1
        return (now.year if month >= now.month else now.year + 1), month
    ahead = now.month + (1 if name.startswith("next") else 0)
    return now.year + (ahead - 1) // 12, (ahead - 1) % 12 + 1
