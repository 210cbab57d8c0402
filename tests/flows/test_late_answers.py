"""What becomes of an offer when nothing is heard, and of an answer that comes too late (SC13, behaviour.md 7.5)."""

from app.conversations import turns
from app.leads import Lead
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.offered import OfferedSlot
from jobs import drains
from tests.flows.test_races import together

HEATER = "Water heater not heating, 789 Sunset Blvd 90210. Today at 2 PM please"


def silent_for(story, minutes, words=HEATER):
    """An offer at noon, and then nothing for so long, minute by minute."""
    story.opens().at("12:00")
    story.misses()
    offer = story.says(words)
    for _minute in range(minutes):
        story.later(minutes=1)
    return offer


def test_a_late_yes_has_the_same_time_held_and_offered_again(story):
    """SC13: a YES 30 minutes later finds the slot still free, so that very slot is held and offered, not booked."""
    silent_for(story, 30)
    first, thread = story.one(Hold), story.thread()
    assert (first.status, thread.status) == ("released", "abandoned")
    answer = story.says("YES")
    assert "today 2-4 PM, $150-$400" in answer
    assert "Reply YES" in answer
    assert story.all(Appointment) == []
    assert (story.thread().id, story.thread().status, story.thread().mode) == (thread.id, "active", "ai_active")
    held = story.all(Hold, status="active")
    assert [(hold.slot_id, hold.start_at) for hold in held] == [(first.slot_id, first.start_at)]
    booked = story.says("YES")
    assert booked.startswith("Booked: Prime Plumbing, today 2-4 PM")
    assert story.block(story.one(Appointment)) == "Tue 14:00-16:00"
    assert (story.one(Lead).status, story.all(Hold)[-1].status) == ("appointment_scheduled", "consumed")


def test_a_late_yes_to_a_time_that_is_gone_gets_other_times(story):
    """SC13: somebody else has the slot by then; it is said, and nothing is booked."""
    silent_for(story, 30)
    story.busy("14:00", "15:00")
    answer = story.says("YES")
    assert answer.startswith("Sorry, that time was just taken.")
    assert "today 2-4 PM" not in answer
    assert len(story.all(Appointment)) == 1
    assert [row for row in story.all(OfferedSlot) if row.status == "open"]


def test_a_late_number_means_the_offer_of_that_number(story):
    """4.5: of several offers that lapsed, the chosen one is held and offered alone."""
    offer = silent_for(story, 30, "Bathroom faucet dripping, 789 Sunset Blvd 90210")
    wanted = offer.split("2) ")[1].split(", $")[0]
    assert story.all(Hold) == []
    answer = story.says("2")
    assert wanted in answer
    assert "1)" not in answer
    assert story.all(Appointment) == []
    assert story.one(Hold).status == "active"
    assert "Booked" in story.says("yes")
    assert len(story.all(Appointment)) == 1


def test_a_late_yes_to_several_times_books_none(story):
    """4.5: a yes to two times asks which, also when they have to be offered anew."""
    silent_for(story, 30, "Bathroom faucet dripping, 789 Sunset Blvd 90210")
    answer = story.says("yes")
    assert "1)" in answer
    assert "2)" in answer
    assert story.all(Appointment) == []


def test_a_restarted_worker_nudges_once(story):
    """SC13: restarted after 2 minutes, killed in the middle of the nudge, restarted after 6: one nudge, one closing."""
    silent_for(story, 2)
    said = len(story.heard())
    together(story, drains.turns, drains.turns)
    assert len(story.heard()) == said
    story.clock.shift(61)
    with story.factories.changing():
        assert turns.claim(5) == [story.thread().id]  # the worker dies with the thread in its hands
    story.workers.sweep()
    assert len(story.heard()) == said
    story.later(minutes=1)
    assert len(story.heard()) == said + 1
    story.later(minutes=1)
    together(story, drains.turns, drains.turns, drains.outbox, drains.outbox)
    story.workers()
    assert len(story.heard()) == said + 1
    for _minute in range(30):
        story.later(minutes=1)
    assert len(story.heard()) == said + 2
    assert [row.template for row in story.all(Message, purpose="nudge")] == ["nudge", "closing"]
    assert story.thread().status == "abandoned"
