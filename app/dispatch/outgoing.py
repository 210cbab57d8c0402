"""What may leave: every text is held against the facts that it may speak of (dispatch.md 17.2, behaviour.md 4.7, P5).

The guard does not care who wrote a text. It takes out the words that come from rows (names, addresses, the tenant's own
notes, the windows of offers and visits) and looks at what is left: nothing there may claim a fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from app.dispatch import claims, wording
from app.dispatch.names import FIRST_NAMES
from app.dispatch.normalize import dictionary

MOST_QUESTIONS = 2
HOLE = "\0"
"""Stands where words of a row were; no text can contain it, because it is no character of GSM-7."""
ABOUT_A_VISIT = frozenset(
    {
        "visit_when", "cancel_ask", "cancel_kept", "cancel_which", "move_when", "move_offer", "move_offer_one",
        "nudge_move", "reminder_24h", "reminder_2h", "eta",
    }
)  # fmt: skip
"""Templates that speak of a visit that stands."""
DEEDS = {
    "booked": (claims.BOOKED, {"book": frozenset({"booked", "booked_tentative"}), "visit": ABOUT_A_VISIT}),
    "confirmed": (claims.CONFIRMED, {"book": frozenset({"booked"}), "visit": ABOUT_A_VISIT}),
    "moved": (claims.MOVED, {"reschedule": frozenset({"moved"})}),
    "cancelled": (claims.CANCELLED, {"cancel": frozenset({"cancelled"})}),
    "on_the_way": (claims.ON_THE_WAY, {"arrival": frozenset({"eta"})}),
}
"""Which words need which row, and the templates that are bound to it."""
DATED = frozenset({"window", "windows", "options", "slot", "visits", "price", "open", "confirm_when", "hours"})
"""Values that are not taken on trust in a turn: their times and amounts are held against the rows once more."""
EVERY_DEED = frozenset({"book", "visit", "reschedule", "cancel", "arrival"})


class Fault(NamedTuple):
    """What is wrong with a text, and the words that show it."""

    name: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.words.strip()})" if self.words.strip() else self.name


def nothing() -> tuple[()]:
    return ()


@dataclass
class Facts:
    """What a text of this moment may speak of; each part is put together when a text first asks for it."""

    language: str = "en"
    deeds: frozenset[str] = frozenset()
    """Rows that stand behind the text: book, visit, reschedule, cancel, arrival."""
    own: Callable[[], Iterable[str]] = nothing
    """Words of the tenant and of our lists, which may be said as they are."""
    heard: Callable[[], Iterable[str]] = nothing
    """Words of the customer, such as an address; they may be echoed as long as they claim nothing."""
    times: Callable[[], Iterable[str]] = nothing
    """Windows, clocks and days as they are written in texts."""
    amounts: Callable[[], Iterable[int]] = nothing
    """Dollars."""
    lengths: Callable[[], Iterable[str]] = nothing
    """Lengths of time, as the bare number of their minutes, hours or days."""

    @cached_property
    def holes(self) -> tuple[str, ...]:
        """The words of rows, the longest first."""
        safe = (one for one in map(plain, self.heard()) if not claims_anything(one))
        found = {*map(plain, self.own()), *safe}
        return tuple(sorted((one for one in found if len(one) > 1 and not one.isdigit()), key=len, reverse=True))

    @cached_property
    def moments(self) -> tuple[str, ...]:
        """The times, the longest first."""
        return tuple(sorted({plain(one) for one in self.times()} - {""}, key=len, reverse=True))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(self.lengths())

    @cached_property
    def sums(self) -> frozenset[int]:
        return frozenset(self.amounts())


def of_values(values: Mapping[str, str], *, language: str, deeds: Iterable[str] = ()) -> Facts:
    """The facts of a text whose values come straight from a row, such as a reminder."""
    return Facts(
        language=language,
        deeds=frozenset(deeds),
        own=lambda: (value for name, value in values.items() if name not in DATED),
        times=lambda: (value for name, value in values.items() if name in DATED),
        lengths=lambda: (number for value in values.values() for number in NUMBER.findall(value)),
        amounts=lambda: (
            int(one["sum"].replace(",", ""))
            for value in values.values()
            for one in claims.AMOUNT.finditer(value)
            if one["sum"] and "." not in one["sum"]
        ),
    )


NUMBER = re.compile(r"\d+(?:\.\d+)?")


@lru_cache(4096)
def plain(words: str) -> str:
    """Words of a row as they stand in a text."""
    return wording.tidy(words).strip(" ,")


@lru_cache(4096)
def claims_anything(words: str) -> bool:
    """Whether words of the customer would be a claim in our mouth; there are streets that are called after dollars."""
    patterns = (claims.MONEY_SIGN, claims.DISCOUNT, claims.PROMISE, claims.LINK, claims.HUMAN)
    return any(pattern.search(words) for pattern in (*patterns, *(pattern for pattern, _ in DEEDS.values())))


def faults(text: str, *, template: str, facts: Facts) -> tuple[Fault, ...]:
    """Why a text may not leave; empty when it may."""
    return (*of_shape(text), *of_content(text, template, facts))


def of_shape(text: str) -> Iterator[Fault]:
    """Empty, too long, too many questions, letters that no GSM-7 text has."""
    if not text.strip():
        yield Fault("empty")
    if len(text) > wording.MOST_CHARACTERS:
        yield Fault("length", f"{len(text)} characters")
    if text.count("?") > MOST_QUESTIONS:
        yield Fault("questions", f"{text.count('?')} questions")
    if strange := "".join(sorted({*text} - wording.GSM7)):
        yield Fault("letters", strange)


def of_content(text: str, template: str, facts: Facts) -> Iterator[Fault]:
    """Claims without a fact behind them."""
    bare = without(without(text, facts.moments), facts.holes)
    for found in claimed(claims.AMOUNT.sub(lambda sum_: HOLE if is_known(sum_, facts) else sum_[0], bare)):
        if not is_backed(found, template, facts):
            yield Fault(found.name, found.words.replace(HOLE, "..."))


def is_known(found: re.Match[str], facts: Facts) -> bool:
    """Whether an offer, a visit or a line in hand costs that."""
    digits = (found["sum"] or found["plain"] or "").replace(",", "")
    return digits.isdigit() and int(digits) in facts.sums


def is_backed(found: Fault, template: str, facts: Facts) -> bool:
    """Whether a row stands behind a claim, or the template may say it: the valve, "today is full"."""
    if found.name == "time":
        length = claims.LENGTH.fullmatch(found.words)
        is_length = length is not None and length["number"] in facts.numbers
        return is_length or found.words.lower() in times_of(template, facts.language)
    if found.name in DEEDS:
        bound = DEEDS[found.name][1]
        return any(template in templates for deed, templates in bound.items() if deed in facts.deeds)
    return found.name == "advice" and template == "valve"


@lru_cache(8192)
def claimed(bare: str) -> tuple[Fault, ...]:
    """Every claim in what is left of a text; the same words of a template are read once."""
    found = [Fault("amount", one[0]) for one in claims.AMOUNT.finditer(bare)]
    found += [Fault("time", words) for words in times(bare)]
    for name, pattern in (*PLAIN_CLAIMS, *((name, pattern) for name, (pattern, _) in DEEDS.items())):
        found += [Fault(name, one[0]) for one in pattern.finditer(bare)]
    return (*found, *(Fault("name", name) for name in names(bare)))


def times(bare: str) -> Iterator[str]:
    """Clocks, days and lengths of time."""
    for pattern in (claims.CLOCK, claims.DAY, claims.LENGTH):
        yield from (found[0] for found in pattern.finditer(bare))


@cache
def times_of(template: str, language: str) -> frozenset[str]:
    """The days and lengths of time that our own words of a template name."""
    words = " ".join(wording.PLACEHOLDER.sub(HOLE, one.text) for one in wording.ours(template, language))
    return frozenset(one.lower() for one in times(words))


def names(bare: str) -> Iterator[str]:
    """First names that are neither the customer's nor the owner's: theirs are holes by now."""
    for found in claims.CAPITAL.finditer(bare):
        word = found[0].lower()
        if word in FIRST_NAMES and not (word in dictionary() and is_a_word(bare, found)):
            yield found[0]


def is_a_word(text: str, found: re.Match[str]) -> bool:
    """Whether "Will" or "Mark" is no name: it begins a sentence, and does nothing itself."""
    return begins(text, found.start()) and not claims.DOES.match(text, found.end())


def begins(text: str, at: int) -> bool:
    """Whether a sentence begins there."""
    before = text[:at].rstrip(" \"'¿¡(")
    return not before or before[-1] in ".!?:;-\n"


PLAIN_CLAIMS = (
    ("discount", claims.DISCOUNT),
    ("link", claims.LINK),
    ("phone", claims.PHONE),
    ("promise", claims.PROMISE),
    ("human", claims.HUMAN),
    ("name", claims.OTHER_NAME),
    ("advice", claims.ADVICE),
    ("opt_out", claims.OPT_OUT_TRAP),
)


def without(text: str, words: Iterable[str]) -> str:
    """The text with holes where whole words of a row stand."""
    for one in words:
        at = text.find(one)
        while at >= 0:
            end = at + len(one)
            if is_whole(text, at, end):
                text = f"{text[:at]}{HOLE}{text[end:]}"
                end = at + 1
            at = text.find(one, end)
    return text


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is not the inside of a longer word or number."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())
