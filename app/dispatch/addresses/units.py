"""The unit of an address: behind the street, before it, or told in a sentence of its own."""

from __future__ import annotations

import re

from app.dispatch.addresses.shapes import BARE_UNIT, TOLD_UNIT, UNIT

BUILDING = re.compile(r"b(?:ldg|uilding)", re.IGNORECASE)
"""A building is not the unit when one follows: "Bldg 3 Apt 204"."""
SPACE = re.compile(r"[ ,]*")


def unit_of(before: str, rest: str, *, has_street: bool, asked: str | None) -> tuple[str | None, int]:
    """The unit right behind the street or before it, and where it ends in the rest."""
    match = UNIT.search(rest)
    if match and BUILDING.match(match[0]):
        match = UNIT.match(rest, skipped(rest, match.end())) or match
    if (
        match
        and (not has_street or match.start() <= NEAR or PLACED.fullmatch(rest[: match.start()]))
        and is_unit(match)
    ):
        return match["unit"], match.end() if has_street and match.start() <= NEAR else 0
    front = next(iter([*UNIT.finditer(before)][-1:]), None)
    is_near = front is not None and len(before) - front.end() <= NEAR
    if front and is_unit(front) and (is_near or DWELLING.match(front[0])):
        return front["unit"], 0
    told = TOLD_UNIT.search(f"{before}{rest}") or (BARE_UNIT.match(rest) if asked == "address" and not before else None)
    return (told["unit"], 0) if told else (None, 0)


DWELLING = re.compile(r"(?:apt|apartment|unit|suite|ste|apto|depto)\.? ?#?(?:\d{2,}|\d+[a-z]|[a-z]\d+)", re.IGNORECASE)
"""A dwelling that is named far from its street: "unit 214 has no AC, ... 5500 Lamar"."""
ORDER = re.compile(
    r"\b(?:order|invoice|job|ticket|ref(?:erence)?|confirmation|claim|po|case|breaker|option|model|part|store|number|"
    r"permit|"
    r"policy|account|acct|work|quote|estimate|code|step|channel|zone) ?$",
    re.IGNORECASE,
)
"""Before a number that is no dwelling's."""


BRAND = re.compile(
    r" (?:carrier|trane|lennox|rheem|goodman|york|ruud|bryant|amana|daikin|mitsubishi|model|seer|btu|\d? ?tons?)\b",
    re.IGNORECASE,
)
"""Behind the year or the size of a unit that cools."""
PLACED = re.compile(r"[ ,]*(?:[A-Za-z.]+[ ,]+){1,4}\d{5}(?:-\d{4})?[ ,]*")
"""City, state and ZIP between the street and its unit."""
NEAR = 12


def is_unit(match: re.Match[str]) -> bool:
    """A letter alone is a unit only in capitals or as one of the first letters; an order has a number of its own."""
    if match[0].startswith("#") and ORDER.search(match.string[: match.start()]):
        return False
    if BRAND.match(match.string, match.end()):
        return False
    return match["unit"].lower() not in {"i", "s", "t", "m", "a"} or (
        match[0].startswith(("#", "Apt", "apt", "Unit", "unit")) and match["unit"] != "i"
    )


def skipped(text: str, start: int) -> int:
    """The place behind spaces and commas."""
    found = SPACE.match(text, start)
    return found.end() if found else start
