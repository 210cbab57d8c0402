"""From a yes to a visit, and what becomes of it: confirmed, moved, cancelled, lost (behaviour.md 2.5, 7.6, 7.8)."""

import datetime as dt

from app.escalations import Escalation
from app.events import Event
from app.leads import Lead
from app.messages import Message
from app.notifications import Delivery
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.offered import OfferedSlot
from app.tasks import Task
from tests.factories import F2
from tests.flows.story import OTHER

HEATER = "Water heater not heating, 789 Sunset Blvd 90210. Today at 2 PM please"
FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?"


def a_held_offer(story):
    story.opens().at("12:00")
    story.misses()
    assert "today 2-4 PM, $150-$400" in story.says(HEATER)
    return story


def a_visit_tomorrow(story, **settings):
    story.opens(**settings).at("14:00")
    story.misses()
    story.says(FAUCET)
    story.says("yes")
    assert story.block(story.one(Appointment)) == "Wed 10:00-11:30"
    return story


def test_a_visit_of_today_is_confirmed_at_once(story):
    """7.6, C18, SEED-1 step 9: confirmed, told from the row, lead scheduled, the contractor told on three ways."""
    a_held_offer(story)
    booked = story.says("YES")
    visit = story.one(Appointment)
    assert booked.startswith("Booked: Prime Plumbing, today 2-4 PM, 789 Sunset Blvd")
    assert visit.job_number in booked
    assert "$150-$400" in booked
    assert (visit.status, visit.booking_type, story.block(visit)) == ("confirmed", "confirmed", "Tue 14:00-16:00")
    assert story.one(Hold).status == "consumed"
    assert (story.thread().status, story.thread().outcome) == ("completed", "appointment_scheduled")
    lead = story.one(Lead)
    assert (lead.status, lead.appointment_id) == ("appointment_scheduled", visit.id)
    assert len(story.all(Event, name="appointment.confirmed")) == 1
    completed = story.one(Event, name="conversation.completed").payload
    assert completed["appointment_id"] == str(visit.id)
    booking = [one for one in story.all(Delivery) if one.channel == "email"]
    assert len(booking) == 1


def test_a_visit_of_tomorrow_is_tentative_until_the_evening(story):
    """SC02, 7.6: "we'll confirm"; at 19:00 the day before the window is confirmed by text, once."""
    a_visit_tomorrow(story)
    visit = story.one(Appointment)
    assert (visit.status, visit.booking_type) == ("pending", "tentative")
    assert "We'll confirm the time by text" in story.heard()[-1]
    assert "confirmed" not in " ".join(story.heard())
    said = len(story.heard())
    story.until("18:59")
    assert story.one(Appointment).status == "pending"
    story.until("19:00")
    assert story.one(Appointment).status == "confirmed"
    assert len(story.heard()) == said + 1
    assert "10 AM-12 PM" in story.heard()[-1]
    story.later(minutes=30)
    assert len(story.heard()) == said + 1


def test_booked_late_it_is_confirmed_half_an_hour_later(story):
    """SC02: after 19:00 the contractor still has thirty minutes to object."""
    story.opens(F2).at("19:45")
    story.misses()
    story.says("Need outlet installed in kitchen, 123 Main St 90012")
    story.says("2")
    story.later(minutes=29)
    assert story.one(Appointment).status == "pending"
    story.later(minutes=2)
    assert story.one(Appointment).status == "confirmed"
    assert story.heard()[-1].startswith("Booked: ElectriPro, tomorrow 8-10 AM")


def test_the_contractor_may_want_to_confirm_himself(story):
    a_visit_tomorrow(story, reminders={"tentative_auto_confirm": False})
    story.until("20:00")
    assert story.one(Appointment).status == "pending"


def test_a_customer_who_writes_keeps_her_hold(story):
    """7.8: each text renews it, to an hour at most; then it is nobody's."""
    a_held_offer(story)
    first = story.one(Hold).expires_at
    story.later(minutes=2)
    story.texts("Let me ask my husband, what was the price again?")
    assert story.one(Hold).expires_at > first
    assert story.one(Hold).expires_at <= story.one(Hold).created_at + dt.timedelta(minutes=60)


def test_an_offer_goes_stale_after_an_hour(story):
    """7.5: a late choice is offered anew and never books what is not on the table."""
    story.opens().at("10:00")
    story.misses()
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210")
    assert len(story.all(OfferedSlot)) == 2
    story.clock.shift(61 * 60)
    answer = story.says("1")
    assert story.all(Appointment) == []
    assert "$150-$200" in answer


def test_a_slot_taken_by_hand_meanwhile_is_gone(story):
    """SC72: the constraint refuses, the customer hears "just taken" with new times, nothing says booked."""
    story.opens().at("10:00")
    story.misses()
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210")
    story.busy("12:00", "14:30", buffer_minutes=30)
    answer = story.says("1")
    assert "that time was just taken" in answer
    assert "$150-$200" in answer
    assert (story.thread().status, story.thread().mode) == ("active", "ai_active")
    assert len(story.all(Appointment)) == 1
    assert story.all(Lead) == []
    assert not [row for row in story.all(Message) if row.body.startswith("Booked")]


def test_two_customers_are_never_promised_one_hour(story):
    """SC32, in turn: the second is offered the same hour before the first says yes, and gets another."""
    story.opens().at("10:00")
    for phone in (None, OTHER):
        story.misses(*([phone] if phone else []))
    first = story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210")
    second = story.says("Bathroom faucet dripping, 12 Elm St 90210", OTHER)
    assert first.split("1)")[1].split(",")[0] == second.split("1)")[1].split(",")[0]
    assert story.says("1").startswith("Booked")
    assert "that time was just taken" in story.says("1", OTHER)
    assert len(story.all(Appointment)) == 1


def test_cancelling_asks_first(story):
    """SC26: the policy line inside 24 hours, YES cancels, the hour is free, the lead is open again, the owner knows."""
    a_visit_tomorrow(story, operational_limits={"cancellation_policy": "Late changes may be charged."})
    story.at("15:00")
    asked = story.says("need to cancel tomorrow's visit")
    assert "Reply YES to confirm" in asked
    assert "Late changes may be charged." in asked
    assert story.one(Appointment).status == "pending"
    assert "Cancelled: your visit tomorrow 10 AM-12 PM" in story.says("YES")
    visit = story.one(Appointment)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "customer_cancellation")
    assert story.one(Lead).status == "qualified"
    assert any("Follow up" in task.why for task in story.all(Task))
    assert any("Cancelled" in alert for alert in story.alerts())
    assert story.thread().status != "opted_out"
    said = len(story.heard())
    story.until("19:05")
    assert len(story.heard()) == said


def test_declining_gives_the_hold_back(story):
    a_held_offer(story)
    story.says("no thanks, not interested")
    assert story.one(Hold).status == "released"
    assert story.thread().status == "completed"
    assert story.all(Appointment) == story.all(Escalation) == []
