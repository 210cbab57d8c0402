"""The product's own player and judge say the same as the shared checkers, right and wrong alike."""

from __future__ import annotations

import json

import pytest

from app.evaluation import criteria, judging, playing
from tests.eval import scoring
from tests.eval.adapter import Adapter

pytestmark = pytest.mark.skipif(not scoring.has_shared(), reason="the shared data is not here")

WRONG = (
    {"c": "outcome_in", "v": ["spam"]},
    {"c": "not_outcome", "v": ["open", "booked", "handoff", "escalated", "emergency_dispatch", "deferred"]},
    {"c": "slot_in", "ids": ["nonsense"]},
    {"c": "urgency_any", "v": []},
    {"c": "urgency_turn", "turn": 1, "v": []},
    {"c": "urgency_turn", "turn": 40, "v": ["normal"]},
    {"c": "life_safety", "v": "self_harm"},
    {"c": "language_recorded", "v": "fr"},
    {"c": "extracted", "name": "Nobody At All"},
    {"c": "extracted", "job_type": ["nonsense"]},
    {"c": "reply_any_matches", "rx": "zzzz"},
    {"c": "reply_any_not_matches", "rx": "."},
    {"c": "reply_turn_matches", "turn": 1, "rx": "zzzz"},
    {"c": "never_asks", "slots": ["job", "address", "name", "when", "slot", "confirm", "safe", "price_ok"]},
    {"c": "booked"},
    {"c": "not_booked"},
    {"c": "escalated", "by_turn": 1},
    {"c": "handoff"},
)


@pytest.fixture(scope="module")
def fixtures():
    return json.loads((scoring.FOLDER / "dialogues_dev.json").read_text(encoding="utf-8"))


def plays_of(fixtures):
    plays, _ = scoring.checkers()
    for script in fixtures["dialogues"]:
        theirs = plays.perform(script, fixtures, Adapter()).play
        yield script, playing.play(script, fixtures), theirs, plays


def test_the_same_is_said_and_done(fixtures):
    for script, ours, theirs, _ in plays_of(fixtures):
        assert [turn.reply for turn in ours.turns] == [turn.reply for turn in theirs.turns], script["id"]
        assert [turn.now.replace(tzinfo=None) for turn in ours.turns] == [turn.now for turn in theirs.turns]


def test_every_criterion_is_judged_the_same(fixtures):
    seen = set()
    for script, ours, theirs, plays in plays_of(fixtures):
        always = [{"c": name} for name in criteria.ALWAYS]
        for wanted in (*always, *script["final"], *WRONG):
            if wanted["c"] in criteria.CHECKS:
                held, _ = plays.judge(theirs, wanted)
                seen.add((wanted["c"], held))
                assert (judging.miss(ours, wanted) is None) == held, (script["id"], wanted)
    names = {name for name, _ in seen}
    assert {name for name in names if (name, True) in seen and (name, False) in seen} >= {
        "outcome_in", "booked", "not_booked", "escalated", "handoff", "urgency_any", "extracted",
        "slot_in", "reply_turn_matches", "never_asks",
    }  # fmt: skip


def test_facts_that_are_lost_and_questions_that_are_repeated_are_seen_by_both(fixtures):
    plays, _ = scoring.checkers()
    script = fixtures["dialogues"][0]
    for facts in ({"name": "Nobody At All"}, {"given": {"1": ["slot", "confirm", "when", "job", "address", "name"]}}):
        changed = script | {"facts": facts}
        ours, theirs = playing.play(changed, fixtures), plays.perform(changed, fixtures, Adapter()).play
        for name in ("facts_kept", "no_reask_given"):
            held, _ = plays.judge(theirs, {"c": name})
            assert (judging.miss(ours, {"c": name}) is None) == held, (facts, name)


def test_every_criterion_has_its_sentence_and_what_was_found_instead(fixtures):
    assert set(judging.MEANING) == set(criteria.CHECKS)
    played = playing.play(fixtures["dialogues"][0], fixtures)
    assert judging.miss(played, {"c": "outcome_in", "v": ["spam"]}) == "It ends as spam. It ended as booked."
    assert judging.miss(played, {"c": "nonsense"}) == "This criterion is not known here: nonsense."
    assert judging.said({"c": "reply_any_matches", "rx": r"\$150(?!\d)"}) == "Some answer contains “$150”."
    too_short = judging.miss(played, {"c": "urgency_turn", "turn": 40, "v": ["normal"]})
    assert too_short == "The urgency after text 40 is normal. The conversation was too short to tell."
