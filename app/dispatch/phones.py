"""Phone numbers in a text: another number than the caller's own (reference/dispatch.md 6)."""

from __future__ import annotations

import re

import phonenumbers

MAYBE = re.compile(r"\d[\d\s().-]{5,}\d")


def find(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The first US number in E.164, and the spans of all numbers as they were written."""
    if not MAYBE.search(text):
        return None, ()
    matches = list(phonenumbers.PhoneNumberMatcher(text, "US", leniency=phonenumbers.Leniency.POSSIBLE))
    spans = tuple(match.raw_string for match in matches if len(re.sub(r"\D", "", match.raw_string)) >= 10)
    full = [match for match in matches if match.raw_string in spans]
    if not full:
        return None, spans
    return phonenumbers.format_number(full[0].number, phonenumbers.PhoneNumberFormat.E164), spans
