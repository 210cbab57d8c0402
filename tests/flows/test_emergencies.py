"""Emergencies: found at once, priced by their hour, told until somebody takes them (behaviour.md 5, 2.11)."""

from app.conversations import Turn
from app.escalations import Escalation
from app.events import Event
from app.leads import Lead
from app.messages import Purpose
from app.notifications import Delivery
from app.scheduling.appointments import Appointment
from app.scheduling.offered import OfferedSlot
from app.scheduling.reminders import Reminder
from app.tasks import SupportTask
from app.usage import UsageEvent
from tests.factories import F1, F2, F3
from tests.flows.story import OTHER

BURST = "URGENT! Pipe burst in the kitchen, water everywhere, family of 6! 555 Pine St 90210"


def calls_in(story, clock, business=F1, **settings):
    story.opens(business, **settings).at(clock)
    story.misses()
    return story


def test_a_burst_water_heater_between_two_jobs(story):
    """SC01: 15:15 does not fit before 15:30, so 17:30 at the evening rate, or tomorrow at the list price."""
    story.opens().at("14:15")
    story.busy("15:30", "17:00", address={"postal_code": "90210"})
    story.misses()
    story.at("14:16")
    answer = story.says("Water heater burst in basement! 789 Sunset Blvd, 90210")
    assert story.local(story.sent()[-1].created_at) == "Tue 14:16"
    assert "today 5:30-6:30 PM, $338-$900" in answer
    assert "tomorrow 8-10 AM, $150-$400" in answer
    thread = story.thread()
    assert (thread.urgency_level, thread.urgency_confidence >= 0.9) == ("emergency", True)
    assert story.ladder().level == 2
    booked = story.says("1")
    assert booked.startswith("Booked: Prime Plumbing, today 5:30-6:30 PM")
    assert "on the way" not in booked
    visit = story.all(Appointment)[-1]
    assert (visit.status, visit.slot_type, visit.is_after_hours) == ("confirmed", "emergency_evening", True)
    assert (story.block(visit), story.window(visit)) == ("Tue 17:30-19:30", "Tue 17:30-18:30")
    assert visit.job_number in booked
    assert story.one(Lead).status == "appointment_scheduled"
    told = story.one(Event, name="conversation.completed").payload
    assert (told["estimated_value_min"], told["estimated_value_max"]) == (338.0, 900.0)
    assert any("$338-$900" in alert for alert in story.alerts())
    eta = story.one(Reminder, kind="eta")
    assert (eta.status, story.local(eta.due_at)) == ("waiting", "Tue 17:00")


def test_with_an_empty_calendar_the_afternoon_is_cheaper(story):
    """SC01 a: 15:15 fits before closing, at 1.75; arriving after 16:00 would leave too little of the day."""
    calls_in(story, "14:15").at("14:16")
    assert "today 3:15-4 PM, $263-$700" in story.says("Water heater burst in basement! 789 Sunset Blvd, 90210")


def test_without_after_hours_only_tomorrow_is_left(story):
    """SC01 b."""
    story.opens(emergency_service={"after_hours_enabled": False}).at("14:15")
    story.busy("15:30", "17:00", address={"postal_code": "90210"})
    story.misses()
    answer = story.says("Water heater burst in basement! 789 Sunset Blvd, 90210")
    assert "tomorrow 8-10 AM, $150-$400" in answer
    assert "today" not in answer


def test_the_evening_offer_survives_a_question(story):
    """SC05: the price of tomorrow is asked; the evening slot stays valid and is booked at once."""
    calls_in(story, "18:15", F2).at("18:16")
    answer = story.says("Power out in half my house and the outlet by the bed has melted. 789 Pine St 90012")
    assert "today 7:15-8:15 PM" in answer
    for word in ("breaker", "panel", "reset"):
        assert word not in answer.lower()
    story.says("How much would it be tomorrow?")
    assert story.all(Appointment) == []
    story.says("Tonight please")
    visit = story.one(Appointment)
    assert (visit.status, visit.slot_type, story.window(visit)) == ("confirmed", "emergency_evening", "Tue 19:15-20:15")


