"""A customer speaks of a visit that exists: moved, cancelled, asked for (SC26, SC27, behaviour.md 4.6)."""

import pytest

from app.events import Event
from app.leads import Lead
from app.messages import Message
from app.scheduling import appointments
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.offered import OfferedSlot
from app.tasks import Task
from tests.flows.story import CUSTOMER, OTHER
from tests.flows.test_booking import a_visit_tomorrow

POLICY = {"operational_limits": {"cancellation_policy": "Late changes may be charged."}}
LIVE = ("pending", "confirmed", "in_progress")


def live(story):
    """The visits that still take somebody's time, the first to come first."""
    return sorted((visit for visit in story.all(Appointment) if visit.status in LIVE), key=lambda one: one.start_at)


def a_second_visit(story, words="My kitchen sink is clogged, can you do Friday at 2 PM?"):
    """The same customer has another visit, for another job."""
    assert "Fri, Sep 18, 2-4 PM" in story.says(words)
    assert story.says("yes").startswith("Booked")
    assert [story.block(visit) for visit in live(story)] == ["Wed 10:00-11:30", "Fri 14:00-15:30"]
    return story.later(minutes=30)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("can we do Thursday instead?", "Thu"),
        ("can you move my appointment to Friday", "Fri"),
        ("need to push my visit back a day", "Thu"),
        ("something came up, could you come Thursday morning instead", "Thu"),
        ("puedo cambiar mi cita al jueves?", "Thu"),
        ("Could you come Thursday?", "Thu"),
        ("any chance of Friday at 2pm instead", "Fri"),
        ("tomorrow doesn't work for me anymore, is Thursday open?", "Thu"),
        ("I need to reschedule my Wednesday visit to Friday", "Fri"),
        ("can you push it back two days", "Fri"),
        ("Can you come at 11 instead?", "Wed"),
    ],
)
def test_a_visit_is_moved_and_stays_one(story, words, day):
    """SC27: times of equal length on the wished day; the new one booked, the old cancelled, same price, version + 1."""
    a_visit_tomorrow(story)
    old, lead, thread = story.one(Appointment), story.one(Lead), story.thread()
    assert (thread.status, lead.appointment_id) == ("completed", old.id)
    answer = story.says(words)
    assert "$" not in answer
    on_table = [row for row in story.all(OfferedSlot) if row.status == "open"]
    assert 1 <= len(on_table) <= 3
    assert {story.local(row.start_at)[:3] for row in on_table} == {day}
    assert {row.end_at - row.start_at for row in on_table} == {old.end_at - old.start_at}
    assert [visit.id for visit in live(story)] == [old.id]
    moved = story.says("1" if len(on_table) > 1 else "yes")
    new = live(story)[0]
    assert len(story.all(Appointment)) == 2
    assert len(live(story)) == 1
    gone = story.one(Appointment, id=old.id)
    assert (gone.status, gone.cancel_reason) == ("cancelled", "rescheduling")
    assert (new.status, new.booking_type, new.job_number) == (old.status, old.booking_type, old.job_number)
    assert (new.price_low_cents, new.price_high_cents, new.job_types) == (15_000, 20_000, old.job_types)
    assert (new.address, new.version) == (old.address, old.version + 1)
    assert new.start_at == on_table[0].start_at
    if story.thread().language == "en":
        window = answer.split("to ")[1].split(". Reply")[0] if len(on_table) == 1 else answer.split("1) ")[1]
        assert moved == f"Moved: Prime Plumbing now comes {window.split(' 2) ')[0]}. Job {old.job_number}."
    else:
        assert moved.startswith("Cambiado: Prime Plumbing va ahora jue 17 sep, 8-10 AM.")
    assert (story.thread().id, story.thread().status, story.thread().outcome) == (
        thread.id,
        "completed",
        "appointment_scheduled",
    )
    assert (story.one(Lead).status, story.one(Lead).appointment_id) == ("appointment_scheduled", new.id)
    assert story.all(Event, name="conversation.completed")[-1].payload["appointment_id"] == str(new.id)


def test_two_or_three_times_are_offered_for_a_day(story):
    """SC27: a whole day leaves room for a choice."""
    a_visit_tomorrow(story)
    answer = story.says("can we do Thursday instead?")
    assert "tomorrow 10 AM-12 PM" in answer
    assert "1) Thu, Sep 17, 8-10 AM 2) Thu, Sep 17, 12-2 PM" in answer
    assert "Reply 1 or 2" in answer


def test_without_a_day_one_question_is_asked(story):
    a_visit_tomorrow(story)
    assert "What day and time work better?" in story.says("I need to reschedule")
    assert "Thu, Sep 17, 12-2 PM" in story.says("Thursday afternoon")
    assert "Thu, Sep 17, 12-2 PM" in story.says("1")
    assert [story.block(visit) for visit in live(story)] == ["Thu 12:00-13:30"]


