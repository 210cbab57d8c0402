"""One text alone: what it was to be understood as, and what it was understood as.

A row has the format of the development data's single texts: `text, trade, now, context {asked, offers}`, then
`urgency_ok`, `life_safety`, `job_ok`, `intent_ok` and `slots` {name, phone, address, times, picked}.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from app.dispatch import understanding
from app.dispatch.findings import Danger, Findings
from app.evaluation.criteria import alike

Json = dict[str, Any]
Verdict = tuple[str, Any, Any, bool]
"""Measure, wanted, got, whether it is right; the measures are named as in the development data."""
ADDRESS = {"street": "street", "unit": "unit", "city": "city", "state": "state", "zip": "postal_code"}
NAMES_ANOTHER_TIME = frozenset({"cancel_appointment", "existing_followup", "hours_question", "injection"})
"""Intents of texts that may speak of a time without wishing for it."""
IN_WORDS = {
    "urgency": "urgency", "life_safety": "danger to life", "job": "job", "intent": "what is meant", "name": "name",
    "phone": "phone", "address": "street", "unit": "unit", "city": "city", "state": "state", "zip": "ZIP",
    "times": "wished time", "no_false_time": "wished time", "picked": "chosen time", "language": "language",
}  # fmt: skip


def read(row: Json) -> Findings:
    """What is understood of a row today."""
    asked = row["context"].get("asked")
    offers = [dt.datetime.fromisoformat(start) for start in row["context"].get("offers") or []]
    now = dt.datetime.fromisoformat(row["now"])
    return understanding.read(row["text"], trade=row["trade"], now=now, asked=asked, offers=offers)


def judge(row: Json, found: Findings | None = None) -> list[str]:
    """What was missed, each as a sentence; empty when everything is right."""
    verdicts = check(row, found or read(row))
    return [
        f"The {IN_WORDS[measure]} is to be {_shown(wanted)}; it was {_shown(got)}."
        for measure, wanted, got, is_right in verdicts
        if not is_right
    ]


def wishes(row: Json) -> list[str]:
    """What is expected of a row, in sentences."""
    verdicts = check(row, Findings(danger=Danger(level="")))
    return [f"The {IN_WORDS[measure]} is to be {_shown(wanted)}." for measure, wanted, _, _ in verdicts]


def check(row: Json, found: Findings) -> Iterator[Verdict]:
    """Every measure of one row."""
    danger = found.danger.classes[0] if found.danger.classes else None
    yield "urgency", row["urgency_ok"], found.danger.level, found.danger.level in row["urgency_ok"]
    yield "life_safety", row["life_safety"], danger, danger == row["life_safety"]
    if row["intent"] == "new_job" and row["job_type"]:
        job = found.jobs.types[0] if found.jobs.types else None
        yield "job", row["job_ok"], job, job in row["job_ok"]
    yield "intent", row["intent_ok"], found.intent, found.intent in row["intent_ok"]
    if "spanish" in row.get("slices", ()):
        yield "language", "es", found.language, found.language == "es"
    yield from _slots(row, found)
    yield from _times(row, found)


def _slots(row: Json, found: Findings) -> Iterator[Verdict]:
    slots = row["slots"]
    for key, wanted in slots.get("address", {}).items():
        value = getattr(found.address, ADDRESS[key])
        yield ("address" if key == "street" else key), wanted, value, alike(value, wanted)
    for key in ("name", "phone"):
        if key in slots:
            value = getattr(found, key)
            yield key, slots[key], value, alike(value, slots[key])


def _times(row: Json, found: Findings) -> Iterator[Verdict]:
    slots, windows = row["slots"], [dict(window) for window in found.times.windows]
    offers = row["context"].get("offers") or []
    if any(any(window.values()) for window in slots.get("times", [])):
        is_asap = found.times.asap and slots["times"][0].get("start") is None
        is_right = is_asap or all(any(_fits(wanted, window) for window in windows) for wanted in slots["times"])
        yield "times", slots["times"], windows, is_right
    elif "picked" in slots:
        picked = sorted(offers[place][:16] for place in found.times.picked)
        yield "picked", slots["picked"], picked, picked == sorted(slots["picked"])
    elif not {"times", "exclude"} & set(slots) and not row["life_safety"] and row["intent"] not in NAMES_ANOTHER_TIME:
        yield "no_false_time", [], windows, not windows


def _fits(wanted: Json, window: Json) -> bool:
    """Whether a window is the wanted one; None accepts anything, a list accepts any of its members."""
    return all(
        value is None or window.get(key) in (value if isinstance(value, list) else [value])
        for key, value in wanted.items()
    )


def _shown(value: Any) -> str:
    if value in (None, [], ""):
        return "nothing"
    if isinstance(value, dict):
        return " ".join(str(part) for key, part in value.items() if part and key in {"date", "start", "end"})
    return " or ".join(_shown(one) for one in value) if isinstance(value, list) else str(value).replace("_", " ")
