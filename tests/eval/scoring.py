"""Scores of the dispatcher, part by part.

The shared checkers judge the development data and the held-out texts, the product's own player judges our cases.
What is in the repository can be scored without the shared folder; what needs it is left out, and says so.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from app.dispatch import understanding
from app.evaluation import judging, playing, singles
from tests.eval import gates
from tests.eval.adapter import Adapter

Json = dict[str, Any]
HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("DISPATCH_DATA", HERE.parents[2] / "shared" / "data" / "dispatch"))
HELD_OUT, CASES = HERE / "heldout", HERE / "cases"
PUBLIC = ("clinc150_test_generic", "nlupp_time_and_dialogue_intents", "restaurant8k_test_spans")
FILES = {"turns": "dev", "times": "time_phrases_dev", "addresses": "addresses_dev"}
FAMILIES = {
    "safety": {
        "life_safety", "safety_text_fixed", "no_unsafe_advice", "urgency_turn", "urgency_any", "urgency_final",
        "urgency_sticky", "escalated", "not_booked_before_safe", "not_handoff_only_for_profanity",
    },
    "prices": {
        "price_quoted", "emergency_price_disclosed", "no_invented_price", "no_discount", "no_price_for_unknown_job",
    },
    "booking": {
        "booked", "if_booked_in_availability", "slot_in", "never_books", "not_booked", "first_offer_earliest",
        "cancelled", "rescheduled", "no_unbacked_booking", "no_invented_slot",
    },
    "understanding": {
        "extracted", "extracted_jobs_include", "facts_kept", "no_reask_given", "never_asks", "language_recorded",
    },
    "privacy": {"no_pii_echo", "no_pii_stored", "no_other_customer_data"},
    "consent": {
        "opt_out_recorded", "not_opted_out", "no_message_after_stop", "silent_between", "no_keyword_traps",
    },
    "ending": {
        "outcome_in", "not_outcome", "handoff", "lead_not_created", "lead_flag", "no_bot_messages_after_event",
        "max_unanswered_bot_msgs", "any_of", "no_crash",
    },
}  # fmt: skip
"""The criteria of the dialogues by what they are about; any other is about words."""


@dataclass(frozen=True)
class Score:
    """One line of the table: how many of how many were right in a slice; `gate` is the least share, if any."""

    part: str
    slice: str
    measure: str
    right: int
    total: int
    gate: float | None = None

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0

    @property
    def is_met(self) -> bool:
        return self.gate is None or self.share >= self.gate

    def __str__(self) -> str:
        return f"{self.part} {self.slice} {self.measure} {self.right}/{self.total}"


@dataclass
class Scored:
    """The lines of one part, and its misses in words where they may be read."""

    scores: list[Score]
    misses: list[str] = field(default_factory=list)


def has_shared() -> bool:
    """Whether the shared data and its checkers are here."""
    return FOLDER.is_dir()


@cache
def checkers() -> tuple[ModuleType, ModuleType]:
    """The shared checkers: of dialogues, of single texts."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("check_dialogues"), importlib.import_module("check_turns")
    finally:
        sys.path.remove(str(FOLDER))
        sys.dont_write_bytecode = before


