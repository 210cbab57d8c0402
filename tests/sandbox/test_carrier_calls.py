"""Calls through the sandbox's network: somebody picks up, or nobody."""

import pytest

from sandbox.carrier import Caller
from tests.sandbox.phone_lab import BUSINESS, CONTRACTOR, CUSTOMER, DIAL, HOOKS, PUBLIC, VOICEMAIL, lab


@pytest.fixture
def town():
    with lab() as town:
        yield town
        assert town.carrier.complaints == []


def test_nobody_picks_up_and_the_caller_leaves_a_voicemail(town):
    call = town.carrier.call(CUSTOMER, BUSINESS, voicemail="My sink leaks", seconds=7)
    (dialled,) = town.told("/call/status")
    (recorded,) = town.told("/recorded")
    (written,) = town.told("/transcription")
    (ended,) = town.told("/call/ended")
    assert (dialled["DialCallStatus"], dialled["DialBridged"]) == ("no-answer", "false")
    assert recorded["RecordingDuration"] == "7"
    assert written["TranscriptionText"] == "My sink leaks"
    assert town.told("/recording")[0]["RecordingStatus"] == "completed"
    assert (ended["CallStatus"], ended["SequenceNumber"]) == ("completed", "0")
    assert call.said == ["Sorry we missed you."]
    assert (call.status, call.voicemail["text"]) == ("completed", "My sink leaks")


def test_pressing_1_puts_the_two_through(town):
    town.carrier.handset(CONTRACTOR, "presses_1", talk_seconds=40)
    call = town.carrier.call(CUSTOMER, BUSINESS)
    (dialled,) = town.told("/call/status")
    assert (dialled["DialCallStatus"], dialled["DialBridged"]) == ("completed", "true")
    assert int(dialled["DialCallDuration"]) >= 40
    assert call.bridged
    (key,) = town.told("/call/whisper-key")
    assert (key["Digits"], key["ParentCallSid"], key["To"]) == ("1", call.sid, CONTRACTOR)


@pytest.mark.parametrize("reported", ["completed", "no-answer"])
@pytest.mark.parametrize("behaviour", ["voicemail", "hangs_up_in_whisper", "presses_other"])
def test_without_a_pressed_1_nobody_is_put_through(town, behaviour, reported):
    town.carrier.handset(CONTRACTOR, behaviour, screened_as=reported)
    call = town.carrier.call(CUSTOMER, BUSINESS)
    (dialled,) = town.told("/call/status")
    assert (dialled["DialCallStatus"], dialled["DialBridged"]) == (reported, "false")
    assert not call.bridged


@pytest.mark.parametrize(("behaviour", "status"), [("busy", "busy"), ("declines", "busy"), ("unreachable", "failed")])
def test_a_phone_that_does_not_take_the_call(town, behaviour, status):
    town.carrier.handset(CONTRACTOR, behaviour)
    town.carrier.call(CUSTOMER, BUSINESS)
    assert town.told("/call/status")[0]["DialCallStatus"] == status


@pytest.mark.parametrize("is_asked", [True, False])
def test_the_caller_gives_up_while_it_rings(town, is_asked):
    call = town.carrier.call(CUSTOMER, BUSINESS, "hangs_up_ringing", action_requested=is_asked)
    assert len(town.told("/call/status")) == int(is_asked)
    assert town.told("/call/ended")[0]["CallStatus"] == "no-answer"
    assert (call.status, call.said) == ("no-answer", [])


def test_pressed_1_but_the_caller_is_gone(town):
    town.carrier.handset(CONTRACTOR, "presses_1")
    town.carrier.call(CUSTOMER, BUSINESS, "hangs_up_before_bridge", action_requested=True)
    assert town.told("/call/whisper-key")[0]["Digits"] == "1"
    assert town.told("/call/status")[0]["DialBridged"] == "false"


@pytest.mark.parametrize(("caller", "recordings"), [("stays", 0), ("hangs_up_at_greeting", 0), ("hangs_up_at_beep", 1)])
def test_callers_who_leave_no_message(town, caller, recordings):
    call = town.carrier.call(CUSTOMER, BUSINESS, caller)
    assert [told["RecordingDuration"] for told in town.told("/recorded")] == ["0"] * recordings
    assert call.status == "completed"


def test_a_failed_transcript_is_told(town):
    town.carrier.call(CUSTOMER, BUSINESS, Caller(transcribed=False))
    (written,) = town.told("/transcription")
    assert (written["TranscriptionStatus"], written["TranscriptionText"]) == ("failed", "")


def test_a_menu_is_answered_by_the_caller(town):
    town.product.documents[f"{HOOKS}/call"] = (
        f'<Gather numDigits="1" action="{HOOKS}/consent"><Say>Press 1 for a text.</Say></Gather><Hangup/>'
    )
    town.product.documents[f"{HOOKS}/consent"] = "<Say>Thank you.</Say><Hangup/>"
    call = town.carrier.call(CUSTOMER, BUSINESS, digits=["1"])
    assert town.told("/consent")[0]["Digits"] == "1"
    assert call.said == ["Press 1 for a text.", "Thank you."]


def test_the_fallback_url_is_asked_when_the_product_fails(town):
    town.product.statuses[f"{HOOKS}/call"] = 500
    town.product.documents[f"{HOOKS}/voice-fallback"] = VOICEMAIL
    call = town.carrier.call(CUSTOMER, BUSINESS)
    assert [hook.status for hook in call.requests if hook.path == f"{HOOKS}/call"] == [500]
    attempts = [hook for hook in town.carrier.webhooks if hook.path == f"{HOOKS}/call"]
    assert len(attempts) == 3  # the URL asks for two more attempts
    assert len({hook.token for hook in attempts}) == 1
    assert town.told("/voice-fallback")[0]["ErrorCode"] == "11200"
    assert call.voicemail


def test_extra_facts_of_a_call_are_told(town):
    town.carrier.call(CUSTOMER, BUSINESS, extra={"StirVerstat": "TN-Validation-Passed-A", "ForwardedFrom": CONTRACTOR})
    (told,) = town.told("/call")
    assert (told["StirVerstat"], told["ForwardedFrom"]) == ("TN-Validation-Passed-A", CONTRACTOR)


def test_a_phone_that_forwards_to_the_business_number_makes_a_second_call(town):
    town.carrier.handset(CONTRACTOR, "declines", forwards_to="+12135550101")
    town.carrier.add_number("+12135550101", voice_url=f"{PUBLIC}{HOOKS}/second")
    town.product.documents[f"{HOOKS}/second"] = "<Say>Leave a message.</Say>"
    town.carrier.call(CUSTOMER, BUSINESS)
    (second,) = town.told("/second")
    assert (second["From"], second["ForwardedFrom"]) == (CUSTOMER, CONTRACTOR)
    assert town.told("/call/status")[0]["DialBridged"] == "false"


def test_progress_of_the_contractors_leg(town):
    town.product.documents[f"{HOOKS}/call"] = DIAL.replace(
        "<Number ", f'<Number statusCallback="{HOOKS}/leg" statusCallbackEvent="initiated ringing answered completed" '
    )
    town.carrier.handset(CONTRACTOR, "presses_1")
    town.carrier.call(CUSTOMER, BUSINESS)
    told = sorted(town.told("/leg"), key=lambda fields: int(fields["SequenceNumber"]))
    assert [fields["CallStatus"] for fields in told] == ["initiated", "ringing", "in-progress", "completed"]
