"""Service addresses in customer texts: found by shape, labelled by hand (reference/dispatch.md 5)."""

from __future__ import annotations

import re
from functools import cache

from app.dispatch.findings import Address
from app.dispatch.normalize import dictionary as english
from app.dispatch.wording import WORDS

SUFFIX = (
    r"street|st|str|avenue|ave|av|aven|road|rd|drive|dr|drv|lane|ln|court|ct|crt|boulevard|blvd|boul|bvd|way|wy|"
    r"place|pl|terrace|ter|terr|"
    r"circle|cir|crcl|parkway|pkwy|pky|pkway|trail|trl|tr|loop|lp|square|sq|highway|hwy|cove|cv|crossing|xing|path|"
    r"pass|row|run|plaza|plz|"
    r"point|pt|ridge|rdg|bend|bnd|creek|crk|glen|gln|grove|grv|heights|hts|hill|hills|hollow|holw|isle|key|knoll|"
    r"lake|landing|lndg|manor|"
    r"meadow|meadows|mill|oaks|oak|park|pike|ranch|spur|turnpike|tpke|trace|trce|valley|view|vw|village|vista|walk|"
    r"alley|aly|commons|"
    r"esplanade|expressway|expy|freeway|fwy|gateway|canyon|cyn|bluff|branch|bridge|center|ctr|club|corner|course|"
    r"estates|field|fields|"
    r"flat|ford|forest|fork|garden|gardens|harbor|haven|island|junction|mews|mountain|mtn|orchard|overlook|promenade|"
    r"ramp|rapids|shore|"
    r"shores|skyway|spring|springs|station|stream|summit|union|wells|wood|woods"
)
SURE_SUFFIX = (
    r"street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|court|ct|boulevard|blvd|place|pl|terrace|ter|circle|cir|"
    r"parkway|pkwy|trail|trl|"
    r"highway|hwy|cove|cv|plaza|loop|way|square|alley|expressway|expy|turnpike|pike|crossing|xing|freeway|fwy|terr|"
    r"str|tpke"
)
DIRECTION = r"(?:north|south|east|west|northeast|northwest|southeast|southwest|[nsew]|ne|nw|se|sw)\.?"
NUMBER = r"(?P<number>\d{1,6}(?:-\d{1,4})?[a-z]?(?: 1/2)?)"
WORD = (
    r"(?!(?:and|or|but|is|at|the|i|im|my|we|in|on|please|pls|apt|apartment|unit|suite|ste|for|to|a|with|can|need|"
    r"have|it|its|that|this|you)\b)"
    r"(?:[a-z][a-z0-9'-]*|\d{1,3}(?:st|nd|rd|th))\.?"
)
NAMED = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,4}}?(?:{SURE_SUFFIX})\b\.?(?: "
    rf"(?:{SURE_SUFFIX})\b\.?)?(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
SOFT = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,3}}?(?:{SUFFIX})\b\.?(?: "
    rf"{DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
GRID = re.compile(rf"(?<![\w$#.:/-]){NUMBER} (?P<street>{DIRECTION} \d{{2,5}} {DIRECTION}(?![\w']))", re.IGNORECASE)
ORDINAL = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?\d{{1,3}}(?:st|nd|rd|th)(?: (?:{SURE_SUFFIX})\b\.?)?(?: "
    rf"{DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
ROUTE = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:old )?(?:county road|country road|county rd|county "
    rf"highway|co rd|cr|fm|pr|business|rm|rr|state route|state road|"
    rf"state highway|state hwy|sr|route|rte|rt|us highway|us hwy|u\.?s\.?(?: hwy| highway)?|[a-z]{{2}} highway|"
    rf"highway|hwy|interstate|i|ih|ranch road|farm road|rural route|private road|loop)(?: no\.?)?[ "
    rf"-]?(?:\d{{1,5}}[a-z]?|(?<=road )[a-z]{{1,3}}\b)(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
FRONTED = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:avenue of the [a-z]+|ave of the [a-z]+|avenue "
    rf"[a-z]\b|ave [a-z]\b|"
    rf"(?:calle|camino|via|paseo|rue|avenida|rancho|vista|el camino|plaza|corte|circulo) (?:[a-z]+ ?){{1,3}}|"
    rf"(?:[a-z]+ )?broadway\b(?: (?:st|street|ave|avenue|blvd)\b)?|park row|the [a-z]+ (?:{SURE_SUFFIX})|[a-z]+ of "
    rf"the [a-z]+)(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
LOOSE = re.compile(
    rf"(?<![\w$#.:/-])(?P<number>\d{{1,6}}),? (?P<street>(?:{DIRECTION} )?[a-z][a-z']+(?: [a-z][a-z']+){{0,2}})",
    re.IGNORECASE,
)
UNIT = re.compile(
    r"(?:\b(?:apt|apartment|unit|suite|ste|lot|room|rm|spc|space|trlr|bldg|building|apto|depto|departamento)\.? "
    r"?(?:#|no\.? ?|number )?|#\s?)"
    r"(?P<unit>\d{1,5}[a-z]?(?:-\d{1,4}[a-z]?|-[a-z])?|[a-z]-?\d{0,4})\b(?!')",
    re.IGNORECASE,
)
ZIP = re.compile(r"(?<![\d$#.,-])\b(\d{5})(?:-\d{4})?\b(?![\d%]| ?(?:dollars|bucks|sq|sqft|square|btu|miles|gallons))")
PO_BOX = re.compile(r"\bp\.? ?o\.? ?box \d+[^,.\n]*?(?=,| but|\.|$)", re.IGNORECASE)
VAGUE = re.compile(
    r"\b(?:corner of|on the corner|near the|next to the|across from|behind the|by the|intersection|close to the|off "
    r"of|at the (?:mall|park|school|church|gas station)|down the street)\b",
    re.IGNORECASE,
)
AFTER_NO = re.compile(
    r"^\s?(?:am|pm|a\.m|p\.m|bed|beds|bedroom|amp|amps|toilets?|sq|sqft|ft|feet|gallons?|inch|inches|years?|months?|"
    r"days?|weeks?|hours?|hrs?|minutes?|mins?|"
    r"people|kids|doors?|outlets?|degrees|percent|dollars|bucks|times|miles|ton|tons|psi|locks?|keys?|lights?|units?|"
    r"of|oclock|o'clock|story|stories|volt|watts?|x\d)\b",
    re.IGNORECASE,
)
STATES = {
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co", "connecticut": "ct",
    "delaware": "de", "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id", "illinois": "il", "indiana": "in", "iowa": "ia",
    "kansas": "ks", "kentucky": "ky", "louisiana": "la", "maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi",
    "minnesota": "mn", "mississippi": "ms", "missouri": "mo", "montana": "mt", "nebraska": "ne", "nevada": "nv", "new hampshire": "nh",
    "new jersey": "nj", "new mexico": "nm", "new york": "ny", "north carolina": "nc", "north dakota": "nd", "ohio": "oh",
    "oklahoma": "ok", "oregon": "or", "pennsylvania": "pa", "rhode island": "ri", "south carolina": "sc", "south dakota": "sd",
    "tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa", "west virginia": "wv",
    "wisconsin": "wi", "wyoming": "wy", "dc": "dc",
}  # fmt: skip
CODES = frozenset(STATES.values())
ENGLISH_CODES = frozenset({"in", "or", "me", "hi", "ok", "oh", "la", "pa", "ma", "al", "id", "de", "co", "ne", "mo"})
CHATTER = frozenset(
    [
        "pls",
        "please",
        "hurry",
        "asap",
        "thanks",
        "thx",
        "today",
        "tomorrow",
        "now",
        "and",
        "is",
        "it",
        "its",
        "the",
        "my",
        "we",
        "i",
        "im",
        "need",
        "can",
        "could",
        "would",
        "call",
        "text",
        "this",
        "that",
        "there",
        "for",
        "name",
        "when",
        "what",
        "how",
        "who",
        "but",
        "also",
        "so",
        "at",
        "on",
        "with",
        "here",
        "no",
        "not",
        "yes",
        "ok",
        "pronto",
        "rn",
        "help",
        "come",
        "someone",
        "anytime",
        "any",
        "been",
        "has",
        "have",
        "will",
        "just",
        "by",
        "until",
        "between",
        "around",
        "after",
        "before",
        "morning",
        "afternoon",
        "evening",
        "tonight",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
    ]
)
LIVE_IN = re.compile(
    r"\b(?:in|from|near|around|service|serve|cover|out to|come to|go to|travel to|live in|located in|over in|out in|"
    r"en|at)\s+(?P<place>[A-Za-z][A-Za-z' .-]{2,40})",
    re.IGNORECASE,
)


@cache
def cities() -> frozenset[str]:
    """Names of US cities, lower case."""
    return frozenset((WORDS / "cities.txt").read_text(encoding="utf-8").split("\n"))


def find(text: str, *, asked: str | None = None) -> Address:
    """The service address of a text, in pieces; empty when there is none."""
    clean = re.sub(r"\s+", " ", PO_BOX.sub(" _ ", text)).strip()
    is_box = bool(PO_BOX.search(text))
    street = street_of(clean, asked=asked)
    start, end = (street.start(), street.end("street")) if street else (0, 0)
    rest = clean[end:] if street else clean
    before = clean[:start] if street else ""
    unit, unit_end = unit_of(before, rest, has_street=bool(street), asked=asked)
    tail = rest[unit_end:] if street else rest
    city, state = place_of(tail, has_street=bool(street), asked=asked)
    code = zip_of(clean, street)
    found = f"{street['number']} {street['street']}".strip(" .,") if street else None
    return Address(
        street=re.sub(r"\s+", " ", found) if found else None, unit=unit, city=city, state=state, postal_code=code,
        confidence=sureness(street, city, code, asked=asked), is_po_box=is_box, is_vague=not street and bool(VAGUE.search(clean)),
    )  # fmt: skip


def street_of(text: str, *, asked: str | None) -> re.Match[str] | None:
    """The best candidate for number and street."""
    for shapes in ((ROUTE, GRID, FRONTED), (NAMED, ORDINAL), (SOFT,)):
        found = [match for shape in shapes for match in shape.finditer(text) if is_street(match, text)]
        if found:
            return min(found, key=lambda match: (match.start(), -match.end()))
    for match in LOOSE.finditer(text):
        cut = loose_street(match, text, asked=asked)
        if cut:
            return cut
    return None


def is_street(match: re.Match[str], text: str) -> bool:
    """Whether the candidate is an address rather than a count, a size or an hour."""
    words = match["street"].lower().replace(".", "").split()
    if AFTER_NO.match(match["street"]):
        return False
    is_sure = match.re is not SOFT
    if not is_sure and is_ordinary(words[:-1], text, match):
        return False
    if (
        re.search(r"\b(?:at|by|around|before|after|til)\s$", text[: match.start()].lower()[-8:])
        and int(re.sub(r"\D", "", match["number"])[:6]) <= 12
    ):
        return match.re is NAMED
    return match.re is FRONTED or not any(word in CHATTER for word in words[:-1])


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
    ]
)


