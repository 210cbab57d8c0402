"""What is told apart in a text: refused and wished, told and wanted, names and dangers; and whose question it is."""

from __future__ import annotations

import datetime as dt

import pytest

from app.dispatch import facts, understanding
from app.dispatch.addresses import find as find_address
from tests.app.dispatch.house import Talk, at
from tests.app.dispatch.test_conversation import visit

TUESDAY = dt.datetime(2026, 6, 9, 10, 20)  # noqa: DTZ001 - local, as the reader asks


def read(text, trade="plumbing", **more):
    return understanding.read(text, trade=trade, now=TUESDAY, **more)


def windows(text, **more):
    return [(one["date"], one["start"], one["end"]) for one in read(text, **more).times.windows]


@pytest.mark.parametrize(
    ("text", "wanted", "refused"),
    [
        ("I'm away tomorrow at 9, could you do 4?", [("2026-06-10", "16:00", None)], ()),
        ("gone Thursday and Friday", [], ("2026-06-11", "2026-06-12")),
        ("not Wednesday, Friday is good", [("2026-06-12", None, None)], ("2026-06-10",)),
        ("at work Thursday until 3, later is fine", [("2026-06-11", "15:00", None)], ()),
        ("before Thursday", [("2026-06-09", None, None), ("2026-06-10", None, None)], ()),
        ("second week of July", [(f"2026-07-{day:02d}", None, None) for day in (8, 9, 10, 13, 14)], ()),
        ("Thursday 3, 4 or 5", [("2026-06-11", f"{hour}:00", None) for hour in (15, 16, 17)], ()),
        ("after my dentist at 2 on Friday", [("2026-06-12", "14:00", None)], ()),
    ],
)
def test_a_refusal_takes_what_it_names_and_no_more(text, wanted, refused):
    assert windows(text) == wanted
    assert read(text).times.exclude == refused


@pytest.mark.parametrize(
    "text",
    [
        "the compressor quit this morning",
        "it backed up over the weekend",
        "you told us between 1 and 3",
        "move my 9am to another day",
        "it got down into the 20s tonight",
    ],
)
def test_what_happened_and_what_was_promised_is_no_wish(text):
    assert windows(text) == []


def test_a_wish_for_today_is_no_tale():
    assert windows("I need the pump fixed today") == [("2026-06-09", None, None)]


@pytest.mark.parametrize(
    "text",
    [
        "ask for my son Blaze at the door",
        "my last name is Sparks",
        "the place is called Smoke House",
        "the quote gave me a heart attack haha",
        "we are flooded with guests this week",
        "stuck in meetings until noon",
    ],
)
def test_a_name_and_a_figure_of_speech_alarm_nobody(text):
    danger = read(text).danger
    assert danger.level != "emergency"
    assert danger.classes == ()


@pytest.mark.parametrize(
    ("text", "hazard"),
    [
        ("my son Blaze says there is smoke in the hall", "fire"),
        ("the nursery door is jammed and the baby is in the crib", "person_trapped"),
        ("somebody's prying at the patio door while we are inside", "crime"),
        ("me quede afuera y mi bebe esta adentro", "person_trapped"),
        ("i dont want to be here anymore", "self_harm"),
    ],
)
def test_a_danger_beside_a_name_or_in_other_words_is_heard(text, hazard):
    assert hazard in read(text).danger.classes


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("forty two cedar street", "42 cedar street"),
        ("seventeen oh one lake drive", "1701 lake drive"),
        ("one leak in the street", None),
        ("2200 Main St North Las Vegas", "2200 Main St"),
        ("61 A Street", "61 A Street"),
    ],
)
def test_a_house_number_may_be_read_out_and_a_city_is_no_street(text, street):
    assert find_address(text).street == street


def test_a_zip_may_be_read_out():
    assert find_address("12 elm street seven eight seven oh four").postal_code == "78704"


def test_the_tenants_own_words_answer_what_he_was_asked():
    known = "We are licensed and insured. We take cards and Zelle.\nParking is needed."
    assert facts.answer("are you insured", known) == "We are licensed and insured."
    assert facts.answer("can i pay with venmo", known) == "We take cards and Zelle."
    assert facts.answer("do you work on sundays", known) is None


def test_a_question_about_terms_is_answered_from_the_facts_or_left_to_the_owner():
    asked = "leaky faucet at 789 Sunset Blvd 90210. are you licensed?"
    told = Talk(now=at(15, 10), extra_facts="Licensed and insured in California.").text(asked)
    assert told.reply.startswith("Licensed and insured in California.")
    left = Talk(now=at(15, 10)).text(asked)
    assert "the owner" in left.reply
    assert "Yes, we do that." not in left.reply


def test_a_warranty_note_answers_instead_of_handing_over():
    talk = Talk(now=at(15, 10), appointments=(visit(),), warranty_note="We guarantee labor for 90 days.")
    answer = talk.text("is that still under warranty?")
    assert "We guarantee labor for 90 days." in answer.reply
    assert answer.outcome != "handoff"


def test_another_visit_of_the_same_kind_is_no_move():
    talk = Talk(now=at(15, 10), appointments=(visit(),))
    offer = talk.text("I need another drain cleared in my other house, 456 Oak Ave 90210")
    assert "move" not in offer.reply
    booking = talk.text("1" if len(offer.offers) > 1 else "yes")
    assert booking.outcome == "booked"
    assert booking.acts[0].startswith("book:")


def test_a_visit_that_is_kept_is_kept_and_may_be_cancelled_after_all():
    talk = Talk(now=at(15, 10), appointments=(visit(),))
    talk.text("I want to cancel my visit")
    assert talk.text("hm, keep it").acts == ()
    talk.text("no, please cancel it")
    assert talk.text("yes cancel").acts == ("cancel:a1",)


def test_a_second_job_in_a_yes_is_told_with_its_price_first():
    talk = Talk(now=at(15, 10))
    offer = talk.text("faucet drips, 789 Sunset Blvd 90210, Thursday at 10")
    more = talk.text("yes and can you look at my clogged drain too")
    assert more.acts == ()
    assert more.offers[0].low == offer.offers[0].low + 150


def test_a_question_is_no_consent():
    talk = Talk(now=at(15, 22), immediate=None)
    talk.text("pipe burst, water everywhere, 789 Sunset Blvd 90210")
    assert "dispatch" not in talk.text("ok and what would that cost").acts


def test_a_sales_pitch_stays_unanswered_until_there_is_a_job():
    talk = Talk(now=at(15, 10))
    talk.text("We get plumbers exclusive leads, first month free trial")
    assert talk.text("are you interested?").reply is None
    assert talk.text("ok but my toilet is clogged, 789 Sunset Blvd 90210").reply


def test_a_corrected_job_replaces_the_other():
    talk = Talk("electrical", now=at(15, 10))
    talk.text("my ceiling fan stopped, 123 Main St 90012")
    answer = talk.text("actually the fan is fine, it's the outlet below that is dead")
    assert answer.extracted["jobs"] == ["outlet_switch"]
