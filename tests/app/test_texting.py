"""A missed call is texted only if every gate is open, and otherwise has exactly one reason (behaviour.md 3.2)."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import settings
from app.calls.texting import Decision, Facts, decide
from app.consent import ContactRule
from app.subscriptions import Access

SETTINGS = settings.complete("plumbing", {})
OPEN = Facts(phone="+13105550142", settings=SETTINGS, business_phone="+12135550100")
NOW = dt.datetime(2026, 9, 15, 17, 0, tzinfo=dt.UTC)


def with_settings(**groups):
    return {"settings": settings.complete("plumbing", groups)}


# In the order in which they are asked: what closes the gate, and the code that is shown.
CLOSED = [
    ({"phone": "anonymous"}, "withheld"),
    ({"is_ours": True}, "own_number"),
    ({"phone": "72345"}, "not_textable"),
    ({"rule": ContactRule.no_text}, "no_text_list"),
    ({"opted_out_at": NOW}, "opted_out"),
    ({"not_textable": "landline"}, "landline"),
    ({"caller_verified": "No-TN-Validation", "rang_seconds": 0.5, "heard_greeting": False}, "robocall"),
    ({"rang_seconds": 3, "heard_greeting": False}, "hung_up"),
    (with_settings(texting={"text_consent_mode": "off"}), "no_consent"),
    ({"registration_open": False}, "registration"),
    ({"access": Access.degraded}, "plan"),
    ({"over_quota": True}, "quota"),
    ({"in_conversation": True}, "in_conversation"),
    ({"minutes_since_greeting": 12.0}, "cooldown"),
    (with_settings(texting={"text_missed_calls": "never"}), "switched_off"),
]

anything = st.builds(
    Facts,
    phone=st.sampled_from(["+13105550142", "anonymous", "+266696687", "72345", "+18005550199", ""]),
    settings=st.sampled_from(
        [
            SETTINGS,
            settings.complete("plumbing", {"texting": {"enabled": False}}),
            settings.complete("plumbing", {"texting": {"text_missed_calls": "outside_hours"}}),
            settings.complete("plumbing", {"texting": {"text_consent_mode": "press_1"}}),
            settings.complete("plumbing", {"calls": {"spam_filter": "off", "min_ring_seconds_for_text": 0}}),
        ]
    ),
    is_ours=st.booleans(),
    is_contractor=st.booleans(),
    is_loop=st.booleans(),
    rule=st.sampled_from([None, *ContactRule]),
    opted_out_at=st.sampled_from([None, NOW]),
    not_textable=st.sampled_from([None, "landline", "unreachable"]),
    caller_verified=st.sampled_from([None, "TN-Validation-Passed-A", "No-TN-Validation"]),
    business_phone=st.just("+12135550100"),
    rang_seconds=st.floats(0, 60),
    heard_greeting=st.booleans(),
    registration_open=st.booleans(),
    access=st.sampled_from(list(Access)),
    over_quota=st.booleans(),
    paused_reason=st.sampled_from([None, "Paused by support"]),
    in_conversation=st.booleans(),
    minutes_since_greeting=st.sampled_from([None, 0.0, 29.9, 30.0, 600.0]),
    is_open_now=st.booleans(),
)


def test_with_every_gate_open_it_is_texted():
    assert decide(OPEN) == Decision(True, "texted", "Texted")


@pytest.mark.parametrize(("facts", "code"), CLOSED, ids=[code for _, code in CLOSED])
def test_each_closed_gate_alone_has_its_reason(facts, code):
    decision = decide(replace(OPEN, **facts))
    assert (decision.sent, decision.code) == (False, code)
    assert decision.reason.startswith("Not texted")


@pytest.mark.parametrize("first", range(len(CLOSED) - 1))
def test_the_first_reason_wins(first):
    """Two gates closed: the one that is asked earlier is shown."""
    for facts, _ in CLOSED[first + 1 :]:
        if not set(facts) & set(CLOSED[first][0]):
            assert decide(replace(OPEN, **facts, **CLOSED[first][0])).code == CLOSED[first][1]


@given(facts=anything)
def test_one_reason_and_texted_only_if_all_is_open(facts):
    decision = decide(facts)
    assert decision.reason
    assert decision.sent == (decision.code == "texted")
    assert decision.sent == decision.reason.startswith("Texted")
    if decision.sent:
        assert not any((facts.is_ours, facts.is_contractor, facts.is_loop, facts.opted_out_at, facts.not_textable))
        assert facts.rule in (None, ContactRule.ring_only)
        assert facts.registration_open
        assert facts.access == Access.full
        assert not facts.over_quota
        assert not facts.paused_reason
        assert not facts.in_conversation
        assert facts.minutes_since_greeting is None or facts.minutes_since_greeting >= 30
        assert facts.settings.texting.enabled


@given(facts=anything)
def test_a_refusal_never_asks_for_a_second_text(facts):
    """What blocks a conversation is not texted, and what is only listed makes no task."""
    decision = decide(facts)
    assert not (decision.sent and (decision.blocks_conversation or decision.task))
    assert not (decision.task and not decision.notify)
