"""What counts of a language model's answer: known ids, a higher urgency, words without facts (dispatch.md 17.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.dispatch import addresses, jobs, names
from app.dispatch.findings import Findings
from app.dispatch.suggestion import Suggestion
from app.dispatch.types import LEVELS
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


def merge(found: Findings, suggestion: Suggestion | None, trade: str, texts: Sequence[str] = ()) -> Findings:
    """The rules' findings with what the model may add: a missing job, a clearer intent, a higher urgency, a name.

    `texts` are what the customer wrote before; a name counts only if it stands in one of them, or in this one.
    """
    if suggestion is None:
        return found
    types = known_jobs(suggestion, trade)
    if types and is_vague(found):
        found = replace(found, jobs=replace(found.jobs, types=types[:1], confidence=SUGGESTED, other_trade=None))
    if suggestion.intent in MODEL_INTENTS and found.intent in WEAK_INTENTS:
        found = replace(found, intents=(suggestion.intent, *found.intents), intent_confidence=SUGGESTED)
    level = suggestion.urgency_level
    if level in LEVELS and LEVELS[level] > LEVELS[found.danger.level]:
        found = replace(found, danger=replace(found.danger, level=level, confidence=SUGGESTED))
    if suggestion.name and found.name is None and is_name(suggestion.name, (found.text, *texts)):
        found = replace(found, name=suggestion.name)
    return found


def known_jobs(suggestion: Suggestion, trade: str) -> tuple[str, ...]:
    """The suggested job types that the trade has."""
    there_are = {name for name, _ in jobs.ranked(trade)}
    return tuple(job for job in suggestion.job_types if job in there_are)


def is_vague(found: Findings) -> bool:
    """Whether the rules know no job, or only the trade's general one."""
    return all(job.startswith("general_") for job in found.jobs.types)


def is_name(name: str, texts: Sequence[str]) -> bool:
    """Whether this is a name, and the customer wrote it."""
    if names.cleaned(name, is_sure=False, cities=addresses.cities()) != name:
        return False
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for text in texts)


def doubts(found: Findings, suggestion: Suggestion, trade: str, texts: Sequence[str] = ()) -> tuple[str, ...]:
    """What of a suggestion does not count and why, in words that repeat nothing of it."""
    level = suggestion.urgency_level
    reasons = {
        "model's job: unknown": len(known_jobs(suggestion, trade)) < len(suggestion.job_types),
        "model's intent: not for a model": bool(suggestion.intent) and suggestion.intent not in MODEL_INTENTS,
        "model's urgency: below the rules": level in LEVELS and LEVELS[level] < LEVELS[found.danger.level],
        "model's name: nobody wrote it": bool(suggestion.name)
        and found.name is None
        and not is_name(suggestion.name or "", (found.text, *texts)),
    }
    return tuple(reason for reason, is_so in reasons.items() if is_so)