def test_a_price_is_refused_and_the_morning_taken(story):
    """SC11: the valve first, exact night and morning prices, the ladder ends, nobody's phone rings."""
    calls_in(story, "21:00").at("21:01")
    first = story.says("Toilet overflowing! 456 Maple Dr 90210")
    assert first.startswith("If you can reach it safely, close the main water valve.")
    assert "10-11 PM, $413-$963" in first
    assert "tomorrow 8-10 AM, $150-$350" in first
    second = story.says("$400 is way too much!")
    assert "6-8 AM, $225-$525" in second
    assert "damage" not in second
    story.says("Fine, 6 AM")
    visit = story.one(Appointment)
    assert (visit.status, story.block(visit)) == ("pending", "Wed 06:00-07:30")
    assert (visit.price_low_cents, visit.price_high_cents) == (22_500, 52_500)
    assert story.ladder().state == "cancelled"
    story.later(minutes=31)
    assert story.one(Appointment).status == "confirmed"
    assert story.rung() == []


def test_life_safety_comes_first(story):
    """SC16: the fixed text at once, without a price, level 3 and the phone; "no flames" calms nothing."""
    calls_in(story, "23:00", F2).at("23:01")
    story.texts("Outlet sparking and smell of burning plastic! 456 Elm St 90012")
    story.workers.sweep()
    safety = story.heard()[-1]
    assert "911" in safety
    assert "$" not in safety
    assert len(safety) <= 260
    for word in ("breaker", "switch off", "unplug"):
        assert word not in safety.lower()
    assert story.sent()[-1].purpose == Purpose.safety
    assert story.ladder().level == 3
    assert len(story.rung()) == 1
    story.at("23:04")
    answer = story.says("We are outside, no flames")
    assert story.thread().urgency_level == "emergency"
    assert "12-1 AM, $550-$1,100" in answer
    assert "tomorrow 8-10 AM, $200-$400" in answer
    story.says("1")
    assert story.one(Appointment).status == "pending"
    story.contractor_texts("1")
    assert story.one(Appointment).status == "confirmed"


def test_one_after_hours_job_a_night(story):
    """SC18: the first gets 19:30 at 2.25, the second caller the morning."""
    story.opens().at("18:45")
    for hour in range(6):
        story.busy(f"{hour + 8:02}:00", f"{hour + 8:02}:30", buffer_minutes=15)
    story.misses()
    answer = story.says("Sewage backing up into house! 456 Elm St 90210")
    assert "7:30-8:30 PM, $563-$1,800" in answer
    story.says("1")
    visit = story.all(Appointment)[-1]
    assert (visit.status, story.block(visit)) == ("confirmed", "Tue 19:30-22:00")
    story.at("18:55")
    story.misses(OTHER)
    second = story.says("Toilet overflowing! 12 Elm St 90210", OTHER)
    assert "tomorrow 8-10 AM, $150-$350" in second
    assert "tonight" not in second
    assert "today" not in second


def test_one_multiplier_for_all_after_hours(story):
    """SC18, variant: after_hours_emergency_multiplier 2.5 replaces evening and night."""
    calls_in(story, "18:45", emergency_service={"after_hours_emergency_multiplier": 2.5})
    assert "$625-$2,000" in story.says("Sewage backing up into house! 456 Elm St 90210")


