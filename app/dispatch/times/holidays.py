"""US holidays as days: fixed ones, the nth weekday of a month, and Easter with the days that hang on it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable

from app.dispatch.times.words import DAY_NAMES

WEEK = 7
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

Finder = Callable[[int], dt.date]


def fixed(month: int, day: int) -> Finder:
    return lambda year: dt.date(year, month, day)


def nth(place: int, weekday: int, month: int, *, ahead: int = 0) -> Finder:
    """The nth weekday of a month (-1 is the last), and so many days after it."""

    def of(year: int) -> dt.date:
        days = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
        return dt.date(year, month, days[place - 1 if place > 0 else place]) + dt.timedelta(days=ahead)

    return of


def easter(ahead: int = 0) -> Finder:
    """The Sunday after the first full moon of spring (the anonymous Gregorian computus), and so many days after it."""

    def of(year: int) -> dt.date:
        golden, century, rest = year % 19, year // 100, year % 100
        leaps = century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
        epact = (19 * golden + leaps) % 30
        sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
        late = (golden + 11 * epact + 22 * sunday) // 451
        month, day = divmod(epact + sunday - 7 * late + 114, 31)
        return dt.date(year, month, day + 1) + dt.timedelta(days=ahead)

    return of


HOLIDAYS: tuple[tuple[str, Finder], ...] = (
    (r"new years? eve|nye", fixed(12, 31)),
    (r"new years?(?: day)?(?! (?:resolution|\d))", fixed(1, 1)),
    (r"(?:mlk|martin luther king)(?: jr)?(?: day)?", nth(3, MONDAY, 1)),
    (r"presidents? day", nth(3, MONDAY, 2)),
    (r"valentines?(?: day)?", fixed(2, 14)),
    (r"(?:st|saint) (?:patricks?|pattys?|paddys?)(?: day)?", fixed(3, 17)),
    (r"easter friday", easter(-2)),
    (r"easter monday", easter(1)),
    (r"easter(?: sunday)?", easter()),
    (r"cinco de may ?o?", fixed(5, 5)),
    (r"mothers? day", nth(2, SUNDAY, 5)),
    (r"memorial day", nth(-1, MONDAY, 5)),
    (r"juneteenth", fixed(6, 19)),
    (r"fathers? day", nth(3, SUNDAY, 6)),
    (r"(?:the )?(?:fourth|4th|4) of july|independence day", fixed(7, 4)),
    (r"labou?r day", nth(1, MONDAY, 9)),
    (r"(?:columbus|indigenous peoples?) day", nth(2, MONDAY, 10)),
    (r"halloween", fixed(10, 31)),
    (r"election day", nth(1, MONDAY, 11, ahead=1)),
    (r"(?:veterans?|vets) day", fixed(11, 11)),
    (r"black friday", nth(4, THURSDAY, 11, ahead=1)),
    (r"(?:thanksgiving|turkey)(?: day)(?! weekend)|thanksgiving", nth(4, THURSDAY, 11)),
    (r"(?:christmas|xmas) eve", fixed(12, 24)),
    (r"(?:christmas|xmas)(?: day)?", fixed(12, 25)),
    (r"boxing day", fixed(12, 26)),
)
NO_DAY = (
    r"(?! (?:lights?|trees?|part(?:y|ies)|decor\w*|dinner|bonus|specials?|sales?|hours|turkey|ornaments?|presents?|"
    r"gifts?|cards?|music|rush|deals?|shopping|show|wreath|inflatables?|costumes?|candy|brunch|breakfast|lunch|meal|"
    r"concert|parade|mass|service|break|season|storm|freeze|blvd|boulevard|st|street|ave|avenue|dr|drive|rd|road|"
    r"park|ln|lane|pkwy|parkway|hospital|church|school|way|hwy|highway|island)\b)"
)
"""What a holiday only stands before: a tree and lights, a street."""
NAMES = rf"(?:{'|'.join(pattern for pattern, _ in HOLIDAYS)}){NO_DAY}"
DAY = "|".join(DAY_NAMES)
PHRASE = (
    rf"\b(?:on |for |until )?(?:the )?(?:(?P<shift>day|week|weekend|{DAY}) (?P<to>after|before|following|of) |"
    rf"(?:sometime |any ?time |any day )?(?P<side>before|after|by) )?(?:the )?"
    rf"(?P<holiday>{NAMES})\b(?:,? (?P<whole>weekend|week)\b)?"
)


def date_of(name: str, today: dt.date) -> dt.date:
    """The next day of that name, today included."""
    find = next(of for pattern, of in HOLIDAYS if re.fullmatch(pattern, name))
    date = find(today.year)
    return date if date >= today else find(today.year + 1)


def holiday(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "labor day", "the friday after thanksgiving", "christmas week", "sometime before easter"."""
    today = now.date()
    day = date_of(match["holiday"], today)
    if match["whole"] == "weekend" or match["shift"] == "weekend":
        return weekend_at(day, match["to"])
    if match["whole"] == "week" or match["shift"] == "week":
        monday = day - dt.timedelta(days=day.weekday())
        monday += dt.timedelta(days={"after": WEEK, "following": WEEK, "before": -WEEK}.get(match["to"], 0))
        days = tuple(monday + dt.timedelta(days=ahead) for ahead in range(SATURDAY))
        return tuple(one for one in days if one >= today)
    if match["side"]:
        if match["side"] == "after":
            return tuple(day + dt.timedelta(days=1 + ahead) for ahead in range(WEEK))
        days = tuple(day - dt.timedelta(days=back) for back in range(WEEK, 0, -1))
        return tuple(one for one in days if one >= today)
    if match["shift"]:
        return (shifted(day, match["shift"], match["to"]),)
    return (day,)


def shifted(day: dt.date, name: str, to: str) -> dt.date:
    """The day or the weekday before or after a holiday."""
    way = -1 if to == "before" else 1
    if name == "day":
        return day + dt.timedelta(days=way * (to != "of"))
    ahead = (DAY_NAMES.index(name) - day.weekday()) * way % WEEK
    return day + dt.timedelta(days=way * (ahead or WEEK * (to != "of")))


def weekend_at(day: dt.date, to: str | None) -> tuple[dt.date, ...]:
    """The weekend at, before or after a holiday; one on a Monday or a Friday makes it longer."""
    near = {"after": day + dt.timedelta(days=1), "following": day + dt.timedelta(days=1)}.get(
        to or "", day - dt.timedelta(days=SATURDAY if to == "before" else 2 if day.weekday() in {0, 1} else 0)
    )
    saturday = near + dt.timedelta(days=(SATURDAY - near.weekday()) % WEEK)
    if to in {None, "of"} and day.weekday() == SUNDAY:
        saturday = day - dt.timedelta(days=1)
    days = (saturday, saturday + dt.timedelta(days=1))
    return tuple(sorted({*days, day})) if to in {None, "of"} and day.weekday() in {0, 4} else days
