"""What counts of a language model's answer: known ids, a higher urgency, words without facts (dispatch.md 17.2)."""

from __future__ import annotations

import re
from dataclasses import replace

from app.dispatch import jobs
from app.dispatch.findings import Findings
from app.dispatch.types import LEVELS, Suggestion
from app.dispatch.wording import GSM7, MOST_CHARACTERS

MOST_QUESTIONS = 2
SUGGESTED = 0.76
"""The confidence of a job that only the model saw: enough for its line, not for more."""
WEAK_INTENTS = frozenset({"unclear", "give_info", "greeting", "dont_know", "non_english"})
MODEL_INTENTS = frozenset(
    {"new_job", "price_question", "availability_question", "service_question", "complaint", "ask_human"}
)
"""What the model may name; nothing of it books, cancels, opts out or sends somebody."""
ADVICE = "shut|turn|switch|flip|reset|unplug|relight|open|remove|unscrew|touch|test"
PROMISES = "booked|confirmed|guarantee\\w*|warrant\\w+|licensed|insured|refund\\w*|free|discount\\w*"
PATTERNS = {
    "amount": r"[$%]|\b\d+ ?(?:dollars|bucks|usd)\b",
    "time": r"\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    "day": r"\b(?:today|tomorrow|tonight)\b|\b(?:in|within) \d+ (?:minutes?|hours?|days?)\b",
    "link": r"https?:|www\.|\b[\w.]+@[\w.]+\b|\b[a-z0-9-]+\.(?:com|net|org|io)\b|\d{3}[ .-]?\d{4}\b",
    "promise": rf"\b(?:{PROMISES}|on (?:the|his|her|their|our|my) way)\b",
    "human": r"\bi(?:'m| am) (?:a )?(?:human|real person|not a bot)|\bmy name is\b|\bthis is [A-Z]\w+ from\b",
    "advice": rf"\b(?:{ADVICE}) (?:it |them |off|on|the|your)\b|\bbreaker\b",
    "prompt": r"\b(?:system prompt|instructions|json|schema|as an ai|language model|assistant:|user:)\b",
    "markup": r"[<>{}`*#\\]|\[\w+\]\(",
}
FORBIDDEN = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in PATTERNS.items()}


def faults(text: str) -> tuple[str, ...]:
    """Why a free text may not be sent; empty when it may."""
    found = [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]
    if not text.strip():
        found.append("empty")
    if len(text) > MOST_CHARACTERS or not set(text) <= GSM7:
        found.append("length")
    if text.count("?") > MOST_QUESTIONS:
        found.append("questions")
    return tuple(found)


def merge(found: Findings, suggestion: Suggestion | None, trade: str) -> Findings:
    """The rules' findings with what the model may add: a missing job, a clearer intent, a higher urgency, a name."""
    if suggestion is None:
        return found
    types = tuple(job for job in suggestion.job_types if job in {name for name, _ in jobs.ranked(trade)})
    if types and not found.jobs.types:
        found = replace(found, jobs=replace(found.jobs, types=types[:1], confidence=SUGGESTED, other_trade=None))
    if suggestion.intent in MODEL_INTENTS and found.intent in WEAK_INTENTS:
        found = replace(found, intents=(suggestion.intent, *found.intents), intent_confidence=SUGGESTED)
    level = suggestion.urgency_level
    if level in LEVELS and LEVELS[level] > LEVELS[found.danger.level]:
        found = replace(found, danger=replace(found.danger, level=level, confidence=SUGGESTED))
    if suggestion.name and found.name is None and suggestion.name.lower() in found.text.lower():
        found = replace(found, name=suggestion.name)
    return found