def test_outside_phone_hours_the_morning_is_promised_and_kept(story):
    """SC19: closed text with 911, no phone rings, and at 06:00 the dispatcher goes on with options."""
    calls_in(story, "23:30")
    story.texts("Emergency! Toilet overflowing! 123 Oak St 90210")
    story.workers.sweep()
    assert "\n".join(story.heard()[1:]) == (
        "If you can reach it safely, close the main water valve. We're closed until 6 AM. In danger, call 911. "
        "Text us after 6 AM, or reply here and we'll answer then."
    )
    assert story.local(story.sent()[-1].created_at) == "Tue 23:30"
    thread = story.thread()
    assert (thread.urgency_level, thread.mode, thread.status) == ("emergency", "ai_active", "active")
    assert story.sent()[-1].template == "closed_hours"
    assert story.one(Turn).errors == ["OUTSIDE_PHONE_HOURS"]
    assert sum("Reply 1 to take it" in alert for alert in story.alerts()) == 1
    assert {(one.channel, story.local(one.due_at)[:9]) for one in story.all(Delivery)} >= {("push", "Tue 23:30")}
    assert story.all(Appointment) == []
    for hour in range(6):
        for minute in range(0, 60, 5):
            story.until(f"{hour:02}:{minute:02}", "2026-09-16")
    story.until("05:59", "2026-09-16")
    assert len(story.heard()) == 2
    assert story.rung() == []
    assert story.ladder().state == "open"
    story.until("06:00", "2026-09-16")
    assert len(story.heard()) == 3
    assert "today 8-10 AM, $150-$350" in story.heard()[-1]
    assert not story.heard()[-1].startswith("Sorry")
    assert story.rung() == []
    assert "Booked: Prime Plumbing, today 8-10 AM" in story.says("2")
    assert story.ladder().state == "cancelled"
    story.until("06:30", "2026-09-16")
    assert story.rung() == []


def test_outside_phone_hours_an_emergency_line_is_named_if_there_is_one(story):
    """SC19: never an invented number."""
    calls_in(story, "23:30", emergency_service={"emergency_line": "+12135550111"})
    story.texts("Emergency! Toilet overflowing! 123 Oak St 90210")
    story.workers.sweep()
    assert "We're closed until 6 AM. Emergency line: +12135550111. In danger, call 911." in story.heard()[-1]


def test_always_available_offers_the_night(story):
    """SC19, variant: 00:30-1:30 at 2.75."""
    calls_in(story, "23:30", general={"phone_hours": {"always_available": True}}).at("23:31")
    answer = story.says("Emergency! Toilet overflowing! 123 Oak St 90210")
    assert "12:30-1:30 AM, $413-$963" in answer


def test_an_emergency_while_out_of_office_goes_to_people(story, browser):
    """SC20: no slot, no price, no promise; level 2, escalated, lead open; the tap ends it."""
    calls_in(story, "16:00", general={"out_of_office": {"enabled": True}})
    answer = story.says(BURST)
    assert "$" not in answer
    assert "minutes" not in answer
    assert len(story.heard()) == 2
    ladder = story.ladder()
    assert (story.thread().mode, ladder.level, ladder.conversation_id) == ("escalated", 2, story.thread().id)
    assert story.local(ladder.created_at) == "Tue 16:00"
    assert (story.one(Lead).status, story.all(Appointment), story.all(OfferedSlot)) == ("qualified", [], [])
    story.later(minutes=1)
    link = next(text for text in story.alerts() if "Reply 1 to take it" in text).split("nmc.example")[1]
    page = browser.get(link)
    assert story.ladder().state == "open"
    page.forms[0].submit()
    ladder = story.ladder()
    assert (ladder.state, ladder.acknowledged_via, story.local(ladder.closed_at)) == (
        "acknowledged",
        "link",
        "Tue 16:01",
    )
    story.later(minutes=10)
    assert story.rung() == []
    assert len(story.heard()) == 2


