"""The gates over texts that the dispatcher was not built with (heldout/README.md)."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.eval import gates, scoring
from tests.eval.adapter import Adapter

needs_checkers = pytest.mark.skipif(not scoring.has_shared(), reason="the checkers of the dispatcher are not here")


def line_of(half, kind, measure):
    scores = scoring.held_out(half).scores
    return next(score for score in scores if (score.slice, score.measure) == (kind, measure))


@needs_checkers
@pytest.mark.parametrize(("kind", "measure"), gates.TUNE, ids=lambda part: part)
def test_texts_that_were_seen_while_repairing_are_understood(kind, measure):
    misses = scoring.held_out("tune").misses
    assert line_of("tune", kind, measure).is_met, [miss for miss in misses if miss.startswith(f"{kind} {measure}")]


@needs_checkers
@pytest.mark.parametrize(("kind", "measure"), gates.BLIND, ids=lambda part: part)
def test_texts_that_nobody_looked_at_are_understood(kind, measure):
    """The misses are not shown: what is read here cannot judge the next repair."""
    assert line_of("blind", kind, measure).is_met


@needs_checkers
@pytest.mark.parametrize(("kind", "measure"), gates.STRANGERS, ids=lambda part: part)
def test_texts_of_strangers_are_understood(kind, measure):
    """The misses are not shown either."""
    assert line_of("strangers", kind, measure).is_met


@needs_checkers
def test_most_conversations_of_strangers_pass():
    assert scoring.strangers_dialogues().is_met


@pytest.mark.parametrize("half", ["blind", "strangers"])
def test_the_misses_of_the_blind_half_are_not_even_kept(half):
    assert scoring.held_out(half).misses == []


@needs_checkers
def test_every_dialogue_of_our_own_passes():
    """Whole conversations in all five trades, judged by the checker of the development data."""
    assert scoring.own_dialogues().misses == []


def test_every_answer_says_why_and_how_sure():
    now = dt.datetime(2026, 6, 9, 10, 20)  # noqa: DTZ001 - local, as the interface asks
    context = {"asked": None, "offers": None}
    answer = Adapter().understand("gas smell at 12 Elm St, come tomorrow at 2", "plumbing", context, now)
    assert answer["urgency_confidence"] == 0.97
    assert 0 < answer["intent_confidence"] <= 1
    assert 0 < answer["job_confidence"] <= 1
    assert 0 < answer["address_confidence"] <= 1
    labels = {line.split(":")[0] for line in answer["evidence"]}
    assert {"gas", "job", "time", "address", "intent"} <= labels
