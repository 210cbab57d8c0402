"""What words for a template must have in them, and the review of new ones before they are kept (dispatch.md 16)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from app.dispatch import outgoing, samples, wording
from app.dispatch.outgoing import Facts, Fault
from app.dispatch.own import Variant

FIXED = frozenset({"safety_question", "safe_ask", "safe_address", "valve", "warranty", "fact"})
"""Life safety, which nobody words anew, and templates that are a tenant's own note word for word."""
KEYWORDS = re.compile(r"\b(?:STOP|START|YES|NO|SI|CALL|LLAMAR|911|automated assistant|asistente automatizado)\b")


def editable() -> tuple[str, ...]:
    """The templates that may be worded anew, in the order of our list."""
    return tuple(template for template in wording.templates("en") if template not in FIXED)


def review(text: str, *, template: str, language: str, business: str = "", owner: str = "") -> tuple[Fault, ...]:
    """Why new words for a template may not be kept: they are filled with samples, also long ones, and guarded.

    `business` and `owner` are those of the tenant for whom alone the words are meant.
    """
    found = list(of_variant(text, template, language))
    if strange := "".join(sorted({*wording.PLACEHOLDER.sub("", text).translate(wording.PLAIN)} - wording.GSM7)):
        found.append(Fault("letters", strange))
    if any(fault.name == "unknown" for fault in found):
        return tuple(found)
    known = {name: value for name, value in (("business", business), ("who", owner)) if value}
    values = {**samples.usual(template, language), **known}
    facts = outgoing.of_values(values, language=language, deeds=outgoing.EVERY_DEED)
    found += outgoing.faults(wording.fill(text, values), template=template, facts=facts)
    long = wording.fill(text, {**samples.long(template, language), **known})
    found += [fault for fault in outgoing.of_shape(long) if fault.name == "length"]
    return tuple(dict.fromkeys(found))


def guard(template: str, facts: Facts) -> Callable[[str, Variant], tuple[Fault, ...]]:
    """What `wording.say` asks about each text: ours by their content, others also by what they must have in them."""
    ours = wording.ours(template, facts.language)

    def look(text: str, variant: Variant) -> tuple[Fault, ...]:
        lacks = () if variant in ours else of_variant(variant.text, template, facts.language)
        return lacks or outgoing.faults(text, template=template, facts=facts)

    return look


def complete_greeting(words: str) -> str:
    """A contractor's own greeting with the disclosure and the STOP line that every first text has (17.4, 13.1)."""
    if not re.search(r"\bautomated assistant\b", words):
        words = words.replace("{business}", "{business} (automated assistant)", 1)
    return words if re.search(r"\bSTOP\b", words) else f"{words.rstrip()} {wording.STOP_LINES['en']}"


@lru_cache(8192)
def of_variant(text: str, template: str, language: str) -> tuple[Fault, ...]:
    """What is wrong with a variant before it is filled: placeholders and keywords that it lacks or may not have."""
    has, may = set(wording.PLACEHOLDER.findall(text)), placeholders(template, language)
    return (
        *(Fault("unknown", f"{{{name}}}") for name in sorted(has - may)),
        *(Fault("missing", f"{{{name}}}") for name in sorted(required(template, language) - has)),
        *(Fault("missing", word) for word in sorted(keywords(template, language) - set(KEYWORDS.findall(text)))),
    )


ALWAYS = frozenset({"business", "trade"})
NAMES_THE_BUSINESS = frozenset(
    {
        "greeting", "greeting_after_hours", "greeting_known", "greeting_known_after_hours", "help", "optout_confirm",
        "identity", "bot", "booked",
    }
)  # fmt: skip
COURTESY = frozenset({"business", "trade", "who", "example", "comma_name", "referral", "policy", "place", "radius"})
"""Placeholders that a variant may leave out although each of ours has them, except where the business must be named."""


@cache
def placeholders(template: str, language: str) -> frozenset[str]:
    """The placeholders that are filled wherever this template is used."""
    ours = (*wording.ours(template, language), *wording.ours(template, "en"))
    return ALWAYS.union(*(wording.PLACEHOLDER.findall(one.text) for one in ours))


@cache
def required(template: str, language: str) -> frozenset[str]:
    """What each of our own variants says, so that nothing is left out that the customer has to know."""
    each = [set(wording.PLACEHOLDER.findall(one.text)) for one in wording.ours(template, language)]
    must = frozenset(set.intersection(*each)) - COURTESY
    return must | {"business"} if template in NAMES_THE_BUSINESS else must


@cache
def keywords(template: str, language: str) -> frozenset[str]:
    """The words to reply with, 911, and the disclosure, where each of our own variants has them."""
    each = [set(KEYWORDS.findall(one.text)) for one in wording.ours(template, language)]
    return frozenset(set.intersection(*each))
