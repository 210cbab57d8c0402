"""Service addresses in customer texts: found by shape, labelled by hand (reference/dispatch.md 5)."""

from __future__ import annotations

import re

from app.dispatch.addresses import current
from app.dispatch.addresses.numbers import in_digits
from app.dispatch.addresses.places import CHATTER, cities, place_of, zip_of
from app.dispatch.addresses.shapes import (
    AFTER_NO,
    CALLE,
    DIRECTION,
    FRONTED,
    GRID,
    LOOSE,
    NAMED,
    NUMBERED,
    ORDINAL,
    PO_BOX,
    ROUTE,
    SOFT,
    SURE_SUFFIX,
    TRAILED,
    VAGUE,
)
from app.dispatch.addresses.units import unit_of
from app.dispatch.findings import Address
from app.dispatch.normalize import dictionary as english

__all__ = ["cities", "find"]


def find(text: str, *, asked: str | None = None) -> Address:
    """The service address of a text, in pieces; empty when there is none."""
    text = re.sub(r"(?<=\d)[oO](?=\d)", "0", text)
    clean = NUMBER_OF.sub(r"\1 ", re.sub(r"\s+", " ", in_digits(PO_BOX.sub(" _ ", text)))).strip()
    is_box = bool(PO_BOX.search(text))
    street = street_of(clean, asked=asked)
    name = without_city(street, clean) if street else ""
    start, end = (street.start(), street.start("street") + len(name)) if street else (0, 0)
    if street and street.start("number") > street.start("street"):
        end = street.end()
    rest = clean[end:] if street else clean
    before = clean[:start] if street else ""
    unit, unit_end = unit_of(before, rest, has_street=bool(street), asked=asked)
    tail = rest[unit_end:] if street else rest
    city, state = place_of(tail, has_street=bool(street), asked=asked)
    code = zip_of(clean, street)
    found = f"{street['number']} {name}".strip(" .,") if street else None
    return Address(
        street=re.sub(r"\s+", " ", found) if found else None,
        unit=unit,
        city=city,
        state=state,
        postal_code=code,
        confidence=sureness(street, city, code, asked=asked),
        is_po_box=is_box,
        is_vague=not street and bool(VAGUE.search(clean)),
    )


NUMBER_OF = re.compile(
    rf"(?<=\b(?:el|la|en) )(\d{{1,6}}) de (?:la )?(?=(?:calle|avenida|camino|via|paseo)\b|(?:{DIRECTION} )?"
    rf"(?:[a-z]+ ){{1,3}}(?:{SURE_SUFFIX})\b)",
    re.IGNORECASE,
)
"""As in "el 310 de Chestnut St"."""


def without_city(street: re.Match[str], text: str) -> str:
    """The street without a direction that begins the city: "Westwind Dr North Palm Beach"."""
    words = street["street"].split()
    way = LONG_WAYS.get(words[-1].lower().strip("."))
    if way is None or len(words) <= 2 or not re.match(r" [a-z]", text[street.end("street") :], re.IGNORECASE):
        return street["street"]
    tail = re.findall(r"[a-z]+", text[street.end("street") :].lower())[:2]
    if any(f"{way} {' '.join(tail[:size])}" in cities() for size in (2, 1) if len(tail) >= size):
        return street["street"][: -len(words[-1])].rstrip()
    return street["street"]


LONG_WAYS = {"n": "north", "s": "south", "e": "east", "w": "west"}
LONG_WAYS |= {way: way for way in LONG_WAYS.values()}


def street_of(text: str, *, asked: str | None) -> re.Match[str] | None:
    """The best candidate for number and street; an address that is said to be another one only when it stands alone."""
    outdated: re.Match[str] | None = None
    for shapes in ((ROUTE, GRID, FRONTED), (NAMED, NUMBERED, ORDINAL), (TRAILED, CALLE), (SOFT,)):
        found = [match for shape in shapes for match in shape.finditer(text) if is_street(match, text)]
        if found:
            chosen = current.of(found, text)
            if not current.is_old(chosen, text):
                return fronted(chosen, text)
            outdated = outdated or chosen
    for match in LOOSE.finditer(text):
        if CODE.search(text[: match.start()]) or (outdated and match.start() == outdated.start()):
            continue
        is_told = bool(TOLD.search(text[: match.start()]))
        cut = loose_street(match, text, asked="address" if is_told else asked)
        if cut and not (current.is_old(cut, text) and has_more(cut, text)):
            return cut
    return outdated


def has_more(match: re.Match[str], text: str) -> bool:
    """Whether another number with a name follows."""
    return bool(LOOSE.search(text, match.end()))


def fronted(match: re.Match[str], text: str) -> re.Match[str]:
    """A street that begins with its kind ("Camino Real"), without the city that it ran into."""
    if match.re is not FRONTED:
        return match
    named = next((one for one in NAMED.finditer(text) if one.start() == match.start()), None)
    if named and is_street(named, text):
        return named
    words = match["street"].split()
    size = current.end_of(words, text[match.end() :])
    if size == len(words):
        return match
    pattern = re.compile(rf"(?P<number>{re.escape(match['number'])}),? (?P<street>{re.escape(' '.join(words[:size]))})")
    return pattern.search(text, match.start()) or match


