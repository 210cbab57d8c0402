"""The classifiers fill what no rule understood, and overrule none that is sure."""

import datetime as dt
import math
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch import hunch, jobs, normalize, opinions, understanding
from app.dispatch.findings import Danger, Jobs

NOW = dt.datetime(2026, 6, 9, 10, 20)  # noqa: DTZ001 - local, as everything in the dispatcher
UNSEEN_BY_RULES = (
    ("odd sour stench near the stove since breakfast, my head swims and the cat is lying limp", "plumbing"),
    ("three of us got queasy and sleepy once the boiler kicked in, we perk up when we step out on the porch", "hvac"),
)


@pytest.mark.parametrize("head", ["hazard", "urgency", "intent", "job:plumbing", "job:garage_door"])
@given(text=st.text(max_size=200))
def test_likelihoods_are_shares_of_one(head, text):
    found = hunch.likelihoods(head, normalize.plain(text))
    assert math.isclose(sum(found.values()), 1, abs_tol=1e-6)
    assert min(found.values()) >= 0


def test_a_text_of_unknown_words_is_no_danger():
    assert hunch.hazard("qqqq zzzz xxxx").probability < opinions.DOUBTFUL


@pytest.mark.parametrize(("text", "trade"), UNSEEN_BY_RULES)
def test_symptoms_that_no_rule_names_are_at_least_asked_about(text, trade):
    danger = understanding.read(text, trade=trade, now=NOW).danger
    assert danger.classes or danger.asks_safety
    why = next(line for line in danger.evidence if line.startswith("hunch: "))
    words = why.partition("(")[2].rstrip(")").split(", ")
    assert words != [""]
    assert all(word in normalize.plain(text) for word in words)


def test_what_a_rule_found_stays():
    found = Danger(level="emergency", classes=("gas",), confidence=0.97)
    assert opinions.of_danger(found, "three of us got dizzy since the furnace kicked in") == found
    named = Jobs(types=("leak_repair",), confidence=0.9)
    assert opinions.of_jobs(named, "the disposal hums and nothing goes down", "plumbing") == named
    for rule in ("price_question", "confirm_yes", "complaint"):
        assert opinions.of_intent(rule, "is this the place with the good reviews") is None


@given(text=st.text(max_size=120))
def test_a_guess_never_books_moves_cancels_or_silences(text):
    likelier = opinions.of_intent("unclear", normalize.plain(text))
    assert likelier is None or likelier.name not in opinions.NEVER_GUESSED


def test_a_guessed_job_is_quoted_as_a_diagnostic_visit():
    guessed = opinions.of_jobs(Jobs(), "the thing with the blades under my sink just hums", "plumbing")
    assert guessed.types == ("garbage_disposal",)
    assert guessed.confidence < 0.75


def test_one_word_is_left_to_the_rules():
    assert opinions.of_danger(Danger(), "smell") == Danger()


def test_a_text_is_heard_the_same_way_in_every_process():
    asked = (
        "from app.dispatch import hunch; print(hunch.likelihoods('intent', 'could you look at my old heater some day'))"
    )
    heard = {
        subprocess.run(
            [sys.executable, "-c", asked], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(heard) == 1


def test_of_two_jobs_in_a_text_the_clearly_likelier_one_leads():
    text = "the torsion coil above the door snapped with a bang and now it will not open"
    assert jobs.settle(text, "garage_door", ["wont_open", "spring_repair"]) == "spring_repair"
    assert jobs.settle("it will not open", "garage_door", ["wont_open", "spring_repair"]) == "wont_open"
