"""What linear classifiers add where the rules found nothing, and how little that may be (dispatch.md 8.4)."""

from __future__ import annotations

from dataclasses import replace

from app.dispatch import hazards, hunch, jobs
from app.dispatch.findings import Danger, Jobs

ALARMING, DOUBTFUL = 0.6, 0.4
"""From here on a danger is answered as one; from here on it is asked about."""
ORDINARY = 0.75
"""The rules heard an ordinary fault in the text, which is mostly all there is to it."""
GRAVE = {"self_harm": 0.75}
"""A word about a crisis line to somebody who is in none does harm of its own."""
DISMISSED = 0.93
"""The rules read the very words and found them denied, past or figurative."""
LIKELY_LEVEL, LIKELY_URGENT = 0.85, 0.75
"""From here on a job that no rule finds pressing is, and one that a single word made urgent is not."""
LIKELY_JOB, LIKELIER_JOB, LIKELY_INTENT = 0.35, 0.5, 0.5
LEAST_WORDS = 3
GUESSED = 0.74
"""Below the confidence that a job's own price asks for: a guess is quoted as a diagnostic visit."""
NEVER_GUESSED = frozenset({"confirm_yes", "slot_choice", "opt_in", "opt_out", "cancel_appointment", "reschedule"})
"""What books, moves, cancels or silences is done on the customer's own plain words alone."""
BESIDE_A_JOB = frozenset({"price_question", "out_of_scope", "give_info"})
"""What may stand beside a job without being the point of the text."""


def of_danger(found: Danger, plain: str) -> Danger:
    """The danger with a life-safety class that no rule saw, with the wish to ask about one."""
    if found.classes or len(plain.split()) < LEAST_WORDS:
        return found
    is_dismissed = hazards.is_dismissed(plain)
    seen = hunch.hazard(plain)
    told = (*found.evidence, hunch.evidence("hazard", seen, plain))
    if seen.probability >= (DISMISSED if is_dismissed else _needed(found, seen.name)):
        sure = round(seen.probability, 2)
        return replace(found, level="emergency", classes=(seen.name,), confidence=sure, evidence=told)
    if seen.probability < DOUBTFUL or found.level == "emergency":
        return found
    level = "urgent" if found.level == "normal" else found.level
    return replace(found, level=level, asks_safety=not is_dismissed, evidence=told)


def _needed(found: Danger, hazard: str) -> float:
    return max(GRAVE.get(hazard, ALARMING), ORDINARY if found.evidence else ALARMING)


def of_level(found: Danger, plain: str) -> Danger:
    """The urgency of a job where the rules had one signal or none; what the customer says of it himself stays."""
    if found.is_capped or found.is_claimed or found.level == "emergency" or found.confidence == hazards.CONFLICT:
        return found
    likely = hunch.likelihoods("urgency", plain)
    level = found.level
    if likely["emergency"] >= LIKELY_LEVEL and not hazards.is_dismissed(plain):
        level = "emergency"
    elif level == "normal" and likely["urgent"] >= LIKELY_URGENT:
        level = "urgent"
    elif level == "urgent" and likely["normal"] >= LIKELY_LEVEL and not found.asks_safety:
        level = "normal"
    if level == found.level:
        return found
    why = hunch.evidence("urgency", hunch.Opinion(level, likely[level]), plain)
    return replace(found, level=level, confidence=round(likely[level], 2), evidence=(*found.evidence, why))


def of_jobs(found: Jobs, plain: str, trade: str) -> Jobs:
    """The jobs with a likely one where the rules named none, only the trade's general one, or one on thin ground."""
    is_open = not found.types or found.types[0].startswith("general_")
    if (not is_open and found.confidence >= jobs.SURE) or found.other_trade or len(plain.split()) < LEAST_WORDS:
        return found
    seen = hunch.best(f"job:{trade}", plain)
    needed = LIKELY_JOB if is_open else LIKELIER_JOB
    if seen.name in (hunch.NOTHING, *found.types) or seen.probability < needed:
        return found
    sure = round(min(GUESSED, 0.45 + seen.probability / 2), 2)
    evidence = (*found.evidence, hunch.evidence(f"job:{trade}", seen, plain))
    wants_install = found.wants_install or bool(jobs.INSTALL.search(plain))
    return replace(found, types=(seen.name,), confidence=sure, wants_install=wants_install, evidence=evidence)


def of_intent(intent: str, plain: str) -> hunch.Opinion | None:
    """A likelier intent than one that no rule was sure of; None leaves it as it is."""
    if intent not in ("unclear", "new_job") or len(plain.split()) < LEAST_WORDS:
        return None
    seen = hunch.best("intent", plain)
    if seen.name in NEVER_GUESSED or seen.name == intent or seen.probability < LIKELY_INTENT:
        return None
    if intent == "new_job" and seen.name in BESIDE_A_JOB:
        return None
    return seen