def test_a_visit_that_was_confirmed_stays_confirmed(story):
    """2.5: a move keeps the status."""
    a_visit_tomorrow(story)
    story.until("19:00")
    assert story.one(Appointment).status == "confirmed"
    story.says("can we do Thursday instead?")
    story.says("1")
    assert [(visit.status, visit.version) for visit in live(story)] == [("confirmed", 3)]


def test_a_new_time_lost_to_somebody_leaves_the_old_visit(story):
    """SC27, variant: the slot goes between offer and choice: other times, the old visit intact, moved at last."""
    a_visit_tomorrow(story)
    old = story.one(Appointment)
    story.says("can we do Thursday instead?")
    story.busy("08:00", "09:00", "2026-09-17")
    answer = story.says("1")
    assert answer.startswith("Sorry, that time was just taken.")
    assert "For your visit tomorrow 10 AM-12 PM" in answer
    assert "Thu, Sep 17" in answer
    assert "8-10 AM" not in answer
    assert "$" not in answer
    same = story.one(Appointment, id=old.id)
    assert (same.status, same.version, same.job_number) == (old.status, old.version, old.job_number)
    assert not [row for row in story.all(Message) if row.body.startswith(("Moved", "Booked: "))]
    moved = story.says("1")
    assert moved.startswith("Moved: Prime Plumbing now comes Thu, Sep 17")
    mine = [visit for visit in live(story) if visit.customer_id]
    assert [visit.job_number for visit in mine] == [old.job_number]
    assert story.one(Appointment, id=old.id).cancel_reason == "rescheduling"


def test_silence_leaves_the_visit_as_it_is(story):
    """SC13 for a move: one nudge, then the word that nothing changes; a late yes is offered the time again."""
    a_visit_tomorrow(story)
    said = len(story.heard())
    story.says("any chance of Friday at 2pm instead")
    for _minute in range(20):
        story.later(minutes=1)
    nudge, closing = story.heard()[said + 1 :]
    assert nudge == "Still want to move your visit? Reply YES for Fri, Sep 18, 2-4 PM."
    assert "your visit tomorrow 10 AM-12 PM stays" in closing
    assert story.thread().status == "abandoned"
    assert story.one(Lead).status == "appointment_scheduled"
    answer = story.says("YES")
    assert "Fri, Sep 18, 2-4 PM" in answer
    assert [story.block(visit) for visit in live(story)] == ["Wed 10:00-11:30"]
    assert story.says("YES").startswith("Moved")
    assert [story.block(visit) for visit in live(story)] == ["Fri 14:00-15:30"]


def test_it_may_stay_after_all(story):
    a_visit_tomorrow(story)
    story.says("can you move my appointment to Friday")
    assert "your visit tomorrow 10 AM-12 PM stays" in story.says("never mind, keep it as it is")
    assert [(story.block(visit), visit.version) for visit in live(story)] == [("Wed 10:00-11:30", 1)]


def test_another_job_is_another_visit(story):
    """C4: in the same thread, the new job alone is offered, at its own price and length."""
    a_visit_tomorrow(story)
    answer = story.says("My kitchen sink is clogged too, can you do Friday at 2 PM?")
    assert "Fri, Sep 18, 2-4 PM, $150-$300" in answer
    assert story.says("yes").startswith("Booked")
    assert [visit.job_types for visit in live(story)] == [["faucet_repair"], ["drain_clog"]]


def test_of_two_visits_the_named_one_is_moved(story):
    a_second_visit(a_visit_tomorrow(story))
    answer = story.says("I need to reschedule my visit")
    assert "tomorrow 10 AM-12 PM" in answer
    assert "Fri, Sep 18, 2-4 PM" in answer
    assert "What day and time work better?" in story.says("2")
    assert "Thu, Sep 17" in story.says("Thursday")
    story.says("1")
    assert [story.block(visit) for visit in live(story)] == ["Wed 10:00-11:30", "Thu 08:00-09:30"]


# Cancelling


def test_the_policy_is_told_inside_its_hours(story):
    """SC26: 19 hours before, the policy line; nothing is cancelled before the YES."""
    a_visit_tomorrow(story, **POLICY).at("15:00")
    asked = story.says("need to cancel tomorrow's visit")
    assert asked == "Cancel your visit tomorrow 10 AM-12 PM? Reply YES to confirm. Late changes may be charged."
    assert [(visit.status, visit.version) for visit in live(story)] == [("pending", 1)]
    assert story.thread().status == "active"
    assert story.says("YES") == "Cancelled: your visit tomorrow 10 AM-12 PM. Text us to schedule again."
    visit = story.one(Appointment)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "customer_cancellation")
    assert (story.one(Lead).status, story.thread().status) == ("qualified", "completed")
    assert [task.kind for task in story.all(Task)] == ["call_back"]
    assert any("Cancelled" in alert for alert in story.alerts())


