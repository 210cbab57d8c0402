"""What becomes of a call: answered by a person, or missed, and then texted or not (behaviour.md 2.1, 3.2)."""

import pytest

from app.calls import Call
from app.consent import Contact, ContactRule
from app.conversations import Conversation, Note
from app.customers import Customer
from app.leads import Lead
from app.messages import Message
from app.numbers import Number
from app.tasks import SupportTask, Task
from app.users import Presence
from tests.factories import F1, F2
from tests.flows.story import CUSTOMER, OTHER

LINE = F1.number
OWNER = F1.owner_phone
WITHHELD = [
    "", "anonymous", "unknown", "Restricted", "private", "unavailable", "blocked",
    "+266696687", "+86282452253", "+8656696", "+2562533", "+7378742833", "+7748283",
    "sip:someone@example.com", "client:browser",
]  # fmt: skip
NO_TEXTS = ["72345", "+18005550199", "+19005550100", "+442071838750"]


def decided(story, phone=CUSTOMER):
    """Status, why it was missed, and what was decided about the text, of the newest call."""
    call = story.call(phone)
    return call.status, call.missed_reason, call.text_code


# answered or missed


@pytest.mark.parametrize(
    ("handset", "reason"), [("no_answer", "no_answer"), ("busy", "busy"), ("unreachable", "failed")]
)
def test_a_phone_that_nobody_picks_up_is_a_missed_call(story, handset, reason):
    story.opens()
    story.carrier.handset(OWNER, handset)
    call = story.misses()
    assert decided(story) == ("missed", reason, "texted")
    assert "automated assistant" in " ".join(call.said)
    assert len(story.heard()) == 1


@pytest.mark.parametrize("reported", ["completed", "no-answer"])
@pytest.mark.parametrize("machine", ["voicemail", "presses_other", "hangs_up_in_whisper"])
def test_a_machine_that_picks_up_is_no_answer(story, machine, reported):
    """SC42: without key 1 the call is missed, whatever the carrier calls it."""
    story.opens()
    story.carrier.handset(OWNER, machine, screened_as=reported)
    story.misses()
    status, reason, code = decided(story)
    assert (status, code) == ("missed", "texted")
    assert reason == ("no_human_proof" if reported == "completed" else "no_answer")
    assert len(story.heard()) == 1


def test_a_person_who_presses_1_has_answered(story):
    """SC42, second variant: completed, and nobody is texted."""
    story.opens()
    story.carrier.handset(OWNER, "presses_1", talk_seconds=40)
    call = story.misses()
    assert call.bridged
    row = story.call()
    assert (row.status, row.text_sent) == ("completed", None)
    assert row.duration_seconds >= 40
    assert story.heard() == []
    assert story.all(Conversation) == []


def test_key_1_without_the_bridge_is_missed(story):
    """The caller was gone before he could be put through (twilio.md A4)."""
    story.opens()
    story.carrier.handset(OWNER, "presses_1")
    story.misses(caller="hangs_up_before_bridge", action_requested=True)
    assert story.call().status == "missed"


def answered_by_hand(story, sid="CA" + "5" * 32):
    """A call that a person has answered with key 1 and whose Dial action never comes; its end, to be reported."""
    hook = "https://nmc.example/webhooks/twilio/call"
    facts = {"CallSid": sid, "From": CUSTOMER, "To": LINE}
    leg = {"CallSid": "CA" + "6" * 32, "ParentCallSid": sid}
    story.carrier.post(hook, facts | {"CallStatus": "ringing"})
    story.carrier.post(f"{hook}/whisper", leg)
    story.carrier.post(f"{hook}/whisper-key", leg | {"Digits": "1"})
    assert story.call().status == "in_progress"
    return lambda: story.carrier.post(f"{hook}/ended", facts | {"CallStatus": "completed", "CallDuration": "95"})


def test_an_answered_call_ends_without_its_dial_action(story):
    """2.1: the end callback completes it, after a minute in which the Dial action may still come; no text."""
    ends = answered_by_hand(story.opens())
    story.later(seconds=95)
    ends()
    story.workers()
    assert story.call().status == "in_progress"
    story.later(seconds=59)
    assert story.call().status == "in_progress"
    story.later(seconds=1)
    row = story.call()
    assert (row.status, row.duration_seconds, row.text_sent) == ("completed", 95, None)
    assert story.local(row.ended_at) == "Tue 10:01"
    assert story.heard() == []
    assert story.all(Conversation) == []


