"""Hazards and urgency of a text: rules with guards, negation and its relatives (reference/dispatch.md 8)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.dispatch import safety
from app.dispatch.findings import Danger
from app.dispatch.phrases import Phrases, any_of, compiled, expand
from app.dispatch.types import LEVELS
from app.dispatch.wording import WORDS

LEFT = 28
"""How many characters to the left a denial reaches."""
LIFE_SAFETY, DAMAGE, NONE, CONFLICT = 0.97, 0.93, 0.8, 0.55
CLAUSE_END = re.compile(
    r"[.,]|\b(?:but|just|and now|and (?:the|theres|there|its|my|we|it|i|now)|however|pero|y ahora|except)\b"
)
NOT_DENIALS = re.compile(
    r"\b(?:not only|no idea|not sure|dont know|do not know|no se|wont stop|not stop|cant stop|dont want|not going away|"
    r"no joke|why|no matter|not too|dont care|not just|no clue|no one can|never seen|"
    r"no (?:power|heat|cold|cool|cooling|air|ac|hot|water|electricity|lights))\b"
)
INNER = frozenset(
    {"not", "no", "never", "isnt", "arent", "wasnt", "werent", "doesnt", "dont", "didnt", "without", "nothing"}
)
ELECTRIC = re.compile(
    r"\b(?:electric\w*|outlets?|breakers?|panel|wires?|wiring|sockets?|lights?|enchufes?|cables?|luz)\b"
)
STRONG = re.compile(
    r"\b(?:not working|broke|broken|died|dead|quit|stuck|stopped|wont|no (?:hot|heat|ac|water|power|cooling|cold)|"
    r"snapped|locked out|leak\w*|out|isnt|busted)\b"
)
WATER_TOPICS = frozenset({"water", "burst"})


@dataclass(frozen=True)
class Rule:
    """One row of the matrix: phrases that mean it, and phrases that mean something else."""

    name: str
    level: str
    phrases: Phrases
    hazard: str | None = None
    unless: Phrases | None = None
    topic: str | None = None
    is_claim: bool = False


@cache
def tables() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads((WORDS / "hazards.json").read_text(encoding="utf-8"))
    return table


@cache
def rules() -> tuple[Rule, ...]:
    """All rules; they hold in every trade, since a customer does not keep to one."""
    return tuple(
        Rule(
            row["id"],
            row["level"],
            any_of(row["any"]),
            row.get("class"),
            any_of(row["unless"]) if "unless" in row else None,
            row.get("topic"),
            bool(row.get("claim")),
        )
        for row in tables()["rules"]
    )


@cache
def list_of(name: str) -> Phrases:
    """A list of the table."""
    return any_of(tables()[name])


def assess(plain: str) -> Danger:
    """Hazards, urgency and what else a text says about its danger."""
    text = masked(plain)
    hits = [hit for rule in rules() for hit in live(rule, text)]
    is_still = bool(list_of("still").search(plain))
    is_resolved = bool(list_of("resolved").search(plain)) and not is_still
    is_contained = contained(plain)
    is_capped = bool(list_of("capped").search(plain))
    found = [(rule, words) for rule, words in hits if not rule.is_claim and not is_over(rule, words, text)]
    level, classes = weigh(found, is_resolved=is_resolved, is_contained=is_contained, text=text)
    claims = [words for rule, words in hits if rule.is_claim]
    doubt = Rule("doubt", "urgent", list_of("asks_safety"))
    asks = level != "emergency" and not is_capped and any(live(doubt, text))
    if claims and level == "normal" and not is_capped:
        level = "urgent"
    if asks and level == "normal":
        level = "urgent"
    if is_capped and level == "urgent":
        level = "normal"
    topics = {rule.topic for rule, _ in found}
    return Danger(
        level=level,
        confidence=confidence(level, classes, signals=len(found), conflict=is_resolved or is_contained),
        classes=classes,
        asks_safety=asks or (level == "urgent" and not found and any("emergenc" in words for words in claims)),
        is_capped=is_capped,
        is_water=level == "emergency" and bool(topics & WATER_TOPICS) and not classes and not ELECTRIC.search(plain),
        is_claimed=bool(claims) and not found,
        evidence=tuple(f"{rule.name}: {words}" for rule, words in hits),
    )


NO_SIGNS = re.compile(
    r"\b(?:no|not|dont|doesnt|didnt|isnt|arent|nothing|nobody|nobodys|without|never|sin|nadie|ningun|no hay|no se) "
    r"(?:\w+ ){0,3}(?:smell\w*|smok\w+|sparks?|sparking|hurt|injured|fumes|odor|burning|stuck inside|olor|humo|chispas|"
    r"herido)\b"
)
"""The signs that people name when they say that there is no danger."""
SMELL = r"(?:smells?|smelly|odou?r|stinks?|stinky|huele|olor|apesta)"
SOURCE = (
    r"(?:paint|dust\w*|must\w*|mildew\w*|mold\w*|socks?|feet|dogs?|cats?|pee|urine|sewer|sewage|poop|cigarettes?|weed|"
    r"food|cooking|garlic|fish\w*|trash|garbage|bleach|chlorine|perfume|candles?|carpet|laundry|humedad|comida|basura|"
    r"drenaje|polvo|pintura|cano)"
)
HARMLESS_SMELL = re.compile(rf"\b{SMELL} (?:\w+ ){{0,4}}{SOURCE}\b|\b{SOURCE} (?:\w+ ){{0,2}}{SMELL}\b")
"""Smells that name where they come from."""


def is_dismissed(plain: str) -> bool:
    """Whether words of danger stand in a text and are denied, harmless, or were read as no danger by the rules."""
    if NO_SIGNS.search(plain) or HARMLESS_SMELL.search(plain):
        return True
    return any(rule.hazard and rule.phrases.search(plain) for rule in rules())


PRESENT = re.compile(
    r"\b(?:is|are|its|theres|smell|smells|have|has|keeps?|wont|coming|still|again|now|today|tonight|since|started|"
    r"cant|getting|going|hear)\b"
)


def is_over(rule: Rule, words: str, text: str) -> bool:
    """Whether a hit is told of long ago: last year, in 2019, when we moved in; nothing of now may stand between.

    What passes by itself, a burglar or a lockout, is over after a night; a broken pipe is not.
    """
    sentence = next((part for part in text.split(" . ") if words in part), "")
    is_passing = rule.hazard == "crime" or bool(PASSING.search(words))
    found = list_of("past").search(sentence) or (is_passing and list_of("past_event").search(sentence))
    if not found:
        return False
    start = sentence.index(words)
    told = sentence[min(start, found.start()) : max(start + len(words), found.end())]
    return not PRESENT.search(told) and len(told.split()) <= FAR


PASSING = re.compile(
    r"\b(?:locked out|lockout|locked (?:myself|us|me|ourselves)|trapped|overflow\w*|flooded|"
    r"(?:hit|banged|bumped|cut|burned|burnt|scraped|jammed) (?:my|his|her)\b)"
)
FAR = 16
"""Words between a hit and the word for long ago."""
NOT_YET = re.compile(
    r"\b(?:cant|cannot|unable|couldnt|wont|not|how|where|find|need|trying|want|someone|somebody|please|can you|never|"
    r"no|should|tell|which)\b[\w ]{0,14}$|(?<!had )(?<!able )(?<!managed )(?<!got )\bto $"
)
NOT_SO = re.compile(
    r"^[\w ]{0,12}\b(?:(?:is|its|are|valve|just|still|but) )*(?:stuck|wont|doesnt|isnt|not|cant|broke|broken|snapped|"
    r"stripped|leaking|spinning|frozen|seized|rusted)\b(?! (?:leak|flood|gush|spray|run|drip|an? ))"
)
"""The shut-off itself fails."""


CUTS = r" [.,] | but | and "


def contained(plain: str) -> bool:
    """Whether the water is said to be off; "I cannot shut it off" is not that."""
    for phrase in list_of("contained").candidates(plain):
        for found in compiled(phrase).finditer(plain):
            before, behind = re.split(CUTS, plain[: found.start()])[-1], re.split(CUTS, plain[found.end() :])[0]
            if not NOT_YET.search(before) and not NOT_SO.search(behind):
                return True
    return False


def masked(plain: str) -> str:
    """Product words and figures of speech taken out, so that they alarm nobody; what stands beside them stays."""
    return list_of("masks").sub(lambda found: kept(found[0]), plain)


def kept(phrase: str) -> str:
    """What stays of masked words: a water heater can still burst and a smoke alarm can sound."""
    if phrase.startswith(("water heater", "hot water")):
        return "waterheater"
    if phrase.startswith("pilot"):
        return "pilot"
    return "smokealarm" if ALARM.fullmatch(phrase) else "_"


ALARM = re.compile(r"(?:smoke|fire|smoke and co|co and smoke) (?:detector|alarm)s?")


def live(rule: Rule, text: str) -> Iterator[tuple[Rule, str]]:
    """The matches of a rule that are not denied."""
    if rule.unless and rule.unless.search(text):
        return
    for phrase in rule.phrases.candidates(text):
        for found in compiled(phrase).finditer(text):
            if not is_denied(text, found, phrase):
                yield rule, found[0].strip()
                break


def is_denied(text: str, found: re.Match[str], phrase: str) -> bool:
    """Whether the words are negated in their clause: to the left, inside, or "anymore" to the right."""
    left = text[max(0, found.start() - LEFT) : found.start()]
    left = re.sub(r"^\w+", "", left) if found.start() > LEFT else left
    ends = list(CLAUSE_END.finditer(left))
    left = NOT_DENIALS.sub(" ", left[ends[-1].end() :] if ends else left)
    if list_of("denied").search(left):
        return True
    inside = set(found[0].split()) & INNER
    if inside and not inside & words_of(phrase):
        return True
    if phrase in never_over():
        return False
    right = re.split(r" [.,]", text[found.end() : found.end() + LEFT])[0]
    return bool(list_of("right_denied").search(right))


@cache
def never_over() -> frozenset[str]:
    """Phrases in which "anymore" takes nothing back: "I don't want to live anymore"."""
    return frozenset(phrase for rule in rules() if rule.hazard == "self_harm" for phrase in rule.phrases.phrases)


@cache
def words_of(phrase: str) -> frozenset[str]:
    """The words of a phrase with its groups written out: a negative word among them denies nothing."""
    return frozenset(re.findall(r"\w+", expand(phrase)))


def weigh(
    found: list[tuple[Rule, str]], *, is_resolved: bool, is_contained: bool, text: str
) -> tuple[str, tuple[str, ...]]:
    """The highest level of what was found, and the life-safety classes; resolved and contained weigh less."""
    classes = {rule.hazard for rule, _ in found if rule.hazard}
    level = max((rule.level for rule, _ in found), key=LEVELS.__getitem__, default="normal")
    if is_resolved and level == "emergency":
        is_serious = bool(classes & {"gas", "co", "fire", "crime"})
        return ("urgent" if is_serious else "normal"), ()
    if is_resolved and level == "urgent":
        return "normal", ()
    if is_contained and not classes:
        return "urgent", ()
    if level == "urgent" and list_of("normal_guard").search(text) and not STRONG.search(text):
        level = "normal"
    return level, safety.lethal_first({hazard for hazard in classes if hazard})


def confidence(level: str, classes: tuple[str, ...], *, signals: int, conflict: bool) -> float:
    """How sure the level is (dispatch.md 8.4)."""
    if classes:
        return LIFE_SAFETY
    if level == "emergency":
        return DAMAGE
    if conflict:
        return CONFLICT
    return min(0.9, 0.6 + 0.15 * max(1, signals)) if level == "urgent" else NONE
