"""City, state and ZIP around a street, or on their own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache

from app.dispatch.addresses.shapes import ZIP
from app.dispatch.normalize import dictionary as english
from app.dispatch.wording import WORDS

STATES: Mapping[str, str] = json.loads((WORDS / "states.json").read_text(encoding="utf-8"))
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
        "zip",
        "zipcode",
        "postal",
        "code",
    ]
)
LIVE_IN = re.compile(
    r"\b(?:in|from|near|around|service|serve|cover|out to|come to|go to|travel to|live in|located in|over in|out in|"
    r"en|at|(?:van|llegan|vienen|cubren|sirven|trabajan)(?: a| en| hasta)?)\s+(?P<place>[A-Za-z][A-Za-z' .-]{2,40})",
    re.IGNORECASE,
)


WITH_STATE = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z]+){0,2},? [A-Z]{2}\b")


@cache
def cities() -> frozenset[str]:
    """Names of US cities, lower case."""
    return frozenset((WORDS / "cities.txt").read_text(encoding="utf-8").split("\n"))


def place_of(tail: str, *, has_street: bool, asked: str | None) -> tuple[str | None, str | None]:
    """City and state: right behind the street, or named with "in"."""
    if has_street:
        near = re.sub(
            r"^(?:(?:over |here |right )?in|near|off of) (?!the\b|my\b|a\b)",
            "",
            tail.lstrip(" ,.-"),
            flags=re.IGNORECASE,
        )
        return city_at(near, is_sure=tail[:1] == "," or bool(re.match(r"\s*,", tail)))
    if asked == "address" and len(tail.split()) <= 4:
        named = re.sub(r"^(?:im |i'm |we're |were |its |it's |in |at |near )+", "", tail.strip(), flags=re.IGNORECASE)
        city, state = city_at(named, is_sure=True)
        if city:
            return city, state
    for match in WITH_STATE.finditer(tail):
        city, state = city_at(match[0], is_sure=True)
        if city and state:
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
