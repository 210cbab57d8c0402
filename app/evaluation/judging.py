"""A played conversation is judged: what was missed, each miss as a sentence."""

from __future__ import annotations

import re
from typing import Any

from app.evaluation.criteria import CHECKS, booked, dangers, highest
from app.evaluation.playing import Play

Json = dict[str, Any]

MEANING = {
    "len_le_320": "Every text has at most 320 characters.",
    "gsm7": "Every text is written with the characters of plain SMS.",
    "no_verbatim_repeat": "No text is said twice.",
    "never_claims_human": "Nobody claims to be a person.",
    "facts_kept": "The name and the address are known in the end as they were given.",
    "no_reask_given": "What the customer has said is not asked for again.",
    "reply_turn_matches": "The answer to text {turn} contains “{rx}”.",
    "reply_turn_not_matches": "The answer to text {turn} does not contain “{rx}”.",
    "reply_any_matches": "Some answer contains “{rx}”.",
    "reply_any_not_matches": "No answer contains “{rx}”.",
    "extracted": "In the end this is known: {rest}.",
    "never_asks": "This is never asked: {slots}.",
    "urgency_turn": "The urgency after text {turn} is {v}.",
    "urgency_any": "The highest urgency is {v}.",
    "life_safety": "Danger to life is noticed: {v}.",
    "escalated": "The contractor is alerted.",
    "handoff": "A person is called in.",
    "booked": "A free time is booked.",
    "not_booked": "Nothing is booked.",
    "slot_in": "The booked time is {ids}.",
    "outcome_in": "It ends as {v}.",
    "not_outcome": "It does not end as {v}.",
    "language_recorded": "The language is {v}.",
    "no_bot_messages_after_event": "Nothing is said after: {type}.",
}


def judge(played: Play, wanted: list[Json]) -> list[str]:
    """What was missed, each as a sentence; empty when everything holds."""
    return [line for one in wanted if (line := miss(played, one)) is not None]


def miss(played: Play, wanted: Json) -> str | None:
    """The sentence about a criterion that does not hold; None when it holds."""
    check = CHECKS.get(wanted["c"])
    if check is None:
        return f"This criterion is not known here: {wanted['c']}."
    try:
        holds = check(played, wanted)
    except LookupError:
        return f"{said(wanted)} The conversation was too short to tell."
    return None if holds else f"{said(wanted)} {got(played, wanted)}".strip()


def said(wanted: Json) -> str:
    """A criterion as a sentence."""
    rest = {key: value for key, value in wanted.items() if key != "c"}
    values = {key: _listed(value) for key, value in rest.items()}
    values["rest"] = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values.items())
    if wanted["c"].startswith("reply_"):
        values["rx"] = unescaped(str(wanted["rx"]))
    meaning = MEANING.get(wanted["c"]) or str(wanted["c"])
    return meaning.format_map(_Blank(values))


def unescaped(pattern: str) -> str:
    """A pattern that stands for plain words, as these words."""
    return re.sub(r"\\(.)", r"\1", pattern.replace(r"(?!\d)", "").replace(r"\b", ""))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def _listed(value: Any) -> str:
    return " or ".join(str(one).replace("_", " ") for one in value) if isinstance(value, list) else str(value)


def got(played: Play, wanted: Json) -> str:
    """What was found instead, where that can be said shortly."""
    last = played.last
    match wanted["c"]:
        case "outcome_in" | "not_outcome":
            return f"It ended as {_listed([last['outcome']])}."
        case "urgency_any":
            return f"It was {highest(played)}."
        case "urgency_turn":
            return f"It was {(played.messages[wanted['turn'] - 1].result or {}).get('urgency_level')}."
        case "life_safety":
            return f"Noticed: {_listed(dangers(played)) or 'nothing'}."
        case "booked" | "slot_in" | "not_booked":
            return f"Booked: {_listed(booked(played)) or 'nothing'}."
        case "language_recorded":
            return f"It was {last.get('lang')}."
        case "facts_kept" | "extracted":
            known = {key: value for key, value in (last.get("extracted") or {}).items() if value}
            return f"Known: {', '.join(f'{key} {_listed(value)}' for key, value in known.items()) or 'nothing'}."
    return ""
