"""House numbers in words, as dictation leaves them: "thirty two oak street"."""

from __future__ import annotations

import re

from app.dispatch import numerals
from app.dispatch.addresses.shapes import DIRECTION, SURE_SUFFIX, WORD

UNITS, TEENS, TENS = {"oh": 0, **numerals.UNITS}, numerals.TEENS, numerals.TENS
SAID = "|".join([*UNITS, *TEENS, *TENS, "hundred"])
SPOKEN = re.compile(
    rf"\b(?P<words>(?:(?:{SAID})[ -]){{1,6}})(?=(?:{DIRECTION} )?(?:{WORD} ){{1,3}}?(?:{SURE_SUFFIX})\b)", re.IGNORECASE
)


DIGITS = re.compile(
    rf"\b(?:(?:{'|'.join(UNITS)})[ -]){{4}}(?:{'|'.join(UNITS)})\b(?! (?:{'|'.join(UNITS)})\b)", re.IGNORECASE
)
"""Five digits read out, as a ZIP is."""


def in_digits(text: str) -> str:
    """The text with spoken house numbers and ZIPs in digits; a single small number may count anything and stays."""
    text = DIGITS.sub(lambda found: "".join(str(UNITS[word]) for word in re.split(r"[ -]", found[0].lower())), text)
    return SPOKEN.sub(lambda found: number_of(found["words"]) or found[0], text)


def number_of(words: str) -> str | None:
    """Such as "one twenty three" as 123 and "fifteen hundred" as 1500."""
    parts: list[str] = []
    is_tens = False
    for word in re.split(r"[ -]", words.lower().strip()):
        if word == "hundred":
            parts.append("00")
        elif is_tens and word in UNITS:
            parts[-1] = str(int(parts[-1]) + UNITS[word])
        else:
            parts.append(str({**UNITS, **TEENS, **TENS}[word]))
        is_tens = word in TENS
    joined = re.sub(r"00(?=\d\d$)", "", "".join(parts))
    return f"{joined} " if len(joined) > 1 else None
