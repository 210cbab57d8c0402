"""What is expected of a case: proposed from how it plays today, put right by people, written in the format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from app.dispatch import pricebook
from app.dispatch.types import LEVELS
from app.evaluation import singles
from app.evaluation.criteria import ALWAYS, dangers, highest
from app.evaluation.judging import MEANING
from app.evaluation.making import Draft, NothingToLearn
from app.evaluation.playing import Play

Json = dict[str, Any]
OUTCOMES = (
    "open", "booked", "rescheduled", "cancelled", "emergency_dispatch", "handoff", "escalated", "deferred", "callback",
    "not_needed", "out_of_area", "out_of_scope", "wrong_number", "spam", "opted_out", "abandoned",
)  # fmt: skip
DANGERS = ("gas", "co", "fire", "electrical", "person_trapped", "medical", "crime", "self_harm")
KINDS = ("job", "address", "name", "when")
INTENTS = (
    "new_job", "price_question", "price_objection", "availability_question", "slot_choice", "confirm_yes",
    "decline_no", "reschedule", "cancel_appointment", "existing_followup", "give_info", "refuse_info", "ask_human",
    "are_you_bot", "opt_out", "opt_in", "help_keyword", "hours_question", "service_area_question", "service_question",
    "identity_question", "complaint", "defer", "not_needed", "wrong_number", "spam", "out_of_scope", "injection",
    "greeting", "thanks_bye", "unclear", "dont_know", "non_english", "crisis",
)  # fmt: skip
URGENCIES = tuple(LEVELS)
LANGUAGES = ("en", "es")
ID_OF_TEXT = "c001"
MOST_TITLE, MOST_WORDS = 120, 2000
Wanted = TypeVar("Wanted", "Expected", "ExpectedText")


@dataclass
class Expected:
    """The form about a conversation; an empty field asks for nothing."""

    title: str = ""
    note: str = ""
    outcome: str = ""
    urgency: str = ""
    danger: str = ""
    job: str = ""
    name: str = ""
    address: str = ""
    unit: str = ""
    zip: str = ""
    booked: str = ""
    """`any`, `none` or the id of a time."""
    language: str = ""
    says: str = ""
    """Words or amounts that some answer contains, one per line."""
    says_not: str = ""
    given: dict[int, list[str]] = field(default_factory=dict)


@dataclass
class ExpectedText:
    """The form about one text alone."""

    title: str = ""
    note: str = ""
    intent: str = ""
    urgency: str = ""
    danger: str = ""
    job: str = ""
    name: str = ""
    address: str = ""
    unit: str = ""
    zip: str = ""
    city: str = ""


def propose(made: Draft, played: Play) -> Expected:
    """What came of it when it was played today."""
    facts = played.last["extracted"]
    booked = [
        turn.result["confirmed_slot"] for turn in played.answered if turn.result and turn.result["confirmed_slot"]
    ]
    job = facts.get("job_type") or ""
    return Expected(
        title=f"{(job or made.trade).replace('_', ' ').capitalize()}, {played.last['outcome'].replace('_', ' ')}",
        outcome=played.last["outcome"],
        urgency=highest(played),
        danger=next(iter(dangers(played)), ""),
        job=job,
        name=facts.get("name") or "",
        address=facts.get("address") or "",
        unit=facts.get("unit") or "",
        zip=facts.get("zip") or "",
        booked=booked[0] if booked else "none",
        language=played.last["lang"],
        given=made.given,
    )


def dialogue(made: Draft, wanted: Expected, texts: list[str]) -> Json:
    """A dialogue file with this one dialogue, stand-ins everywhere."""
    final = list(_final(wanted))
    facts = {key: getattr(wanted, key) for key in ("name", "address", "zip", "unit") if getattr(wanted, key)}
    facts["given"] = {str(number): kinds for number, kinds in sorted(wanted.given.items()) if kinds}
    names = (*ALWAYS, *dict.fromkeys(one["c"] for one in final))
    script = made.script(made.with_texts(texts), title=_title(wanted.title), facts=facts, final=final)
    return made.standins.values(
        {
            "version": 1,
            "reference_now": made.now,
            "always": list(ALWAYS),
            "criteria": {name: MEANING[name] for name in names},
            "tenants": {"own": made.tenant},
            "availability_default": [],
            "dialogues": [script],
        }
    ) | {"tenants": {"own": made.tenant}}


def _final(wanted: Expected) -> list[Json]:
    final: list[Json] = []
    for name, value in (("outcome_in", wanted.outcome), ("urgency_any", wanted.urgency)):
        final += [{"c": name, "v": [value]}] if value else []
    final += [{"c": "life_safety", "v": wanted.danger}, {"c": "escalated"}] if wanted.danger else []
    final += [{"c": "extracted", "job_type": [wanted.job]}] if wanted.job else []
    if wanted.booked == "none":
        final.append({"c": "not_booked"})
    elif wanted.booked:
        final.append({"c": "booked"})
        final += [{"c": "slot_in", "ids": [wanted.booked]}] if wanted.booked != "any" else []
    final += [{"c": "language_recorded", "v": wanted.language}] if wanted.language else []
    final += [{"c": "reply_any_matches", "rx": pattern(words)} for words in _lines(wanted.says)]
    final += [{"c": "reply_any_not_matches", "rx": pattern(words)} for words in _lines(wanted.says_not)]
    return final


def pattern(words: str) -> str:
    """The pattern of plain words; an amount does not match the beginning of a greater one."""
    return re.escape(words) + (r"(?!\d)" if words[-1:].isdigit() else "")


def _lines(words: str) -> list[str]:
    return [line.strip() for line in words.splitlines() if line.strip()]


def _title(title: str) -> str:
    if not title.strip():
        raise NothingToLearn("Give the case a title.")
    return title.strip()[:MOST_TITLE]


# One text


def situation(made: Draft, number: int) -> Json:
    """The row of a text before anything is expected: when it came, what had been asked, what was on offer."""
    played = made.play()
    try:
        turn = played.messages[number - 1]
    except IndexError as error:
        raise NothingToLearn("There is no such text in this conversation.") from error
    place = played.turns.index(turn)
    seen = [one for one in played.turns[:place] if one.full is not None]
    state = played.states[len(seen)]
    ids = {slot["id"]: slot["start"][:16] for slot in made.slots}
    offers = [ids[one] for one in state.offer_slots if one in ids]
    return {
        "text": turn.event["text"],
        "trade": made.trade,
        "now": f"{turn.now:%Y-%m-%dT%H:%M:%S}",
        "context": {"asked": state.asked, "offers": offers or None},
    }


def propose_text(row: Json) -> ExpectedText:
    """What is understood of a text today."""
    found = singles.read(row)
    job = found.jobs.types[0] if found.jobs.types else ""
    return ExpectedText(
        title=f"{found.intent.replace('_', ' ').capitalize()}{f', {job}' if job else ''}".replace("_", " "),
        intent=found.intent,
        urgency=found.danger.level,
        danger=found.danger.classes[0] if found.danger.classes else "",
        job=job,
        name=found.name or "",
        address=found.address.street or "",
        unit=found.address.unit or "",
        zip=found.address.postal_code or "",
        city=found.address.city or "",
    )


def single(made: Draft, row: Json, wanted: ExpectedText, text: str) -> Json:
    """A row of single texts; its wishes for a time and its choice are those that are understood today."""
    row = row | {"text": made.standins.text(text)}
    found = singles.read(row)
    address = {"street": wanted.address, "unit": wanted.unit, "city": wanted.city, "zip": wanted.zip}
    slots: Json = {"address": {key: value for key, value in address.items() if value}, "name": wanted.name}
    offers = row["context"]["offers"] or []
    slots["picked"] = [offers[place] for place in found.times.picked]
    slots["times"] = [{key: window.get(key) for key in ("date", "start", "end")} for window in found.times.windows]
    slots["exclude"] = list(found.times.exclude)
    slices = ["life_safety"] if wanted.danger else []
    slices += ["spanish"] if found.language == "es" else []
    slices += ["answer"] if row["context"]["asked"] else []
    return made.standins.values(
        {
            "id": ID_OF_TEXT,
            **row,
            "urgency": wanted.urgency,
            "urgency_ok": [wanted.urgency],
            "life_safety": wanted.danger or None,
            "job_type": wanted.job or None,
            "job_ok": [wanted.job] if wanted.job else [],
            "intent": wanted.intent,
            "intent_ok": [wanted.intent],
            "slots": {key: value for key, value in slots.items() if value},
            "slices": slices,
            "note": _title(wanted.title),
        }
    )


# From a form


def choices(trade: str, slots: Iterable[Json] = ()) -> dict[str, tuple[str, ...]]:
    """What may be chosen for each field of the two forms."""
    return {
        "outcome": OUTCOMES,
        "urgency": URGENCIES,
        "danger": DANGERS,
        "job": tuple(sorted(pricebook.families()[trade])),
        "language": LANGUAGES,
        "intent": INTENTS,
        "booked": ("none", "any", *(slot["id"] for slot in slots)),
    }


def read(form: Mapping[str, str], kind: type[Wanted], allowed: Mapping[str, tuple[str, ...]]) -> Wanted:
    """What a form asks for; raises NothingToLearn for a choice that there is not."""
    found: Json = {}
    for part in fields(kind):
        value = str(form.get(part.name, "")).strip()
        if value and part.name in allowed and value not in allowed[part.name]:
            raise NothingToLearn(f"There is no {part.name} called {value[:40]}.")
        if part.name != "given":
            found[part.name] = value[:MOST_WORDS]
    return kind(**found)