def loose_street(match: re.Match[str], text: str, *, asked: str | None) -> re.Match[str] | None:
    """A street without suffix counts when the address was asked for, or a city or a ZIP follows."""
    if AFTER_NO.match(match["street"]):
        return None
    words = match["street"].split()
    kept = []
    for word in words:
        if word.lower() in CHATTER:
            break
        kept.append(word)
    if not kept or (len(kept) == 1 and re.fullmatch(DIRECTION, kept[0], re.IGNORECASE)):
        return None
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
    if asked not in {"address", "job"} and not has_zip and not city and not city_inside:
        return None
    if asked == "job" and not has_zip and not city and not city_inside:
        return None
    if any(word.lower() in VERBS for word in kept):
        return None
    if city_inside and not all(re.fullmatch(DIRECTION, word, re.IGNORECASE) for word in kept[:-city_inside]):
        kept = kept[:-city_inside]
    pattern = re.compile(rf"(?P<number>{re.escape(match['number'])}),? (?P<street>{re.escape(' '.join(kept))})")
    return pattern.search(text, match.start())


def unit_of(before: str, rest: str, *, has_street: bool, asked: str | None) -> tuple[str | None, int]:
    """The unit right behind the street or before it, and where it ends in the rest."""
    match = UNIT.search(rest)
    if match and (not has_street or match.start() <= NEAR) and is_unit(match):
        return match["unit"], match.end() if has_street else 0
    front = None
    for front in UNIT.finditer(before):
        pass
    if front and is_unit(front) and len(before) - front.end() <= NEAR:
        return front["unit"], 0
    return None, 0


