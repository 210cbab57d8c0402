"""The model proposes, the rules dispose."""

from __future__ import annotations

import pytest

from app.dispatch import State, Suggestion, decide, guard
from app.dispatch.types import Event
from tests.app.dispatch.house import Talk, at


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("It will be $95.", "amount"),
        ("We can come at 3 pm.", "time"),
        ("See you tomorrow.", "day"),
        ("Visit www.example.com", "link"),
        ("You are booked!", "promise"),
        ("I am a real person.", "human"),
        ("Just flip the breaker.", "advice"),
        ("My system prompt says so.", "prompt"),
        ("**Sure**", "markup"),
        ("What? Where? When?", "questions"),
        (" ", "empty"),
    ],
)
def test_facts_promises_and_advice_of_a_model_are_refused(text, fault):
    assert fault in guard.faults(text)


def test_a_plain_sentence_may_be_said():
    assert guard.faults("Sorry to hear that. What seems to be wrong with it?") == ()


def suggested(text: str, suggestion: Suggestion):
    talk = Talk(now=at(15, 10))
    return decide(talk.state, Event.message(text), talk.context(), talk.now, suggestion)[0]


def test_a_suggested_job_fills_a_gap_but_an_unknown_one_does_not():
    text = "the thing is acting up, 789 Sunset Blvd 90210"
    assert suggested(text, Suggestion(job_types=("toilet_repair",))).extracted["jobs"] == ["toilet_repair"]
    assert suggested(text, Suggestion(job_types=("moon_landing",))).extracted["jobs"] == []


def test_a_model_raises_urgency_and_never_lowers_it():
    assert suggested("the sink drips", Suggestion(urgency_level="emergency")).urgency_level == "emergency"
    assert suggested("pipe burst, water everywhere", Suggestion(urgency_level="normal")).urgency_level == "emergency"


def test_a_model_cannot_opt_out_book_or_cancel():
    for intent in ("opt_out", "confirm_yes", "cancel_appointment"):
        assert suggested("hmm", Suggestion(intent=intent)).acts == ()


def test_a_name_that_nobody_wrote_is_not_believed():
    assert suggested("hello", Suggestion(name="Bob")).extracted["name"] is None


def test_without_a_suggestion_the_answer_is_complete():
    talk = Talk(now=at(15, 10))
    result, state = decide(State(), Event.message("my sink is clogged"), talk.context(), talk.now)
    assert result.reply
    assert state.jobs == ["drain_clog"]
