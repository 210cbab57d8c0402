"""Misspelt day words, words run together and clock times without a colon (reference/dispatch.md 4.2, step 1)."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

from app.dispatch.addresses.places import cities
from app.dispatch.names import FIRST_NAMES
from app.dispatch.normalize import dictionary
from app.dispatch.times.words import DAY_NAMES, WEEKDAYS

PARTS = ("morning", "afternoon", "evening", "tonight", "tomorrow", "weekend")
SPANISH_DAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
TARGETS = (*DAY_NAMES, *PARTS, "thanksgiving", "christmas", "halloween", *SPANISH_DAYS)
SHORTEST, LONG = 5, 8
"""Shorter words are left alone; a target from so many letters on may differ in two."""
DAYS = "|".join(DAY_NAMES)
SHORT_DAYS = r"mon|tues?|wed(?:nes)?|thurs?|thu|fri|satur|sat|sun"
DAY_WORDS = rf"tomorrow|tmrw|tmw|today|tonight|(?:{SHORT_DAYS})(?:day)?"
SPLIT = (
    (re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)[ -]day\b(?! (?:after|before))"), r"\1day"),
    (re.compile(r"\bto[ -](morrow|night)\b"), r"to\1"),
    (re.compile(r"\b(?:2m+o?r+o?w?|tm+o?r+o?w?|tmw)\b"), "tomorrow"),
    (re.compile(rf"\b({DAY_WORDS})(?=(?:morning|afternoon|evening|night|am|pm)\b|@|\d)"), r"\1 "),
    (re.compile(rf"(?<=\d)([ap]m)(?=(?:{DAY_WORDS})\b)"), r"\1 "),
    (re.compile(rf"(?<=\d)(?=(?:{DAY_WORDS}|morning|afternoon|evening)\b)"), " "),
)
"""Words that were split or run together: "satur day", "fri9am", "tomorrowmorning"."""
BESIDE = rf"(?:today|tomorrow|tonight|{DAYS}|\d{{1,2}}(?:st|nd|rd|th)|morning|afternoon|evening|night)"
CLOCK = r"(1[0-2]|0?[1-9])([0-5][05])"
ENDS = (
    r"(?= ?(?:$|[.,;!?)]|-|(?:or|and|works?|is|please|pls|if|to|until|till?|would|ok|good|fine|sharp|sounds|instead|"
    r"then|when|should|can|could|on (?!the)|in the|este|si|por|o|y)\b))"
)
"""What follows an hour and no size, count or sum."""
GLUED = (
    (
        re.compile(
            rf"(?<![\d:/$#.-])\b{CLOCK} ?(-|to|and|until|y|a) ?{CLOCK}\b"
            r"(?! ?(?:amps?|dollars|bucks|sq|ft|feet|gal|watts?|volts?|lbs?|btu|miles|people|st\b|street|ave))(?![:\d])"
        ),
        r"\1:\2 \3 \4:\5",
    ),
    (
        re.compile(rf"(?<![\d:/$#.-])\b{CLOCK}(?=(?:,| or so)? (?:on |this |next |in the |el |este )?{BESIDE}\b)"),
        r"\1:\2",
    ),
    (
        re.compile(
            rf"\b({BESIDE},? (?:(?:at|around|about|by|after|before|like|say|from|maybe|a las|tipo) )*)"
            rf"{CLOCK}{ENDS}"
        ),
        r"\1\2:\3",
    ),
    (re.compile(rf"\b({BESIDE},? (?:from |between )?\d{{1,2}} ?(?:-|to|and|y|a) ?){CLOCK}{ENDS}"), r"\1\2:\3"),
    (re.compile(rf"\b({BESIDE},? (?:from |between )?){CLOCK}(?= ?(?:-|to|and|y|a) ?\d{{1,2}}\b(?!\d))"), r"\1\2:\3"),
    (re.compile(rf"\b({BESIDE},? (?:at )?)(1[3-8])([0-5][05]){ENDS}"), r"\1\2:\3"),
    (re.compile(rf"\b({BESIDE},? (?:(?:at|around|about|by|after|before|from) )?\d{{1,2}}) ([0-5]\d){ENDS}"), r"\1:\2"),
)
"""Clock times without a colon where a day stands beside them."""
SPANISH_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"), 1
    )
}
SAID = "|".join(SPANISH_NUMBERS)
TEENS = [
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidos",
    "veintitres",
]
TWENTIES = ["veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve", "treinta"]
SPANISH_COUNTS = {
    **SPANISH_NUMBERS,
    **dict(zip((*TEENS, *TWENTIES), range(13, 31), strict=True)),
    "un": 1,
    "uno": 1,
    "primero": 1,
}
COUNTED = re.compile(
    rf"\b({'|'.join(sorted(SPANISH_COUNTS, key=len, reverse=True))})(?= (?:de (?:enero|febrero|marzo|abril|mayo|junio|"
    r"julio|agosto|septiembre|octubre|noviembre|diciembre)|dias?|semanas?|horas?|minutos?)\b)|"
    rf"(?<=\bel dia )({'|'.join(sorted(SPANISH_COUNTS, key=len, reverse=True))})\b"
)
"""Numbers of days and of months' days in words: "en dos dias", "el quince de junio"."""
SPANISH_HOURS = (
    re.compile(
        rf"\b((?:a|desde|hasta|entre|y|para|tipo|como|antes de|despues de|partir de|eso de|de) las? )({SAID})\b"
        r"(?! (?:opciones|horas|me|nos|primera|segunda))"
    ),
    re.compile(rf"\b(entre )({SAID})(?= y)"),
    re.compile(rf"(\d (?:y|a|o) )({SAID})\b(?! (?:dias|horas|semanas))"),
)
NO_HOUR = re.compile(r"(?:cualquiera|ninguna|alguna|primera|segunda|ultima|tarde|temprano|una|ambas) de las $")


def parted(text: str) -> str:
    """A lower-case text with the words of days and hours apart from each other."""
    for pattern, apart in SPLIT:
        text = pattern.sub(apart, text)
    return text


def in_digits(text: str) -> str:
    """A Spanish text with its hours in digits: "a las dos", "entre nueve y once"."""

    def digits(found: re.Match[str]) -> str:
        lead = text[: found.start()] + found[1]
        return found[0] if NO_HOUR.search(lead) else f"{found[1]}{SPANISH_NUMBERS[found[2]]}"

    text = COUNTED.sub(lambda found: str(SPANISH_COUNTS[found[0]]), text)
    for pattern in SPANISH_HOURS:
        text = pattern.sub(digits, text)
    return text


def clocks(text: str) -> str:
    """Clock times beside a day with their colon: "930 thursday", "friday 1015"."""
    for pattern, clock in GLUED:
        text = pattern.sub(clock, text)
    return text


def is_named(word: str) -> bool:
    """Whether somebody or a city is called so; Munday is far smaller than the day that is meant."""
    return word in FIRST_NAMES or (word in cities() and word != "munday")


@lru_cache(maxsize=4096)
def repaired(word: str) -> str | None:
    """The day word that a misspelt word means; an English word is never one (reference/dispatch.md 6)."""
    if len(word) < SHORTEST or not word.isalpha() or word in dictionary() or word in TARGETS or is_named(word):
        return None
    near = [
        (OSA.distance(word, target), target)
        for target in TARGETS
        if target[0] == word[0] and abs(len(target) - len(word)) <= 2
    ]
    distance, target = min(near, default=(LONG, ""))
    most = 2 if len(target) >= LONG and len(word) > SHORTEST else 1
    return WEEKDAYS.get(target, target) if distance <= most else None
