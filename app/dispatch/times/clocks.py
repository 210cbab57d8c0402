"""Hours in a tidy text: points, ranges, open ends and day parts."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from app.dispatch.times import dayparts
from app.dispatch.times.around import ASKED, CHAINED, ENDS, beside, chained, hint_after, hint_before, listed, works

NOON = 12
LAST_AFTERNOON_HOUR = 6


@dataclass(frozen=True)
class Timed:
    """A mention of an hour or a day part; None is an open end."""

    start: int
    end: int
    first: str | None
    last: str | None = None
    is_point: bool = False
    is_part: bool = False
    approximate: bool = False
    today: dt.date | None = None
    """Set by relative hours ("in an hour"), which bring their own day."""
    part: str | None = None


HOUR = r"(\d{1,2})(?::(\d\d))?(?:\s?(am|pm))?"
CUE = (
    r"at|around|about|by|after|before|between|from|past|like|to|maybe|say|for|make it|how about|what about|not "
    r"before|no later than|"
    r"prefer|on|say|works at|come at|anytime after|or|and|until|as early as|any time after"
)
RANGE = re.compile(
    rf"(?:\b(?:between|from|anytime|any time|anywhere) )?(?<![\d:/$#.])\b{HOUR}\s?(?:-|to|and|or "
    rf"until)\s?{HOUR}\b(?![\d:/%$])"
)
LAST_WORD = re.compile(r"[ .!?]*(?:please|pls|thanks|thx)?[ .!?]*")
"""Behind a range that ends a text with a day in it."""
BOUND = re.compile(
    r"\b(?P<word>not before|no earlier than|no sooner than|any ?time after|after|past|later than|from|starting(?: "
    r"at)?|home (?:after|by|at|around)|"
    r"get off (?:work )?(?:at|around)?|off (?:work )?(?:at|by|around)|get home (?:at|by|around|after)?|back (?:home "
    r")?(?:at|by|around|after)|since|"
    r"free (?:after|at|from)|done (?:at|by|with work at)|available (?:after|from)|as early as|"
    r"no later than|not later than|not after|before|by|until|up to|up until|prior to|earlier than|leave (?:at|by|"
    r"around|for work "
    r"at)?|leaving (?:at|by|around)?)"
    rf" (?:about |around |like )?{HOUR}(?:\s?oclock)?(?: or (?P<more>later|after|earlier|before|sooner))?\b(?![\d:/%])"
)
BEFORE_WORDS = (
    "no later than",
    "not later than",
    "not after",
    "before",
    "by",
    "until",
    "up to",
    "up until",
    "prior to",
    "earlier",
    "leave",
    "leaving",
    "to",
)
POINT = re.compile(
    rf"(?:\b(?P<cue>{CUE}) )?(?P<about>about |around |roughly |like |closer to "
    rf")?(?<![\d:/$#.-]){HOUR}(?P<clock>\s?oclock)?"
    r"(?: or (?P<more>later|after|so|earlier))?\b(?![\d:/%$]| ?-| of (?!\w+day))"
)
OPEN_DAY = re.compile(
    r"\b(?:at )?(?:any ?time|all day|whenever)\b(?! (?:after|before|between|from|on|in|past|until|up to|by|today|"
    r"tomorrow|this|next))"
)
SOON = re.compile(
    r"\b(?:in|within)(?: the)?(?: next)? (?P<about>about |like )?(?P<count>\d{1,3}) (?P<unit>hours?|hrs?|minutes?|"
    r"mins?)\b|"
    r"\b(?:in the next|next|within the next|within the) (?P<count2>\d{1,3}) ?(?P<unit2>hours?|hrs?|minutes?|mins?)\b|"
    r"\b(?P<count3>\d{1,3}) (?P<unit5>hours?|hrs?|minutes?|mins?) from now\b|"
    r"\bin the next (?P<unit3>hour)\b|\bwithin (?:the|1|an) (?P<unit4>hour)\b"
)


def clock(hour: str, minute: str | None, half: str | None, *, hint: str | None = None) -> str | None:
    """`HH:MM`; a bare hour from 1 to 6 is in the afternoon, 7 to 12 stands as it is (dispatch.md 4.2)."""
    number, minutes = int(hour), int(minute or 0)
    if number > 24 or minutes > 59 or (number == 0 and not minute):
        return None
    if half and number > NOON:
        return f"{number % 24:02d}:{minutes:02d}"
    if half == "pm" and number < NOON:
        number += NOON
    elif half == "am" and number == NOON:
        number = 0
    elif half is None and number < NOON:
        is_pm = hint == "pm" and not (number >= 7 and hint is None)
        if (1 <= number <= LAST_AFTERNOON_HOUR and hint != "am") or is_pm:
            number += NOON
    return f"{number % 24:02d}:{minutes:02d}"


def find(
    text: str, now: dt.datetime, *, anchors: list[tuple[int, int]], may_be_bare: bool, is_choice: bool = False
) -> list[Timed]:
    """Every hour and day part, in order; `anchors` are the spans of days, beside which a bare number is an hour."""
    found: list[Timed] = []
    taken = list(anchors)
    for reader in (soon, ranges, bounds, points, parts, open_days):
        for mention in reader(text, now, anchors, may_be_bare or (is_choice and reader is ranges)):
            if all(mention.end <= start or end <= mention.start for start, end in taken):
                found.append(mention)
                taken.append((mention.start, mention.end))
    return sorted(found, key=lambda mention: mention.start)


def soon(text: str, now: dt.datetime, _: object, __: bool) -> list[Timed]:
    """Such as "In an hour" is a point, "within the next 2 hours" an open end."""
    found = []
    for match in SOON.finditer(text):
        unit = match["unit"] or match["unit2"] or match["unit3"] or match["unit4"] or match["unit5"]
        count = int(match["count"] or match["count2"] or match["count3"] or 1)
        moment = now + dt.timedelta(minutes=count * (60 if unit.startswith("h") else 1))
        is_limit = "within" in match[0] or "next" in match[0]
        at = f"{moment:%H:%M}"
        first, last = (None, at) if is_limit else (at, None)
        found.append(Timed(match.start(), match.end(), first, last, is_point=not is_limit, today=moment.date()))
    return found


def ranges(text: str, _: dt.datetime, anchors: list[tuple[int, int]], may_be_bare: bool) -> list[Timed]:
    """Such as "3-5", "from 9 to 11", "between 2 and 4pm"."""
    found = []
    for match in RANGE.finditer(text):
        one, two = match.group(1, 2, 3), match.group(4, 5, 6)
        has_cue = re.match(r"between|from|any", match[0])
        is_sure = (
            has_cue
            or one[1]
            or two[1]
            or one[2]
            or two[2]
            or beside(match.start(), match.end() + chained(text[match.end() :]), anchors, text)
            or hint_after(text, match.end())
            or may_be_bare
            or (anchors and LAST_WORD.fullmatch(text[match.end() :]))
        )
        if (re.search(r"\d (?:and|or)", match[0]) and not (has_cue and match[0].startswith("between"))) or not is_sure:
            continue
        hint = hint_after(text, match.end()) or two[2]
        first = clock(*one, hint=one[2] or range_hint(one[0], two[0], hint))
        last = clock(*two, hint=hint)
        if first and last and last <= first and two[2] is None and int(two[0]) < NOON:
            last = clock(two[0], two[1], "pm")
        if first and last and first < last:
            found.append(Timed(match.start(), match.end(), first, last))
    return found


def range_hint(first: str, last: str, half: str | None) -> str | None:
    """In "2 to 4pm" both are in the afternoon, in "9 to 1pm" only the second is."""
    if int(last) > NOON:
        return "am"
    if half == "pm" and int(first) < int(last) and int(last) != NOON:
        return "pm"
    return half if half == "am" else None


def bounds(text: str, _: dt.datetime, __: object, ___: bool) -> list[Timed]:
    """Such as "After 3", "before noon", "not before 2"; "I get off at 4" is a start, "I leave at 5" an end."""
    found = []
    for match in BOUND.finditer(text):
        at = clock(*match.group(2, 3, 4), hint=hint_after(text, match.end()))
        if at is None:
            continue
        is_end = match["word"].startswith(BEFORE_WORDS) and match["more"] not in {"later", "after"}
        if match["word"].startswith(("home by", "back by", "done by", "off by")):
            is_end = False
        found.append(Timed(match.start(), match.end(), None if is_end else at, at if is_end else None))
    return found


def points(text: str, _: dt.datetime, anchors: list[tuple[int, int]], may_be_bare: bool) -> list[Timed]:
    """Such as "At 3", "230pm", "about 11"; a bare number needs a cue, a day beside it, or a question about the time."""
    found: list[Timed] = []
    for match in POINT.finditer(text):
        hour, minute, half = match.group(3, 4, 5)
        start = match.start(3)
        is_cued = (
            match["cue"] in {"at", "around", "about", "make it", "come at", "works at", "not before"}
            or match["about"]
            or match["clock"]
        )
        if not (
            half
            or minute
            or is_cued
            or beside(start, listed(text, match.end()), anchors, text)
            or may_be_bare
            or (ASKED.search(text[:start]) and ENDS.match(text[match.end() :]))
            or works(text, listed(text, match.end()))
            or (found and CHAINED.fullmatch(text[found[-1].end : match.start()]))
            or hint_after(text, match.end())
            or re.search(r"(?:morning|afternoon|evening|tonight),?(?: at| around| say| like| about)? $", text[:start])
        ):
            continue
        at = clock(hour, minute, half, hint=hint_after(text, match.end()) or hint_before(text, start))
        if at is None or (not half and not minute and int(hour) > NOON and not (may_be_bare and text == match[0])):
            continue
        about = bool(match["about"]) or match["cue"] in {"around", "about", "like", "maybe"} or match["more"] == "so"
        if match["more"] in {"later", "after"}:
            found.append(Timed(match.start(), match.end(), at))
        elif match["more"] == "earlier":
            found.append(Timed(match.start(), match.end(), None, at))
        else:
            found.append(Timed(match.start(), match.end(), at, is_point=True, approximate=about))
    return found


def parts(text: str, _: dt.datetime, __: object, ___: bool) -> list[Timed]:
    """Day parts as windows."""
    found = []
    for match in dayparts.PART.finditer(text):
        name = dayparts.part_name(match["part"])
        if name is None:
            continue
        first, last = dayparts.PARTS[name]
        mention = Timed(match.start(), match.end(), first, last, is_part=True, part=dayparts.base_part(name))
        if match["part"] == "after lunch":
            mention = replace(mention, first="13:00")
        if match["part"] == "before work":
            mention = replace(mention, last="09:00")
        found.append(mention)
    return found


def open_days(text: str, _: dt.datetime, anchors: list[tuple[int, int]], __: bool) -> list[Timed]:
    """Such as "any time" right behind a day: its hours are open, whatever is said of the next one."""
    return [
        Timed(match.start(), match.end(), None, None, is_part=True)
        for match in OPEN_DAY.finditer(text)
        if any(end <= match.start() and text[end : match.start()].strip(" ,") == "" for _, end in anchors)
    ]
