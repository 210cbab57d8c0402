"""A customer's text: kept once, answered once, by whom it shall be, and never in a loop (behaviour.md 3.1, 8.4)."""

import datetime as dt

import pytest
from sqlalchemy import delete, select

from app import messages
from app.consent import Contact, ContactRule
from app.conversations import Conversation, Turn
from app.extensions import db
from app.inbox import Webhook
from app.messages import Message, sending
from app.tasks import SupportTask, Task
from app.tenants import Tenant
from app.usage import UsageEvent
from app.users import Presence
from jobs.bulk import UNANSWERED_SECONDS
from tests.flows.story import CUSTOMER

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"


def alone(story):
    """A business whose owner is offline: the assistant answers after the debounce."""
    story.opens()
    story.factories.owner(story.tenant_id, presence=Presence.offline)
    return story


@pytest.mark.parametrize("at_once", [False, True])
def test_the_same_text_five_times_is_one_text(story, at_once):
    """SC30: one message, one turn, whatever the carrier repeats."""
    alone(story).misses()
    hook = story.carrier.text(CUSTOMER, story.business.number, FAUCET, times=5, at_once=at_once)
    assert hook.statuses == [200] * 5
    story.workers()
    story.answers()
    assert len(story.all(Message, direction="inbound")) == 1
    assert len(story.all(Turn)) == 1
    assert len(story.heard()) == 2
    assert len(story.all(UsageEvent, event_type="ai_turn")) == 1


def test_a_captured_text_posted_again_later_changes_nothing(story):
    """SC52 a: the signature has no time, the claim is the guard."""
    alone(story).misses()
    story.says(FAUCET)
    captured = next(hook for hook in story.carrier.webhooks if hook.path == "/webhooks/twilio/sms")
    story.later(hours=48)
    before = len(story.heard())
    answer = story.carrier.post(captured.url, captured.params)
    story.workers()
    assert answer.status == 200
    assert len(story.all(Message, direction="inbound")) == 1
    assert len(story.heard()) == before


def test_a_forged_text_leaves_no_row(story):
    alone(story)
    hook = story.carrier.text(CUSTOMER, story.business.number, "hi", tamper=True)
    assert hook.statuses == [401]
    assert story.all(Message) == story.all(Webhook) == []


def test_a_text_to_nobodys_number_is_answered_and_noted(story):
    alone(story)
    stranger = {"MessageSid": "SM" + "5" * 32, "From": CUSTOMER, "To": "+12135550190", "Body": "hi", "NumMedia": "0"}
    answer = story.carrier.post("https://nmc.example/webhooks/twilio/sms", stranger)
    story.workers()
    assert answer.status == 200
    assert story.all(Message) == []
    assert story.one(SupportTask).kind == "unknown_number"


@pytest.mark.parametrize(
    "body",
    ["water\x00 leak \x07here", "🚿💦 " * 40, "x" * 1600, "تسرب المياه", "", "\u200b"],
    ids=["controls", "emoji", "long", "right to left", "empty", "invisible"],
)
def test_odd_bodies_are_kept_and_answered(story, body):
    """No text is lost to a character that a database dislikes."""
    alone(story).misses()
    story.says(body)
    kept = story.one(Message, direction="inbound")
    assert "\x00" not in kept.body
    assert len(kept.body) <= 1600
    assert kept.status != "received"


def test_a_burst_gets_one_answer(story):
    """SC41: three texts within five seconds are one turn; the answer marks all of them."""
    alone(story).misses()
    for body in ("hi", "leak under sink", "789 Sunset Blvd 90210"):
        story.texts(body)
        story.later(seconds=1.5)
    story.answers()
    assert len(story.heard()) == 2
    assert [row.status for row in story.all(Message, direction="inbound")] == ["answered"] * 3
    assert len(story.all(Turn)) == 1


def test_a_burst_is_not_waited_for_without_end(story):
    """The debounce ends at twice the delay, counted from the first text."""
    alone(story).misses()
    for number in range(4):
        story.texts(f"part {number} of a long story")
        story.later(seconds=2.5)
    assert len(story.heard()) == 2


def test_a_text_that_comes_while_the_answer_is_thought_is_answered_with_it(story):
    """SC41: the draft is dropped, and one new answer covers everything."""
    from tests.flows.test_takeover import finishes, thinking

    alone(story).misses()
    story.texts("My bathroom faucet drips")
    story.clock.move_to(story.thread().ai_due_at)
    work = thinking(story)
    story.texts("789 Sunset Blvd 90210")
    finishes(story, work)
    story.answers()
    assert len(story.heard()) == 2
    assert "$150-$200" in story.heard()[-1]
    assert [row.status for row in story.all(Message, direction="inbound")] == ["answered"] * 2


