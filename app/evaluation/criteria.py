"""What is asked of a played conversation.

The names and parameters are those of the dialogue format, so that a file of ours can be judged by others as well; the
judging here is the product's own, and knows the criteria that our cases are written with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.dispatch.types import LEVELS
from app.dispatch.wording import GSM7, MOST_CHARACTERS
from app.evaluation.playing import Play

Json = dict[str, Any]
Check = Callable[[Play, Json], bool]
ALWAYS = ("len_le_320", "gsm7", "no_verbatim_repeat", "never_claims_human", "facts_kept", "no_reask_given")
"""Asked of every case."""
STREET_WORDS = {
    "avenue": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct", "drive": "dr", "east": "e",
    "highway": "hwy", "lane": "ln", "north": "n", "parkway": "pkwy", "place": "pl", "road": "rd", "south": "s",
    "street": "st", "terrace": "ter", "trail": "trl", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw",
}  # fmt: skip
HUMAN = re.compile(r"\bi(?:'m| am) (?:a |an actual )?(?:human|real person|not a bot)\b", re.IGNORECASE)
ALARMS = frozenset({"escalate", "dispatch", "alert_owner"})
BOOKING = frozenset({"booked", "rescheduled"})


# What was said


def few_characters(played: Play, _: Json) -> bool:
    return all(len(text) <= MOST_CHARACTERS for text in played.replies)


def plain_characters(played: Play, _: Json) -> bool:
    return all(set(text) <= GSM7 for text in played.replies)


def says_nothing_twice(played: Play, _: Json) -> bool:
    return len(set(played.replies)) == len(played.replies)


def is_no_person(played: Play, _: Json) -> bool:
    return not any(HUMAN.search(text) for text in played.replies)


def reply_matches(played: Play, wanted: Json) -> bool:
    return _found(wanted["rx"], _reply(played, wanted["turn"]))


def reply_matches_not(played: Play, wanted: Json) -> bool:
    return not _found(wanted["rx"], _reply(played, wanted["turn"]))


def any_reply_matches(played: Play, wanted: Json) -> bool:
    return any(_found(wanted["rx"], text) for text in played.replies)


def no_reply_matches(played: Play, wanted: Json) -> bool:
    return not any(_found(wanted["rx"], text) for text in played.replies[1:])


def _reply(played: Play, number: int) -> str:
    return played.messages[number - 1].reply or ""


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


# What was understood


def facts_are_kept(played: Play, _: Json) -> bool:
    facts = {key: value for key, value in played.script["facts"].items() if key != "given"}
    known = played.last.get("extracted") or {}
    if played.last.get("outcome") == "emergency_dispatch":
        facts.pop("name", None)
    return all(alike(known.get(key), value) for key, value in facts.items())


def nothing_is_asked_again(played: Play, _: Json) -> bool:
    texts = [place for place, turn in enumerate(played.turns) if turn.event["type"] == "message"]
    for number, kinds in played.script["facts"].get("given", {}).items():
        if int(number) > len(texts):
            continue
        later = played.turns[texts[int(number) - 1] :]
        if any((turn.result or {}).get("asks") in kinds for turn in later):
            return False
    return True


def is_extracted(played: Play, wanted: Json) -> bool:
    known = played.last["extracted"]
    if "job_type" in wanted and known.get("job_type") not in wanted["job_type"]:
        return False
    return all(alike(known.get(key), value) for key, value in wanted.items() if key not in {"c", "job_type"})


def never_asks(played: Play, wanted: Json) -> bool:
    return not any((turn.result or {}).get("asks") in wanted["slots"] for turn in played.answered[1:])


def alike(one: object, other: object) -> bool:
    """Whether two names or addresses are the same but for case, punctuation and abbreviations."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> str:
    words = re.sub(r"[.,#]", " ", str(value or "").lower()).split()
    return " ".join(STREET_WORDS.get(word, word) for word in words)


# Urgency


def urgency_of_turn(played: Play, wanted: Json) -> bool:
    return (played.messages[wanted["turn"] - 1].result or {}).get("urgency_level") in wanted["v"]


def highest_urgency(played: Play, wanted: Json) -> bool:
    return highest(played) in wanted["v"]


def highest(played: Play) -> str:
    """The highest urgency that was seen."""
    levels = [str((turn.result or {}).get("urgency_level", "normal")) for turn in played.answered]
    return max(levels, key=lambda level: LEVELS[level])


def names_danger(played: Play, wanted: Json) -> bool:
    return wanted["v"] in dangers(played)


def dangers(played: Play) -> list[str]:
    """The dangers to life that were noticed."""
    return [str(turn.result["life_safety"]) for turn in played.answered if turn.result and turn.result["life_safety"]]


def raises_alarm(played: Play, wanted: Json) -> bool:
    last = played.turns.index(played.messages[wanted["by_turn"] - 1]) if wanted.get("by_turn") else len(played.turns)
    return bool(ALARMS & set(_acts(played, last)))


def hands_over(played: Play, _: Json) -> bool:
    return played.last.get("outcome") == "handoff" or bool({"handoff", "escalate"} & set(_acts(played)))


def _acts(played: Play, last: int | None = None) -> list[str]:
    turns = played.turns if last is None else played.turns[: last + 1]
    return [act for turn in turns for act in (turn.result or {}).get("actions") or []]


# Booking and the end


def booked(played: Play) -> list[str]:
    """The times that were booked or moved to, if they were free."""
    found = []
    for turn in played.answered:
        result = turn.result or {}
        if result.get("outcome") in BOOKING and result.get("confirmed_slot") in turn.free:
            found.append(result["confirmed_slot"])
    return found


def something_is_booked(played: Play, _: Json) -> bool:
    return bool(booked(played))


def nothing_is_booked(played: Play, _: Json) -> bool:
    return not any((turn.result or {}).get("confirmed_slot") for turn in played.answered)


def books_one_of(played: Play, wanted: Json) -> bool:
    return bool(booked(played)) and booked(played)[0] in wanted["ids"]


def ends_as(played: Play, wanted: Json) -> bool:
    return played.last["outcome"] in wanted["v"]


def ends_not_as(played: Play, wanted: Json) -> bool:
    return played.last["outcome"] not in wanted["v"]


def language_is(played: Play, wanted: Json) -> bool:
    return played.last.get("lang") == wanted["v"]


def silent_after(played: Play, wanted: Json) -> bool:
    kinds = [turn.event["type"] for turn in played.turns]
    return not any(turn.reply for turn in played.turns[kinds.index(wanted["type"]) :])


CHECKS: dict[str, Check] = {
    "len_le_320": few_characters,
    "gsm7": plain_characters,
    "no_verbatim_repeat": says_nothing_twice,
    "never_claims_human": is_no_person,
    "facts_kept": facts_are_kept,
    "no_reask_given": nothing_is_asked_again,
    "reply_turn_matches": reply_matches,
    "reply_turn_not_matches": reply_matches_not,
    "reply_any_matches": any_reply_matches,
    "reply_any_not_matches": no_reply_matches,
    "extracted": is_extracted,
    "never_asks": never_asks,
    "urgency_turn": urgency_of_turn,
    "urgency_any": highest_urgency,
    "life_safety": names_danger,
    "escalated": raises_alarm,
    "handoff": hands_over,
    "booked": something_is_booked,
    "not_booked": nothing_is_booked,
    "slot_in": books_one_of,
    "outcome_in": ends_as,
    "not_outcome": ends_not_as,
    "language_recorded": language_is,
    "no_bot_messages_after_event": silent_after,
}
