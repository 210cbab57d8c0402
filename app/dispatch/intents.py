"""What a text is for: one of the 34 intents of reference/dispatch.md 7.2, with what else it touches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
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
    r"cant wait|not too bad|no biggie|its not a problem|as soon as|or (?:earlier|later|sooner))\b"
)
COSTS = re.compile(
    r"\b(?:dont care|whatever|no matter|doesnt matter) (?:what|how much)? ?(?:it|this|that|you)? ?(?:costs?|charge|"
    r"will cost|takes)\b"
)
CLOSING = ("opt_out", "opt_in", "help_keyword", "crisis", "injection", "spam", "wrong_number", "auto_reply")
TABLE = frozenset({"slot", "confirm", "price_ok", "confirm_cancel"})
QUESTIONS = ("hours_question", "service_area_question", "service_question", "identity_question")
FAILURE = re.compile(
    r"\b(?:broke|broken|leak\w*|clog\w*|not working|wont|stopped|stuck|dead|out|locked|lost|burst|trip\w*|no (?:heat|"
    r"ac|power|water|hot)|problem|issue|isnt|doesnt)\b"
)


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


def find(
    plain: str, *, asked: str | None, offers: int, danger: Danger, address: Address, jobs: Jobs, times: Times, name: str | None,
    phone: str | None, language: str,
) -> Heard:  # fmt: skip
    """The intents of a text, the main one first; what was asked last decides short answers."""
    hits = hits_of(COSTS.sub(" ", plain))
    if "opt_out_keyword" in hits:
        hits.add("opt_out")
    yes = is_yes(plain, hits)
    no = "decline_no" in hits and not yes
    main = main_intent(
        plain, hits, asked=asked, offers=offers, danger=danger, address=address, jobs=jobs, times=times,
        has_facts=bool(name or phone or not address.is_empty), yes=yes, no=no, language=language,
    )  # fmt: skip
    rest = sorted(hits - {main, "yes", "not_yes", "opt_out_keyword", "safe", "new_request"})
    if main != "opt_out" and "opt_out" in rest and main == "new_job":
        rest.remove("opt_out")
    confidence = UNSURE if main == "unclear" else SURE if main in CLOSING or yes or times.picked else LIKELY
    return Heard((main, *rest), confidence, is_yes=yes, is_no=no, is_safe="safe" in hits)


def is_yes(plain: str, hits: set[str]) -> bool:
    """An affirmation that nothing in the text takes back (behaviour.md 4.5)."""
    if "yes" not in hits:
        return False
    calm = HARMLESS.sub(" ", plain).strip(" .,")
    if LEADING_YES.match(calm):
        return not STRONG_BLOCK.search(calm)
    return not table()["not_yes"].search(calm)


def main_intent(
    plain: str, hits: set[str], *, asked: str | None, offers: int, danger: Danger, address: Address, jobs: Jobs, times: Times,
    has_facts: bool, yes: bool, no: bool, language: str,
) -> str:  # fmt: skip
    """The first that holds, in the order of reference/dispatch.md 13."""
    if not re.search(r"[a-z0-9]", plain):
        return "unclear"
    for name in CLOSING:
        if name in hits and not (name in {"spam", "wrong_number"} and is_real_need(danger, jobs, address)):
            return name
    if danger.classes:
        return "new_job"
    if "are_you_bot" in hits:
        return "are_you_bot"
    at_table = answer_at_table(plain, hits, asked=asked, offers=offers, times=times, yes=yes, no=no)
    if at_table:
        return at_table
    return (
        about_visit(hits, jobs, danger, times)
        or question_or_job(plain, hits, jobs, danger, address)
        or answer_to(hits, asked=asked, yes=yes, no=no, times=times, has_facts=has_facts)
        or leftover(hits, jobs=jobs, times=times, has_facts=has_facts, yes=yes, no=no, language=language)
    )


def is_real_need(danger: Danger, jobs: Jobs, address: Address) -> bool:
    """Whether somebody has a job for us, whatever else the text says."""
    return bool(address.street) or danger.level == "emergency" or (bool(jobs.types) and danger.level == "urgent")


def answer_at_table(
    plain: str, hits: set[str], *, asked: str | None, offers: int, times: Times, yes: bool, no: bool
) -> str | None:
    """An answer to offers or to a yes-or-no question."""
    if not offers and asked not in TABLE:
        return None
    if "price_objection" in hits and not times.picked:
        return "price_objection"
    for name in ("cancel_appointment", "ask_human", "not_needed"):
        if name in hits and not yes:
            return name
    if times.picked and "price_question" in hits and not yes:
        return "price_question"
    if times.picked:
        return "confirm_yes" if yes and offers == 1 else "slot_choice"
    if yes and not times.exclude:
        return "confirm_yes"
    if "defer" in hits:
        return "defer"
    if "price_question" in hits:
        return "price_question"
    if times.windows or times.exclude or times.asap:
        return "availability_question"
    return "decline_no" if no else None


def about_visit(hits: set[str], jobs: Jobs, danger: Danger, times: Times) -> str | None:
    """What concerns something that exists already, or a person."""
    if "cancel_appointment" in hits:
        return "reschedule" if "reschedule" in hits and times.windows else "cancel_appointment"
    if "reschedule" in hits:
        return "reschedule"
    if "complaint" in hits:
        return "complaint"
    if "price_objection" in hits and not jobs.types:
        return "price_objection"
    if "ask_human" in hits and not (jobs.types and danger.level != "normal"):
        return "ask_human"
    if "existing_followup" in hits and not (jobs.types and danger.level != "normal"):
        return "existing_followup"
    is_idle = not jobs.types or jobs.types[0].startswith("general_") or "new_request" not in hits
    return "not_needed" if "not_needed" in hits and danger.level == "normal" and is_idle else None


def question_or_job(plain: str, hits: set[str], jobs: Jobs, danger: Danger, address: Address) -> str | None:
    """A question about us, or a job."""
    is_specific = bool(jobs.types) and not jobs.types[0].startswith("general_")
    if jobs.other_trade and not is_specific:
        return "out_of_scope"
    if "service_question" in hits and not jobs.types and (address.city or address.postal_code) and not address.street:
        return "service_area_question"
    for name in QUESTIONS:
        if name in hits and not (
            is_specific and (FAILURE.search(plain) or danger.level != "normal" or "price_question" in hits)
        ):
            return name
    if is_specific or (jobs.types and "price_question" not in hits and danger.level != "normal"):
        return "new_job"
    if "price_question" in hits:
        return "price_question"
    return "price_objection" if "price_objection" in hits else None


def answer_to(hits: set[str], *, asked: str | None, yes: bool, no: bool, times: Times, has_facts: bool) -> str | None:
    """A short answer to what was asked."""
    if "refuse_info" in hits:
        return "refuse_info"
    if "dont_know" in hits and not has_facts:
        return "dont_know"
    if "defer" in hits and not has_facts:
        return "defer"
    if asked and yes and not has_facts and not times.windows:
        return "confirm_yes"
    return "decline_no" if asked and no and not has_facts and not times.windows else None


def leftover(hits: set[str], *, jobs: Jobs, times: Times, has_facts: bool, yes: bool, no: bool, language: str) -> str:
    """Facts, times, courtesies and what nobody can read."""
    if jobs.types or ("new_request" in hits and not times.windows and "availability_question" not in hits):
        return "new_job"
    if "language_question" in hits:
        return "non_english"
    if has_facts:
        return "give_info"
    if times.windows or times.exclude or times.asap or times.flexible or "availability_question" in hits:
        return "availability_question"
    for name, holds in (("thanks_bye", "thanks_bye" in hits), ("greeting", "greeting" in hits), ("not_needed", "not_needed" in hits),
                        ("confirm_yes", yes), ("decline_no", no)):  # fmt: skip
        if holds:
            return name
    if "order_question" in hits or "warranty_question" in hits:
        return "service_question"
    return "non_english" if language == "es" else "unclear"