def read(path: Path) -> list[Json]:
    """The rows of a file of lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


# The development data


@cache
def development(part: str) -> Scored:
    """Single texts, times or addresses, per slice."""
    _, turns = checkers()
    board = turns.check_rows(read(FOLDER / f"{FILES[part]}.jsonl"), Adapter())
    scores = [
        Score(part, name, measure, right, total, gates.of(part, name, measure, total))
        for name, measures in board.counts.items()
        for measure, (right, total) in measures.items()
    ]
    return Scored(scores, list(board.misses))


@cache
def dialogues() -> Scored:
    """Whole conversations, with their criteria by family."""
    return _played("dialogues", FOLDER / "dialogues_dev.json")


@cache
def own_dialogues() -> Scored:
    """Whole conversations of our own, with their criteria by family."""
    return _played("own dialogues", HELD_OUT / "dialogues_tune.json")


@cache
def strangers_dialogues() -> Score:
    """How many conversations of strangers pass; which ones do not is never read."""
    scored = _played("strangers' dialogues", HELD_OUT / "dialogues_strangers.json").scores[0]
    return replace(scored, gate=gates.STRANGERS_DIALOGUES)


def _played(part: str, file: Path) -> Scored:
    plays, _ = checkers()
    verdicts = plays.perform_all(plays.read(file), Adapter)
    passed = sum(verdict.has_passed for verdict in verdicts)
    least = gates.LEAST["dialogues"]
    scores = [Score(part, "all", "passed", passed, len(verdicts), least["passed"])]
    held: dict[str, list[bool]] = defaultdict(list)
    for verdict in verdicts:
        for is_held, wanted, _ in verdict.checks:
            held[family(wanted.get("c", ""))].append(is_held)
    scores += [Score(part, name, "held", sum(one), len(one), least["held"]) for name, one in held.items()]
    return Scored(scores, [f"{one.script['id']}: {miss}" for one in verdicts for miss in one.misses])


def family(criterion: str) -> str:
    """What a criterion is about."""
    return next((name for name, members in FAMILIES.items() if criterion in members), "words")


# Held-out texts


@cache
def held_out(half: str) -> Scored:
    """One half of our own texts, in totals; the misses of the blind half are not kept, so that nobody reads them."""
    table = gates.HELD_OUT[half]
    scores, misses = [], []
    for kind in sorted({kind for kind, _ in table}) if has_shared() else ("turns",):
        rows = read(HELD_OUT / f"{kind}_{half}.jsonl")
        counts, found = _checked(rows) if has_shared() else _checked_by_us(rows)
        for measure, (right, total) in counts.items():
            scores.append(Score(half, kind, measure, right, total, table.get((kind, measure))))
        misses += [f"{kind} {miss}" for miss in found] if half == "tune" else []
    return Scored(scores, misses)


def _checked(rows: list[Json]) -> tuple[dict[str, Any], list[str]]:
    _, turns = checkers()
    board = turns.check_rows(rows, Adapter())
    return dict(board.counts["all"]), list(board.misses)


OURS = {("life_safety", False): "safety_class", ("life_safety", True): "no_false_safety"}
"""What the checkers call a measure of ours, by whether nothing is wanted."""


def _checked_by_us(rows: list[Json]) -> tuple[dict[str, Any], list[str]]:
    """Single texts as the product itself judges them, for when the shared checkers are not here."""
    counts: dict[str, list[int]] = {}
    misses = []
    for row in rows:
        for measure, wanted, got, is_right in singles.check(row, singles.read(row)):
            name = OURS.get((measure, wanted is None), measure)
            count = counts.setdefault(name, [0, 0])
            count[0] += is_right
            count[1] += 1
            if not is_right:
                misses.append(f"{name}: {row['id']} {row['text'][:90]!r} wanted {wanted} got {got}")
    return counts, misses


# Our own cases


def case_files() -> list[Path]:
    """The cases of the repository, in the formats that the panel hands out."""
    return sorted(CASES.glob("*.json"))


@cache
def own_cases() -> Scored:
    """Cases of our own: whole conversations that have to pass in full."""
    scores, misses = [], []
    for path in case_files():
        fixtures = json.loads(path.read_text(encoding="utf-8"))
        for script in fixtures["dialogues"]:
            found = misses_of(script, fixtures)
            scores.append(Score("cases", script["id"], "passed", int(not found), 1, 1.0))
            misses += [f"{script['id']}: {miss}" for miss in found]
    return Scored(scores, misses)


def misses_of(script: Json, fixtures: Json) -> list[str]:
    """What a dialogue of ours missed."""
    wanted = [{"c": name} for name in fixtures["always"]] + script["final"]
    return judging.judge(playing.play(script, fixtures), wanted)


# False alarms and time


@cache
def false_alarms() -> Scored:
    """Ordinary texts of the public corpora that were taken for an emergency."""
    calm, texts = 0, []
    for name in PUBLIC:
        for row in read(FOLDER / "public" / f"{name}.jsonl"):
            texts.append(row["text"])
            calm += not is_emergency(row["text"])
    gate = 1 - gates.MOST_FALSE_ALARMS
    alarmed = [text for text in texts if is_emergency(text)]
    return Scored([Score("ordinary texts", "public corpora", "no_alarm", calm, len(texts), gate)], alarmed)


def is_emergency(text: str) -> bool:
    return understanding.read(text, trade="plumbing", now=NOON).danger.level == "emergency"


NOON = dt.datetime(2026, 6, 9, 12)  # noqa: DTZ001 - local, as everything in the dispatcher


@dataclass(frozen=True)
class Speed:
    """Milliseconds per turn."""

    turns: int
    p50: float
    p95: float

    @property
    def is_met(self) -> bool:
        return self.p95 < gates.MOST_P95_MILLISECONDS


def speed() -> Speed:
    """Every turn of every conversation that is here, three times, after one that warms up."""
    fixtures = [json.loads(path.read_text(encoding="utf-8")) for path in case_files()]
    if has_shared():
        fixtures.append(json.loads((FOLDER / "dialogues_dev.json").read_text(encoding="utf-8")))
    scripts = [(script, one) for one in fixtures for script in one["dialogues"]]
    taken: list[float] = []
    for round_number in range(4):
        for script, one in scripts:
            taken += playing.play(script, one).milliseconds if round_number else []
    taken.sort()
    return Speed(len(taken), taken[len(taken) // 2], taken[int(len(taken) * 0.95)])


def everything() -> Iterator[tuple[str, Scored]]:
    """Every part that can be scored here, with its heading."""
    if has_shared():
        yield "Single texts", development("turns")
        yield "Times", development("times")
        yield "Addresses", development("addresses")
        yield "Dialogues", dialogues()
        yield "Dialogues of our own", own_dialogues()
        yield "Dialogues of strangers", Scored([strangers_dialogues()], [])
    yield "Held out, repaired by class (tune)", held_out("tune")
    yield "Held out, never read (blind)", held_out("blind")
    yield "Held out, by strangers who never saw the rules", held_out("strangers")
    yield "Our own cases", own_cases()
    if has_shared():
        yield "False alarms", false_alarms()


def gated(scores: Iterable[Score]) -> list[Score]:
    """The lines that have a gate."""
    return [score for score in scores if score.gate is not None]
