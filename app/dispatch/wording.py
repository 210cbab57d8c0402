"""From an act and its facts to a text: windows, prices, options and the variants of every template."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from app import pricing
from app.dispatch.own import Own, Variant
from app.dispatch.types import Offer
from app.scheduling.types import Slot

MOST_CHARACTERS = 320
WORDS = Path(__file__).parent / "words"
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "á": "a",
        "í": "i",
        "ó": "o",
        "ú": "u",
        "Á": "A",
        "Í": "I",
        "Ó": "O",
        "Ú": "U",
        "ç": "c",
        "`": "'",
        "\u00b4": "'",
        "~": "-",
    }
)
SPANISH_RATES = {
    "early-morning rate": "tarifa de madrugada",
    "emergency rate": "tarifa de emergencia",
    "early-morning emergency rate": "tarifa de emergencia de madrugada",
    "evening emergency rate": "tarifa de emergencia de la tarde",
    "night emergency rate": "tarifa de emergencia nocturna",
}
DAY_WORDS = {
    "en": {
        "today": "today",
        "tonight": "tonight",
        "tomorrow": "tomorrow",
        "at": "at",
        "or": "or",
        "and": "and",
        "day_before": "at {clock} the day before",
    },
    "es": {
        "today": "hoy",
        "tonight": "esta noche",
        "tomorrow": "mañana",
        "at": "a las",
        "or": "o",
        "and": "y",
        "day_before": "a las {clock} del dia anterior",
    },
}
WEEKDAYS_ES = ("lun", "mar", "mie", "jue", "vie", "sab", "dom")
MONTHS_ES = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
ARRIVAL_AT_LEAST = dt.timedelta(minutes=30)


# Prices


def price_text(low: Decimal, high: Decimal) -> str:
    """`$150-$400`, or one figure when both ends are equal."""
    return pricing.format_price(int(low), int(high))


# Windows


def clock(moment: dt.datetime, *, with_half: bool = True) -> str:
    """`5:30 PM`, `8 AM`; without the half of the day when the end of the range names it."""
    minutes = f":{moment.minute:02d}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes}" + (f" {moment:%p}" if with_half else "")


def range_text(start: dt.datetime, end: dt.datetime, language: str = "en") -> str:
    """`5:30-6:30 PM`, `10 AM-12 PM`, or `at 3:15 PM` for less than half an hour."""
    if end - start < ARRIVAL_AT_LEAST:
        return f"{DAY_WORDS[language]['at']} {clock(start)}"
    is_same_half = (start.hour < 12) == (end.hour < 12)
    return f"{clock(start, with_half=not is_same_half)}-{clock(end)}"


def day_text(start: dt.datetime, now: dt.datetime, language: str = "en") -> str:
    """`today`, `tomorrow` or `Tue, Dec 1,` for local moments; a small hour after this evening is still tonight."""
    words, days = DAY_WORDS[language], (start.date() - now.date()).days
    if days == 0:
        return words["today"]
    if days == 1:
        return words["tonight"] if start.hour < 5 and now.hour >= 18 else words["tomorrow"]
    if language == "es":
        return f"{WEEKDAYS_ES[start.weekday()]} {start.day} {MONTHS_ES[start.month - 1]},"
    return f"{start:%a, %b} {start.day},"


def window_text(start: dt.datetime, end: dt.datetime, now: dt.datetime, *, zone: str, language: str = "en") -> str:
    """An arrival window as it is said: `today 5:30-6:30 PM`, `Tue, Dec 1, 9-11 AM`."""
    tz = ZoneInfo(zone)
    start, end, now = start.astimezone(tz), end.astimezone(tz), now.astimezone(tz)
    return f"{day_text(start, now, language)} {range_text(start, end, language)}"


def slot_text(slot: Slot, now: dt.datetime, *, zone: str, language: str = "en") -> str:
    """The arrival window of a slot."""
    return window_text(slot.window_start, slot.window_end, now, zone=zone, language=language)


def offer_price_text(offer: Offer, language: str = "en") -> str:
    """The price of an offer with the word for its rate."""
    text, rate = price_text(offer.low, offer.high), pricing.rate_words(offer.slot)
    return f"{text} ({in_language(rate, language)})" if rate else text


def in_language(rate: str, language: str) -> str:
    """The name of a rate in the language of the talk."""
    return rate if language == "en" else SPANISH_RATES.get(rate, rate)


def options_text(
    offers: Iterable[Offer], now: dt.datetime, *, zone: str, language: str = "en", priced: bool = True
) -> str:
    """Numbered offers in one line."""
    return " ".join(
        f"{offer.number}) {slot_text(offer.slot, now, zone=zone, language=language)}"
        + (f", {offer_price_text(offer, language)}" if priced else "")
        for offer in offers
    )


def choices_text(count: int, language: str = "en") -> str:
    """`YES`, `1 or 2`, `1, 2 or 3`."""
    if count <= 1:
        return "YES" if language == "en" else "SI"
    numbers = [str(number) for number in range(1, count + 1)]
    return f"{', '.join(numbers[:-1])} {DAY_WORDS[language]['or']} {numbers[-1]}"


def hours_text(minutes: int, language: str = "en") -> str:
    """`1 hour`, `1.5 hours`."""
    hours = f"{minutes / 60:.2f}".rstrip("0").rstrip(".")
    if language == "es":
        return f"{hours} hora" + ("" if hours == "1" else "s")
    return f"{hours} hour" + ("" if hours == "1" else "s")


# Templates


@cache
def templates(language: str) -> Mapping[str, list[str]]:
    """The variants of every template in a language."""
    texts: dict[str, list[str]] = json.loads((WORDS / f"texts_{language}.json").read_text(encoding="utf-8"))
    return texts


PLACEHOLDER = re.compile(r"\{(\w+)\}")
SPACED_STOP = re.compile(r"\s+([.,?!])(?=\s|$)")
SPACES = re.compile(r"[ \t]+")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in; a placeholder without a value is a KeyError."""
    return tidy(PLACEHOLDER.sub(lambda found: values[found[1]], text))