def test_an_answered_call_whose_end_nobody_reports_is_over_after_the_longest_call(story):
    """2.1: the sweep ends it; four hours is what the carrier lets a call last."""
    answered_by_hand(story.opens())
    story.later(hours=4, seconds=59)
    assert story.call().status == "in_progress"
    story.later(seconds=1)
    assert (story.call().status, story.call().text_sent) == ("completed", None)
    assert story.heard() == []


def test_unscreened_calls_count_as_answered_after_ten_seconds(story):
    """With screening off the bridge and ten seconds are the proof (behaviour.md 2.1)."""
    story.opens(calls={"screen_mode": "off"})
    story.carrier.handset(OWNER, "presses_1", talk_seconds=40)
    story.misses()
    assert story.call().status == "completed"
    story.carrier.handset(OWNER, "presses_1", talk_seconds=4)
    story.misses(OTHER)
    assert decided(story, OTHER) == ("missed", "no_human_proof", "texted")


def test_a_late_key_bridges_nobody(story):
    """Key 1 counts only while the call is dialling."""
    story.opens()
    call = story.misses()
    answer = story.carrier.post(
        "https://nmc.example/webhooks/twilio/call/whisper-key",
        {"CallSid": "CA" + "9" * 32, "ParentCallSid": call.sid, "Digits": "1"},
    )
    assert "Hangup" in answer.text
    assert story.call().status == "missed"


@pytest.mark.parametrize("asked", [False, True])
def test_a_caller_who_gives_up_after_a_while_is_texted(story, asked):
    """Both variants that the sources leave open: Dial's action is asked for, or only the end is reported."""
    story.opens()
    story.carrier.call(CUSTOMER, LINE, "hangs_up_ringing", patience=9, action_requested=asked)
    story.later(seconds=9)
    status, _, code = decided(story)
    assert status == "missed"
    assert code == ("hung_up" if asked else "texted")


@pytest.mark.parametrize(("seconds", "texts"), [(3, 0), (9, 1)])
def test_hanging_up_at_once_is_not_texted(story, seconds, texts):
    """SC59: under the minimum of eight seconds of ringing there is no text and no task."""
    story.opens()
    story.carrier.call(CUSTOMER, LINE, "hangs_up_ringing", patience=seconds)
    story.later(seconds=seconds)
    assert len(story.heard()) == texts
    if not texts:
        assert decided(story) == ("missed", "caller_hung_up", "hung_up")
        assert story.call().text_reason == "Not texted: hung up at once"
        assert story.all(Task) == []


def test_hanging_up_at_once_twice_is_listed_twice(story):
    """SC59: twice within a minute is still no text, and both calls are in the list."""
    story.opens()
    for _ in range(2):
        story.carrier.call(CUSTOMER, LINE, "hangs_up_ringing", patience=3)
        story.later(seconds=3)
        story.later(seconds=35)
    assert story.heard() == []
    assert [call.text_code for call in story.all(Call)] == ["hung_up", "hung_up"]
    assert story.alerts() == []


def test_the_sweep_ends_a_call_whose_end_was_never_reported(story):
    """The third trigger of the same claim (behaviour.md 2.1)."""
    story.opens()
    story.carrier.world.numbers[LINE].status_callback = None
    story.carrier.call(CUSTOMER, LINE, "hangs_up_ringing")
    story.later(seconds=77)
    assert story.call().status == "ringing"
    story.later(seconds=2)
    assert decided(story) == ("missed", "caller_hung_up", "texted")
    assert len(story.heard()) == 1


def test_a_call_whose_first_webhook_was_lost_is_still_missed(story):
    """The end alone tells of the call; it is written down and decided."""
    story.opens()
    ended = {"CallSid": "CA" + "7" * 32, "From": CUSTOMER, "To": LINE, "CallStatus": "no-answer", "CallDuration": "0"}
    story.carrier.post("https://nmc.example/webhooks/twilio/call/ended", ended)
    story.workers()
    assert story.call().status == "missed"


# who is rung


def test_mode_b_never_dials_and_texts(story):
    """The carrier forwards what is missed already; the first one proves the forwarding (behaviour.md 2.1)."""
    story.opens(calls={"call_mode": "forwarded_only"})
    call = story.misses(extra={"ForwardedFrom": OWNER})
    assert call.legs == []
    assert decided(story) == ("missed", "forwarded", "texted")
    assert story.one(Number).forwarding_verified_at is not None


