"""Days that lean on the day named before them: "that same day", "the day after", "the following week"."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.dispatch.times.words import DAY_NAMES

WEEK = 7
WORKDAYS = 5


@dataclass(frozen=True)
class Dated:
    """A mention of one or several days; one without dates only shows that the number beside it is an hour."""

    start: int
    end: int
    dates: tuple[dt.date, ...]
    part: str | None = None
    """The day part that the word brings: tonight is an evening."""
    is_ambiguous: bool = False


SAME = re.compile(r"\b(?:on |of )?(?:(?:the|that|this) (?:very )?)?same day\b|\b(?:on |of )?that day\b")
NEXT = re.compile(
    r"\b(?:on )?(?:the )?(?:next|following) day\b|\bthe (?:day|1) after(?: that)?(?! \w+day\b| that day)\b|"
    r"\bday after that\b"
)
BEFORE = re.compile(r"\bthe day before(?: that)?\b(?! \w+day\b)")
WEEK_AFTER = re.compile(r"\b(?:the )?week after(?: that)?(?= ?(?:$|[.,;!?]|at|in|on|is|would|works|if|please|pls)|$)")
WEEKDAY_AFTER = re.compile(
    rf"\b(?:on )?the (?P<day>{'|'.join(DAY_NAMES)}) (?P<to>after|before)(?: that)?"
    r"(?= ?(?:$|[.,;!?])| (?:at|in|or|and|would|works?|is|please|pls|if|around)\b)"
)
"""A weekday that leans on the day before it: "the Friday after"."""
LEANING = tuple((pattern, kind) for pattern, kind in ((SAME, 0), (WEEK_AFTER, WEEK), (NEXT, 1), (BEFORE, -1)))
HOUR_FOLLOWS = re.compile(
    r",? ?(?:but |just |only )?(?:(?:at|after|before|from|around|about|by|between|in the|until|anytime|any time|"
    r"late|early|mid)\b|morning|afternoon|evening|night|lunch|\d{1,2}(?::\d\d)?(?: ?[ap]m|\b))"
)


def itself(match: re.Match[str], now: dt.datetime) -> tuple[dt.date, ...]:
    """A day to be found once the one before it is known; today until then."""
    return (now.date(),)


READERS: tuple[tuple[str, Callable[[re.Match[str], dt.datetime], tuple[dt.date, ...]]], ...] = (
    (WEEKDAY_AFTER.pattern, itself),
    *((pattern.pattern, itself) for pattern, _ in LEANING),
)


def resolved(days: list[Dated], text: str, today: dt.date) -> list[Dated]:
    """The mentions with leaning ones counted from the mention before; without one, only today and tomorrow are told."""
    found: list[Dated] = []
    for day in days:
        named = WEEKDAY_AFTER.match(text, day.start)
        if named and named.end() == day.end:
            base = next((one.dates[-1] for one in reversed(found) if one.dates), today)
            found.append(replace(day, dates=(weekday_from(base, named["day"], named["to"]),)))
            continue
        if found and is_one_of(found[-1], day, text):
            held = [one for one in found.pop().dates if one.weekday() == day.dates[0].weekday()]
            found.append(replace(day, dates=tuple(held[:1]) or day.dates))
            continue
        shift = next((kind for pattern, kind in LEANING if pattern.fullmatch(text[day.start : day.end])), None)
        if shift is None:
            found.append(day)
            continue
        before = next((one for one in reversed(found) if one.dates), None)
        found.append(replace(day, dates=dates_of(shift, text[day.start : day.end], before, today, text[day.end :])))
    return found


def weekday_from(base: dt.date, name: str, to: str) -> dt.date:
    """The weekday after or before a day: "not Thanksgiving but the Friday after"."""
    way = -1 if to == "before" else 1
    return base + dt.timedelta(days=way * ((DAY_NAMES.index(name) - base.weekday()) * way % WEEK or WEEK))


def is_one_of(before: Dated, day: Dated, text: str) -> bool:
    """Whether a weekday tells which of the days after another is meant: "after Thanksgiving, like the Monday"."""
    words, between = text[before.start : before.end], text[before.end : day.start]
    is_weekday = text[day.start : day.end].rsplit(maxsplit=1)[-1] in DAY_NAMES and len(day.dates) == 1
    return "after " in words and len(before.dates) == WEEK and is_weekday and bool(WHICH.fullmatch(between))


WHICH = re.compile(r",? ?(?:like|maybe|say|perhaps|so|probably|preferably)? ?(?:on )?")


def dates_of(shift: int, words: str, before: Dated | None, today: dt.date, behind: str) -> tuple[dt.date, ...]:
    """The dates of one leaning mention; none when an hour before it belongs to the day it leans on."""
    if before is None:
        is_told = "same" in words or "next" in words
        return (today + dt.timedelta(days=shift),) if is_told and shift in {0, 1} else ()
    if shift == 0:
        return before.dates if HOUR_FOLLOWS.match(behind) else ()
    if shift == WEEK:
        monday = before.dates[-1] - dt.timedelta(days=before.dates[-1].weekday()) + dt.timedelta(days=WEEK)
        return tuple(monday + dt.timedelta(days=ahead) for ahead in range(WORKDAYS))
    day = (before.dates[-1] if shift > 0 else before.dates[0]) + dt.timedelta(days=shift)
    return (day,) if day >= today else ()
