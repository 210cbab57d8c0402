"""The customer's name: found by pattern, cleaned by a stop list (reference/dispatch.md 6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from app.dispatch.normalize import dictionary, english, vocabulary
from app.dispatch.wording import WORDS

TABLE: Mapping[str, str] = json.loads((WORDS / "names.json").read_text(encoding="utf-8"))
FIRST_NAMES = frozenset(TABLE["first"].split())
STOP = frozenset(TABLE["stop"].split())
NAME = r"[A-ZÁÉÍÓÚÑ][a-zà-ÿ']+(?:-?[A-Z][a-zà-ÿ]+)?|[A-Z]{2,}(?![a-z])"
ANY = r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'-]*\.?"
FULL = rf"(?P<name>{ANY}(?: {ANY}){{0,2}})"
SAID = re.compile(
    rf"\b(?:my name(?:'?s| is)|name(?:'?s| is|:)|names|i am called|me llamo|mi nombre es|this is|it'?s|its|i'?m|i am|"
    rf"soy|under(?: the name)?|"
    rf"para|put it under|book it under|name) (?:mr\.? |mrs\.? |ms\.? |dr\.? )?{FULL}",
    re.IGNORECASE,
)
SURE_WORDS = ("my name", "name", "me llamo", "mi nombre", "under", "put it", "book it")
HERE = re.compile(rf"(?:^|[.,!?;-] ?|\bhi |\bhey |\bhello )(?P<name>{ANY}(?: {ANY})?) (?:here|again)\b", re.IGNORECASE)
TAIL = re.compile(
    r"(?:[-~\u2013\u2014] ?|\b(?:thanks|thank you|thx|regards|gracias|cheers|sincerely),? ?[-\u2013]? "
    r"?)(?P<name>[A-Za-z][A-Za-z']+(?: [A-Z](?:[a-z']+|\.?(?![\w])))?)\s*[.!]?\s*$",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    rf"(?:^|[,.;!?\n]|\b\d{{5}}\b,?|\bTX\b,?) ?(?P<name>(?:{NAME})(?: (?:{NAME})){{0,2}})(?= ?(?:[,.;!?\n]|$|"
    rf"\d{{3}}|(?:@|at) ?\d{{2}}|"
    rf"- ))"
)
AFTER_ZIP = re.compile(
    r"\b\d{5}\b[,.]? (?P<name>[A-Za-z][a-z']+(?: [A-Za-z][a-z']+)?)\s*"
    r"(?=[.!,\n]|$|(?:today|tomorrow|tonight|tmrw|asap|mon|tue|wed|thu|fri|sat|sun|this|next|can|could|please|pls|"
    r"need)\w*\b)"
)
THIRD = re.compile(
    r"\b(?:my|his|her|our|your|the|his|tell|ask(?:ing)? for|spoke (?:to|with)|talked to|speak (?:to|with)|is this|"
    r"are you|this is for|from|call(?:ed)?|hey|hi|hello|dear|thanks|thank you|named|with)\s+$",
    re.IGNORECASE,
)


RELATIVES = (
    "mother|mom|father|dad|wife|husband|son|daughter|brother|sister|tenant|owner|landlord|neighbor|friend|boss|aunt|"
    "uncle|grandma|grandpa|grandmother|grandfather|manager|roommate|client|buyer|seller|contact|esposa|esposo|mama|"
    "papa|inquilino"
)
RELATED = re.compile(
    rf"\b(?:(?:my|his|her|our|the) (?:\w+ )?(?:{RELATIVES})(?:'?s)?,? (?:(?:name )?is )?|(?:{RELATIVES})(?:'?s)? "
    rf"(?:name )?is )"
    r"(?:(?:mr|mrs|ms|dr)\.? )?$",
    re.IGNORECASE,
)
"""Somebody else whose name follows."""


def find(
    text: str, *, asked: str | None = None, spans: tuple[str, ...] = (), cities: frozenset[str] = frozenset()
) -> str | None:
    """The customer's own name; `spans` are parts of the text that are something else (the address)."""
    clean = text
    for span in spans:
        if span:
            clean = re.sub(re.escape(span), " 00000 ", clean, flags=re.IGNORECASE)
    clean = re.sub(r"\s+", " ", clean.replace("\u2019", "'")).strip()
    if asked == "name":
        answer = answered(clean)
        if answer:
            return answer
    candidates = (*here(clean, cities), *introduced(clean, cities), *standing_alone(clean, cities))
    return next((name for name in candidates if name), None)