@pytest.mark.parametrize("away", [{"enabled": True}, None])
def test_a_contractor_on_vacation_is_not_rung(story, away):
    """SC36 b, c: out of office or on vacation his phone stays silent."""
    story.opens(**({"general": {"out_of_office": away}} if away else {}))
    if away is None:
        story.factories.owner(story.tenant_id, presence=Presence.vacation)
    call = story.misses()
    assert call.legs == []
    assert decided(story) == ("missed", "after_hours", "texted")


def test_outside_the_chosen_hours_the_caller_hears_the_greeting(story):
    story.opens(calls={"ring_when": "business_hours"}).at("19:00")
    call = story.misses()
    assert call.legs == []
    assert decided(story) == ("missed", "after_hours", "texted")
    assert "closed right now" in story.heard()[0]


def test_our_own_forwarding_comes_back_only_once(story):
    """SC43: the second call gets the greeting, not a third leg; one text for the first."""
    story.opens()
    story.carrier.handset(OWNER, "no_answer", forwards_to=LINE)
    story.misses()
    calls = story.all(Call)
    assert sorted(str(call.missed_reason) for call in calls) == ["forwarding_loop", "no_human_proof"]
    assert len([call for call in story.carrier.calls if call.direction == "outbound-dial"]) == 1
    assert len(story.heard()) == 1
    assert story.one(Task, kind="setup").why.startswith("Your phone forwards")


# who is texted


def test_the_first_text_says_who_why_and_how_to_stop(story):
    """SEED-1 step 1: business, reason, one question, the STOP line, no link, GSM-7."""
    story.opens()
    story.misses()
    row = story.one(Message)
    assert row.body.startswith("Hi, this is Prime Plumbing (automated assistant). Sorry we missed your call.")
    assert row.body.endswith("Reply STOP to opt out.")
    assert "ZIP" in row.body
    assert "http" not in row.body
    assert row.body.count("?") <= 2
    assert (row.status, row.purpose, row.segments) == ("delivered", "greeting", 1)


@pytest.mark.parametrize("caller", WITHHELD)
def test_a_withheld_caller_is_never_texted(story, caller):
    """SC45: listed with the reason, a call-back task, not even an attempt at the carrier."""
    story.opens()
    story.misses(caller)
    row = story.one(Call)
    assert (row.text_code, row.text_reason) == ("withheld", "Not texted: number withheld")
    assert story.carrier.messages == [text for text in story.carrier.messages if text.to == OWNER]
    assert story.one(Task).kind == "call_back"
    assert story.all(Conversation) == []


@pytest.mark.parametrize("caller", NO_TEXTS)
def test_numbers_that_cannot_receive_texts_are_not_texted(story, caller):
    """SC45: short codes, toll-free, premium and foreign numbers."""
    story.opens()
    story.misses(caller)
    assert story.one(Call).text_code == "not_textable"
    assert story.heard(caller) == []
    assert story.one(Task).kind == "call_back"


def test_the_contractor_who_calls_his_own_line_is_not_texted(story):
    story.opens()
    story.misses(OWNER)
    assert decided(story, OWNER) == ("missed", "own_number", "own_number")
    assert story.alerts() == []
    assert story.all(Task) == []


def test_two_businesses_never_answer_each_other(story):
    """SC46: a call and a text between our own numbers are only written down."""
    story.opens()
    story.factories.business(F2)
    call = story.misses(F2.number)
    assert call.legs == []
    assert decided(story, F2.number) == ("missed", "own_number", "own_number")
    story.texts("Hello there", F2.number)
    assert story.heard(F2.number) == []
    assert story.all(Conversation) == story.all(Lead) == story.all(Message, direction="outbound") == []


def test_a_known_landline_is_called_back_instead(story):
    """SC44 a: no text, no segment; the voicemail asks for a mobile number."""
    story.opens()
    with story.factories.changing() as session:
        session.add(
            Customer(tenant_id=story.tenant_id, phone=CUSTOMER, line_type="landline", not_textable_reason="landline")
        )
    call = story.misses()
    assert decided(story) == ("missed", "no_answer", "landline")
    assert story.call().text_reason == "Not texted: landline"
    assert story.heard() == []
    assert story.one(Task).kind == "call_back"
    assert "mobile number" in " ".join(call.said)
    assert "will text" not in " ".join(call.said)