NEAR = 12


def is_unit(match: re.Match[str]) -> bool:
    """A letter alone is a unit only in capitals or as one of the first letters."""
    return match["unit"].lower() not in {"i", "s", "t", "m", "a"} or (
        match[0].startswith(("#", "Apt", "apt", "Unit", "unit")) and match["unit"] != "i"
    )


def place_of(tail: str, *, has_street: bool, asked: str | None) -> tuple[str | None, str | None]:
    """City and state: right behind the street, or named with "in"."""
    if has_street:
        return city_at(tail.lstrip(" ,.-"), is_sure=tail[:1] == "," or bool(re.match(r"\s*,", tail)))
    if asked == "address" and len(tail.split()) <= 4:
        named = re.sub(r"^(?:im |i'm |we're |were |its |it's |in |at |near )+", "", tail.strip(), flags=re.IGNORECASE)
        city, state = city_at(named, is_sure=True)
        if city:
            return city, state
    for match in LIVE_IN.finditer(tail):
        city, state = city_at(match["place"], is_sure=False)
        if city:
            return city, state
    return None, None


def city_at(text: str, *, is_sure: bool) -> tuple[str | None, str | None]:
    """The longest city name at the start of a text, and the state behind it."""
    words = re.findall(r"[A-Za-z'.-]+|[,.;!?\n]|\d+", text)[:6]
    for size in (3, 2, 1):
        part = words[:size]
        if len(part) < size or not all(re.fullmatch(r"[A-Za-z'.-]+", word) for word in part):
            continue
        name = " ".join(part).lower().replace(".", "")
        follower = words[size : size + 2]
        state = state_of(follower)
        has_zip = bool(follower) and bool(re.fullmatch(r"\d{5}", next((word for word in follower if word != ","), "")))
        is_known = name in cities()
        is_common = size == 1 and (name in english() or name in CHATTER or len(name) < 3)
        if name in CODES and size == 1 and name not in {"la", "ny"}:
            continue
        if (is_known and (not is_common or state or has_zip or (is_sure and name not in CHATTER))) or (
            (state or has_zip)
            and size <= 2
            and not any(word in CHATTER or word in STATES or word in CODES for word in name.split())
        ):
            return name, state
    state = state_of(words[:2]) if words else None
    return None, state


