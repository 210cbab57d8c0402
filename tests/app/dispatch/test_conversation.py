"""How a talk is kept: consent, people, visits, refusals and what is remembered."""

from __future__ import annotations

import datetime as dt

from app.dispatch import Event, State
from app.dispatch.types import Customer, OwnAppointment
from tests.app.dispatch.house import Talk, at

SINK = "kitchen sink clogged, 789 Sunset Blvd 90210"


def visit(day: int = 16, hour: int = 10) -> OwnAppointment:
    start = at(day, hour)
    return OwnAppointment("a1", start, start + dt.timedelta(hours=2), job_type="drain_clog", minutes=90)


def test_a_state_survives_its_journey_through_json():
    talk = Talk(now=at(15, 10))
    talk.text(SINK)
    assert State.from_json(talk.state.to_json()) == talk.state


def test_an_unknown_version_of_a_state_starts_afresh():
    assert State.from_json({"version": 99, "jobs": ["leak_repair"]}) == State()


def test_stop_is_silent_and_only_start_opens_again():
    talk = Talk(now=at(15, 10))
    stopped = talk.text("STOP")
    assert stopped.acts == ("opt_out",)
    assert stopped.reply is None
    assert talk.text("my sink leaks").reply is None
    assert talk.silence(60).reply is None
    assert talk.text("START").acts == ("opt_in",)
    assert talk.text("sink is clogged").reply


def test_an_opt_out_in_ordinary_words_is_confirmed_once():
    stopped = Talk(now=at(15, 10)).text("please remove me from your list")
    assert stopped.acts == ("opt_out",)
    assert stopped.reply.startswith("You won't get more texts from Prime Plumbing.")


def test_a_bare_cancel_is_an_opt_out_even_with_a_visit():
    stopped = Talk(now=at(15, 10), appointments=(visit(),)).text("CANCEL")
    assert stopped.acts == ("opt_out", "alert_owner")
    assert not any(act.startswith("cancel:") for act in stopped.acts)


def test_a_person_silences_the_machine_but_not_the_safety_text():
    talk = Talk(now=at(15, 10))
    talk.hear(Event("human_takeover"))
    assert talk.text(SINK).reply is None
    danger = talk.text("I smell gas near the furnace")
    assert danger.reply is None
    assert "911" in danger.life_safety_text
    talk.hear(Event("returned_to_ai"))
    assert talk.text("ok we are outside and safe, everyone is fine").reply


def test_yes_to_two_offers_asks_which():
    talk = Talk(now=at(15, 10))
    talk.text(SINK)
    asked = talk.text("yes")
    assert asked.acts == ()
    assert asked.asks == "slot"


def test_a_lost_slot_is_apologised_for_and_replaced():
    talk = Talk(now=at(15, 10))
    talk.text(SINK)
    booking = talk.text("1")
    again = talk.hear(Event("booking_refused", slot_id=booking.confirmed_slot))
    assert again.reply.startswith("Sorry, that time was just taken.")
    assert again.offers
    assert again.outcome == "open"


def test_a_stale_calendar_is_requested_not_booked():
    talk = Talk(now=at(15, 10), calendar_stale=True)
    talk.text(SINK)
    booking = talk.text("2")
    assert booking.booking_kind == "requested"
    assert booking.reply.startswith("Requested: tomorrow 8-10 AM, $150-$300.")


def test_cancelling_names_the_visit_and_waits_for_yes():
    talk = Talk(now=at(15, 15), appointments=(visit(),), cancellation_policy="Late changes may be charged.")
    asked = talk.text("need to cancel tomorrow's visit")
    assert asked.reply == "Cancel your visit tomorrow 10 AM-12 PM? Reply YES to confirm. Late changes may be charged."
    assert asked.acts == ()
    done = talk.text("YES")
    assert done.acts == ("cancel:a1",)
    assert done.outcome == "cancelled"


def test_no_keeps_the_visit():
    talk = Talk(now=at(15, 15), appointments=(visit(),))
    talk.text("need to cancel tomorrow's visit")
    kept = talk.text("no wait, keep it")
    assert not any(act.startswith("cancel") for act in kept.acts)


def test_moving_offers_times_without_a_price():
    talk = Talk(now=at(15, 10), appointments=(visit(),))
    asked = talk.text("can we do Thursday instead?")
    assert "$" not in asked.reply
    moved = talk.text("the first one") if len(asked.offers) > 1 else talk.text("yes")
    assert moved.acts[0].startswith("reschedule:a1:")
    assert moved.reply.startswith("Moved: Prime Plumbing now comes Thu, Sep 17,")


def test_nothing_to_cancel_is_said_and_passed_on():
    answer = Talk(now=at(15, 10)).text("I want to cancel my appointment")
    assert "don't see a visit" in answer.reply
    assert "handoff" in answer.acts


def test_a_known_customer_is_not_asked_for_the_address_anew():
    customer = Customer(name="Ann Roe", addresses=("789 Sunset Blvd, Los Angeles, 90210",), notes="dog bites")
    talk = Talk(now=at(15, 8, 58), customer=customer, is_known_customer=True)
    assert "same address as last time" in talk.said[0]
    assert "Sunset" not in talk.said[0]
    offer = talk.text("Same water heater acting up again, yes same place")
    assert offer.offers
    assert "dog" not in " ".join(talk.said)


def test_a_complaint_gets_an_apology_and_a_person():
    answer = Talk(now=at(15, 10)).text("your tech never showed up, I want my money back")
    assert "sorry" in answer.reply.lower()
    assert "handoff" in answer.acts
    assert answer.offers == ()


def test_asked_whether_it_is_a_bot_it_says_so_and_goes_on():
    talk = Talk(now=at(15, 10))
    answer = talk.text("are you a real person?")
    assert "automated assistant" in answer.reply
    assert answer.reply.rstrip().endswith("?")


def test_gas_is_answered_before_anything_else_and_once():
    talk = Talk("hvac", now=at(15, 10))
    first = talk.text("strong gas smell by the furnace and how much do you charge? 12 Elm St 90012")
    assert first.life_safety == "gas"
    assert first.escalation_level == 3
    assert len(first.reply) <= 260
    second = talk.text("still smells like gas")
    assert second.life_safety is None
    assert second.offers == ()


def test_urgency_falls_for_nobody():
    talk = Talk(now=at(15, 10))
    talk.text("pipe burst, water everywhere, 789 Sunset Blvd 90210")
    assert talk.text("no rush, whenever").urgency_level == "emergency"


def test_a_photo_is_thanked_for_and_the_problem_asked():
    talk = Talk(now=at(15, 10))
    answer = talk.hear(Event("message", text="", media=1))
    assert answer.reply.startswith("Thanks for the photo.")
    assert answer.asks == "job"


def test_spam_gets_neither_reply_nor_lead():
    answer = Talk(now=at(15, 10)).text("We can get your website to the top of Google, interested?")
    assert answer.reply is None
    assert answer.lead is False
    assert answer.outcome == "spam"


def test_the_warranty_sentence_is_the_contractors_own():
    talk = Talk(now=at(15, 10), warranty_note="We guarantee labor for 90 days.")
    talk.text(SINK)
    assert "We guarantee labor for 90 days." in talk.text("is there a warranty?").reply
