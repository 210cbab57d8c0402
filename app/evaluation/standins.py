"""Personal data out, stand-ins in: the same name, number or address becomes the same invented one everywhere.

What is known of the customer is replaced wherever it is written; telephone numbers, mail addresses, card and social
security numbers and door codes are replaced whoever's they are. ZIP and city stay: the area is decided by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.dispatch import normalize
from app.evaluation.criteria import STREET_WORDS

FIRST = ("Carol", "Peter", "Linda", "Kevin", "Nora", "Oscar")
LAST = ("Finch", "Marsh", "Doyle", "Hale", "Whitby", "Larkin")
STREETS = ("Alder", "Juniper", "Tamarack", "Willow", "Hawthorn")
DIGITS = ("41273859", "52384961")
CARD, SSN, CODE = "4111 1111 1111 1111", "078-05-1120", "0000"
PHONE = re.compile(r"(?<![\w$])(?P<plus>\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)")
SHORT_PHONE = re.compile(r"(?<![\d-])\d{3}[-.]\d{4}(?![\d-])")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
DOOR_CODE = re.compile(
    r"(?P<what>\b(?:gate|door|alarm|lock ?box|entry|garage|key) ?(?:code|pin)(?: is|:|#)? ?)[#*]?\d{3,8}\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
NUMBER = re.compile(r"(?<![\w$:.,#-])\d+(?![\w%]|[:,.-]\d)")
KINDS = frozenset(
    {*STREET_WORDS, *STREET_WORDS.values(), "way", "loop", "alley", "plaza", "square", "sq", "calle", "avenida"}
)
COMMON = frozenset({"the", "route", "county", "rural", "apt", "unit", "suite", "floor"})
AS_THEY_ARE = frozenset(
    {
        "id", "tenant", "now", "reference_now", "start", "end", "timezone", "trade", "trade_type", "c", "kept",
        "job_type", "job_types", "job_ok", "intent", "intent_ok", "urgency", "urgency_ok", "always", "criteria",
        "status", "offers", "picked", "asked", "slices", "business_hours", "price_book", "job_estimates", "terms",
        "phone_opens_at",
    }
)  # fmt: skip
"""Keys whose values are no words of people."""


@dataclass
class Known:
    """What is known of a customer and of the business, as it may be written in a text."""

    names: list[str] = field(default_factory=list)
    streets: list[str] = field(default_factory=list)
    business: str = ""
    owner: str = ""
    trade: str = ""


class StandIns:
    """Replaces, the same by the same."""

    def __init__(self, known: Known) -> None:
        self.phrases: list[tuple[re.Pattern[str], str]] = []
        self.words: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.phones: dict[str, int] = {}
        self.mails: dict[str, int] = {}
        self._business(known)
        for number, street in enumerate(_different(known.streets)):
            self._street(street, number)
        for number, name in enumerate(_different(known.names)):
            self._name(name, number)

    # What is known

    def _business(self, known: Known) -> None:
        name = f"Harbor {known.trade.replace('_', ' ').title()}".strip()
        for mine, other in ((known.business, name), (known.owner, "Alex")):
            if len(mine.strip()) > 1:
                self.phrases.append((_phrase(mine), other))

    def _name(self, name: str, number: int) -> None:
        parts = [part for part in WORD.findall(name) if len(part) > 1]
        others = [one for one in (*FIRST[number:], *FIRST) if one.lower() not in self.words and one not in parts]
        surnames = [one for one in (*LAST[number:], *LAST) if one not in parts]
        made = [others[0], *surnames][: len(parts)]
        for part, other in zip(parts, made, strict=False):
            self.words.setdefault(part.lower(), other)
        if len(parts) > 1:
            self.phrases.append((_phrase(" ".join(parts)), " ".join(self.words[part.lower()] for part in parts)))

    def _street(self, street: str, number: int) -> None:
        if found := re.search(r"\d+", street):
            digits = found[0]
            invented = next(one[: len(digits)] for one in DIGITS if one[: len(digits)] != digits)
            self.numbers.setdefault(digits, invented.ljust(len(digits), "7"))
        parts = re.findall(r"[^\W\d_]{3,}", street.lower())
        names = [part for part in parts if part not in KINDS and part not in COMMON]
        for place, part in enumerate(names):
            self.places.setdefault(part, STREETS[(number + place) % len(STREETS)])

    # Replacing

    def text(self, words: str) -> str:
        """A text with stand-ins in it."""
        for pattern, other in self.phrases:
            words = pattern.sub(partial(_shaped, other), words)
        words = normalize.SSN.sub(SSN, normalize.CARD.sub(CARD, words))
        words = MAIL.sub(lambda found: f"customer{_number(self.mails, found[0].lower())}@example.com", words)
        words = PHONE.sub(self._phone, words)
        words = SHORT_PHONE.sub(lambda found: f"555-01{_number(self.phones, found[0][-4:]):02d}", words)
        words = DOOR_CODE.sub(lambda found: found["what"] + CODE, words)
        words = WORD.sub(lambda found: self._word(found, found.string), words)
        return NUMBER.sub(lambda found: self._digits(found, found.string), words)

    def values(self, given: Any, key: str = "") -> Any:
        """The same through a JSON value, but for what is no word of people."""
        if key in AS_THEY_ARE:
            return given
        if isinstance(given, dict):
            return {name: self.values(value, name) for name, value in given.items()}
        if isinstance(given, list):
            return [self.values(value) for value in given]
        return self.text(given) if isinstance(given, str) else given

    def _phone(self, found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])[-10:]
        number = _number(self.phones, digits[-4:])
        return f"+151255501{number:02d}" if found[0].startswith("+") else f"512-555-01{number:02d}"

    def _word(self, found: re.Match[str], whole: str) -> str:
        word, key = found[0], found[0].lower().replace("\u2019", "'").removesuffix("'s")
        tail = word[len(key) :]
        other = self.words.get(key)
        if other is not None and (key not in normalize.dictionary() or _is_name_here(found, whole)):
            return _like(word[: len(key)], other) + tail
        other = self.places.get(key)
        if other is not None and (key not in normalize.dictionary() or _is_street_here(found, whole)):
            return _like(word[: len(key)], other) + tail
        return word

    def _digits(self, found: re.Match[str], whole: str) -> str:
        other = self.numbers.get(found[0])
        if other is None:
            return found[0]
        rest = whole[found.end() :].split()[:2]
        is_address = any(_bare(word) in KINDS or word in STREETS or word.title() in STREETS for word in rest)
        return other if len(found[0]) > 2 or is_address else found[0]


def _phrase(words: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, words.split())) + r"(?!\w)", re.IGNORECASE)


def _different(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value and value.strip()))


def _number(table: dict[str, int], key: str) -> int:
    return table.setdefault(key, len(table) % 99 + 1)


def _shaped(other: str, found: re.Match[str]) -> str:
    return _like(found[0], other)


def _like(word: str, other: str) -> str:
    """The stand-in written as the word was: small, large, or as a name."""
    if word.islower():
        return other.lower()
    return other.upper() if word.isupper() and len(word) > 1 else other


def _bare(word: str) -> str:
    return word.lower().strip(".,;!?")


def _is_name_here(found: re.Match[str], whole: str) -> bool:
    """Whether an everyday word is a name: written large, and not because a sentence begins."""
    before = whole[: found.start()].rstrip()
    is_alone = not re.sub(r"\W", "", before + whole[found.end() :])
    return found[0][0].isupper() and (is_alone or (bool(before) and before[-1] not in ".!?"))


def _is_street_here(found: re.Match[str], whole: str) -> bool:
    """Whether an everyday word is the name of a street: after a number or a direction, or before its kind."""
    before, after = whole[: found.start()].split()[-1:], whole[found.end() :].split()[:1]
    follows = bool(before) and (_bare(before[0]) in KINDS or _bare(before[0]).isdigit())
    return follows or (bool(after) and _bare(after[0]) in KINDS)