def state_of(words: list[str]) -> str | None:
    """Two letters for a state at the start of some words."""
    parts = [word for word in words if word not in {",", "."}]
    if len(parts) > 1 and f"{parts[0]} {parts[1]}".lower() in STATES:
        return STATES[f"{parts[0]} {parts[1]}".lower()]
    if not parts:
        return None
    word = parts[0].replace(".", "")
    if word.lower() in STATES:
        return STATES[word.lower()]
    is_code = word.lower() in CODES and (word.isupper() or word.lower() not in ENGLISH_CODES)
    return word.lower() if is_code else None


def zip_of(text: str, street: re.Match[str] | None) -> str | None:
    """The ZIP: behind the street if there is one there, else anywhere but in the house number."""
    skip = street.span("number") if street else (-1, -1)
    codes = [match for match in ZIP.finditer(text) if not skip[0] <= match.start() < skip[1]]
    behind = [match for match in codes if street and match.start() >= street.end()]
    chosen = behind or codes
    return chosen[0][1] if chosen else None


def sureness(street: re.Match[str] | None, city: str | None, code: str | None, *, asked: str | None) -> float:
    """How sure the address is; a bare number and word with nothing else is not."""
    if not street:
        return 0.7 if code or city else 0.0
    if code or city or asked == "address":
        return 0.95
    last = street["street"].lower().rstrip(".").split()[-1]
    return 0.9 if re.fullmatch(SURE_SUFFIX, last) or len(street["number"]) >= 3 else 0.55