def test_a_landline_is_learnt_from_the_first_failure(story):
    """SC44 b: 30006 marks the number, makes a task, is not tried again; the next call is not texted."""
    story.opens()
    story.carrier.delivery(CUSTOMER, "undelivered", error=30006)
    story.misses()
    assert story.one(Message).status == "undelivered"
    assert story.one(Task).why == "This is a landline. Call instead."
    story.later(minutes=45)
    story.misses()
    assert story.call().text_code == "landline"
    assert len(story.heard()) == 1


def test_a_supplier_rings_through_but_is_never_texted(story):
    """SC73: the no-text rule."""
    story.opens()
    with story.factories.changing() as session:
        session.add(Contact(tenant_id=story.tenant_id, phone=CUSTOMER, rule=ContactRule.no_text))
    call = story.misses()
    assert len(call.legs) == 1
    assert decided(story)[2] == "no_text_list"
    assert story.heard() == []


def test_a_blocked_caller_is_rejected(story):
    """SC73: no ringing, no voicemail, no text, no alert."""
    story.opens()
    with story.factories.changing() as session:
        session.add(Contact(tenant_id=story.tenant_id, phone=CUSTOMER, rule=ContactRule.block))
    call = story.misses()
    assert (call.legs, call.said) == ([], [])
    assert story.call().status == "rejected"
    assert story.heard() == story.alerts() == []


def test_a_robocall_is_only_listed(story):
    """SC73: no attestation and a neighbour prefix after half a second."""
    story.opens()
    neighbour = "+12135550177"
    story.carrier.call(neighbour, LINE, "hangs_up_ringing", patience=0.5, extra={"StirVerstat": "No-TN-Validation"})
    story.later(seconds=1)
    assert story.call(neighbour).text_code == "robocall"
    assert story.heard(neighbour) == story.alerts() == []
    assert story.all(Task) == []


def test_an_open_conversation_is_not_greeted_twice(story):
    """SC31: both calls are on the timeline, the contractor hears "called again"."""
    story.opens()
    story.misses()
    story.later(minutes=4)
    story.misses()
    story.later(hours=3)
    story.misses()
    assert len(story.heard()) == 1
    reasons = [call.text_reason for call in story.all(Call)]
    assert reasons == ["Texted", *["Not texted again: already in conversation"] * 2]
    thread = story.one(Conversation)
    assert {call.conversation_id for call in story.all(Call)} == {thread.id}
    assert len([note for note in story.all(Note, conversation_id=thread.id) if "alled again" in note.text]) == 2
    assert any("alled again" in body for body in story.alerts())


def test_a_greeting_is_not_repeated_within_half_an_hour(story):
    """The cool-down holds although the first thread was closed (behaviour.md 8.4)."""
    story.opens()
    story.misses()
    story.owner_closes()
    story.later(minutes=20)
    story.misses()
    assert story.call().text_reason == "Not texted again: texted 20 min ago"
    story.later(minutes=11)
    story.misses()
    assert story.call().text_code == "texted"
    assert len(story.heard()) == 2


@pytest.mark.parametrize(
    ("texting", "code"),
    [
        ({"text_missed_calls": "never"}, "switched_off"),
        ({"text_missed_calls": "outside_hours"}, "switched_off"),
        ({"enabled": False}, "switched_off"),
        ({"text_consent_mode": "off"}, "no_consent"),
    ],
)
def test_what_the_contractor_switched_off_is_not_texted(story, texting, code):
    story.opens(texting=texting)
    call = story.misses()
    assert story.call().text_code == code
    assert story.heard() == []
    if texting != {"text_missed_calls": "outside_hours"}:
        assert "will text" not in " ".join(call.said)


# what is not believed


def test_a_forged_webhook_changes_nothing(story):
    """SC30: a tampered signature is a 401 and leaves no row."""
    story.opens()
    forged = {"CallSid": "CA" + "8" * 32, "From": CUSTOMER, "To": LINE, "CallStatus": "ringing"}
    answer = story.carrier.post("https://nmc.example/webhooks/twilio/call", forged, tamper=True)
    assert answer.status == 401
    assert story.all(Call) == []


def test_a_number_that_is_nobodys_is_answered_and_noted(story):
    """SC30: 200, nothing done, one task for support."""
    story.opens()
    stranger = {"CallSid": "CA" + "6" * 32, "From": CUSTOMER, "To": "+12135550190", "CallStatus": "ringing"}
    answer = story.carrier.post("https://nmc.example/webhooks/twilio/call", stranger)
    story.workers()
    assert answer.status == 200
    assert story.all(Call) == []
    assert story.one(SupportTask).kind == "unknown_number"
