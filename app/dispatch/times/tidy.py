"""A text made ready for reading times: one spelling, and what only looks like a time taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.dispatch.normalize import NO_SIGNS, YES_SIGNS, abbreviations, squeezed, unaccented
from app.dispatch.times import past, spelling
from app.dispatch.times.words import MONTH_NAMES, MONTHS, NUMBERS, ORDINALS, WEEKDAYS
from app.dispatch.wording import WORDS

HOLE = past.HOLE

TABLE: Mapping[str, Any] = json.loads((WORDS / "times.json").read_text(encoding="utf-8"))
MASKS = tuple(re.compile(mask) for mask in TABLE["masks"])
SPELLINGS = tuple((re.compile(pattern), word) for pattern, word in TABLE["spellings"])
SPANISH = tuple((re.compile(pattern), word) for pattern, word in TABLE["spanish"])
MISSPELT: Mapping[str, str] = TABLE["misspelt"]
HAPPENED, OTHERS = TABLE["happened"], TABLE["others"]
PAST_DAY = re.compile(
    rf"\b(?:{HAPPENED})\b(?:(?! (?:need|want|can|could|please|available|come|and|but|so)\b)[^.,;!?\n]){{0,30}}?"
    rf"\b(?:(?:earlier )?(?:this (?:morning|afternoon)|today|tonight)|on (?:monday|tuesday|wednesday|thursday|friday|"
    rf"saturday|sunday)|overnight)\b"
)
SO_THEN = re.compile(
    rf"\b(?:{OTHERS}|meeting|appointment|leave|work)\b[^.;!?]{{0,20}}? (?:at|by|around|til|until|to) "
    r"(\d{1,2}(?::\d\d)?(?: ?(?:am|pm))?)((?: (?:on )?(?:today|tomorrow|\w+day))?)[ ,]+(?:so|and|but)[^.;!?\d]{0,16}? "
    r"(before|after) (?:that|then|it)\b"
)
"""As in "a meeting at 2 tomorrow, so before that": the hour of something else bounds the wish."""
THEIR_DAY = re.compile(
    r"\b(?:rent|bill|mortgage|lease|payment|due|birthday|graduation|anniversary|close on|closing|expires?|payday|"
    r"(?:get|gets|getting) paid|move (?:in|out))\b[^.,;!?\d]{0,24}?\b(?:(?:on |is |the )*(?:monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday|tomorrow|today)|the \d{1,2}(?:st|nd|rd|th)|\d{1,2}/\d{1,2})\b"
)
"""A day on which something else falls: "rent is due the 1st"."""
MONTH = "|".join(MONTH_NAMES)
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
BEGAN_ON = re.compile(
    r"\b(?:started|began|begun|happened|broke|broken|quit|died|stopped|failed|burst|snapped|went out|noticed|"
    r"came|came out|"
    r"fixed|installed|replaced|serviced|was (?:here|out|installed|fixed)|were (?:here|out))(?: \w+)? "
    rf"(?:on |this |back on |early |late )?(?:{DAYS})\b(?: (?:morning|afternoon|evening|night))?{past.AT}"
)
"""A day on which something began or was done."""
NO_DAY = re.compile(
    r"\bthe sun\b|\bsun (?=beat|shin|hit|set|ris|is (?:hot|out))|"
    r"\b(?:he|she|it|i|we|they|who|just|has|been|had|have|that) sat\b|\bsat (?:on|in|down|there|for|around|idle)\b|"
    r"\b(?:got|get|newly|to be) wed\b"
)
"""The sun and somebody who sat: short forms of days that are words."""
BOTH_WEEKS = (
    (re.compile(rf"\b({DAYS})(,? (?:or|and|/|&) |, ?|/)({DAYS})( (?:of )?(?:this|next) week)\b"), r"\1\4\2\3\4"),
    (re.compile(rf"\bnext ({DAYS}) (or|and) (?=(?:{DAYS})\b)"), r"next \1 \2 next "),
    (re.compile(r"\b(the \d{1,2}(?:st|nd|rd|th))((?:,? (?:or|and|&)|,|/) ?)(?=\d{1,2}(?:st|nd|rd|th))"), r"\1\2the "),
    (
        re.compile(rf"\b(({MONTH}) \d{{1,2}}(?:st|nd|rd|th)?) (or|and|&) (?=\d{{1,2}}(?:st|nd|rd|th)?\b(?!:| ?[ap]m))"),
        r"\1 \3 \2 ",
    ),
)
"""One "next week" for two days, one "the" or month for two numbers."""
AROUND_THEIRS = re.compile(
    rf"\b(after|before) (?:\w+ ){{0,4}}?(?:{OTHERS}|work|appointment)(?: \w+){{0,2}}? (?:at|by|around|leaves|over) "
    r"(?=\d{1,2}(?::\d\d)?(?: ?(?:am|pm|oclock))?\b)"
)
"""As in "after the school run at 8:30": the hour of something else bounds the wish."""
BUSY_UNTIL = re.compile(
    r"\b(?:at work|busy|working|(?:yo )?trabajo|trabajamos|ocupad[oa]s?|no llego|no salgo|no estoy|"
    r"in (?:a )?(?:class|meetings?)|tied up|gone|out|(?:nobody|no 1|no one)(?:s| is|"
    r" will be|ll be)?(?: home| here| there)?|not home|not (?:here|available|free)|"
    r"unavailable|asleep|booked)\b((?: (?:on )?(?:today|tomorrow|\w+day))? ?)(?:until|to|till?|til) (?:about "
    r")?(?=\d{1,2}\b)"
)
"""As in "at work tomorrow until 4": the hour from which on they are there."""
THEIRS = re.compile(
    rf"(?<!after )(?<!before )\b(?:{OTHERS})\b(?: \w+){{0,3}}? (?:at|around|is|by|on|from|for|was|about|tomorrow|"
    rf"today|tonight|friday|"
    rf"monday)? ?"
    r"(?:\d{1,2}(?::\d\d)?(?:\s?(?:am|pm|oclock))?(?: ?(?:-|to) ?\d{1,2}(?::\d\d)?\s?(?:am|pm)?)?)"
    r"(?: (?:today|tomorrow|tonight|in the morning|(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|"
    r"sunday)))?"
)


def tidy(text: str, *, spans: tuple[str, ...] = ()) -> str:
    """One spelling for dates and hours; phones, money, addresses, quantities and the past are holes."""
    for span in spans:
        if span:
            text = re.sub(re.escape(span), HOLE, text, flags=re.IGNORECASE)
    for sign in YES_SIGNS + NO_SIGNS:
        text = text.replace(sign, " ")
    text = unaccented(text).lower().replace("\n", " . ")
    text = spelling.in_digits(spelling.parted(text))
    for pattern, word in SPANISH:
        text = pattern.sub(word, text)
    text = re.sub(r"(?<=\w)'(?=\w)", "", text)
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = NO_DAY.sub(HOLE, text)
    text = re.sub(r"[a-z0-9]+", lambda found: spelled(found[0]), text)
    text = numbers(text)
    text = QUARTER_TO.sub(lambda found: minutes_to(found[1], found[2], found[3]), text)
    text = spelling.clocks(text)
    for pattern, word in SPELLINGS:
        text = pattern.sub(word, text)
    text = re.sub(r"\s+", " ", text)
    for days, in_full in BOTH_WEEKS:
        text = days.sub(in_full, text)
    text = past.AGO.sub(HOLE, text)
    for mask in MASKS:
        text = mask.sub(HOLE, text)
    text = BEGAN_ON.sub(HOLE, text)
    text = THEIR_DAY.sub(lambda found: found[0] if past.is_wished(text, found.start()) else HOLE, text)
    text = PAST_DAY.sub(lambda found: found[0] if past.is_wished(text, found.start()) else HOLE, text)
    text = past.masked(text)
    text = AROUND_THEIRS.sub(r"\1 ", text)
    text = BUSY_UNTIL.sub(r"\1after ", text)
    text = SO_THEN.sub(r"\2 \3 \1", text)
    text = THEIRS.sub(HOLE, text)
    return re.sub(r"\s+", " ", text).strip()


def spelled(letters: str) -> str:
    """Weekdays and months in full; the usual short forms."""
    if letters in WEEKDAYS:
        return WEEKDAYS[letters]
    if letters in MONTHS and letters != "may":
        return MONTHS[letters]
    if letters.isalpha() or letters in {"2moro", "2morrow", "2day", "2nite", "2mrw"}:
        word = abbreviations().get(squeezed(letters))
        if word and word.split()[0] in {
            "tomorrow",
            "today",
            "tonight",
            "afternoon",
            "evening",
            "morning",
            "week",
            "appointment",
            "apartment",
        }:
            return word
        return MISSPELT.get(letters) or spelling.repaired(letters) or letters
    return letters


QUARTER_TO = re.compile(
    r"\b(?:a )?(quarter|5|10|15|20|25) (?:to|till|til|of|before) (\d{1,2})(?: ?(am|pm))?\b(?![:/]| ?(?:st|th|"
    r"days|hours|"
    r"weeks|dollars))"
)


def minutes_to(minutes: str, hour: str, half: str | None) -> str:
    """As in "quarter to 4" as 3:45; other numbers only when the half of the day shows that a time is meant."""
    if minutes != "quarter" and not half:
        return f"{minutes} to {hour}"
    before = 15 if minutes == "quarter" else int(minutes)
    return f" at {(int(hour) - 2) % 12 + 1}:{60 - before:02d}{half or ''} "


HOURLY = (
    r"(?= ?(?:$|[.,;!?]|am\b|pm\b|oclock|o clock|today|tomorrow|tonight|on (?!the|one|my)|if\b|works|is (?:fine|"
    r"good|ok)|or\b|"
    r"and\b|please|pls|thirty|fifteen|forty|in the|this|would|sounds|to\b|til|instead|\w+day\b))"
)
"""What follows a "one" that is an hour, not "one of the plugs"."""


def numbers(text: str) -> str:
    """Number words as digits where they can be an hour or a count of days."""
    units = "|".join(word for word in NUMBERS if word != "one")
    text = re.sub(rf"\b({units})\b", lambda found: str(NUMBERS[found[1]]), text)
    cues = ("at", "around", "after", "before", "about", "past", "by", "between", "til", "to")
    before = "|".join(rf"(?<=\b{cue} )" for cue in cues)
    text = re.sub(rf"(?:{before})one\b{HOURLY}", "1", text)
    text = re.sub(r"\bone (?=day|hour|week|pm|am|oclock|o clock|thirty|fifteen)", "1 ", text)
    ordinals = "|".join(ORDINALS)
    return re.sub(
        rf"\b(?:(?<=the )|(?<=on )|(?<=january )|(?<=february )|(?<=march )|(?<=april )|(?<=may )|(?<=june )|"
        rf"(?<=july )|(?<=august )|"
        rf"(?<=september )|(?<=october )|(?<=november )|(?<=december ))({ordinals})\b(?= of | at |$| in the| "
        rf"(?:january|february|march|april|june|july|august|september|october|november|december))",
        lambda found: f"{ORDINALS[found[1]]}th",
        text,
    )
