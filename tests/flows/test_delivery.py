"""How texts leave and arrive: once, through the gate, in any weather (behaviour.md 2.3, 3.3; twilio.md C)."""

import pytest

from app.conversations import Conversation
from app.leads import Lead
from app.messages import Message
from app.messages.reports import Report
from app.registrations import Registration, RegistrationStatus
from app.subscriptions import Subscription
from app.tasks import SupportTask, Task
from app.usage import UsageEvent, UsageType
from tests.flows.story import CUSTOMER, OTHER

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"


@pytest.mark.parametrize(
    "weather",
    [{}, {"shuffled": True}, {"repeat": 3}, {"early": True}, {"shuffled": True, "repeat": 2, "early": True}],
    ids=["plain", "shuffled", "repeated", "early", "all of it"],
)
def test_callbacks_in_any_order_end_in_delivered(story, weather):
    """SC70: delivered before the answer, repeated or out of order: final delivered, one usage event, all logged."""
    story.opens()
    story.carrier.delivery(CUSTOMER, "delivered", **weather)
    story.misses()
    assert story.one(Message).status == "delivered"
    assert len(story.all(UsageEvent, event_type=UsageType.sms_sent)) == 1
    assert {report.status for report in story.all(Report)} == {"queued", "sent", "delivered"}


def test_an_unknown_token_is_answered_like_a_known_one(story):
    story.opens()
    form = {"MessageSid": "SM" + "3" * 32, "MessageStatus": "delivered"}
    assert story.carrier.post("https://nmc.example/webhooks/twilio/sms-status/nobodys-token", form).status == 204
    story.workers()


def test_an_answer_that_is_lost_is_repaired_by_the_callback(story):
    """SC53: the carrier took it, the connection was cut; exactly one text, and the row ends as delivered."""
    story.opens()
    story.carrier.fault("close", 1, path="Messages")
    story.misses()
    assert story.one(Message).status in ("delivered", "unknown")
    story.later(minutes=2)
    assert story.one(Message).status == "delivered"
    assert len(story.heard()) == 1


def test_a_lost_answer_without_a_callback_is_looked_for_not_sent_again(story):
    """SC53: found in the carrier's list, never a blind resend."""
    story.opens()
    story.carrier.delivery(CUSTOMER, held=True)
    story.carrier.fault("close", 1, path="Messages")
    story.misses()
    assert story.one(Message).status == "unknown"
    story.later(seconds=61)
    assert story.one(Message).status == "accepted"
    assert len(story.heard()) == 1


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20503)])
def test_a_carrier_in_trouble_gets_the_text_once_later(story, status, code):
    """twilio.md F24: backed off, then sent once."""
    story.opens()
    story.carrier.fault("refuse", 1, path="Messages", status=status, code=code)
    story.misses()
    assert story.heard() == []
    story.later(minutes=2)
    story.later(minutes=2)
    assert len(story.heard()) == 1
    assert story.one(Message).status == "delivered"


def test_a_greeting_that_comes_too_late_is_a_call_instead(story):
    """Behaviour 12: older than its validity of fifteen minutes the greeting becomes a call-back task."""
    story.opens()
    story.carrier.fault("refuse", 400, path="Messages", status=429, code=20429)
    story.misses()
    for _ in range(20):
        story.later(minutes=1)
    assert story.heard() == []
    row = story.one(Message)
    assert (row.status, row.discard_reason) == ("discarded", "too_late")
    assert story.one(Task).kind == "call_back"


def test_an_undelivered_text_is_a_task(story):
    story.opens()
    story.carrier.delivery(CUSTOMER, "undelivered", error=30003)
    story.misses()
    assert story.one(Task).why == "The phone was not reachable. Call instead."
    assert story.all(UsageEvent, event_type=UsageType.sms_sent) == [] or story.one(Message).status == "undelivered"


def test_a_business_that_is_not_approved_waits(story):
    """SC29, C25: voicemail and reason at once; on approval one greeting for the fresh call, and no second one."""
    story.opens()
    with story.factories.changing() as session:
        session.query(Registration).update({"status": RegistrationStatus.submitted})
    story.misses()
    assert story.call().text_reason == "Not texted: carrier approval pending"
    assert (story.thread().status, story.thread().needs_person) == ("blocked", True)
    assert story.all(Task)[0].kind == "call_back"
    assert story.all(Lead) == []
    assert any("carrier approval pending" in alert for alert in story.alerts())
    story.later(hours=2)
    assert story.heard() == []
    with story.factories.changing() as session:
        session.query(Registration).update({"status": RegistrationStatus.approved})
    story.later(seconds=5)
    assert (story.thread().status, story.thread().mode) == ("active", "waiting_customer")
    assert len(story.heard()) == 1
    story.misses()
    story.later(minutes=5)
    assert len(story.heard()) == 1


def test_a_call_of_yesterday_is_not_greeted_when_the_gate_opens(story):
    """C25: only a call of the last 24 hours."""
    story.opens()
    with story.factories.changing() as session:
        session.query(Registration).update({"status": RegistrationStatus.submitted})
    story.misses()
    story.later(hours=25)
    with story.factories.changing() as session:
        session.query(Registration).update({"status": RegistrationStatus.approved})
    story.later(seconds=5)
    assert story.thread().status == "active"
    assert story.heard() == []


def test_a_suspended_registration_stops_everything_at_once(story):
    """SC63: 30034 stops the tenant, blocks open threads, tells owner and support; approval opens them again."""
    story.opens()
    story.misses(OTHER)
    story.carrier.delivery(CUSTOMER, "undelivered", error=30034)
    story.misses()
    assert story.one(Registration).status == "suspended"
    assert {thread.status for thread in story.all(Conversation)} == {"blocked"}
    assert story.all(SupportTask)[0].kind == "carrier_refusal"
    assert any("30034" in alert for alert in story.alerts())
    before = len(story.carrier.texts_to(OTHER))
    story.texts(FAUCET, OTHER)
    story.later(minutes=5)
    assert len(story.carrier.texts_to(OTHER)) == before
    story.carrier.delivery(CUSTOMER)
    with story.factories.changing() as session:
        session.query(Registration).update({"status": RegistrationStatus.approved})
    story.later(minutes=2)
    story.answers(OTHER)
    assert "$150-$200" in story.heard(OTHER)[-1]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"status": "unpaid"}, "plan"),
        ({"status": "canceled"}, "plan"),
        ({"status": "trialing", "plan": "trial"}, "texted"),
    ],
)
def test_a_plan_decides_whether_calls_are_texted(story, facts, code):
    """2.9: degraded and off get no text and a task; the trial is full."""
    story.opens()
    with story.factories.changing() as session:
        session.query(Subscription).update(facts)
    story.misses()
    assert story.call().text_code == code
    assert len(story.heard()) == (code == "texted")
