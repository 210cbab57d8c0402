"""Which of several addresses is meant now, where a street ends and a city begins, and what is a vehicle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.dispatch.addresses.places import CHATTER, CODES, STATES, cities
from app.dispatch.normalize import dictionary as english

OLD = re.compile(
    r"(?:\b(?:used to be|was|were|moved (?:out )?from|moving from|not|instead of|rather than|isn'?t|aint|"
    r"(?:do not|don'?t|not) (?:go|come|drive|head|send (?:him|her|them|anyone))(?: over)?(?: to| at)?|"
    r"no (?:vayan?|vengan?) a|ignore|disregard|forget(?: about)?|delete|"
    r"(?:her|his|their|(?:my )?neighbou?r'?s?) (?:house|place|address)(?: is)?|"
    r"no longer(?: at)?|previously|formerly|"
    r"(?:old|previous|former|last|wrong|first|other|billing|mailing|home|office)"
    r"(?: (?:address|place|house|home|apartment|location|one|spot))?(?: (?:is|was|at|on|of))?|"
    r"(?:bill|mail|invoice)s?(?: goes| go)?(?: to| at)?|(?:has|have|had|got|shows?|lists?|listed|put) (?:me|us|it|"
    r"my \w+|"
    r"that)? ?(?:at|as|on|down as|down at)?|"
    r"you have|u have|i (?:said|wrote|put|typed|texted|sent|gave(?: you)?)|lived (?:at|on|in)|"
    r"antes(?: era| viviamos| vivia| estabamos)?|(?:ya )?no(?: es| vivo| vivimos| estamos)?|era|viviamos|vivia|"
    r"nos (?:mudamos|cambiamos) de(?:l)?|me (?:mude|cambie) de(?:l)?|en vez de|direccion (?:vieja|anterior)(?: es|"
    r" era)?)"
    r")(?: (?:at|in|on|en|is|was|es|to|the|la|address|:))*[ :,]*$",
    re.IGNORECASE,
)
"""Before an address that is not, or no longer, the one to come to."""
CORRECTED = re.compile(
    r"\b(?:actually|make (?:that|it)|i mean(?:t)?|no wait|wait|scratch that|never ?mind|correction|oops|my bad|typo|"
    r"should (?:be|say|read|have been)|(?:but|and) now|now (?:it'?s|its|at|we|i)|but (?:it'?s|its|i live|we live|"
    r"the job|"
    r"we'?re|were|im|i'?m)|instead|perdon|mejor dicho|digo|quise decir|ahora|new (?:address|place|one|house))\b",
    re.IGNORECASE,
)
"""Between two addresses of which the second holds."""
YEAR = re.compile(r"(?:19[6-9]|20[0-3])\d$|\d\d$")
MAKES = (
    r"chevy|chevrolet|gmc|toyota|honda|nissan|hyundai|kia|jeep|buick|cadillac|lexus|acura|infiniti|mazda|subaru|"
    r"bmw|audi|mercedes|benz|volkswagen|vw|tesla|chrysler|pontiac|mitsubishi|porsche|suzuki|isuzu|oldsmobile|"
    r"plymouth|peterbilt|kenworth|freightliner|harley|kawasaki|yamaha|polaris|rivian|genesis|silverado|tahoe|camry|"
    r"corolla|civic|accord|altima|sentra|f ?-?[1-4]50|mustang|explorer|escalade|tacoma|tundra|wrangler|sprinter"
)
MAKES_OR_NAMES = r"ford|lincoln|dodge|ram|saturn|mercury|jaguar|volvo|mini|fiat|land rover|range rover|scion|hummer|geo"
VEHICLE = re.compile(rf"(?:{MAKES})\b", re.IGNORECASE)
MAYBE_VEHICLE = re.compile(rf"(?:{MAKES_OR_NAMES}) \w", re.IGNORECASE)
DRIVEN = re.compile(
    r"\b(?:keys?|keyless|fob|ignition|truck|car|carro|camioneta|sedan|suv|van|trunk|f ?-?\d{3}|push (?:to )?start|"
    r"steering|package|edition|hood|windshield|lug|llaves?|locked (?:it|my|out)|crown vic\w*|ranger|navigator|"
    r"town ?car|continental|"
    r"explorer|expedition|escape|fusion|taurus|charger|challenger|durango|caravan|driver'?s?|passenger|door lock|"
    r"1500|2500|3500)\b",
    re.IGNORECASE,
)
PLAIN_SUFFIX = re.compile(r"(?:st|ave|rd|dr|ln|ct|blvd|street|avenue|road|lane|court|boulevard)\.?", re.IGNORECASE)
TOLD = re.compile(r"\b(?:at|address|live|lives|vivo en|come to|located)\b[^.;]{0,12}$", re.IGNORECASE)
JOINING = frozenset({"de", "del", "la", "las", "los", "el", "of", "the", "y"})


def of(found: Sequence[re.Match[str]], text: str) -> re.Match[str]:
    """The candidate that holds: the first that is not called old, or the last after a correction."""
    ordered = sorted(found, key=lambda match: (match.start(), -match.end()))
    apart = [ordered[0]]
    for match in ordered[1:]:
        if match.start() >= apart[-1].end():
            apart.append(match)
    chosen = next((match for match in apart if not is_old(match, text)), apart[0])
    for match in apart[apart.index(chosen) + 1 :]:
        if CORRECTED.search(text[chosen.end() : match.start()]) and not is_old(match, text):
            chosen = match
    return chosen


def is_old(match: re.Match[str], text: str) -> bool:
    """Whether the words before say that somebody has left it or that it is wrong."""
    return bool(OLD.search(text[: match.start()]))


def is_vehicle(match: re.Match[str], text: str) -> bool:
    """Whether number and name are the year and the make of a vehicle; "2019 Lincoln Ave" is not."""
    if not YEAR.match(match["number"]):
        return False
    if VEHICLE.match(match["street"]):
        return not TOLD.search(text[: match.start()]) or bool(DRIVEN.search(text))
    words = match["street"].split()
    if not MAYBE_VEHICLE.match(match["street"]) or len(words) <= 2 or PLAIN_SUFFIX.fullmatch(words[-1]):
        return False
    return bool(DRIVEN.search(text))


def end_of(words: Sequence[str], behind: str) -> int:
    """How many words of a street are its own; a city and a state may have been taken with them."""
    if "of" in [word.lower() for word in words]:
        return len(words)
    size = next(
        (index for index, word in enumerate(words) if index and word.lower().strip(".,") in CHATTER), len(words)
    )
    least = 1 if "broadway" in words[0].lower() else 2
    has_state = False
    if (
        size > least
        and words[size - 1].lower() in CODES | frozenset(STATES)
        and words[size - 1].lower() not in cities()
    ):
        size, has_state = size - 1, True
    follows = re.match(r",? *(?:([A-Za-z]{2})\b|\d{5}\b)", behind)
    has_state = has_state or bool(follows and (not follows[1] or follows[1].lower() in CODES))
    for taken in (3, 2, 1):
        name = " ".join(words[size - taken : size]).lower()
        is_known = name in cities() and (has_state or name not in english())
        if size - taken >= least and is_known and words[size - taken - 1].lower() not in JOINING:
            return size - taken
    return size if not has_state or size < len(words) else len(words)


def begun_city(words: Sequence[str], behind: str) -> int:
    """How many of the last words of a street begin a city that goes on behind them: "Rio Grande El", "Paso"."""
    following = re.findall(r"[a-z]+", behind.lower())[:2] if re.match(r" [a-z]", behind, re.IGNORECASE) else []
    for taken in (2, 1):
        for more in (2, 1):
            name = " ".join([*(word.lower() for word in words[-taken:]), *following[:more]])
            if len(words) > taken and len(following) >= more and name in cities():
                return taken
    return 0
