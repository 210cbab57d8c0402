"""Days in a tidy text: today, weekdays, the 15th, next week; each as one or several dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from app.dispatch.times import counted, holidays, relative
from app.dispatch.times.months import part_of_month
from app.dispatch.times.relative import Dated
from app.dispatch.times.words import DAY_NAMES, MONTH_NAMES

DAY = "|".join(DAY_NAMES)
MONTH = "|".join(MONTH_NAMES)
LATE = dt.time(16)
WEEK = 7
SATURDAY = 5


Reader = Callable[[re.Match[str], dt.datetime], tuple[dt.date, ...]]


def find(text: str, now: dt.datetime) -> list[Dated]:
    """Every day that is mentioned, in order; what is read once is not read again."""
    found: list[Dated] = []
    for pattern, read in READERS:
        for match in pattern.finditer(text):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            dates = read(match, now)
            if dates:
                part = "evening" if "tonight" in match[0] else None
                found.append(Dated(match.start(), match.end(), dates, part, is_doubtful(match, now)))
    placed = in_order(sorted(found, key=lambda mention: mention.start), text, now)
    return relative.resolved(placed, text, now.date())


def in_order(days: list[Dated], text: str, now: dt.datetime) -> list[Dated]:
    """In "Monday or Tuesday" the second follows the first, also when it is Tuesday today."""
    for index in range(1, len(days)):
        one, two = days[index - 1], days[index]
        is_joined = bool(re.fullmatch(r",? ?(?:or|and|&|/|,)? ?", text[one.end : two.start]))
        names = [text[day.start : day.end].rsplit(maxsplit=1)[-1] for day in (one, two)]
        if is_joined and all(name in DAY_NAMES for name in names) and "next" not in text[two.start : two.end]:
            is_later = DAY_NAMES.index(names[1]) > DAY_NAMES.index(names[0])
            if is_later and two.dates[0] == now.date() < one.dates[0]:
                days[index] = replace(two, dates=tuple(date + dt.timedelta(days=WEEK) for date in two.dates))
    return days


def is_doubtful(match: re.Match[str], now: dt.datetime) -> bool:
    """Such as "Next Friday" said on a Tuesday can be this one or the one after."""
    name = match.groupdict().get("next_day")
    return bool(name) and DAY_NAMES.index(name) > now.weekday()


# The readers


def offset(days: int) -> Reader:
    return lambda _, now: (now.date() + dt.timedelta(days=days),)


def weekday(name: str, now: dt.datetime) -> dt.date:
    """The coming day of that name; today only while the day is young."""
    ahead = (DAY_NAMES.index(name) - now.weekday()) % WEEK
    if ahead == 0 and now.time() >= LATE:
        ahead = WEEK
    return now.date() + dt.timedelta(days=ahead)


def coming(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    return (weekday(match["day"], now),)


def week_after(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "Next Tuesday": the one of the next calendar week."""
    index = DAY_NAMES.index(match["next_day"])
    monday = now.date() - dt.timedelta(days=now.weekday())
    return (monday + dt.timedelta(days=WEEK + index),)