def test_an_emergency_in_a_burst_skips_the_wait(story):
    """SC41: "flooding" is not debounced."""
    alone(story).misses()
    story.texts("hi")
    story.texts("the kitchen is flooding, water everywhere")
    story.workers.sweep()
    assert len(story.heard()) == 2


@pytest.mark.parametrize("body", ["thanks!", "ok", "👍", "Liked “See you tomorrow”", "Great, thank you so much"])
def test_a_courtesy_needs_no_answer(story, body):
    """3.1 step 15: with no question open it is kept and shown, and does not re-open the thread."""
    alone(story).misses()
    story.owner_closes()
    story.texts(body)
    story.later(minutes=2)
    assert len(story.heard()) == 1
    assert story.thread().status == "completed"
    assert story.one(Message, direction="inbound").conversation_id == story.thread().id


@pytest.mark.parametrize(
    "body",
    ["I'm driving right now", "Auto-reply: I am out of the office", "This number does not receive text messages"],
)
def test_a_machines_text_is_not_answered(story, body):
    """SC57, first half: known wordings of auto-responders and bounces."""
    alone(story).misses()
    for _ in range(3):
        story.texts(body)
        story.later(minutes=1)
    assert len(story.heard()) == 1


def test_two_machines_do_not_talk_for_ever(story):
    """SC57, second half: an unknown wording is frozen after two repeats, support is told; three texts at most."""
    alone(story).misses()
    for _ in range(5):
        story.says("Your message is important to us, we will be with you shortly")
        story.later(minutes=3)
    assert len(story.heard()) <= 3
    assert (story.thread().mode, story.thread().needs_person) == ("escalated", True)
    assert story.one(SupportTask).kind == "loop"


def test_ten_answers_in_half_an_hour_are_enough(story):
    """8.4: somebody who writes without end gets a person."""
    alone(story).misses()
    for number in range(16):
        story.says(f"and how about question number {number * 7} of mine, what do you think about it?")
        story.later(minutes=1, seconds=45)
        if story.thread().mode == "escalated":
            break
    assert story.thread().mode == "escalated"
    assert len(story.heard()) <= 12


def test_at_most_six_automatic_texts_in_ten_minutes(story):
    """8.4: the seventh is not sent, and a person hears of it."""
    alone(story).misses()
    for word in ("faucet", "toilet", "drain", "sewer", "heater", "pipe", "leak"):
        story.says(f"And what does a {word} job cost?")
    assert len(story.heard()) == 6
    assert [row.discard_reason for row in story.all(Message, status="discarded")] == ["rate_limit", "rate_limit"]


def queue_up(story, count):
    """So many automatic texts to the customer wait at the same moment."""
    with story.owner_acts() as (thread, _owner):
        for number in range(count):
            row = messages.outbound_row(
                thread.tenant_id,
                thread.id,
                business_phone=thread.business_phone,
                customer_phone=thread.customer_phone,
                body=f"Text {number}",
                sender=messages.Sender.system,
                purpose=messages.Purpose.reply,
            )
            messages.say(row | {"due_at": row["due_at"] + dt.timedelta(milliseconds=number)})


def test_texts_of_one_batch_count_each_other(story):
    """8.4: with the greeting before them five may leave, however many are claimed together."""
    alone(story).misses()
    queue_up(story, 8)
    story.later(seconds=1)
    assert sorted(story.heard()[1:]) == [f"Text {number}" for number in range(5)]
    gone = story.all(Message, status="discarded")
    assert sorted((row.body, row.discard_reason) for row in gone) == [
        (f"Text {number}", "rate_limit") for number in (5, 6, 7)
    ]
    story.later(minutes=10, seconds=1)
    queue_up(story, 1)
    assert len(story.heard()) == 7