GREETED = re.compile(r"^(?:hi|hey|hello|yo|hola|ok|yes|thanks|morning) ", re.IGNORECASE)
GREETS = re.compile(r"\b(?:hi|hey|hello|dear|thanks|thank you)\s+$", re.IGNORECASE)
STANDS = re.compile(r"\s*(?:$|[,.;!?-]|(?:from|at|again|calling|texting|over|here|and)\b)", re.IGNORECASE)
"""What follows a first name that is an everyday word too: "this is mike, ...", but not "this is art work"."""


def here(text: str, cities: frozenset[str]) -> Iterator[str | None]:
    """As in "Marcus Bell here"."""
    for found in HERE.finditer(text):
        yield cleaned(GREETED.sub("", found["name"]), is_sure=False, cities=cities)


NOT_THEIRS = re.compile(
    r"(?:her|his|their|wifes?|wife's|husband'?s|mom'?s|last|street|dog'?s|company|business|user|tenant'?s?|owner|"
    r"landlord|contact|your|the|"
    r"brand|domain|first) $",
    re.IGNORECASE,
)


def introduced(text: str, cities: frozenset[str]) -> Iterator[str | None]:
    """As in "My name is", "this is"; a third person is not the customer."""
    for found in SAID.finditer(text):
        lead, before = found[0][: found.start("name") - found.start()].lower(), text[: found.start()]
        is_third = THIRD.search(before) and not GREETS.search(before) and not lead.startswith(("this is", "my name"))
        first = found["name"].split()[0]
        word, tail = found["name"].split()[0].strip("."), text[found.start("name") + len(first) :]
        is_capital = (
            word[0].isupper() and word[1:].islower() and word.lower() not in STOP and word.lower() not in vocabulary()
        )
        is_self = lead.startswith(("i'm", "im ", "i am", "soy")) and is_capital and bool(STANDS.match(tail))
        is_sure = (
            is_self
            or lead.startswith(SURE_WORDS)
            or (
                first.lower().strip(".") in FIRST_NAMES and bool(STANDS.match(text[found.start("name") + len(first) :]))
            )
        )
        if is_third or NOT_THEIRS.search(before):
            continue
        if is_full(found["name"], text[found.start("name") :]):
            words = found["name"].split()
            yield titled(words if len(words) < 3 or words[2][0].isupper() else words[:2])
        yield cleaned(found["name"], is_sure=is_sure, cities=cities)


def is_full(name: str, text: str) -> bool:
    """Whether two capitals follow each other and nothing else: "this is Ash Burns, ...", everyday words or not."""
    words = name.split()
    size = 2 if len(words) > 1 and not (len(words) > 2 and words[2][0].isupper()) else len(words)
    rest = text[len(" ".join(words[:size])) :]
    if size < 2 or words[0].lower() in NO_FIRST or words[1].lower() in vocabulary():
        return False
    return all(word[0].isupper() and word[1:].islower() for word in words[:size]) and bool(STANDS.match(rest))


NAMED_MONTHS = frozenset({"june", "april", "may", "august"})
NO_SURNAME = STOP | {"be", "have", "not", "do", "or", "take", "work", "want", "also", "use", "still", "day"}