def test_the_hour_of_a_cancelled_visit_is_free_at_once(story):
    """SC26: the next customer is offered it."""
    a_visit_tomorrow(story)
    story.says("I have to cancel my appointment")
    story.says("YES")
    story.misses(OTHER)
    assert "tomorrow 10 AM-12 PM" in story.says(
        "Bathroom faucet dripping, 12 Elm St 90210, tomorrow at 10 AM please", OTHER
    )


def test_no_policy_outside_its_hours(story):
    """SC26: more than 24 hours before, no such line."""
    a_visit_tomorrow(story, **POLICY)
    story.says("can we do Friday instead?")
    story.says("1")
    asked = story.says("I have to cancel my appointment")
    assert asked.startswith("Cancel your visit Fri, Sep 18, 8-10 AM? Reply YES to confirm")
    assert "charged" not in asked


def test_a_no_keeps_the_visit(story):
    a_visit_tomorrow(story)
    story.says("cancel my appointment please")
    assert "your visit tomorrow 10 AM-12 PM stays" in story.says("no")
    assert [(visit.status, visit.version) for visit in live(story)] == [("pending", 1)]


def test_a_visit_is_not_cancelled_by_a_yes_to_something_older(story):
    """SC26: days later the question is put again before anything is cancelled."""
    a_visit_tomorrow(story)
    story.says("can you move my appointment to next Friday")
    story.says("1")
    story.later(minutes=30)
    story.says("I have to cancel my appointment")
    story.later(hours=73)
    assert story.thread().status == "abandoned"
    assert "Reply YES to confirm" in story.says("yes")
    assert len(live(story)) == 1
    assert "Cancelled" in story.says("yes")
    assert live(story) == []


def test_there_is_nothing_to_cancel(story):
    """SC26: it is said, and a person has the thread."""
    story.opens().at("15:00")
    story.misses()
    answer = story.says("I need to cancel my appointment please")
    assert "don't see a visit" in answer
    assert "someone will contact you" in answer
    assert (story.thread().status, story.thread().mode, story.thread().needs_person) == ("active", "escalated", True)
    assert story.all(Appointment) == []
    assert any("cancel my appointment" in alert for alert in story.alerts())


def test_of_two_visits_it_is_asked_which(story):
    """SC26: by number or by day; the other one stays."""
    a_second_visit(a_visit_tomorrow(story, **POLICY))
    asked = story.says("I need to cancel my visit")
    assert "1) tomorrow 10 AM-12 PM; 2) Fri, Sep 18, 2-4 PM" in asked
    assert len(live(story)) == 2
    assert "Cancel your visit Fri, Sep 18, 2-4 PM? Reply YES to confirm." in story.says("the Friday one")
    assert len(live(story)) == 2
    assert "Cancelled: your visit Fri, Sep 18, 2-4 PM" in story.says("yes")
    assert [story.block(visit) for visit in live(story)] == ["Wed 10:00-11:30"]


# Asking


@pytest.mark.parametrize(
    "words",
    [
        "when are you coming?",
        "what time is my appointment?",
        "when is my visit",
        "are you still coming tomorrow?",
        "do I have an appointment?",
        "how soon can you come?",
        "tomorrow at 10 still ok?",
    ],
)
def test_when_it_is_is_told_from_the_row(story, words):
    """4.6: the window as it stands now, also after the contractor moved it; nothing is sold twice."""
    a_visit_tomorrow(story)
    with story.factories.changing() as session:
        visit = appointments.of(story.tenant_id, session.query(Appointment.id).scalar())
        visit.window_end_at = visit.window_start_at.replace(hour=visit.window_start_at.hour + 1)
    answer = story.says(words)
    assert "tomorrow 10-11 AM" in answer
    assert "$" not in answer
    assert "confirmed" not in answer
    assert story.all(Hold, status="active") == [row for row in story.all(OfferedSlot) if row.status == "open"] == []
    assert story.thread().needs_person is False


def test_after_a_booking_a_greeting_sells_nothing(story):
    a_visit_tomorrow(story)
    assert "tomorrow 10 AM-12 PM" in story.says("hi there")
    assert len(story.all(Appointment)) == 1
    assert [row for row in story.all(OfferedSlot) if row.status == "open"] == []


def test_the_visits_of_others_are_nobodys_business(story):
    """17.5: another phone asks for the same name and address, and hears of no visit."""
    a_visit_tomorrow(story)
    story.misses(OTHER)
    answer = story.says("cancel my appointment at 789 Sunset Blvd 90210 tomorrow at 10", OTHER)
    assert "don't see a visit" in answer
    assert [visit.status for visit in story.all(Appointment)] == ["pending"]
    assert story.thread(CUSTOMER).id != story.thread(OTHER).id
