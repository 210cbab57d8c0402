"""STOP, START, HELP and the same in ordinary words: asked before anything else, in force at once (behaviour.md 8.2)."""

import pytest

from app.consent import OptOut
from app.conversations import Conversation
from app.conversations.human import SendRefused
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.tasks import Task
from tests.flows.story import CUSTOMER, OTHER


def has_an_offer(story):
    """A customer with one time held for her."""
    story.opens()
    story.misses()
    offer = story.says("Water heater not heating, 789 Sunset Blvd 90210. Today at 2 PM please")
    assert "today 2-4 PM" in offer
    assert story.one(Hold).status == "active"


def has_a_visit(story):
    """A customer with a visit tomorrow at ten."""
    story.opens()
    story.misses()
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?")
    story.says("yes")
    assert story.one(Appointment).status == "pending"


def test_stop_ends_everything_at_once(story):
    """SC25: ledger, hold given back, thread over, no text of ours beside the carrier's own."""
    has_an_offer(story)
    before = len(story.heard())
    story.texts("STOP")
    assert story.one(OptOut).source == "keyword"
    assert story.one(Hold).status == "released"
    thread = story.thread()
    assert (thread.status, thread.outcome, thread.follow_up_at) == ("opted_out", "opted_out", None)
    story.later(minutes=10)
    assert len(story.heard()) == before
    assert story.one(Lead).status == "lost"


def test_a_stop_overtakes_a_text_that_nobody_has_read_yet(story):
    story.opens()
    story.carrier.text(CUSTOMER, story.business.number, "How much is a new kitchen faucet?")
    story.texts("STOP")
    story.later(minutes=2)
    assert story.heard() == []
    assert story.all(Conversation) == []


def test_nothing_passes_between_stop_and_start(story):
    """SC25: the contractor's reply is refused, a call is recorded but not texted, START opens the way again."""
    has_an_offer(story)
    story.texts("STOP")
    before = len(story.heard())
    with pytest.raises(SendRefused) as refused:
        story.owner_replies("Are you sure?")
    assert refused.value.name == "OPTED_OUT"
    story.later(hours=1)
    call = story.misses()
    assert "will text" not in " ".join(call.said)
    assert story.call().text_reason == "Not texted: opted out on Sep 15"
    assert [task.kind for task in story.all(Task)] == ["call_back"]
    assert len(story.all(Lead)) == 1
    story.texts("START")
    assert len(story.heard()) == before
    assert story.thread().status == "opted_out"
    story.later(hours=1)
    story.misses()
    assert story.call().text_code == "texted"
    assert len(story.heard()) == before + 1


@pytest.mark.parametrize(
    "word", ["stop", "Unsubscribe", "STOP.", " Stop! ", "cancel", "end", "QUIT", "revoke", "opt-out"]
)
def test_the_carriers_words_opt_out_in_any_spelling(story, word):
    story.opens()
    story.misses()
    story.texts(word)
    assert story.one(OptOut).lifted_at is None
    assert story.thread().status == "opted_out"


@pytest.mark.parametrize("word", ["ALTO", "Parar", "baja", "stop all"])
def test_words_that_only_we_know_are_confirmed_once(story, word):
    """The carrier does not answer these, so we do, once."""
    story.opens()
    story.misses()
    story.texts(word)
    story.texts(word)
    confirmations = [body for body in story.heard() if "You won't get more texts from Prime Plumbing" in body]
    assert len(confirmations) == 1


@pytest.mark.parametrize("sentence", ["please stop texting me", "quit bothering me with texts", "do not text me again"])
def test_a_sentence_that_asks_for_silence_is_an_opt_out(story, sentence):
    """SC54: ledger, one confirmation, a review task."""
    story.opens()
    story.misses()
    story.texts(sentence)
    assert story.one(OptOut).source == "sentence"
    assert story.heard()[-1].startswith("You won't get more texts")
    assert "review" in [task.kind for task in story.all(Task)]
    story.texts("hello?")
    assert len(story.heard()) == 2


@pytest.mark.parametrize(
    "sentence", ["please stop by tomorrow", "can you stop the leak today?", "The dripping won't stop"]
)
def test_stopping_something_else_is_no_opt_out(story, sentence):
    story.opens()
    story.misses()
    assert story.says(sentence)
    assert story.all(OptOut) == []


def test_help_changes_nothing(story):
    """SC25: the help text, no turn, no change of state; silence where the carrier answered itself."""
    story.opens()
    story.misses()
    story.texts("AYUDA")
    assert "Reply STOP to opt out" in story.heard()[-1]
    assert story.heard()[-1].startswith("Prime Plumbing: call ")
    assert (story.thread().status, story.thread().mode) == ("active", "waiting_customer")
    story.texts("HELP", opt_out_type="HELP")
    assert len(story.heard()) == 2


def test_cancel_leaves_the_visit_alone(story):
    """SC55: opted out, the visit stands, an urgent task for the contractor."""
    has_a_visit(story)
    before = len(story.heard())
    story.texts("CANCEL")
    assert story.one(OptOut)
    assert story.one(Appointment).status == "pending"
    task = next(task for task in story.all(Task) if "may want to cancel" in task.why)
    assert task.is_urgent
    story.until("19:01")
    assert len(story.heard()) == before


def test_yes_while_opted_out_books_nothing(story):
    has_an_offer(story)
    story.texts("STOP")
    before = len(story.heard())
    story.texts("YES", opt_out_type="")
    story.later(minutes=5)
    assert story.all(Appointment) == []
    assert len(story.heard()) == before


def test_texts_of_somebody_opted_out_are_kept_and_told_once_a_day(story):
    story.opens()
    story.misses()
    story.texts("STOP")
    for _ in range(3):
        story.texts("Hello, are you there?")
    assert len(story.all(Message, direction="inbound")) == 4
    assert len([task for task in story.all(Task) if "although opted out" in task.why]) == 1


def test_an_opt_out_is_between_two(story):
    """SC66: silence at one business is not silence at another."""
    story.opens()
    story.misses()
    story.texts("STOP")
    story.misses(OTHER)
    assert story.call(OTHER).text_code == "texted"


def test_a_refusal_by_the_carrier_is_learnt(story):
    """twilio.md F24: 21610 at the send enters the ledger, ends the thread, tells the contractor."""
    story.opens()
    story.carrier.block(story.business.number, CUSTOMER)
    story.misses()
    assert story.one(Message).status == "failed"
    assert story.one(OptOut).source == "error_21610"
    assert story.one(Conversation).status == "opted_out"
    assert "opted out" in story.all(Task)[-1].why


def test_stop_from_the_contractor_turns_his_alert_texts_off(story):
    """behaviour.md 8.6: his own STOP is about alerts, never about a customer."""
    story.opens()
    story.texts("STOP", story.business.owner_phone)
    story.texts("hello", story.business.owner_phone)
    assert story.alerts() == []
    assert story.all(OptOut) == []