def is_street(match: re.Match[str], text: str) -> bool:
    """Whether the candidate is an address rather than a count, a size or an hour."""
    words = match["street"].lower().replace(".", "").split()
    if AFTER_NO.match(match["street"]) or current.is_vehicle(match, text) or OPENS.search(text[: match.start()]):
        return False
    if words[-1] == "way" and WAY_UP.match(text, match.end()):
        return False
    is_sure = match.re is not SOFT
    if not is_sure and is_ordinary(words[:-1], text, match):
        return False
    if (
        re.search(r"\b(?:at|by|around|before|after|til)\s$", text[: match.start()].lower()[-8:])
        and int(re.sub(r"\D", "", match["number"])[:6]) <= 12
    ):
        return match.re is NAMED
    return match.re in {FRONTED, ROUTE} or not any(word in CHATTER for word in words[:-1])


WAY_UP = re.compile(r" (?:up|over|down|back|too|past|more|out|behind|beyond|overdue|late)\b", re.IGNORECASE)
"""Behind a "way" that is none: "way up high"."""


def is_ordinary(words: list[str], text: str, match: re.Match[str]) -> bool:
    """Without a sure suffix a street needs a name that is no everyday word, or a place behind it."""
    tail = text[match.end() : match.end() + 30]
    if re.match(r"[ ,]*(?:#|apt|unit|\d{5}\b|[A-Za-z ]+,? ?(?:[A-Z]{2}\b|\d{5}))", tail):
        return False
    name = [word for word in words if not re.fullmatch(DIRECTION, word)]
    if len(match["number"]) >= 3 and all(word.isalpha() for word in name):
        return any(word in VERBS for word in name)
    return any(word in english() for word in name)


VERBS = frozenset(
    [
        "need",
        "want",
        "have",
        "get",
        "wont",
        "cant",
        "is",
        "are",
        "was",
        "were",
        "leak",
        "leaking",
        "broken",
        "burst",
        "water",
        "pipe",
        "toilet",
        "outlet",
        "outlets",
        "light",
        "lights",
        "door",
        "doors",
        "key",
        "keys",
        "lock",
        "locks",
        "degrees",
        "people",
        "new",
        "old",
        "small",
        "big",
        "more",
        "other",
        "dollars",
        "square",
        "gallon",
        "amp",
        "feet",
        "inch",
        "in",
        "out",
        "off",
        "of",
        "from",
        "house",
        "code",
        "gate",
    ]
)
CODE = re.compile(r"\b(?:code|pin|gate|combo|combination|keypad|lockbox|box)(?: is| number)?:? ?#? ?$", re.IGNORECASE)
"""Before a number that opens a door."""
OPENS = re.compile(
    r"\b(?:code|passcode|pin|combo|combination|keypad|press|dial|punch in|ticket|order|invoice|claim)"
    r"(?: is| number| in)?:? ?#? ?$",
    re.IGNORECASE,
)
"""Before a number that opens something or names a paper, whatever words follow."""


TOLD = re.compile(
    r"(?:\b(?:address(?: is|'s|:)?|lives? at|located at|(?:house|place|home) is(?: at)?|staying at|i'?m (?:over )?at|"
    r"we'?re (?:over )?at|now (?:it'?s|at|is|we'?re at)|vivo en|direccion es)|@) $",
    re.IGNORECASE,
)
"""Words after which a number and a name are an address, asked for or not."""


def loose_street(match: re.Match[str], text: str, *, asked: str | None) -> re.Match[str] | None:
    """A street without suffix counts when the address was asked for, or a city or a ZIP follows."""
    if AFTER_NO.match(match["street"]) or current.is_vehicle(match, text):
        return None
    words = match["street"].split()
    kept = words[: next((index for index, word in enumerate(words) if word.lower() in CHATTER), len(words))]
    if not kept or (len(kept) == 1 and re.fullmatch(DIRECTION, kept[0], re.IGNORECASE)):
        return None
    tail = text[match.start("street") + len(" ".join(kept)) :]
    kept = kept[: len(kept) - current.begun_city(kept, tail)]
    tail = text[match.start("street") + len(" ".join(kept)) :]
    has_zip = bool(re.match(r"[ ,]*(?:[A-Za-z]+[ ,]+){0,3}\d{5}\b", tail))
    city = place_of(tail, has_street=True, asked=None)[0]
    city_inside = next(
        (
            size
            for size in (2, 1)
            if len(kept) > size and " ".join(kept[-size:]).lower() in cities() and kept[-1].lower() not in english()
        ),
        0,
    )
    if asked != "address" and not has_zip and not city and not city_inside:
        return None
    if any(word.lower() in VERBS for word in kept):
        return None
    if city_inside and not all(re.fullmatch(DIRECTION, word, re.IGNORECASE) for word in kept[:-city_inside]):
        kept = kept[:-city_inside]
    pattern = re.compile(rf"(?P<number>{re.escape(match['number'])}),? (?P<street>{re.escape(' '.join(kept))})")
    return pattern.search(text, match.start())


def sureness(street: re.Match[str] | None, city: str | None, code: str | None, *, asked: str | None) -> float:
    """How sure the address is; a bare number and word with nothing else is not."""
    if not street:
        return 0.7 if code or city else 0.0
    if code or city or asked == "address":
        return 0.95
    last = street["street"].lower().rstrip(".").split()[-1]
    return 0.9 if re.fullmatch(SURE_SUFFIX, last) or len(street["number"]) >= 3 else 0.55
