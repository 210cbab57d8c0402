"""What `make eval` prints, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.eval import __main__ as table
from tests.eval import gates, scoring

ROOT = scoring.HERE.parents[1]
KINDS = ("turns", "times", "addresses", "hazards")


def run(*options, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tests.eval", *options],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fresh():
    """No score of another test is remembered before or after."""
    remembered = [one for one in vars(scoring).values() if hasattr(one, "cache_clear")]
    for one in remembered:
        one.cache_clear()
    yield
    for one in remembered:
        one.cache_clear()


@pytest.mark.skipif(not scoring.has_shared(), reason="the shared data is not here")
def test_all_parts_are_printed_with_their_gates_and_the_status_is_0_when_all_are_met():
    ended = run()
    for heading in (
        "Single texts",
        "Times",
        "Addresses",
        "Dialogues",
        "tune",
        "blind",
        "Our own cases",
        "False alarms",
    ):
        assert heading in ended.stdout, heading
    assert "Every gate is met." in ended.stdout
    assert "p95" in ended.stdout
    assert ended.returncode == 0, ended.stderr


def test_without_the_shared_folder_it_says_so_and_scores_what_is_in_the_repository(tmp_path):
    ended = run("--misses", DISPATCH_DATA=str(tmp_path / "nowhere"))
    assert f"The shared data is not at {tmp_path / 'nowhere'}" in ended.stdout
    assert "Our own cases" in ended.stdout
    assert "safety_recall" not in ended.stdout
    assert "urgency" in ended.stdout
    assert "Single texts" not in ended.stdout
    assert ended.returncode == 0, ended.stdout


def test_no_words_of_the_blind_half_are_ever_printed():
    ended = run("--misses", "--all")
    texts = [row["text"] for kind in KINDS for row in scoring.read(scoring.HELD_OUT / f"{kind}_blind.jsonl")]
    seen = {row["text"] for kind in KINDS for row in scoring.read(scoring.HELD_OUT / f"{kind}_tune.jsonl")}
    assert [text for text in texts if len(text) > 12 and text not in seen and text in ended.stdout] == []


def test_a_missed_gate_makes_the_status_1(fresh, monkeypatch, capsys, tmp_path):
    path = next(iter(scoring.case_files()))
    wrong = json.loads(path.read_text(encoding="utf-8"))
    wrong["dialogues"][0]["final"] = [{"c": "outcome_in", "v": ["spam"]}]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), encoding="utf-8")
    monkeypatch.setattr(scoring, "CASES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["eval", "--misses"])
    assert table.main() == 1
    told = capsys.readouterr().out
    assert "1 gate(s) missed:" in told
    assert "MISSED" in told
    assert "It ends as spam." in told


def test_a_case_of_ours_passes_in_full():
    scored = scoring.own_cases()
    assert len(scored.scores) >= 3
    assert scored.misses == []


@pytest.mark.skipif(not scoring.has_shared(), reason="the shared checkers are not here")
@pytest.mark.parametrize("path", scoring.case_files(), ids=lambda path: path.stem)
def test_the_shared_checker_agrees_about_our_cases(path):
    plays, _ = scoring.checkers()
    from tests.eval.adapter import Adapter

    verdicts = plays.perform_all(plays.read(path), Adapter)
    assert [miss for verdict in verdicts for miss in verdict.misses] == []


def test_a_turn_takes_a_fraction_of_its_gate():
    assert scoring.speed().p95 < gates.MOST_P95_MILLISECONDS
