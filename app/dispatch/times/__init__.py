"""When somebody wants us to come: windows, refusals and choices (reference/dispatch.md 4)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from app.dispatch.findings import Times
from app.dispatch.times import choices, clocks, dates, dayparts, refusals
from app.dispatch.times.clocks import Timed
from app.dispatch.times.dates import Dated
from app.dispatch.times.tidy import tidy
from app.dispatch.types import Json

ASAP = re.compile(
    r"\basap\b|\bas soon as (?:possible|you can|u can|somebody|someone)\b|\bright (?:away|now)\b|\bimmediately\b|"
    r"\bhow soon\b|\bsoonest\b|"
    r"\b(?:first|next) (?:available|opening|appointment|slot|spot)\b|\bearliest\b|\bsooner the better\b|\b(?:come|"
    r"here|out|over|somebody|someone|help|need \w+) now\b|"
    r"\bnow (?:please|pls|would|if)\b|\bnow\?|^now\b|\bhurry\b|\bquick(?:ly|est)?\b|\bsoon as\b|\ba s a p\b|"
    r"\bstraight away\b|\bemergency\b(?= .*now)"
)
FLEXIBLE = re.compile(
    r"\b(?:any ?time|any day|whenever|flexible|no preference|doesnt matter|don't care when|dont care when|your "
    r"choice|you (?:pick|choose)|up to you|"
    r"whatever works|either (?:is fine|works)|open schedule|wide open|no rush)\b"
)


def find(
    text: str,
    *,
    now: dt.datetime,
    offers: Sequence[dt.datetime] = (),
    asked: str | None = None,
    spans: tuple[str, ...] = (),
) -> Times:
    """What a text says about the time; `now` and `offers` are local, `spans` is text that is something else."""
    plain = tidy(text, spans=spans)
    plain = corrected(plain)
    days = dates.find(plain, now)
    is_bare = asked in {"when", "slot"} and not offers
    hours = clocks.find(
        plain,
        now,
        anchors=[(day.start, day.end) for day in days],
        may_be_bare=is_bare and len(plain) < SHORT,
        is_choice=bool(offers),
    )
    days = [day for day in days if day.dates]
    refused = refusals.find(plain, days, hours)
    wanted_hours = [hour for hour in hours if hour not in refused.hours]
    wanted_days = [day for day in days if day not in (*refused.days, *refused.spared)]
    if wanted_hours and not wanted_days:
        wanted_days = list(refused.spared)
    has_refused = bool(refused.days or refused.hours) and bool(wanted_days or wanted_hours)
    picked = choices.pick(
        text,
        plain,
        offers,
        days=wanted_days if has_refused else days,
        hours=wanted_hours if has_refused else hours,
        has_refused=has_refused,
    )
    exclude = [f"{date:%Y-%m-%d}" for day in refused.days for date in day.dates]
    exclude += [hour.part for hour in refused.hours if hour.part and not has_day_beside(hour, days)]
    windows = combine(wanted_days, wanted_hours, now=now)
    return Times(
        windows=tuple(window for window in windows if window["date"] not in exclude),
        exclude=tuple(dict.fromkeys(exclude)),
        asap=bool(ASAP.search(plain)) and not days,
        flexible=bool(FLEXIBLE.search(plain)),
        ambiguous=any(day.is_ambiguous for day in days),
        picked=tuple(picked),
        evidence=tuple(plain[item.start : item.end] for item in mentions(days, hours)),
    )


CORRECTS = re.compile(
    r"\b(?:no wait|wait no|oh wait|scratch that|never ?mind that|strike that|i mean|i meant|"
    r"actually(?: no)?,? (?:make it|lets "
    r"do|can we do|could we do|how about)|on second thought)\b"
)


def corrected(plain: str) -> str:
    """Only what stands behind "no wait, make it", where that names a time of its own."""
    cut = next(iter([*CORRECTS.finditer(plain)][-1:]), None)
    behind = plain[cut.end() :] if cut else ""
    return behind.strip() if re.search(r"\d|day\b|tomorrow|morning|afternoon|evening|tonight|week", behind) else plain


SHORT = 40
"""A longer text is not an answer with a bare number."""


def has_day_beside(hour: Timed, days: Sequence[Dated]) -> bool:
    """Whether a refused day part belongs to a day ("not tomorrow morning")."""
    return any(0 <= hour.start - day.end <= 1 for day in days)


# Days and hours together


def combine(days: list[Dated], hours: list[Timed], *, now: dt.datetime) -> list[Json]:
    """Windows from what stands together: each group has days and hours, in either order."""
    windows: list[Json] = []
    for group_days, group_hours in groups(days, hours):
        windows += windows_of(group_days, merged(group_hours), now=now)
    unique = {(w["date"], w["start"], w["end"]): w for w in windows}
    return list(unique.values())


def mentions(days: Sequence[Dated], hours: Sequence[Timed]) -> list[Dated | Timed]:
    """Days and hours in the order of the text."""
    items: list[Dated | Timed] = [*days, *hours]
    return sorted(items, key=lambda mention: mention.start)


def groups(days: list[Dated], hours: list[Timed]) -> list[tuple[list[Dated], list[Timed]]]:
    """Walk through the mentions; a complete group is closed by a mention of the kind that it began with."""
    result: list[tuple[list[Dated], list[Timed]]] = []
    current: tuple[list[Dated], list[Timed]] = ([], [])
    begins_with_day = True
    last: Dated | Timed | None = None
    for item in mentions(days, hours):
        is_day = isinstance(item, Dated)
        is_complete = bool(current[0]) and bool(current[1])
        if is_complete and is_day != isinstance(last, Dated) and is_day == begins_with_day:
            result.append(current)
            current = ([], [])
        if not current[0] and not current[1]:
            begins_with_day = is_day
        if isinstance(item, Dated):
            current[0].append(item)
        else:
            current[1].append(item)
        last = item
    return [*result, current] if current[0] or current[1] else result


def merged(hours: list[Timed]) -> list[Timed]:
    """A day part beside a point or a range only says which half of the day; start and end bounds make a range."""
    exact = [hour for hour in hours if not hour.is_part]
    if not exact:
        return hours
    starts = [hour for hour in exact if hour.first and not hour.last and not hour.is_point]
    ends = [hour for hour in exact if hour.last and not hour.first]
    if len(starts) == 1 and len(ends) == 1 and len(exact) == 2 and starts[0].first < ends[0].last:  # type: ignore[operator]
        one, two = starts[0], ends[0]
        return [Timed(one.start, two.end, one.first, two.last)]
    return exact


def windows_of(days: list[Dated], hours: list[Timed], *, now: dt.datetime) -> list[Json]:
    """Every day with every hour; a small hour later today is meant when no day is named."""
    all_dates: list[dt.date | None] = [date for day in days for date in day.dates]
    part = next((day.part for day in days if day.part), None)
    if not hours:
        bounds = dayparts.PARTS["evening"] if part else (None, None)
        return [window(date, *bounds) for date in all_dates]
    result = []
    for hour in hours:
        for date in [hour.today] if hour.today else all_dates or [None]:
            first, last = evening_hour(hour, part)
            result.append(window(date, first, last, is_point=hour.is_point, approximate=hour.approximate))
    return result


def evening_hour(hour: Timed, part: str | None) -> tuple[str | None, str | None]:
    """Such as "Tonight at 8" is in the evening."""
    if part == "evening" and hour.first and "07:00" <= hour.first < "12:00":
        return f"{int(hour.first[:2]) + 12}{hour.first[2:]}", hour.last
    return hour.first, hour.last


def window(
    date: dt.date | None, first: str | None, last: str | None, *, is_point: bool = False, approximate: bool = False
) -> Json:
    """A wanted window; None is open."""
    return {
        "date": f"{date:%Y-%m-%d}" if date else None,
        "start": first,
        "end": last,
        "is_point": is_point,
        "approximate": approximate,
    }