def of_week(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "Thursday of next week", "a week from Friday"."""
    if match.groupdict().get("from_day"):
        weeks = int(match["weeks"])
        return (weekday(match["from_day"], now) + dt.timedelta(days=WEEK * weeks),)
    monday = now.date() - dt.timedelta(days=now.weekday())
    shift = 0 if match["which"] == "this" else WEEK
    return (monday + dt.timedelta(days=shift + DAY_NAMES.index(match["day"])),)


def day_range(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "Monday thru Friday": every day from the first to the last, begun already or not."""
    first, last = weekday(match["from_day"], now), weekday(match["to_day"], now)
    if last < first and (first - last).days + (last - now.date()).days < WEEK:
        first = now.date()
    if last < first:
        last += dt.timedelta(days=WEEK)
    return tuple(first + dt.timedelta(days=ahead) for ahead in range((last - first).days + 1))


def weekend(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    saturday = now.date() + dt.timedelta(days=(SATURDAY - now.weekday()) % WEEK)
    if now.weekday() == SATURDAY + 1:
        saturday -= dt.timedelta(days=1)
    if match.groupdict().get("which") == "next" and now.weekday() >= SATURDAY:
        saturday += dt.timedelta(days=WEEK)
    return tuple(day for day in (saturday, saturday + dt.timedelta(days=1)) if day >= now.date())


def workdays(first: int, last: int, *, weeks: int) -> Reader:
    """The workdays of this or a later week between two weekdays; only what is still to come."""

    def read(_: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
        monday = now.date() - dt.timedelta(days=now.weekday()) + dt.timedelta(days=WEEK * weeks)
        days = (monday + dt.timedelta(days=index) for index in range(first, last + 1))
        return tuple(day for day in days if day >= now.date()) or (monday + dt.timedelta(days=WEEK),)

    return read


def later_this_week(_: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """The days after tomorrow up to Friday."""
    days = [now.date() + dt.timedelta(days=ahead) for ahead in range(2, WEEK)]
    kept = tuple(day for day in days if day.weekday() < SATURDAY and day.isocalendar().week == now.isocalendar().week)
    return kept or (now.date() + dt.timedelta(days=1),)


def ahead_of(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "In 3 days", "in 2 weeks", "3 days from now"."""
    count = int(match["count"])
    unit = match["unit"]
    if unit.startswith("month"):
        return (now.date() + dt.timedelta(days=30 * count),)
    return (now.date() + dt.timedelta(days=count * (WEEK if unit.startswith("week") else 1)),)


def month_day(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "June 15", "15th of June"; a day gone by is next year's."""
    month, day = MONTH_NAMES.index(match["month"]) + 1, int(match["number"])
    year = match.groupdict().get("year")
    return rolled(now, month, day, int(year) if year else None)


def slashed(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    year = match["year"]
    full = int(year) + (2000 if len(year) == 2 else 0) if year else None
    return rolled(now, int(match["month_number"]), int(match["number"]), full)


def rolled(now: dt.datetime, month: int, day: int, year: int | None) -> tuple[dt.date, ...]:
    """A date of this year, or of the next when it is past; nothing when there is no such day."""
    try:
        date = dt.date(year or now.year, month, day)
        if year is None and date < now.date():
            date = dt.date(now.year + 1, month, day)
    except ValueError:
        return ()
    return (date,)


def nth(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "The 15th": the next day of that number."""
    date = nth_day(int(match["number"]), now)
    return (date,) if date else ()


def nth_day(day: int, now: dt.datetime) -> dt.date | None:
    """The next day of a number, in this month or one of the two after it."""
    year, month = now.year, now.month
    for _ in range(3):
        try:
            date = dt.date(year, month, day)
        except ValueError:
            date = None
        if date and date >= now.date():
            return date
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def bounded(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """Such as "before Friday", "after the 15th": the days on that side of it, a week of them at most."""
    limit, today = match["limit"], now.date()
    if limit in DAY_NAMES:
        day = weekday(limit, now)
    elif limit[0].isdigit():
        day = nth_day(int(limit[:-2]), now) or today
    else:
        day = today + dt.timedelta(
            days=(SATURDAY - now.weekday()) % WEEK if limit == "weekend" else WEEK - now.weekday()
        )
    if match["side"] == "after":
        day += dt.timedelta(days={"weekend": 2, "next week": WEEK}.get(limit, 1))
        return tuple(day + dt.timedelta(days=ahead) for ahead in range(WEEK))
    return tuple(today + dt.timedelta(days=ahead) for ahead in range(min(WEEK, (day - today).days)))


NUMBER = r"(?P<number>\d{1,2})(?:st|nd|rd|th)?"
SLASHED = (
    r"(?<![\d/])(?P<month_number>1[0-2]|0?[1-9])/(?P<number>3[01]|[12]\d|0?[1-9])"
    r"(?:/(?P<year>20\d\d|\d\d))?(?![\d/])"
)
NTH = (
    r"\bthe (?P<number>\d{1,2})(?:st|nd|rd|th)\b(?! (?:one|option|slot|choice|time|works is|window))"
    r"(?:(?: of)? (?:this|next) month)?"
)
PART_OF_MONTH = (
    rf"\b(?P<place>1st|first|2nd|second|3rd|third|4th|fourth|last|early|beginning|start|mid|middle|late|end)"
    rf"(?: part)?(?: (?P<unit>week))?(?: (?:of|in))?(?: the)? ?-?(?P<month>{MONTH}|month|next month)\b(?! \d)"
)
SIDE_OF_DAY = (
    rf"\b(?:sometime |any ?time |any day )?(?P<side>before|after) (?:the )?"
    rf"(?P<limit>{DAY}|weekend|next week|\d{{1,2}}(?:st|nd|rd|th))\b(?! (?:at|around|by|morning|afternoon) )"
)
READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r"\b(?:the )?day after tomorrow\b", offset(2)),
        (holidays.PHRASE, holidays.holiday),
        *counted.READERS,
        *relative.READERS,
        (rf"\b(?P<weeks>\d) weeks? from (?:this |next )?(?P<from_day>{DAY})\b", of_week),
        (rf"\b(?P<from_day>{DAY}) (?:in )?(?P<weeks>\d) weeks?\b", of_week),
        (rf"\b(?P<day>{DAY}),? (?:of )?(?P<which>this|next) week\b", of_week),
        (rf"\b(?P<which>this|next) week,? (?:on |maybe |like |el |say )?(?P<day>{DAY})\b", of_week),
        (rf"\bnext (?P<next_day>{DAY})\b", week_after),
        (rf"\b(?:{DAY}),? (?:the )?(?P<month>{MONTH}) {NUMBER}\b(?!:)", month_day),
        (rf"\b(?P<month>{MONTH}) (?:the )?{NUMBER}(?:,? (?P<year>20\d\d))?\b(?!:|[ap]m)", month_day),
        (rf"\b(?:the )?{NUMBER} (?:of )?(?P<month>{MONTH})\b", month_day),
        (rf"(?:\b(?:{DAY}),? )?{SLASHED}", slashed),
        (rf"\b(?P<from_day>{DAY}) ?(?:to|-|/) ?(?P<to_day>{DAY})\b", day_range),
        (rf"\b(?:{DAY}),? (?:the )?(?P<number>\d{{1,2}})(?:st|nd|rd|th)\b", nth),
        (
            NTH,
            nth,
        ),
        (r"\b(?:on|for|by|in) (?:the )?(?P<number>\d{1,2})(?:st|nd|rd|th)\b(?! (?:and|st|street|ave))", nth),
        (r"\bin (?:about |like )?(?P<count>\d{1,2}) (?P<unit>days?|weeks?|months?)\b", ahead_of),
        (r"\b(?P<count>\d{1,2}) (?P<unit>days?|weeks?|months?) from (?:now|today)\b", ahead_of),
        (PART_OF_MONTH, part_of_month),
        (SIDE_OF_DAY, bounded),
        (r"\b(?:the )?(?P<which>this|next|the|coming)? ?weekend\b", weekend),
        (r"\b(?:early|beginning of|start of|first part of|first thing) next week\b", workdays(0, 1, weeks=1)),
        (r"\b(?:mid|middle of) next week\b", workdays(2, 2, weeks=1)),
        (r"\b(?:late|later|end of|the end of) next week\b", workdays(3, 4, weeks=1)),
        (r"\b(?:week after next|in 2 weeks)\b", workdays(0, 4, weeks=2)),
        (r"\b(?:sometime |any ?time |any day |some day )?next week\b", workdays(0, 4, weeks=1)),
        (r"\b(?<!of )(?<!of the )(?:sometime |any ?time )?(?P<place>)(?P<unit>)(?P<month>next month)\b", part_of_month),
        (
            r"\b(?:later|late|end of|the end of|latter part of|by the end of) (?:in )?(?:this|the) week\b",
            later_this_week,
        ),
        (r"\b(?:mid|middle of the) ?(?:this )?week\b|\bmidweek\b", workdays(2, 2, weeks=0)),
        (
            r"\b(?:sometime |any ?time |any day |some day |early )?(?:this|in the) week\b(?! of)",
            workdays(0, 4, weeks=0),
        ),
        (r"\b(?:rest of the|any|during the|on a) (?:week ?days?|week)\b", workdays(0, 4, weeks=0)),
        (rf"\b(?:this |coming |on |the )?(?P<day>{DAY})\b", coming),
        (
            r"\b(?:later |early |earlier )?today\b|\btonight\b|\bthis (?=morning|afternoon|evening|night)",
            offset(0),
        ),
        (r"\btomorrow\b", offset(1)),
    )
)