@pytest.mark.parametrize("batches", [(8, 8), (4, 8), (1, 8)])
def test_texts_on_their_way_count(story, batches):
    """8.4: what was claimed and the carrier has not answered yet is a text as well, in this batch or an earlier one."""
    alone(story).misses()
    story.later(minutes=11)
    with story.owner_acts() as (thread, _owner):
        facts = {"business_phone": thread.business_phone, "customer_phone": thread.customer_phone}
        for number in range(8):
            row = messages.outbound_row(
                thread.tenant_id,
                thread.id,
                body=f"Text {number}",
                sender=messages.Sender.ai,
                purpose=messages.Purpose.reply,
                **facts,
            )
            db.session.add(Message(**row))
        db.session.commit()
        assert sum(len(sending.claim(size)) for size in batches) == 6
        db.session.commit()
        held = db.session.scalars(select(Message.discard_reason).where(Message.status == "discarded")).all()
        assert held == ["rate_limit", "rate_limit"]
        db.session.execute(delete(Message).where(Message.status == "sending"))
        db.session.commit()


def test_a_short_code_is_stored_and_left_alone(story):
    alone(story).texts("Your code is 1234", "72345")
    story.later(minutes=2)
    assert story.heard("72345") == []
    assert story.one(Message).conversation_id is None
    assert story.all(Conversation) == []


def test_a_blocked_number_is_stored_and_left_alone(story):
    alone(story)
    with story.factories.changing() as session:
        session.add(Contact(tenant_id=story.tenant_id, phone=CUSTOMER, rule=ContactRule.block))
    story.texts(FAUCET)
    story.later(minutes=2)
    assert story.heard() == []


def test_a_text_out_of_the_blue_begins_a_conversation(story):
    """C3: a customer may text first; consent is the text itself."""
    alone(story)
    assert "$150-$200" in story.says(FAUCET)
    assert story.thread().status == "active"


def test_a_customer_who_comes_back_within_three_days_finds_the_thread_open(story):
    """C4: same thread; after 72 hours a new one."""
    alone(story).misses()
    story.owner_closes()
    first = story.thread().id
    story.later(hours=71)
    story.says(FAUCET)
    assert (story.thread().id, story.thread().status) == (first, "active")
    story.owner_closes()
    story.later(hours=73)
    story.says(FAUCET)
    assert story.thread().id != first


def test_silence_ends_a_thread_after_three_days_without_a_word(story):
    """C21."""
    alone(story).misses()
    story.later(hours=71)
    assert story.thread().status == "active"
    story.later(hours=2)
    assert (story.thread().status, story.thread().outcome) == ("abandoned", "abandoned")
    assert len(story.heard()) == 1


def test_a_text_that_the_workers_slept_over_is_answered_once_with_an_apology(story):
    """SC65: stored, found by the sweep, answered, "sorry for the wait" only after more than five minutes."""
    alone(story).misses()
    story.carrier.text(CUSTOMER, story.business.number, FAUCET)
    story.workers()
    story.later(minutes=10)
    assert story.heard()[-1].startswith("Sorry for the wait.")
    assert len(story.heard()) == 2


def test_a_forgotten_text_is_recovered_once_and_then_support_is_paged(story):
    """SC65: the sweep runs the turn once; the second time it pages support."""
    alone(story).misses()
    for _ in range(2):
        story.texts(FAUCET) if not story.all(Message, direction="inbound") else None
        with story.factories.changing() as session:
            session.query(Conversation).update({"ai_due_at": None, "mode": "ai_active"})
            session.query(Message).filter_by(direction="inbound").update({"status": "received"})
        story.later(seconds=UNANSWERED_SECONDS + 1)
    assert len(story.heard()) == 2
    assert story.one(SupportTask).kind == "unanswered"


def test_a_thread_of_a_person_is_never_recovered(story):
    """SC65: must not answer threads that a human owns."""
    alone(story).misses()
    story.owner_takes_over()
    story.texts(FAUCET)
    story.later(minutes=10)
    assert len(story.heard()) == 1


def test_a_closed_gate_blocks_the_thread_and_its_opening_answers(story):
    """C24, C25: while texting is paused nothing is queued; when it opens, the waiting text is answered."""
    alone(story).misses()
    with story.factories.changing() as session:
        session.query(Tenant).update({"texting_paused_reason": "Paused by support"})
    story.texts(FAUCET)
    story.later(minutes=5)
    assert (story.thread().status, story.thread().mode) == ("blocked", None)
    assert "Texting is off" in story.all(Task)[-1].why
    assert len(story.heard()) == 1
    with story.factories.changing() as session:
        session.query(Tenant).update({"texting_paused_reason": None})
    story.later(minutes=5)
    story.answers()
    assert story.thread().status == "active"
    assert "$150-$200" in story.heard()[-1]
