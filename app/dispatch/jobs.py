"""Which of the 58 job types a text is about (reference/dispatch.md 7.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

from app.dispatch import hunch
from app.dispatch.findings import Danger, Jobs
from app.dispatch.hazards import masked
from app.dispatch.phrases import Phrases, any_of, compiled
from app.dispatch.wording import WORDS

SURE, GENERAL, VAGUE = 0.9, 0.6, 0.45
CLEARLY = 0.5
"""By so much the classifier must find another job likelier before it leads."""
CALM = Danger()
HAZARD_JOBS: Mapping[str, Mapping[str, str]] = {
    "plumbing": {"gas": "gas_line"},
    "electrical": {"fire": "electrical_hazard", "electrical": "electrical_hazard", "medical": "electrical_hazard"},
    "hvac": {"gas": "gas_co_hazard", "co": "gas_co_hazard"},
}
INSTALL = any_of(("(install*|put in|add|adding|new|replace|replacing|replacement|upgrade|instalar|swap|hook up)",))
JOINERS = re.compile(
    r" (?:and|also|plus|as well as|another|y|tambien|then)(?: (?:also|the|my|a|our|need|i|we))* | , | \. "
)
PLURAL_JOINERS = re.compile(r" (?:and|also|plus|as well|too|y|tambien|another|both|while youre)\b")


@cache
def ranked(trade: str) -> tuple[tuple[str, Phrases], ...]:
    """The job types of a trade with their phrases, the most specific first."""
    table: Mapping[str, list[tuple[str, list[str]]]] = json.loads((WORDS / "jobs.json").read_text(encoding="utf-8"))
    return tuple((job, any_of(phrases)) for job, phrases in table.get(trade, []))


def find(plain: str, trade: str, *, danger: Danger = CALM) -> Jobs:
    """The jobs of a text, the leading one first; several only when the text joins them.

    A hazard that is over is no job while another one is named, and one that is named by nothing else is its trade's.
    """
    hits = matches(plain, trade)
    hazard = HAZARD_JOBS.get(trade, {}).get(next(iter(danger.classes), ""))
    if hits and hazard:
        hits = [hazard, *(hit for hit in hits if hit != hazard)]
    if hits and hits[0] in HAZARDS and danger.level == "normal":
        hits = [hit for hit in hits if hit not in HAZARDS and not hit.startswith("general_")] or hits
    if not hits and hazard:
        return Jobs(types=(hazard,), confidence=SURE, evidence=(f"job: {hazard}",))
    if not hits:
        return Jobs(other_trade=other_trade(plain, trade))
    specific = [hit for hit in hits if not hit.startswith("general_")]
    first = settle(plain, trade, specific) if len(specific) > 1 and not danger.classes else hits[0]
    if (
        first in {"leak_repair"} | {hit for hit in hits if hit.startswith("general_")}
        and other_trade(plain, trade) == "none"
    ):
        return Jobs(other_trade="none")
    types = [first] if first.startswith("general_") else several(plain, trade, first)
    is_general = first.startswith("general_")
    other = other_trade(plain, trade) if is_general else None
    return Jobs(
        types=tuple(types),
        confidence=GENERAL if is_general else SURE if is_plain(plain, trade, first) else VAGUE,
        wants_install=bool(INSTALL.search(plain)),
        other_trade=other,
        evidence=(f"job: {first}",),
    )


def settle(plain: str, trade: str, hits: Sequence[str]) -> str:
    """Which job of several leads: the first of the rules, unless the classifier clearly favours another of them."""
    likely = hunch.likelihoods(f"job:{trade}", plain)
    best = max(hits, key=likely.__getitem__)
    return best if likely[best] - likely[hits[0]] >= CLEARLY else hits[0]


def matches(plain: str, trade: str) -> list[str]:
    """Every job type that a text touches, in order of rank; denied words do not count."""
    plain = LANDMARK.sub("_", plain)
    text = masked(plain)
    found = [job for job, phrases in ranked(trade) if is_about(text if job in HAZARDS else plain, phrases)]
    return list(dict.fromkeys(found))


LANDMARK = re.compile(
    r"\b(?:gas|fire|police|bus|train|power|water|electric|charging) (?:station|tower|plant|company truck)s?\b"
)
"""Places that share a word with a job: the gas station down the road is no gas line."""
HAZARDS = frozenset({"electrical_hazard"})
"""Read without product words: a smoke detector is not smoke."""


def is_about(plain: str, phrases: Phrases) -> bool:
    """Whether one of the phrases is there and not denied."""
    return any(
        not is_refused(plain, found)
        for phrase in phrases.candidates(plain)
        for found in compiled(phrase).finditer(plain)
    )


REFUSED = re.compile(
    r"\b(?:not|isnt|arent|wasnt|instead of|rather than|no longer)(?: (?:a|an|the|my|about|for|really))? ?$"
)
NONE_OF = re.compile(r"\bno (?:more )?$")


FINE = re.compile(
    r"^(?: (?:itself|one|part))?(?: (?:is|are|was|its|seems|turned out|esta)(?: (?:just|actually|totally|all|to be|"
    r"now))* "
    r"(?:fine|ok|okay|good|fixed|great|handled|done|bien|working(?: fine| again| now))| works (?:fine|again|now|"
    r"great|ok))\b"
    r"(?! (?:until|but then))"
)
"""Said behind a thing with which nothing is wrong."""


def is_refused(plain: str, found: re.Match[str]) -> bool:
    """Whether the words are said not to be the matter: "not locked out", "no leak"; "no heat" is a matter."""
    left = plain[: found.start()]
    if REFUSED.search(left) or FINE.search(plain[found.end() :]):
        return True
    return bool(NONE_OF.search(left)) and bool(
        re.match(r"(?:leak|gas|smell|smoke|spark|fire|flood|burn|clog|noise)", found[0])
    )


HINTS = frozenset({"wet", "moist*", "puddle*", "stuck", "jammed"})
"""Words that name a job on their own only vaguely."""


def is_plain(plain: str, trade: str, job: str) -> bool:
    """Whether a job is named by more than a hint: "stuff is wet" can be many things."""
    phrases = [phrase for name, list_ in ranked(trade) if name == job for phrase in list_.candidates(plain)]
    telling = [phrase for phrase in phrases if compiled(phrase).search(plain)]
    return any(phrase not in HINTS for phrase in telling) and not VAGUELY.search(plain)


VAGUELY = re.compile(
    r"^(?:the |my |some ?)?(?:stuff|things?|something|everything|it|its|all)(?: is| are|s)? (?:all )?(?:wet|damp|"
    r"soaked|stuck|broken)(?: [.,])*$"
)


def several(plain: str, trade: str, first: str) -> list[str]:
    """Further jobs that stand in clauses of their own: "toilet running and kitchen sink clogged"."""
    if not PLURAL_JOINERS.search(f" {plain}"):
        return [first]
    jobs = [first]
    for clause in JOINERS.split(plain):
        own = next(iter(matches(clause, trade)), None)
        if own and own not in jobs and not own.startswith("general_") and not is_same_work(own, jobs):
            jobs.append(own)
    return jobs


KIN = (
    {
        "leak_repair",
        "burst_pipe",
        "water_heater",
        "faucet_fixture",
        "frozen_pipe",
        "no_water",
        "sump_pump",
        "sewer_backup",
        "toilet_repair",
        "shower_tub",
    },
    {"drain_clog", "sewer_backup", "leak_repair"},
    {"electrical_hazard", "outlet_switch", "breaker_panel", "power_outage", "lighting", "wiring"},
    {"ac_repair", "heat_repair", "gas_co_hazard", "thermostat", "ductwork"},
    {"house_lockout", "car_lockout", "lock_repair", "broken_key", "car_key"},
    {"break_in_repair", "lock_change", "lock_repair", "rekey"},
    {"spring_repair", "cable_repair", "off_track", "wont_close", "wont_open", "opener_repair", "sensor"},
)
SIGNS = frozenset(
    {
        "leak_repair",
        "electrical_hazard",
        "wont_close",
        "wont_open",
        "lock_repair",
        "house_lockout",
        "no_water",
        "heat_repair",
        "ac_repair",
        "power_outage",
    }
)
"""Job types that are often only a symptom of the other one."""


def is_same_work(job: str, jobs: Sequence[str]) -> bool:
    """Whether a second job is only a symptom of the first."""
    return any(
        {job, other} <= kin and (job in SIGNS or other in SIGNS or "sewer_backup" in {job, other})
        for kin in KIN
        for other in jobs
    )


def other_trade(plain: str, trade: str) -> str | None:
    """The trade that a text belongs to when it is clearly not this one."""
    return next((name for name, words in trades().items() if name != trade and words.search(plain)), None)


@cache
def trades() -> Mapping[str, Phrases]:
    """The words of the other trades."""
    table: Mapping[str, list[str]] = json.loads((WORDS / "trades.json").read_text(encoding="utf-8"))
    return {name: any_of(words) for name, words in table.items()}