def test_nobody_comes_while_out_of_office(story):
    """SC20, 2.11, C16: told once that nobody was reached, without a time that nobody has; AI has the thread again."""
    calls_in(story, "16:00", general={"out_of_office": {"enabled": True}})
    story.says(BURST)
    story.texts("Hello? Is anybody there?")
    for _ in range(15):
        story.later(minutes=1)
    assert [story.local(call.created_at)[4:] for call in story.rung()] == ["16:02", "16:04", "16:06"]
    assert "\n".join(story.heard()[2:]) == (
        "Sorry, we couldn't reach anyone on our team yet. They will contact you here or by phone. In danger, call 911."
    )
    assert (story.ladder().state, story.local(story.ladder().closed_at)) == ("exhausted", "Tue 16:15")
    assert story.thread().mode == "ai_active"
    assert story.one(SupportTask).kind == "escalation"
    story.later(minutes=30)
    assert len(story.heard()) == 3


def test_the_time_after_the_absence_is_offered_and_yes_books_it(story):
    """SC20, 2.11: the next regular slot is that of the day of return, and YES is not handed over once more."""
    calls_in(story, "16:00", general={"out_of_office": {"enabled": True, "until": "2026-09-17T07:00:00Z"}})
    story.says(BURST)
    for _ in range(15):
        story.later(minutes=1)
    assert story.heard()[-1] == (
        "Sorry, we couldn't reach anyone on our team yet. First opening: Thu, Sep 17, 8-10 AM, $250-$600. "
        "Reply YES to book. In danger, call 911."
    )
    assert story.says("Yes").startswith("Booked for Thu, Sep 17, 8-10 AM")
    assert story.window(story.one(Appointment)) == "Thu 08:00-10:00"
    assert len(story.all(Escalation)) == 1


def test_gas_is_answered_even_in_a_persons_thread(story):
    """SC71: the owner is silent for an hour, so the fixed text goes out at once and his phone rings."""
    story.opens(F3)
    story.misses()
    story.owner_takes_over()
    story.later(minutes=60)
    story.texts("I smell gas near the furnace")
    safety = story.heard()[-1]
    assert "911" in safety
    assert "?" not in safety
    assert "$" not in safety
    assert "relight" not in safety
    assert story.ladder().level == 3
    story.texts("We are out now")
    assert story.heard()[-1] == safety
    assert any("We are out now" in alert or "smell gas" in alert for alert in story.alerts())


def test_a_person_who_just_wrote_may_answer_first(story):
    """SC71: only after thirty seconds of his silence the machine speaks."""
    story.opens(F3)
    story.misses()
    story.owner_replies("Hi, what is going on?")
    story.texts("I smell gas near the furnace")
    assert len(story.heard()) == 2
    story.later(seconds=31)
    assert "911" in story.heard()[-1]


def test_the_ladder_climbs_until_somebody_takes_it(story):
    """2.11: a text at once, the phone at +2 and +4 minutes; a machine that answers takes nothing; a tap ends it."""
    calls_in(story, "15:00")
    story.carrier.handset(F1.owner_phone, "voicemail")
    story.says("Sewage backing up into house! 456 Elm St 90210")
    assert any("Reply 1 to take it" in alert for alert in story.alerts())
    assert story.rung() == []
    story.later(minutes=2)
    assert len(story.rung()) == 1
    assert story.one(Escalation).state == "open"
    story.later(minutes=2)
    assert len(story.rung()) == 2
    story.contractor_texts("1")
    story.later(minutes=30)
    assert len(story.rung()) == 2
    assert story.one(Escalation).acknowledged_via == "text"


def test_key_1_on_the_phone_takes_it(story):
    """2.11: the call is answered by a person who presses 1."""
    calls_in(story, "15:00")
    story.carrier.handset(F1.owner_phone, "presses_1")
    story.says("Sewage backing up into house! 456 Elm St 90210")
    story.later(minutes=2)
    assert story.one(Escalation).state == "acknowledged"
    assert story.one(Escalation).acknowledged_via == "phone"
    story.later(minutes=10)
    assert len(story.rung()) == 1
    assert len(story.all(UsageEvent, event_type="ai_turn")) == 1
