"""Which of the offers on the table a text chooses (behaviour.md 4.5, reference/dispatch.md 4.2)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from app.dispatch.normalize import unaccented
from app.dispatch.times.clocks import Timed
from app.dispatch.times.dates import Dated

ORDINAL = {
    "first": 0,
    "1st": 0,
    "primera": 0,
    "primero": 0,
    "1ra": 0,
    "second": 1,
    "2nd": 1,
    "segunda": 1,
    "segundo": 1,
    "2da": 1,
    "third": 2,
    "3rd": 2,
    "tercera": 2,
    "tercero": 2,
    "3ra": 2,
    "last": -1,
    "latter": -1,
    "ultima": -1,
    "ultimo": -1,
    "former": 0,
    "middle": 1,
    "earliest": 0,
    "earlier": 0,
    "soonest": 0,
    "latest": -1,
    "later": -1,
    "early": 0,
    "late": -1,
    "sooner": 0,
    "top": 0,
    "bottom": -1,
    "tarde": -1,
    "temprano": 0,
    "temprana": 0,
    "pronto": 0,
    "cercana": 0,
}
NUMBERS = {"one": 1, "two": 2, "three": 3, "uno": 1, "dos": 2, "tres": 3, "una": 1}
FILLER = (
    r"(?:yes|yeah|yep|yup|ok|okay|k|sure|please|pls|plz|thanks|thank you|lets|let s|do|go|with|for|the|number|num|no|"
    r"#|option|opt|slot|choice|"
    r"i|ill|i ll|ll|want|take|pick|choose|id|d|like|prefer|works|work|is|fine|good|great|perfect|sounds|would|be|me|"
    r"book|it|one|that|can|we|"
    r"a|la|el|opcion|numero|si|por favor|quiero|esta|bien|prefiero|then|reply|answer|my|hi|and|best|better|great|hmm|"
    r"um|uh|guess|will|gonna|go ahead|definitely|def|at|on)"
)
BARE = re.compile(
    rf"^(?:{FILLER}[ ,.:)!]*)*\(?#?(\d{{1,2}}|(?<!that )(?<!this )(?<!the )one|two|three|uno|dos|tres)\)?(?:[ "
    rf",.!:)]+{FILLER})*[ ,.!)]*$"
)
WORD = (
    r"first|second|third|last|latter|former|middle|earliest|earlier|soonest|latest|later|early|late|sooner|1st|2nd|3rd|"
    r"primera|primero|segunda|segundo|tercera|tercero|ultima|ultimo|top|bottom"
)
NAMED = re.compile(
    rf"\b(?:the|la|el|option|number|slot|opcion) ({WORD})\b|\b({WORD}) (?:one|option|slot|time|choice|window|opening|"
    rf"opcion|please|pls|works|spot|is fine)\b|"
    rf"\b({WORD}) of (?:the|those|these|them|your|that|dem)\b|"
    r"\b(?:la|el|lo) mas (tarde|temprano|temprana|pronto|cercana)\b(?! (?:que|posible))|"
    rf"\b(?:whatever|whichever)(?: one)?(?: is|s)?(?: the)? ({WORD})\b|"
    rf"^(?:(?:yes|ok|sure|yeah|si|lets do|ill take|go with),? )?({WORD})[.! ]*$"
)
NOT_NAMED = re.compile(
    r"\b(?:first thing|last (?:night|week|month|year|time)|early (?:next|this|in)|later (?:this|today|in|on)|late "
    r"(?:next|this|in|morning|afternoon)|first name|second floor|first floor|or (?:earlier|later)|earlier than|later "
    r"than|too (?:early|late)|any(?:thing)? (?:earlier|later|sooner)|something (?:earlier|later|sooner)|(?:earlier|"
    r"later|sooner)\?|be (?:earlier|later|sooner)|running late|is late|maybe later|talk later|text later|get back|"
    r"until later)\b"
)
AT_HOUR = re.compile(r"\b(?:at|a las?) \(?\d")
SUITS = re.compile(
    r"\d \)?(?:works?|is (?:fine|good|ok|great|better|perfect|best)|would (?:work|be)|sounds|best|better)\b"
)
"""Said of an hour rather than of the number of an option."""
EXPLICIT = re.compile(r"(?:\b(?:option|number|choice|slot|opcion|numero|no)\.? ?#? ?|#)([123])\b")
SEVERAL = re.compile(r"\b(?P<side>first|last) (?P<count>two|2|three|3)\b(?! (?:weeks|days|years|months|hours|times))")
ALL = re.compile(
    r"\b(?:any|either|all|both) of (?:those|these|them)\b|\b(?:any|either|both) (?:works?|is fine|are fine|"
    r"is good|are good|one)\b|"
    r"\bcualquiera\b|\bambas?\b|\b(?:las|los) dos (?:me|nos|estan|esta|son|sirven|funcionan|si)\b"
)
OTHER = re.compile(
    r"\b(?:the|that|la|el|lo) (?:other|otra|otro)\b(?! (?:day|night|week|guys?|company|plumber|house|person|dia|"
    r"noche|semana|way|thing))|\bother (?:one|slot|time|option)\b|"
    r"\b(?:mejor|prefiero) otra\b"
)
"""The offer that was not named."""
REFUSES = re.compile(r"\b(?:not|no|neither|none|cant|wont|doesnt|dont|ninguna?)\b")


def pick(
    text: str,
    plain: str,
    offers: Sequence[dt.datetime],
    *,
    days: Sequence[Dated],
    hours: Sequence[Timed],
    has_refused: bool = False,
) -> list[int]:
    """Positions of the chosen offers; empty when nothing on the table is clearly meant."""
    if not offers:
        return []
    words = re.sub(r"\s+", " ", unaccented(text).lower().replace("'", "")).strip()
    by_word = left_over(words, offers, days=days, hours=hours) or numbered(words, offers)
    if by_word:
        return by_word
    if re.search(r"\b(?:earlier|later|sooner)\?|\binstead of\b", words):
        return []
    if days or hours:
        return by_time(words, offers, days=days, hours=hours, has_refused=has_refused)
    return bare_hours(words, offers)


def left_over(words: str, offers: Sequence[dt.datetime], *, days: Sequence[Dated], hours: Sequence[Timed]) -> list[int]:
    """The other of two offers, when one is named: "9 is too early, the other one"."""
    if len(offers) != 2 or not OTHER.search(words):
        return []
    values = [int(value) for value in re.findall(r"(?<![\d:])\d{1,2}(?![\d:])", words)]
    named = [index for index, start in enumerate(offers) if (days or hours) and suits(start, days, hours)]
    if len(named) != 1:
        named = [index for index, start in enumerate(offers) if start.hour % 12 in {value % 12 for value in values}]
    return [1 - named[0]] if len(named) == 1 else []


def numbered(words: str, offers: Sequence[dt.datetime]) -> list[int]:
    """A bare number (the option that we numbered first, the hour second), "at 2", "option 2", "the second one"."""
    bare = BARE.match(words)
    if bare:
        value = NUMBERS.get(bare[1]) or int(bare[1])
        by_hour = [index for index, start in enumerate(offers) if start.hour % 12 == value % 12 and start.minute == 0]
        if 1 <= value <= len(offers):
            is_hour = len(by_hour) == 1 and (AT_HOUR.search(words) or SUITS.search(words))
            return by_hour if is_hour else [value - 1]
        return by_hour if len(by_hour) == 1 else []
    explicit = EXPLICIT.search(words)
    if explicit and int(explicit[1]) <= len(offers):
        return [int(explicit[1]) - 1]
    several = SEVERAL.search(words)
    if several and not REFUSES.search(words):
        size = min(len(offers), 3 if several["count"] in {"three", "3"} else 2)
        return [*range(size)] if several["side"] == "first" else [*range(len(offers) - size, len(offers))]
    if ALL.search(words) and len(offers) > 1 and not REFUSES.search(words):
        return [*range(len(offers))]
    named = NAMED.search(NOT_NAMED.sub(" _ ", words))
    if named and not REFUSES.search(words[: named.start()]):
        index = ORDINAL[next(word for word in named.groups() if word)]
        if -1 <= index < len(offers):
            return [index % len(offers)]
    return []


def by_time(
    words: str,
    offers: Sequence[dt.datetime],
    *,
    days: Sequence[Dated],
    hours: Sequence[Timed],
    has_refused: bool = False,
) -> list[int]:
    """Offers that fit what is said about day and hour; nothing when all of them or none do."""
    if not has_refused and REFUSES.search(words) and not re.search(r"\bno (?:problem|worries)\b", words):
        return []
    fitting = [index for index, start in enumerate(offers) if suits(start, days, hours)]
    if not fitting or (len(fitting) == len(offers) > 1 and not hours):
        return []
    is_either = len([hour for hour in hours if hour.is_point]) > 1 or len(days) > 1
    return fitting if len(fitting) == 1 or is_either or len(fitting) < len(offers) else []


def suits(start: dt.datetime, days: Sequence[Dated], hours: Sequence[Timed]) -> bool:
    """Whether an offered start is what was said."""
    if days and not any(start.date() in day.dates for day in days):
        return False
    if not hours:
        return True
    at = f"{start:%H:%M}"
    return any(
        (hour.is_point and hour.first == at)
        or (not hour.is_point and (not hour.first or at >= hour.first) and (not hour.last or at < hour.last))
        for hour in hours
    )


def bare_hours(words: str, offers: Sequence[dt.datetime]) -> list[int]:
    """Such as "10 works", "either 2 or 4": numbers that are hours of offers."""
    if REFUSES.search(words) or re.search(r"\d{3}|\$|[#/]|\b\d+ ?(?:min|hour|day|week|dollar|buck)", words):
        return []
    values = [int(value) for value in re.findall(r"(?<![\d:])\d{1,2}(?![\d:])", words)]
    found = [
        index
        for index, start in enumerate(offers)
        for value in values
        if start.hour % 12 == value % 12 and start.minute == 0
    ]
    return sorted(set(found))
