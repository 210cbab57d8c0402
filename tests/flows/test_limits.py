"""The texts of a plan run out while somebody is being answered (SC50, SC51, behaviour.md 2.9)."""

import pytest

from app import usage
from app.conversations import Turn
from app.conversations.human import SendRefused
from app.escalations import Escalation
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.subscriptions import Subscription, SubscriptionStatus
from app.tasks import Task
from app.usage import UsageCounter, UsageType
from tests.flows.story import CUSTOMER, OTHER, THIRD

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"
LAST_WORD = "I've passed this to the team; someone will contact you here or by phone."


def uses_up(story, **plan):
    """The plan's texts are gone from now on."""
    with story.factories.changing() as session:
        bought = session.query(Subscription).filter_by(tenant_id=story.tenant_id).one()
        for name, value in plan.items():
            setattr(bought, name, value)
        left = 300 - usage.used(bought, "sms_segments")
        usage.report(story.tenant_id, "twilio-server", "the-rest", UsageType.sms_sent, left)


def on_trial(story):
    """A trial business with two talks begun, all of its 300 segments used."""
    story.opens().at("10:00")
    for phone in (CUSTOMER, OTHER):
        story.misses(phone)
        story.says(FAUCET, phone)
    uses_up(story, plan="starter", status=SubscriptionStatus.trialing)
    return story


def used(story):
    return story.one(UsageCounter, meter="sms_segments", tenant_id=story.tenant_id).used


def test_a_running_talk_gets_one_last_word(story):
    """SC50: one exempt text, then a person; the owner is told, with the page where a higher plan is bought."""
    on_trial(story)
    assert used(story) == 300
    turns = len(story.all(Turn))
    assert story.says("Do you do Saturdays?") == LAST_WORD
    assert used(story) == 301
    thread = story.thread()
    assert (thread.status, thread.mode, thread.needs_person) == ("active", "escalated", True)
    assert thread.escalation_reason == "your plan's texts are used up"
    assert len(story.all(Turn)) == turns
    told = [alert for alert in story.alerts() if "used up" in alert]
    assert len(told) == 1
    assert "https://nmc.example/app/billing" in told[0]
    assert story.one(Lead).conversation_id == thread.id
    assert story.says("Hello?") == ""
    assert [row.status for row in story.all(Message, customer_phone=CUSTOMER, direction="inbound")][1] == "answered"
    assert used(story) == 301


def test_the_last_word_is_said_once_in_a_talk(story):
    """SC50: handed back while the texts are still gone, the thread is given to a person again, without a text."""
    on_trial(story)
    story.says("Do you do Saturdays?")
    story.texts("Anybody there?")
    story.owner_hands_back()
    assert story.heard().count(LAST_WORD) == 1
    assert (story.thread().mode, story.thread().needs_person) == ("escalated", True)


def test_a_choice_is_not_booked_without_a_word(story):
    """SC50: nothing is promised that cannot be told."""
    on_trial(story)
    assert story.says("1") == LAST_WORD
    assert story.all(Appointment) == []


def test_an_emergency_goes_on(story):
    """SC50: the second thread is answered, offered and booked as ever."""
    on_trial(story)
    answer = story.says("Now the pipe burst, water everywhere!", OTHER)
    assert "main water valve" in answer
    assert "1)" in answer
    assert story.says("1", OTHER).startswith("Booked")
    assert story.one(Appointment).status == "confirmed"
    assert len(story.all(Escalation)) == 1
    assert not [row for row in story.all(Message, customer_phone=OTHER) if row.discard_reason]


def test_stop_and_help_work(story):
    """SC50: consent costs nothing."""
    on_trial(story)
    assert story.says("AYUDA").startswith("Prime Plumbing: call ")
    story.says("please stop texting me")
    assert story.heard()[-1].startswith("You won't get more texts from Prime Plumbing")
    assert story.thread().status == "opted_out"


def test_nothing_is_begun_and_nothing_comes_in_vain(story):
    """2.9: no greeting for a new caller, who is listed for a call; a first text is kept and gets the last word."""
    on_trial(story)
    story.misses(THIRD)
    assert story.heard(THIRD) == []
    assert story.call(THIRD).text_reason == "Not texted: your plan's texts are used up"
    assert [task.customer_phone for task in story.all(Task, kind="call_back")] == [THIRD]
    assert story.says("My sink is clogged", THIRD) == LAST_WORD
    assert story.thread(THIRD).needs_person is True


def test_a_person_is_told_why_he_cannot_text(story):
    """409 QUOTA_EXCEEDED (interfaces.md 6.3): no overage on a trial, except in an emergency."""
    on_trial(story)
    with pytest.raises(SendRefused) as refused:
        story.owner_replies("I'll come by at five")
    assert refused.value.name == "QUOTA_EXCEEDED"
    story.says("Now the pipe burst, water everywhere!", OTHER)
    story.owner_replies("On it", OTHER)
    assert story.heard(OTHER)[-1] == "On it"


def test_the_spend_cap_is_such_a_limit(story):
    """SC51: 1,010 of 1,000 segments at a cap of $0.30: the last word; under a higher cap talks go on."""
    story.opens().at("10:00")
    story.misses()
    story.says(FAUCET)
    uses_up(story, spend_cap_cents=30)
    with story.factories.changing():
        usage.report(story.tenant_id, "twilio-server", "much", UsageType.sms_sent, 710)
    assert story.says("Do you do Saturdays?") == LAST_WORD
    story.misses(OTHER)
    assert story.heard(OTHER) == []
    with story.factories.changing() as session:
        session.query(Subscription).filter_by(tenant_id=story.tenant_id).one().spend_cap_cents = 5_000
    story.owner_hands_back()
    assert "$150-$200" in story.says("What did you say it costs?")
