"""The gates over the development data, slice by slice, judged by its own checkers (gates.py, scoring.py)."""

from __future__ import annotations

import pytest

from tests.eval import gates, scoring

PARTS = ("turns", "times", "addresses")

pytestmark = pytest.mark.skipif(not scoring.has_shared(), reason="the development data of the dispatcher is not here")


@pytest.mark.parametrize("part", PARTS)
def test_no_slice_falls_below_its_gate(part):
    scored = scoring.development(part)
    assert [str(score) for score in scored.scores if not score.is_met] == [], scored.misses


@pytest.mark.parametrize("part", PARTS)
def test_every_slice_has_its_gates(part):
    scores = scoring.development(part).scores
    without = {f"{score.slice} {score.measure}" for score in scores if score.gate is None}
    assert without == set()


def test_every_dialogue_passes():
    scored = scoring.dialogues()
    assert [str(score) for score in scored.scores if not score.is_met] == [], scored.misses


def test_no_gate_is_lower_than_what_was_asked_for():
    for (part, measure), asked in gates.ASKED.items():
        assert gates.LEAST[part][measure] >= asked, (part, measure)
    for (part, _name), measures in gates.IN_SLICES.items():
        for measure, least in measures.items():
            assert least >= gates.ASKED.get((part, measure), 0), (part, measure)


def test_a_small_slice_has_to_be_right_in_full():
    assert gates.of("turns", "spanish", "job", 3) == 1
    assert gates.of("turns", "plumbing", "job", gates.SMALL) == gates.LEAST["turns"]["job"]
    assert gates.of("turns", "all", "no_pii", 1) == gates.LEAST["turns"]["no_pii"]


def test_ordinary_texts_alarm_nobody():
    scored = scoring.false_alarms()
    assert scored.scores[0].total > 7000
    assert scored.scores[0].is_met, scored.misses
