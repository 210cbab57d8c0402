"""Calls that the product places, as for an escalation."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.phone_lab import BUSINESS, CONTRACTOR, CUSTOMER, HOOKS, PUBLIC, lab

MENU = f'<Gather numDigits="1" timeout="8" action="{HOOKS}/escalations/t/key"><Say>Press 1.</Say></Gather><Hangup/>'
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture
def town():
    with lab() as town:
        town.product.documents |= {
            f"{HOOKS}/escalations/t": MENU,
            f"{HOOKS}/escalations/t/key": "<Say>Thank you.</Say><Hangup/>",
        }
        yield town
        assert town.carrier.complaints == []


def ring(town, **fields):
    hook = f"{PUBLIC}{HOOKS}/escalations/t"
    fields = {"status_callback": f"{hook}/status#rc=3&rp=all", "status_callback_event": EVENTS, "url": hook, **fields}
    return town.client.calls.create(to=CONTRACTOR, from_=BUSINESS, timeout=25, **fields)


def progress(town):
    told = sorted(town.told("/escalations/t/status"), key=lambda fields: int(fields["SequenceNumber"]))
    return [fields["CallStatus"] for fields in told]


def test_a_pressed_key_arrives(town):
    town.carrier.handset(CONTRACTOR, "presses_1")
    call = ring(town)
    assert call.status == "queued"
    assert progress(town) == ["initiated", "ringing", "in-progress", "completed"]
    (key,) = town.told("/escalations/t/key")
    assert (key["Digits"], key["Direction"], key["CallSid"]) == ("1", "outbound-api", call.sid)
    done = town.client.calls(call.sid).fetch()
    assert (done.status, done.direction) == ("completed", "outbound-api")


@pytest.mark.parametrize(
    ("behaviour", "status"), [("no_answer", "no-answer"), ("busy", "busy"), ("unreachable", "failed")]
)
def test_nobody_takes_the_call(town, behaviour, status):
    town.carrier.handset(CONTRACTOR, behaviour)
    ring(town)
    assert progress(town) == ["initiated", "ringing", status]
    assert town.told("/escalations/t") == []


def test_voicemail_hears_the_menu_and_presses_nothing(town):
    town.carrier.handset(CONTRACTOR, "voicemail")
    ring(town)
    assert progress(town)[-1] == "completed"
    assert town.told("/escalations/t/key") == []


def test_an_empty_answer_is_told_when_asked_for(town):
    town.product.documents[f"{HOOKS}/escalations/t"] = MENU.replace("<Gather ", '<Gather actionOnEmptyResult="true" ')
    town.carrier.handset(CONTRACTOR, "voicemail")
    ring(town)
    assert town.told("/escalations/t/key")[0]["Digits"] == ""


def test_only_the_end_is_told_when_nothing_else_is_asked_for(town):
    ring(town, status_callback_event=["completed"])
    assert progress(town) == ["no-answer"]


def test_a_document_may_come_with_the_request(town):
    town.carrier.handset(CONTRACTOR, "presses_1")
    call = town.client.calls.create(to=CONTRACTOR, from_=BUSINESS, twiml="<Response><Say>Hello.</Say></Response>")
    assert town.carrier.settle()
    assert town.carrier.world.calls[call.sid].said == ["Hello."]


def test_calls_are_listed_by_ends_and_status(town):
    ring(town)
    town.carrier.call(CUSTOMER, BUSINESS)
    assert town.carrier.settle()
    calls = town.client.calls
    assert [one.direction for one in calls.list(to=BUSINESS)] == ["inbound"]
    assert [one.status for one in calls.list(from_=BUSINESS, status="no-answer")] == ["no-answer"]
    (inbound,) = calls.list(from_=CUSTOMER, to=BUSINESS)
    (leg,) = calls.list(parent_call_sid=inbound.sid)
    assert (leg.to, leg.direction, leg.status) == (CONTRACTOR, "outbound-dial", "no-answer")


def test_a_ringing_call_can_be_cancelled(town):
    town.carrier.handset(CONTRACTOR, "by_hand")
    call = ring(town)
    town.client.calls(call.sid).update(status="canceled")
    assert town.carrier.world.calls[call.sid].join().status == "canceled"


def test_a_person_decides_by_hand(town):
    handset = town.carrier.handset(CONTRACTOR, "by_hand")
    for command in ("answer", "key:1"):
        handset.commands.put(command)
    call = ring(town)
    assert town.carrier.world.calls[call.sid].join().status == "completed"
    assert town.told("/escalations/t/key")[0]["Digits"] == "1"


@pytest.mark.parametrize(("to", "sender", "code"), [("+15005550001", BUSINESS, 21211), (CONTRACTOR, CUSTOMER, 21210)])
def test_calls_that_are_refused(town, to, sender, code):
    with pytest.raises(TwilioRestException) as refusal:
        town.client.calls.create(to=to, from_=sender, url=f"{PUBLIC}/x")
    assert refusal.value.code == code