def is_month_name(parts: list[str]) -> bool:
    """Whether a month is somebody's name: alone, or with a surname behind it."""
    return parts[0].lower() in NAMED_MONTHS and all(part.lower() not in NO_SURNAME for part in parts[1:])


NO_FIRST = (STOP - NAMED_MONTHS) | {"north", "south", "east", "west", "old", "new", "lake", "san", "santa", "fort"}


def standing_alone(text: str, cities: frozenset[str]) -> Iterator[str | None]:
    """A name after the ZIP, at the end, or between commas."""
    for shape in (AFTER_ZIP, TAIL, BETWEEN):
        for found in shape.finditer(text):
            before = text[: found.start("name")]
            if shape is BETWEEN and (THIRD.search(before) or RELATED.search(before)):
                continue
            words = found["name"].split()
            is_first = found.start("name") == 0 and all(word[0].isupper() and word[1:].islower() for word in words)
            if shape is BETWEEN and len(words) > 1 and is_first and is_month_name(words):
                yield titled(words)
            is_alone = all(word[0].isupper() and word.lower() not in vocabulary() for word in words)
            is_after_zip = shape is AFTER_ZIP
            yield cleaned(found["name"], is_sure=is_after_zip and is_alone, cities=cities, must_know=not is_after_zip)


def answered(text: str) -> str | None:
    """A short answer to the question for the name."""
    words = re.sub(
        r"^(?:(?:it'?s|its|i'?m|im|i am|my name is|name is|this is|the name is|sure|ok|yes|me llamo|soy|mi nombre es|"
        r"under|put it under|hi|just)[ ,:]+)+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    words = re.sub(r"^(\w+), (?=\1 \w)", "", words, flags=re.IGNORECASE)
    words = re.split(r"[,.;!?\n(]| and | but | y ", words)[0].strip()
    parts = words.split()
    if not 1 <= len(parts) <= 4 or any(not re.fullmatch(r"[A-Za-zÀ-ÿ'.-]+", part) for part in parts):
        return None
    if is_month_name(parts):
        return titled(parts)
    if all(
        part.lower() in STOP
        or (part.lower() in dictionary() and part.lower() not in FIRST_NAMES and not part[0].isupper())
        for part in parts
    ):
        return None
    return titled(parts) if parts[0].lower() not in STOP or parts[0].lower() in FIRST_NAMES else None


def cleaned(found: str, *, is_sure: bool, cities: frozenset[str], must_know: bool = True) -> str | None:
    """Cut at the first word that is no name; nothing when the first is none."""
    parts: list[str] = []
    for word in re.split(r"[ ]", found.strip(" .,")):
        bare = word.strip(".,'").lower().replace("'", "")
        if not bare or not is_name_word(word, bare, first=not parts, is_sure=is_sure, must_know=must_know):
            break
        parts.append(word.strip(".,"))
    if not parts:
        return None
    if " ".join(parts).lower() in cities and parts[0].lower() not in FIRST_NAMES:
        return None
    return titled(parts)


def is_name_word(word: str, bare: str, *, first: bool, is_sure: bool, must_know: bool) -> bool:
    """Whether a word can be part of a name: known first names always, else what is no everyday word."""
    if bare in STOP and not (bare in FIRST_NAMES and word[0].isupper()):
        return False
    if first and bare in FIRST_NAMES:
        return word[0].isupper() or bare not in dictionary() or is_sure
    is_everyday = bare in english() or bare in vocabulary()
    if word[0].isupper() and not word.isupper():
        return not is_everyday or not first or is_sure
    if is_sure:
        return (not is_everyday or word[0].isupper()) and len(bare) > 1
    return (
        not is_everyday and len(bare) > 2 and bare.isalpha() and (not must_know or not first) and bare not in english()
    )


def titled(parts: list[str]) -> str:
    """Names with capitals."""
    return " ".join(
        part if not (part.islower() or part.isupper()) or len(part) == 1 else part.capitalize() for part in parts
    )