def tidy(text: str) -> str:
    """GSM-7 characters and single spaces."""
    plain = text.translate(PLAIN)
    if not GSM7.issuperset(plain):
        plain = "".join(letter for letter in plain if letter in GSM7)
    return SPACED_STOP.sub(r"\1", SPACES.sub(" ", plain)).strip()


def digest(text: str) -> str:
    """What is remembered of a text that was said."""
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


@cache
def ours(template: str, language: str) -> tuple[Variant, ...]:
    """Our own variants, in English where a language has none; "greeting#0" is the first of the greeting."""
    texts = templates(language).get(template) or templates("en")[template]
    return tuple(Variant(f"{template}#{number}", text) for number, text in enumerate(texts))


def variants_of(template: str, language: str, own: Own) -> tuple[Variant, ...]:
    """The variants of a template: what support wrote for the tenant, its trade and everybody, then ours."""
    return (*own.get(language, {}).get(template, ()), *ours(template, language))


OPENINGS = {
    "en": ("Thanks. ", "OK. ", "Sure. ", "Right. ", "Understood. ", "All right. ", "Noted. ", "Got it. "),
    "es": ("Gracias. ", "Bien. ", "Claro. ", "De acuerdo. ", "Entendido. "),
}


@dataclass
class Said:
    """The words for a template, None when none may be said; what was considered and what spoke against it."""

    text: str | None = None
    candidates: list[str] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)


def say(
    variants: Iterable[Variant],
    values: Mapping[str, str],
    *,
    language: str,
    said: Iterable[str] = (),
    faults: Callable[[str, Variant], Sequence[object]] = lambda _text, _variant: (),
) -> Said:
    """The first variant that was not said yet, fits, and has no faults; an opening makes one that was said another."""
    known, told = set(said), Said()
    again: list[str] = []
    cut = None
    for variant in variants:
        told.candidates.append(variant.id)
        try:
            text = fill(variant.text, values)
        except KeyError as missing:
            told.verdicts.append(f"{variant.id}: no value for {missing}")
            continue
        if len(text) > MOST_CHARACTERS:
            told.verdicts.append(f"{variant.id}: length ({len(text)} characters)")
            cut = shorten(text)
            cut = None if faults(cut, variant) else cut
        elif why := faults(text, variant):
            told.verdicts.append(f"{variant.id}: {', '.join(map(str, why))}")
        elif digest(text) in known:
            again.append(text)
        else:
            told.text = text
            return told
    opened = (opening + text for text in again[:1] for opening in OPENINGS[language])
    fresh = (text for text in opened if digest(text) not in known and len(text) <= MOST_CHARACTERS)
    told.text = next(fresh, None) or next(iter(again), cut)
    return told


STOP_LINES = {"en": "Reply STOP to opt out.", "es": "Responda STOP para no recibir mas."}


def shorten(text: str) -> str:
    """Cut at the last sentence that fits, else at the last word; a STOP line survives."""
    line = next((line for line in STOP_LINES.values() if text.endswith(line)), "")
    tail = f" {line}" if line else ""
    room = MOST_CHARACTERS - len(tail)
    if len(text) <= MOST_CHARACTERS:
        return text
    head = text.removesuffix(line).rstrip()[:room]
    cut = max(head.rfind(". "), head.rfind("? "))
    return (head[: cut + 1] if cut > room // 2 else head.rsplit(" ", 1)[0]) + tail
