"""Morning, lunchtime, end of day: the parts of a day and their hours."""

from __future__ import annotations

import re

PARTS = {
    "early morning": ("07:00", "09:00"),
    "first thing": ("08:00", "10:00"),
    "mid morning": ("09:00", "11:00"),
    "late morning": ("10:00", "12:00"),
    "morning": ("08:00", "12:00"),
    "lunchtime": ("12:00", "13:00"),
    "lunch": ("12:00", "13:00"),
    "early afternoon": ("12:00", "15:00"),
    "mid afternoon": ("14:00", "16:00"),
    "late afternoon": ("15:00", "17:00"),
    "afternoon": ("12:00", "17:00"),
    "early evening": ("17:00", "19:00"),
    "evening": ("17:00", "20:00"),
    "night": ("18:00", "20:00"),
    "end of day": ("15:00", "17:00"),
    "am": ("08:00", "12:00"),
    "pm": ("12:00", "17:00"),
}
PART = re.compile(
    r"\b(?:in the |the |any |late in the |early in the )?(?P<part>early morning|first thing(?: in the "
    r"morning)?|mid ?-?morning|late morning|"
    r"morning|lunch ?time|around lunch|lunch hour|lunch break|early afternoon|mid ?-?afternoon|late afternoon|later "
    r"in the afternoon|afternoon|after lunch|after work|"
    r"early evening|evening|end of (?:the )?(?:work ?)?day|eod|night|before work|after school|after hours|before "
    r"lunch|(?<!\d)(?<!\d )(?<!\bi )(?<!who )(?<!what )(?<!how )(?<!where )(?<!when )(?<!why )am(?! i\b| not\b|"
    r" a\b| so\b| the\b)|(?<!\d)(?<!\d )pm)\b"
)


def part_name(word: str) -> str | None:
    """The name in the table of day parts."""
    word = word.replace("mid-", "mid ").replace("midmorning", "mid morning").replace("midafternoon", "mid afternoon")
    if word.startswith("first thing"):
        return "first thing"
    if word.startswith("lunch") or word == "around lunch":
        return "lunchtime"
    if word.startswith(("end of", "eod")):
        return "end of day"
    names = {
        "after lunch": "afternoon",
        "after work": "evening",
        "before work": "early morning",
        "after school": "late afternoon",
        "after hours": None,
        "before lunch": "morning",
        "later in the afternoon": "late afternoon",
    }
    return names.get(word, word if word in PARTS else None)


def base_part(name: str) -> str | None:
    """Morning, afternoon or evening."""
    if name in {"am", "first thing"} or "morning" in name:
        return "morning"
    if "evening" in name or name == "night":
        return "evening"
    return "afternoon" if "afternoon" in name or name == "pm" else None
