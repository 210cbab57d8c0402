"""A person wins over the machine, in every moment, and can give the thread back (behaviour.md 2.2 C6-C17)."""

import datetime as dt

import pytest

from app.conversations import human, turns
from app.conversations.human import AlreadyTakenOver
from app.conversations.turns import Work
from app.leads import Lead
from app.messages import Message
from app.users import Presence, User
from jobs import conversations as jobs
from tests.flows.story import CUSTOMER

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"


def starts(story):
    story.opens()
    story.misses()
    return story


def thinking(story) -> Work:
    """A turn that was read and is being thought about."""
    with story.factories.changing():
        claimed = turns.claim(5)
    assert len(claimed) == 1
    with story.factories.changing():
        return turns.read(claimed[0])


def finishes(story, work):
    """The answer to that turn comes back."""
    with story.factories.changing():
        jobs._think_and_act(work)
    story.workers()


def test_the_owner_has_a_minute_to_answer(story):
    """C6, C9, C11: the window is a stored deadline, a second text does not move it, then one turn answers all."""
    starts(story).later(minutes=1)
    story.texts("Hello")
    thread = story.thread()
    assert thread.mode == "owner_window"
    deadline = thread.owner_window_expires_at
    assert deadline == dt.datetime(2026, 9, 15, 17, 2, tzinfo=dt.UTC)
    story.later(seconds=30)
    story.texts(FAUCET)
    assert story.thread().owner_window_expires_at == deadline
    assert len(story.heard()) == 1
    story.later(seconds=30)
    assert len(story.heard()) == 2
    assert story.thread().mode == "ai_active"
    assert {row.status for row in story.all(Message, direction="inbound")} == {"answered"}


def test_a_reply_inside_the_window_keeps_the_machine_silent(story):
    """SC23: the window is gone, the lead is open, each further text goes to the owner, nothing is answered for him."""
    starts(story).later(minutes=1)
    story.texts(FAUCET)
    story.later(seconds=20)
    story.owner_replies("I can be there at noon")
    assert story.heard()[-1] == "I can be there at noon"
    thread = story.thread()
    assert (thread.mode, thread.owner_window_expires_at, thread.ai_due_at) == ("human_active", None, None)
    assert story.one(Lead)
    for minute in (4, 15):
        story.later(minutes=minute)
        story.texts(f"And what about {minute}?")
        assert story.thread().mode == "human_active"
    story.later(minutes=30)
    assert len(story.heard()) == 2
    assert len([alert for alert in story.alerts() if "And what about" in alert]) == 2
    story.owner_hands_back()
    assert len(story.heard()) == 3


def test_a_takeover_discards_the_answer_in_work(story):
    """SC24: the owner's text goes, the machine's does not, and the version rose by one."""
    starts(story).later(minutes=1)
    story.texts(FAUCET)
    story.clock.move_to(story.thread().ai_due_at)
    work = thinking(story)
    version = story.thread().control_version
    story.owner_takes_over()
    story.owner_replies("Coming")
    finishes(story, work)
    assert story.heard()[1:] == ["Coming"]
    assert story.thread().control_version == version + 1
    assert story.thread().mode == "human_active"


def test_a_takeover_catches_an_answer_that_waits_to_be_sent(story):
    """P4: the version is read again when the text leaves."""
    starts(story).later(minutes=1)
    story.texts(FAUCET)
    story.clock.move_to(story.thread().ai_due_at)
    work = thinking(story)
    with story.factories.changing():
        jobs._think_and_act(work)
    story.owner_takes_over()
    assert len(story.heard()) == 1
    assert [row.discard_reason for row in story.all(Message, status="discarded")] == ["taken_over"]


def test_a_takeover_is_one_persons(story):
    """SC24: again by the same person changes nothing, by a colleague it is refused."""
    starts(story).later(minutes=1)
    story.texts("Hello")
    story.owner_takes_over()
    version = story.thread().control_version
    story.owner_takes_over()
    assert story.thread().control_version == version
    colleague = story.factories.user(story.tenant_id, role="operator", email="op@example.com")
    with pytest.raises(AlreadyTakenOver), story.owner_acts() as (thread, _owner):
        human.take_over(thread, story.all(User, id=colleague)[0])


