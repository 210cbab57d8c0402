"""Days and hours of what has happened already: told, not wished for (reference/dispatch.md 4.2, past filter)."""

from __future__ import annotations

import re

from app.dispatch.times.words import MONTH_NAMES

HOLE = " _ "
CLOCK = r"\d{1,2}(?::\d\d)?(?: ?(?:am|pm|oclock))?"
MONTHS = "|".join(MONTH_NAMES)
TOLD_DAY = re.compile(
    r"\b(?:earlier |early |late )?(?:this (?:morning|afternoon|evening|week|weekend|month)|today|tonight|overnight|"
    r"(?:over |during )?the weekend)\b|"
    rf"(?<![\d/])\b(?:on |back on )?(?:(?:{MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?|(?:1[0-2]|0?[1-9])/\d{{1,2}}(?:/\d+)?)\b"
    r"(?![\d/])"
)
"""Words for a day that serve what happened as well as what is wanted; dates among them."""
ACTED = re.compile(
    r"\b(?!need|bed\b|shed\b|red\b|speed|indeed|feed|seed|weed|led\b|embed|wed\b|exposed|recessed|detached|finished|"
    r"insulated|heated|covered|booked|scheduled)\w{2,}(?:ed|ught)\b|\b(?:woke|quit|went|broke|fell|blew|shut|began|"
    r"came|"
    r"heard|saw|found|lost|left|burst|froze|backed|made|gave|got|ran|had|was|were|did|stuck|hit|bang|boom|pop)\b"
)
"""Something that somebody or something did."""
WISHED = re.compile(
    r"\b(?:needs?|want|get|have|can|could|would|will|please|pls|someone|somebody|anyone|available|availability|free|"
    r"opening|openings|appointment|schedule|book|looking|hoping|like|prefer|works?|come|send|fix|before|by|after|ok|"
    r"good|fine|be|do|how about|what about|until|if|or|possible|must|asap|anything|slot|time)\b"
)
CLAUSE = re.compile(r"[.,;!?]| (?:but|so|and) ")
PROMISED = re.compile(
    rf"\b(?:waited|been waiting|was waiting|supposed to|was scheduled|were scheduled|told (?:me|us)|promised|"
    rf"(?:you|they|he|she) said|(?:was|were|is) (?:set|booked|due))\b[^.,;!?]{{0,28}}?\b(?:from|at|between|by|for|"
    rf"since|"
    rf"around) {CLOCK}(?: ?(?:-|to|and|until) ?{CLOCK})?"
)
"""Hours that were promised or waited for."""
OLD_HOUR = re.compile(
    rf"\b(move|push|bump|change|switch|reschedule|shift|swap) (?:up |back )?(my|our|the) (?:{CLOCK}|(?:\w+day|"
    rf"tomorrow|today)(?:s)?(?: (?:at )?{CLOCK})?)(?: (?:appointment|visit|slot|one|booking))?(?= (?:to|for|until)\b)"
)
"""The hour that a visit has until it is moved."""

DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
PART = r"(?: (?:in the |this )?(?:morning|afternoon|evening|night))?"
AT = rf"(?:,?(?: (?:at|around|about|like|by))+ {CLOCK}{PART})?"
AGO = re.compile(
    rf"(?:\b(?:a |the )?(?:few|couple(?: of)?|several|\d+|half) (?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?) "
    rf"(?:ago|back)|\b(?:yesterday|yday)|\blast (?:night|week|month|weekend|{DAYS})"
    rf"(?! (?:of|in) (?:the |this |next )?(?:month|{MONTHS})))"
    rf"(?:,? (?:on )?(?:{DAYS})\b)?{PART}{AT}"
)
"""A day gone by with its hour: "2 days ago at 3am", "last Saturday around 4"."""
EVENT = (
    r"\b(?:happened|(?:ran|gave|conked|crapped|burned|burnt|blew) out|started|starting|began|went (?:out|off|dead|"
    r"down|bad|silent)|broke(?: down)?|quit|died|"
    r"stopped(?: working)?|burst|woke|noticed|tripped|leaked|flooded|fell|came (?:on|down|home|back)|"
    r"shut (?:off|down)|cut (?:out|off)|lost|blew|heard|saw|smelled|going off|kicked|failed|snapped|popped|found|"
    r"got home|called|sucedio|paso|empezo|comenzo|se (?:me |nos )?(?:fue|apago|descompuso|rompio|dano|quebro|cayo|"
    r"tapo|inundo|revento|trabo)|hubo|escuche|nos despertamos|me desperte)\b"
)
TOLD_HOUR = re.compile(
    rf"({EVENT}(?:(?! (?:need|want|can|could|please|available|come|send|but|so|if|free|will|have)\b)[^.,;!?]){{0,40}}?)"
    rf" (?:(?:at|around|about|like|by|since) )+{CLOCK}(?: (?:in the |this )?(?:morning|afternoon|evening|night))?"
    r"(?! ?(?:-|to) ?\d)"
)
"""The hour at which something happened: "it quit at 3am"."""


def masked(text: str) -> str:
    """The text with holes for what was told of the past."""
    text = TOLD_HOUR.sub(lambda found: found[0] if is_wished(text, found.start()) else found[1] + HOLE, text)
    text = PROMISED.sub(HOLE, text)
    text = OLD_HOUR.sub(rf"\1 \2{HOLE}", text)
    return TOLD_DAY.sub(lambda found: HOLE if is_told(text, found) else found[0], text)


def is_wished(text: str, start: int) -> bool:
    """Whether the clause up to there wishes something: "I need it fixed today"."""
    return bool(WISHED.search(clause_before(text, start)))


def clause_before(text: str, start: int) -> str:
    return CLAUSE.split(text[:start])[-1]


def is_told(text: str, found: re.Match[str]) -> bool:
    """Whether the clause around a day tells what happened and wishes nothing."""
    before, behind = clause_before(text, found.start()), CLAUSE.split(text[found.end() :])[0]
    if WISHED.search(before) or WISHED.search(behind):
        return False
    return bool(ACTED.search(before)) or bool(re.match(r" (?:i|we|my|our|the|it)\b", behind) and ACTED.search(behind))
