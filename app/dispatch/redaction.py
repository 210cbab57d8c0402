"""A text as a language model outside the house may see it: no numbers that identify, no address, the first name alone.

Rules: reference/dispatch.md 17.5. What is cut leaves a word in brackets, so that the sense stays readable.
"""

from __future__ import annotations

import re

from app.dispatch import addresses, normalize, phones

MOST_CHARACTERS = 600
MARKED = re.compile(r"\[(?:removed|phone|email|link|address|number|price)\]")
LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
EMAIL = re.compile(r"\S+@\S+\.\w+")
DIGITS = re.compile(r"#?\d(?:[\s().-]?\d){3,}\*?#?")
"""Four digits and more: account numbers, door codes, telephones of other countries, years."""
CODE = re.compile(r"\b(?:code|pin|combination|codigo|clave)\b\D{0,12}[#*]?\d[\d#*-]*", re.IGNORECASE)
UNIT = re.compile(r"\b(?:apt|apartment|unit|suite|ste|apto|depto)\b\.? ?#?\w{1,6}|#\d+\w?", re.IGNORECASE)
PRICE = re.compile(r"\$ ?[\d,.]*\d(?: ?- ?\$?[\d,.]*\d)?")


def shareable(text: str, *, asked: str | None = None, name: str | None = None) -> str:
    """A customer's text for the model; `name` is his name as far as it is known."""
    text = normalize.redact(text[:MOST_CHARACTERS])
    text = EMAIL.sub("[email]", LINK.sub("[link]", text))
    for span in phones.find(text)[1]:
        text = text.replace(span, "[phone]")
    text = CODE.sub("[number]", text)
    place = addresses.find(text, asked=asked)
    for part in (place.street, place.city if place.street else None, place.postal_code):
        text = re.sub(re.escape(part), "[address]", text, flags=re.IGNORECASE) if part else text
    text = DIGITS.sub("[number]", UNIT.sub("[address]", text))
    return _with_first_name(text, name)


def our_own(text: str) -> str:
    """A text of the business for the model: what was said, without the figures."""
    return DIGITS.sub("[number]", PRICE.sub("[price]", shareable(text)))


def is_empty(text: str) -> bool:
    """Whether too little is left of a text for anybody to understand more of it than the rules did."""
    return len(re.findall(r"[^\W\d_]{2,}", MARKED.sub(" ", text))) < 2


def _with_first_name(text: str, name: str | None) -> str:
    for word in (name or "").split()[1:]:
        text = re.sub(rf"\b{re.escape(word)}\b", "", text, flags=re.IGNORECASE) if len(word) > 1 else text
    return re.sub(r"[ \t]+", " ", text).strip()
