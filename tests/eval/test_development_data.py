"""The gates over the development data, judged by its own checkers."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.eval.adapter import Adapter

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("DISPATCH_DATA", ROOT.parent / "shared" / "data" / "dispatch"))
GATES = {
    "urgency": 0.95,
    "emergency_precision": 0.9,
    "safety_recall": 1.0,
    "job": 0.93,
    "intent": 0.93,
    "address": 0.95,
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the development data of the dispatcher is not here")


@pytest.fixture
def checkers(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module("check_dialogues"), importlib.import_module("check_turns")


def test_every_dialogue_passes(checkers):
    plays, _ = checkers
    verdicts = plays.perform_all(plays.read(FOLDER / "dialogues_dev.json"), Adapter)
    assert {verdict.script["id"]: verdict.misses for verdict in verdicts if not verdict.has_passed} == {}


@pytest.mark.parametrize("measure", GATES)
def test_single_texts_are_understood(checkers, measure):
    _, turns = checkers
    board = turns.check_rows(turns.read(FOLDER / "dev.jsonl"), Adapter())
    assert board.share(measure) >= GATES[measure], board.misses


def test_times_are_understood(checkers):
    _, turns = checkers
    board = turns.check_rows(turns.read(FOLDER / "time_phrases_dev.jsonl"), Adapter())
    assert board.share("understood") >= 0.9, board.misses


def test_streets_are_found_and_none_is_invented(checkers):
    _, turns = checkers
    board = turns.check_rows(turns.read(FOLDER / "addresses_dev.jsonl"), Adapter())
    assert board.share("street") >= 0.95, board.misses
    assert board.share("no_false_street") == 1, board.misses


def test_ordinary_texts_alarm_nobody(checkers):
    _, turns = checkers
    files = ("clinc150_test_generic", "nlupp_time_and_dialogue_intents", "restaurant8k_test_spans")
    rows = [row for name in files for row in turns.read(FOLDER / "public" / f"{name}.jsonl")]
    alarmed = [row["text"] for row in rows if is_emergency(row["text"])]
    assert len(alarmed) <= 0.005 * len(rows), alarmed


def is_emergency(text: str) -> bool:
    from app.dispatch import hazards, normalize

    return hazards.assess(normalize.plain(text)).level == "emergency"
