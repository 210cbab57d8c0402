"""What a text is for: one of the 34 intents of reference/dispatch.md 7.2, with what else it touches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from app.dispatch.findings import Address, Danger, Jobs, Times
from app.dispatch.phrases import Phrases, any_of
from app.dispatch.wording import WORDS

SURE, LIKELY, UNSURE = 0.95, 0.8, 0.4
LEADING_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|ya|y|sure|ok|absolutely|definitely|of course|perfect|great|si|dale|claro|thumbsup|"
    r"sounds good|works)\b"
)
STRONG_BLOCK = re.compile(
    r"\b(?:but|instead|cancel|stop|different|other|another|earlier|later|sooner|how much|wait|unless|not sure|too "
    r"(?:much|expensive|early|late)|"
    r"change|actually|maybe|hold on|before i|until i)\b"
)
HARMLESS = re.compile(
    r"\b(?:dont care (?:what|how much)[\w ]*|whatever (?:it costs|works)?|why not|no problem|no worries|not a "
    r"problem|no later|what a relief|dont worry|"
    r"do what(?:ever)? you (?:got|have|need) to(?: do)?|cant wait|not too bad|no biggie|its not a problem|as soon as|"
    r"or (?:earlier|later|sooner))\b"
)
COSTS = re.compile(
    r"\b(?:dont care|whatever|no matter|doesnt matter) (?:what|how much)? ?(?:it|this|that|you)? ?(?:costs?|charge|"
    r"will cost|takes)\b"
)
CLOSING = ("opt_out", "opt_in", "help_keyword", "crisis", "injection", "spam", "wrong_number", "auto_reply")
TABLE = frozenset({"slot", "confirm", "price_ok", "confirm_cancel"})
FACTS = frozenset({"address", "name", "phone", "zip"})
QUESTIONS = ("hours_question", "service_area_question", "service_question", "identity_question")
REQUEST = re.compile(
    r"\b(?:can|could|would|will) (?:you|someone|somebody|anyone|they|one of you)\b(?: \w+){0,3} (?:fix|repair|replace|"
    r"install|put|swap|change|hang|hook|run|unclog|clear|look|check|come|send|help|move|add|make|rekey|open|get|cut|"
    r"drill|"
    r"remove|break|unlock|pick|program|adjust|service|snake|tighten|patch|cap|reset|pull|take|clean|wire|mount|copy)\b"
)
"""Asked to do it, not whether it is done at all ("do you do ...")."""
ASKING = re.compile(
    r"^(?:[\w ,.]{0,20} )?(?:do|does|can|will|are|is|could|would) (?:you|they|it|that|this|we|there)\b(?!.*\b(?:charge|"
    r"cost|price|open)\b)"
)
COSTING = re.compile(r"\b(?:charge|charges|cost|costs|fees?|price|prices|how much|rates?|get for|want for)\b")
FAILURE = re.compile(
    r"\b(?:broke|broken|leak\w*|clog\w*|rust\w*|jam\w*|crack\w*|bent|torn|no (?:abre|cierra|prende|sirve|funciona|"
    r"jala|enfria|calienta|baja|sube)|"
    r"se (?:rompio|descompuso|tapo|quebro|atoro|trono|cayo|solto)|gotea\w*|tapad\w*|fuga|not working|wont|stopped|"
    r"stuck|dead|out|locked|lost|burst|trip\w*|no (?:heat|"
    r"ac|power|water|hot)|problem|issue|isnt|doesnt)\b"
)


HAGGLES = re.compile(
    r"\b(?:do|take|accept|give you|how about|what about|pay(?: you)?|make it|settle for|go|come down to|meet (?:me|"
    r"you) at|say) "
    r"(?:it |this |that )?(?:for |like |just |at )?(?:\d{3,4}|\d{2,4} (?:dollars|bucks|cash|even|flat))\b"
    r"(?! ?(?:am|pm|oclock|hrs|amp|gallon|sq|square|volt|watt|on|tomorrow|today|\w+day)\b)"
)
"""A figure that is offered instead of ours."""


@dataclass(frozen=True)
class Heard:
    """What was heard beside the intent: hits of every kind, the main one first."""

    intents: tuple[str, ...]
    confidence: float
    is_yes: bool
    is_no: bool
    is_safe: bool


@cache
def table() -> Mapping[str, Phrases]:
    """The phrases of every intent."""
    lists: Mapping[str, list[str]] = json.loads((WORDS / "intents.json").read_text(encoding="utf-8"))
    return {name: any_of(phrases) for name, phrases in lists.items()}


def hits_of(plain: str) -> set[str]:
    """Every list of phrases that the text touches."""
    return {name for name, phrases in table().items() if phrases.search(plain)}


@dataclass(frozen=True)
class Seen:
    """What was read out of the text before its intent: the talk, and the findings."""

    asked: str | None
    offers: int
    danger: Danger
    address: Address
    jobs: Jobs
    times: Times
    language: str
    has_facts: bool
    is_yes: bool = False
    is_no: bool = False

    @property
    def is_specific(self) -> bool:
        return bool(self.jobs.types) and not self.jobs.types[0].startswith("general_")


def find(plain: str, seen: Seen) -> Heard:
    """The intents of a text, the main one first; what was asked last decides short answers."""
    hits = hits_of(COSTS.sub(" ", plain))
    if "opt_out_keyword" in hits:
        hits.add("opt_out")
    if (seen.asked or seen.offers) and not seen.address.street and HAGGLES.search(plain):
        hits.add("price_objection")
    yes = is_yes(plain, hits)
    no = "decline_no" in hits and not yes
    main = main_intent(plain, hits, replace(seen, is_yes=yes, is_no=no))
    rest = sorted(hits - {main, "yes", "not_yes", "opt_out_keyword", "safe", "new_request"})
    if "opt_out" in rest and main == "new_job":
        rest.remove("opt_out")
    confidence = UNSURE if main == "unclear" else SURE if main in CLOSING or yes or seen.times.picked else LIKELY
    return Heard((main, *rest), confidence, is_yes=yes, is_no=no, is_safe="safe" in hits)


def is_yes(plain: str, hits: set[str]) -> bool:
    """An affirmation that nothing in the text takes back (behaviour.md 4.5)."""
    if "yes" not in hits:
        return False
    calm = HARMLESS.sub(" ", plain).strip(" .,")
    if LEADING_YES.match(calm):
        return not STRONG_BLOCK.search(calm)
    return not table()["not_yes"].search(calm)


def main_intent(plain: str, hits: set[str], seen: Seen) -> str:
    """The first that holds, in the order of reference/dispatch.md 13."""
    if not re.search(r"[a-z0-9]", plain):
        return "unclear"
    closing = next((name for name in CLOSING if name in hits and may_close(name, seen)), None)
    if closing:
        return closing
    if seen.danger.classes:
        return "new_job"
    if "are_you_bot" in hits:
        return "are_you_bot"
    return (
        answer_at_table(hits, seen)
        or about_visit(hits, seen)
        or question_or_job(plain, hits, seen)
        or answer_to(hits, seen)
        or leftover(hits, seen)
    )


def may_close(name: str, seen: Seen) -> bool:
    """Somebody with a job for us is neither spam nor a wrong number, whatever else the text says."""
    if name not in {"spam", "wrong_number"}:
        return True
    is_pressing = seen.danger.level == "emergency" or (bool(seen.jobs.types) and seen.danger.level == "urgent")
    return not seen.address.street and not is_pressing


def answer_at_table(hits: set[str], seen: Seen) -> str | None:
    """An answer to offers or to a yes-or-no question."""
    if not seen.offers and seen.asked not in TABLE:
        return None
    times, yes = seen.times, seen.is_yes
    chosen = "confirm_yes" if yes and seen.offers == 1 else "slot_choice"
    has_wish = bool(times.windows or times.exclude or times.asap)
    ranked = (
        ("price_objection", "price_objection" in hits and not times.picked and not yes),
        ("cancel_appointment", "cancel_appointment" in hits and not yes),
        ("ask_human", "ask_human" in hits and not yes),
        ("not_needed", "not_needed" in hits and not yes),
        ("price_question", bool(times.picked) and "price_question" in hits and not yes),
        (chosen, bool(times.picked)),
        ("confirm_yes", yes and not times.exclude),
        ("defer", "defer" in hits),
        ("price_question", "price_question" in hits),
        ("availability_question", has_wish),
        ("decline_no", seen.is_no),
    )
    return next((name for name, holds in ranked if holds), None)


def about_visit(hits: set[str], seen: Seen) -> str | None:
    """What concerns something that exists already, or a person."""
    jobs, is_calm = seen.jobs, not (seen.jobs.types and seen.danger.level != "normal")
    is_idle = not jobs.types or jobs.types[0].startswith("general_") or "new_request" not in hits
    if "cancel_appointment" in hits:
        return "reschedule" if "reschedule" in hits and seen.times.windows else "cancel_appointment"
    ranked = (
        ("reschedule", True),
        ("complaint", True),
        ("refuse_info", not jobs.types),
        ("price_objection", not jobs.types),
        ("ask_human", is_calm),
        ("existing_followup", is_calm),
        ("not_needed", seen.danger.level == "normal" and is_idle),
    )
    return next((name for name, holds in ranked if holds and name in hits), None)


def question_or_job(plain: str, hits: set[str], seen: Seen) -> str | None:
    """A question about us, or a job."""
    jobs, is_calm = seen.jobs, seen.danger.level == "normal"
    if jobs.other_trade and not seen.is_specific:
        return "out_of_scope"
    names_place = bool(seen.address.city or seen.address.postal_code) and not seen.address.street
    if "service_question" in hits and not jobs.types and names_place:
        return "service_area_question"
    is_job = seen.is_specific and (
        bool(FAILURE.search(plain)) or bool(REQUEST.search(plain)) or not is_calm or "price_question" in hits
    )
    if names_place and not jobs.types and not seen.asked and ASKING.search(plain):
        return "service_area_question"
    asked = next((name for name in QUESTIONS if name in hits), None)
    if asked == "service_question" and COSTING.search(plain) and "price_question" in hits:
        return "price_question"
    if asked and not is_job:
        return asked
    if seen.is_specific or (jobs.types and "price_question" not in hits and not is_calm):
        return "new_job"
    return next((name for name in ("price_question", "price_objection") if name in hits), None)


def answer_to(hits: set[str], seen: Seen) -> str | None:
    """A short answer to what was asked."""
    if "refuse_info" in hits:
        return "refuse_info"
    if seen.has_facts:
        return None
    for name in ("dont_know", "defer"):
        if name in hits:
            return name
    if not seen.asked or seen.times.windows:
        return None
    return "confirm_yes" if seen.is_yes else "decline_no" if seen.is_no else None


def leftover(hits: set[str], seen: Seen) -> str:
    """Facts, times, courtesies and what nobody can read."""
    times = seen.times
    has_wish = bool(times.windows or times.exclude or times.asap or times.flexible)
    ranked = (
        ("give_info", seen.has_facts and seen.asked in FACTS and not seen.is_specific),
        ("new_job", bool(seen.jobs.types)),
        ("new_job", "new_request" in hits and not times.windows and "availability_question" not in hits),
        ("non_english", "language_question" in hits),
        ("give_info", seen.has_facts or "same_place" in hits),
        ("availability_question", has_wish or "availability_question" in hits),
        ("thanks_bye", "thanks_bye" in hits),
        ("greeting", "greeting" in hits),
        ("not_needed", "not_needed" in hits),
        ("confirm_yes", seen.is_yes),
        ("decline_no", seen.is_no),
        ("service_question", bool(hits & {"order_question", "warranty_question"})),
        ("non_english", seen.language == "es"),
    )
    return next((name for name, holds in ranked if holds), "unclear")
