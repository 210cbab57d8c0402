"""The gates over texts that the dispatcher was not built with (heldout/README.md)."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.eval.adapter import Adapter
from tests.eval.test_development_data import FOLDER

HELD_OUT = Path(__file__).parent / "heldout"
TUNE = {
    ("turns", "urgency"): 0.99,
    ("turns", "emergency_recall"): 0.98,
    ("turns", "emergency_precision"): 0.98,
    ("turns", "safety_recall"): 1.0,
    ("turns", "safety_class"): 0.98,
    ("turns", "no_false_safety"): 0.99,
    ("turns", "job"): 0.99,
    ("turns", "intent"): 0.99,
    ("turns", "language"): 0.97,
    ("turns", "times"): 0.96,
    ("turns", "picked"): 0.96,
    ("turns", "no_false_time"): 0.99,
    ("turns", "name"): 0.95,
    ("turns", "no_false_name"): 0.99,
    ("turns", "address"): 0.95,
    ("turns", "no_false_address"): 0.99,
    ("times", "understood"): 0.98,
    ("addresses", "street"): 0.97,
    ("addresses", "no_false_street"): 1.0,
    ("hazards", "life_safety"): 1.0,
    ("hazards", "emergency"): 1.0,
    ("hazards", "not_emergency"): 0.98,
}
BLIND = {
    ("turns", "urgency"): 0.96,
    ("turns", "emergency_precision"): 0.92,
    ("turns", "safety_recall"): 0.98,
    ("turns", "job"): 0.92,
    ("turns", "intent"): 0.97,
    ("turns", "address"): 0.93,
    ("times", "understood"): 0.92,
    ("addresses", "street"): 0.93,
    ("addresses", "no_false_street"): 1.0,
    ("hazards", "life_safety"): 0.97,
    ("hazards", "emergency"): 1.0,
    ("hazards", "not_emergency"): 0.9,
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the checkers of the dispatcher are not here")


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("check_turns")


@pytest.mark.parametrize(("kind", "measure"), TUNE, ids=lambda part: part)
def test_texts_that_were_seen_while_repairing_are_understood(turns, kind, measure):
    board = turns.check_rows(turns.read(HELD_OUT / f"{kind}_tune.jsonl"), Adapter())
    assert board.share(measure) >= TUNE[kind, measure], [miss for miss in board.misses if miss.startswith(measure)]


@pytest.mark.parametrize(("kind", "measure"), BLIND, ids=lambda part: part)
def test_texts_that_nobody_looked_at_are_understood(turns, kind, measure):
    """The misses are not shown: what is read here cannot judge the next repair."""
    board = turns.check_rows(turns.read(HELD_OUT / f"{kind}_blind.jsonl"), Adapter())
    share = board.share(measure)
    assert share >= BLIND[kind, measure]


def test_every_dialogue_of_our_own_passes(monkeypatch):
    """Whole conversations in all five trades, judged by the checker of the development data."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    plays = importlib.import_module("check_dialogues")
    verdicts = plays.perform_all(plays.read(HELD_OUT / "dialogues_tune.json"), Adapter)
    assert {verdict.script["id"]: verdict.misses for verdict in verdicts if not verdict.has_passed} == {}


def test_every_answer_says_why_and_how_sure(turns):
    row = {"context": {"asked": None, "offers": None}}
    now = dt.datetime(2026, 6, 9, 10, 20)  # noqa: DTZ001 - local, as the interface asks
    answer = Adapter().understand("gas smell at 12 Elm St, come tomorrow at 2", "plumbing", turns.context_of(row), now)
    assert answer["urgency_confidence"] == 0.97
    assert 0 < answer["intent_confidence"] <= 1
    assert 0 < answer["job_confidence"] <= 1
    assert 0 < answer["address_confidence"] <= 1
    labels = {line.split(":")[0] for line in answer["evidence"]}
    assert {"gas", "job", "time", "address", "intent"} <= labels
