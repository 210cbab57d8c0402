"""The contractor texts his own business number: a command channel, never a lead (SC58, behaviour.md 8.6)."""

from app.conversations import Conversation, Turn
from app.leads import Lead
from app.users import Presence, User
from tests.flows.story import CUSTOMER

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"


def test_his_words_set_his_status(story):
    story.opens()
    for word, presence in (("BUSY", "busy"), ("off", "offline"), ("Back", "available")):
        assert presence in story.contractor_texts(word)
        assert story.one(User).presence == Presence(presence)
    assert "available" in story.contractor_texts("STATUS")


def test_other_words_get_a_short_help(story):
    story.opens()
    assert "Text 1 to take the newest alert" in story.contractor_texts("hello")


def test_nothing_he_writes_becomes_a_lead(story):
    """No conversation, no turn, no lead, whatever he writes."""
    story.opens()
    story.contractor_texts("My water heater burst, 789 Sunset Blvd 90210")
    story.later(minutes=2)
    assert story.all(Conversation) == story.all(Lead) == story.all(Turn) == []


def test_1_takes_the_newest_alert(story):
    story.opens()
    story.misses()
    story.says("Sewage backing up into house! 456 Elm St 90210")
    assert "You have it" in story.contractor_texts("1")
    assert story.ladder().state == "acknowledged"
    assert "No alert is open" in story.contractor_texts("1")


def test_r_answers_the_customer_and_takes_over(story):
    story.opens()
    story.misses()
    story.says("Sewage backing up into house! 456 Elm St 90210")
    assert "Sent" in story.contractor_texts("R I'll be there at 5")
    assert story.heard()[-1] == "I'll be there at 5"
    assert story.sent()[-1].sender == "human"
    assert (story.thread().mode, story.ladder().state) == ("human_active", "acknowledged")


def test_bot_hands_back(story):
    story.opens()
    story.misses()
    story.owner_takes_over()
    story.texts(FAUCET)
    assert "answers again" in story.contractor_texts("BOT")
    story.answers()
    assert "$150-$200" in story.heard()[-1]


def test_an_unverified_phone_is_a_customers(story):
    story.opens()
    story.factories.user(story.tenant_id, role="operator", email="op@example.com", phone_number=CUSTOMER)
    story.says(FAUCET)
    assert "$150-$200" in story.heard()[-1]
    assert story.one(Conversation).customer_phone == CUSTOMER


def test_the_newest_talk_is_answered_when_no_alert_is_open(story):
    story.opens()
    story.misses()
    story.texts("Are you there?")
    assert "Sent" in story.contractor_texts("R Yes, what is it?")
    assert story.heard()[-1] == "Yes, what is it?"