def test_handing_back_answers_what_is_open(story):
    """C17: the assistant is not mute after the hand-back."""
    starts(story).later(minutes=1)
    story.owner_takes_over()
    story.texts(FAUCET)
    assert len(story.heard()) == 1
    story.owner_hands_back()
    assert "$150-$200" in story.heard()[-1]
    assert story.thread().mode == "ai_active"


def test_handing_back_with_nothing_open_waits_for_the_customer(story):
    starts(story)
    story.owner_replies("Hi, what is it?")
    story.owner_hands_back()
    assert story.thread().mode == "waiting_customer"
    assert len(story.heard()) == 2


def test_a_thread_left_alone_goes_back_by_itself(story):
    """C17: after twelve hours without a word of the person."""
    starts(story)
    story.owner_replies("Hi, what is it?")
    story.later(hours=11, minutes=59)
    assert story.thread().mode == "human_active"
    story.later(minutes=2)
    assert story.thread().mode == "waiting_customer"


@pytest.mark.parametrize("minutes", [0, 10_080])
def test_a_thread_of_a_person_in_which_nobody_speaks_is_done_after_three_days(story, minutes):
    """C22: whether or when threads are handed back by themselves; a word of the customer starts the days anew."""
    story.opens(dispatcher={"human_idle_release_minutes": minutes})
    story.misses()
    story.owner_replies("Hi, what is it?")
    story.later(hours=1)
    story.texts("I will ask my wife")
    story.later(hours=71, minutes=59)
    assert (story.thread().status, story.thread().mode) == ("active", "human_active")
    story.later(minutes=1)
    thread = story.thread()
    assert (thread.status, thread.mode, thread.outcome) == ("completed", None, "handled_by_human")
    assert len(story.heard()) == 2


@pytest.mark.parametrize("presence", [Presence.offline, Presence.vacation])
def test_an_absent_owner_is_not_waited_for(story, presence):
    """SC36 a, C7: the turn comes after the debounce."""
    starts(story).factories.owner(story.tenant_id, presence=presence)
    story.texts(FAUCET)
    assert story.thread().mode == "ai_active"
    story.later(seconds=4)
    assert len(story.heard()) == 2


def test_going_offline_ends_the_windows_that_run(story):
    """SC36 d, C11: who leaves is not waited for any longer."""
    starts(story).later(minutes=1)
    story.texts(FAUCET)
    assert story.thread().mode == "owner_window"
    story.contractor_texts("OFF")
    story.later(seconds=1)
    assert "$150-$200" in story.heard()[-1]


def test_an_emergency_is_not_kept_waiting(story):
    """C10: a further text that tells of an emergency ends the window at once."""
    starts(story).later(minutes=1)
    story.texts("Hello")
    assert story.thread().mode == "owner_window"
    story.texts("Pipe burst, water everywhere, 789 Sunset Blvd 90210")
    story.workers.sweep()
    assert len(story.heard()) == 2
    assert story.ladder().level == 2


def test_a_hold_moves_the_deadline(story):
    """C12."""
    starts(story).later(minutes=1)
    story.texts(FAUCET)
    with story.owner_acts() as (thread, _owner):
        human.hold(thread, thread.owner_window_expires_at + dt.timedelta(minutes=20))
    story.later(minutes=20)
    assert len(story.heard()) == 1
    story.later(minutes=1)
    assert len(story.heard()) == 2


def test_without_the_assistant_the_customer_hears_one_holding_text(story):
    """C8: the switch is looked at before anything else."""
    starts(story)
    story.factories.set(story.tenant_id, dispatcher={"ai_enabled": False})
    story.texts("Hello")
    story.texts("Anybody?")
    assert story.heard()[1:] == ["I've passed this to the team; someone will contact you here or by phone."]
    assert (story.thread().mode, story.thread().needs_person) == ("escalated", True)
    assert [alert for alert in story.alerts() if "Hello" in alert]


def test_a_closed_thread_opens_for_the_owners_word(story):
    """SEED-1 step 7: the reply re-opens, is human, delivered, and nothing automatic follows for the next hour."""
    starts(story)
    story.owner_closes()
    assert story.thread().outcome == "handled_by_human"
    story.owner_replies("I can do it tomorrow.")
    assert story.thread().mode == "human_active"
    reply = story.sent()[-1]
    assert (reply.sender, reply.status, reply.segments) == ("human", "delivered", 1)
    for _ in range(6):
        story.later(minutes=10)
    assert len(story.heard()) == 2
    assert reply.customer_phone == CUSTOMER
