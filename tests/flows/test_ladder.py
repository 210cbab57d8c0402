"""The ladder from its first rung to its end, minute by minute (behaviour.md 2.11, SC60)."""

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import select

from app import messages
from app.conversations import Note
from app.escalations import Rung
from app.messages import Message
from app.notifications import Delivery, Notification
from app.scheduling.appointments import Appointment
from app.tasks import SupportTask
from app.users import Presence, User
from jobs import notifications as alert_jobs
from sandbox.carrier.calls import Call as Ring
from tests.factories import F1, F2, F3
from tests.flows.story import CUSTOMER

SEWAGE = "Sewage backing up into house! 456 Elm St 90210"
OWNER = F1.owner_phone
PATIENT = {"confirm_wait_minutes": {"same_day": 60, "after_hours": 60, "other": 60, "vague": 60}}
"""Silence does not close the thread, and with it the ladder, before the ladder ends by itself."""
ONE, TWO = "+12135550191", "+12135550192"


@pytest.fixture
def on_call(story):
    """Two operators behind the owner of Prime Plumbing, at 15:00."""
    story.opens(dispatcher=PATIENT)
    staff(story, "Ann", ONE, 2)
    staff(story, "Bob", TWO, 3)
    return at_three(story)


def staff(story, name, phone, order=None, **facts):
    facts = {"role": "operator", "email": f"{name.lower()}@example.com", "display_name": name} | facts
    verified = dt.datetime.now(dt.UTC)
    return story.factories.user(
        story.tenant_id, phone_number=phone, phone_verified_at=verified, on_call_order=order, **facts
    )


def at_three(story):
    story.at("15:00")
    story.misses()
    return story


def alarms(story, words=SEWAGE):
    """The emergency comes in at 15:00 sharp."""
    return story.says(words)


def passes(story, minutes, each=1):
    """Time passes minute by minute, the clock sweeping at each."""
    for _ in range(minutes // each):
        story.later(minutes=each)


def rang(story, *phones):
    """When our calls went out, to whom: `15:02 owner`."""
    names = {OWNER: "owner", ONE: "Ann", TWO: "Bob"}
    made = [call for call in story.carrier.calls if call.direction == "outbound-api"]
    return [f"{clock(story, call)} {names[call.to]}" for call in made]


def clock(story, call: Ring):
    return story.local(call.created_at)[4:]


def lines(story):
    return [note.text for note in story.all(Note)]


def told(story, words):
    return [text for text in story.heard() if words in text]


def test_until_somebody_answers(on_call, story, browser):
    """SC60: owner +2 and +4, Ann passes on at +6, so that Bob is rung in the same minute and has it."""
    story.carrier.handset(OWNER, "voicemail")
    story.carrier.handset(ONE, "presses_other")
    story.carrier.handset(TWO, "presses_1")
    alarms(story)
    assert len(story.alerts()) == 1
    assert rang(story) == []
    link = story.alerts()[0].split()[-1].split("nmc.example")[1]
    assert "I take it" in browser.get(link).text  # a preview looks at the page and takes nothing
    passes(story, 30)
    assert rang(story) == ["15:02 owner", "15:04 owner", "15:06 Ann", "15:06 Bob"]
    ladder = story.ladder()
    assert (ladder.state, ladder.acknowledged_by, ladder.acknowledged_via) == ("acknowledged", "Bob", "phone")
    assert story.local(ladder.closed_at) == "Tue 15:06"
    assert sum(text.startswith("Bob has it") for text in story.alerts()) == 1
    assert story.heard(ONE) == story.heard(TWO) == []
    last = {(rung.action, rung.user_id): rung.state for rung in story.all(Rung) if rung.level == 5}
    passed = {key for key, state in last.items() if state == "skipped"}
    assert len(passed) == 1  # the call that Ann would have got once more
    assert {state for key, state in last.items() if key not in passed} == {"cancelled"}
    said = lines(story)
    for line in (
        "Level 1: told on the page: Owner.",
        "Level 2: texted: Owner.",
        "Level 3: called Owner.",
        "Level 4: called Ann.",
        "Ann passed it on.",
        "Level 4: called Bob.",
        "Bob has it (phone).",
    ):
        assert line in said, line
    assert said.count("Level 3: called Owner.") == 2
    assert story.all(SupportTask) == []
    assert told(story, "couldn't reach anyone") == []
    assert "No alert is open" in story.contractor_texts("1")


def test_the_owner_is_a_minute_late(on_call, story):
    """SC60: who presses 1 after another has it hears so, and it stays the other's."""
    story.carrier.handset(ONE, "presses_1")
    alarms(story)
    passes(story, 6)
    assert story.ladder().acknowledged_by == "Ann"
    rung = next(one for one in story.all(Rung) if one.action == "phone_call" and one.level == 3)
    story.later(minutes=1)
    path = f"https://nmc.example/webhooks/twilio/escalations/{rung.token}/key"
    late = story.carrier.post(path, {"CallSid": "CA" + "8" * 32, "Digits": "1"})
    assert "taken already by Ann" in late.text
    assert story.ladder().acknowledged_by == "Ann"
    assert rang(story) == ["15:02 owner", "15:04 owner", "15:06 Ann"]


def test_nobody_answers(on_call, story):
    """2.11: all levels at their minutes, everybody once more, e-mail, support; then the customer hears it, once."""
    alarms(story)
    passes(story, 60)
    assert rang(story) == [
        "15:02 owner",
        "15:04 owner",
        "15:06 Ann",
        "15:08 Bob",
        "15:10 owner",
        "15:12 Ann",
        "15:14 Bob",
    ]
    assert len(story.alerts()) == 2
    assert story.ladder().state == "exhausted"
    assert story.local(story.ladder().closed_at) == "Tue 15:16"
    task = story.one(SupportTask)
    assert (task.kind, story.local(task.created_at)) == ("escalation", "Tue 15:10")
    (text,) = told(story, "couldn't reach anyone")
    assert text == (
        "Sorry, we couldn't reach anyone on our team yet. First opening: tomorrow 8-10 AM, $250-$800. "
        "Reply YES to book. In danger, call 911."
    )
    row = story.one(Message, template="nobody_reached")
    assert (story.local(row.created_at), row.policy["purpose"]) == ("Tue 15:16", "reply")
    mails = [one for one in story.all(Delivery, channel="email") if one.status == "delivered"]
    assert [story.local(one.due_at - dt.timedelta(seconds=60))[4:] for one in mails] == ["15:10", "15:16"]
    assert [line for line in lines(story) if line.startswith("Level 5")] == [
        "Level 5: e-mail to the owners.",
        "Level 5: the support team was asked to look.",
        "Level 5: called Owner.",
        "Level 5: told on the page: Owner.",
        "Level 5: texted: Owner.",
        "Level 5: called Ann.",
        "Level 5: called Bob.",
    ]


def test_every_owner_gets_the_e_mail(on_call, story):
    """2.11, level 5 and the end: all owners, not only the first."""
    staff(story, "Cleo", "+12135550193", role="owner")
    alarms(story)
    passes(story, 16)
    notices = {one.id: one.user_id for one in story.all(Notification)}
    mails = [notices[one.notification_id] for one in story.all(Delivery, channel="email") if one.status == "delivered"]
    assert Counter(mails) == {user.id: 2 for user in story.all(User) if user.role == "owner"}
    assert len(set(mails)) == 2


def test_yes_books_the_time_that_was_offered(story):
    """2.11: the next regular slot is a real offer."""
    at_three(story.opens(dispatcher=PATIENT))
    alarms(story)
    passes(story, 16)
    assert len(told(story, "couldn't reach anyone")) == 1
    assert story.says("YES").startswith("Booked for tomorrow 8-10 AM, $250-$800.")
    visit = story.one(Appointment)
    assert (visit.status, story.window(visit), visit.slot_type) == ("pending", "Wed 08:00-10:00", "regular")


def test_no_text_while_a_person_has_the_thread_or_after_stop(story):
    at_three(story.opens())
    alarms(story)
    story.texts("STOP")
    passes(story, 20)
    assert story.ladder().state == "cancelled"
    assert told(story, "couldn't reach anyone") == []


def test_a_person_who_is_silent_is_still_the_one_who_speaks(story):
    """2.11: no text about nobody being there into a thread that somebody has; support is asked all the same."""
    at_three(story.opens(F3))
    story.owner_takes_over()
    story.later(minutes=60)
    story.texts("I smell gas near the furnace")
    passes(story, 20)
    assert (story.ladder().state, story.thread().mode) == ("exhausted", "human_active")
    assert len(story.rung()) == 3
    assert told(story, "couldn't reach anyone") == []
    assert story.one(SupportTask).kind == "escalation"


def test_before_they_are_safe_no_time_is_named(story):
    """5.3, 2.11: nobody came to a fire; the text has no price and no time, only 911."""
    at_three(story.opens(F2))
    story.says("Outlet sparking and smell of burning plastic! 456 Elm St 90012")
    passes(story, 16)
    (text,) = told(story, "couldn't reach anyone")
    assert text == (
        "Sorry, we couldn't reach anyone on our team yet. They will contact you here or by phone. In danger, call 911."
    )


def test_the_end_is_told_in_spanish(story):
    at_three(story.opens(dispatcher=PATIENT))
    story.says("Emergencia! Se esta inundando la casa, hay aguas negras por todo el piso! 456 Elm St 90210")
    assert story.thread().language == "es"
    assert story.ladder().is_emergency
    passes(story, 16)
    text = story.heard()[-1]
    assert text.startswith("Lo sentimos, no pudimos localizar al equipo. Primera cita:")
    assert text.endswith("Responda SI para reservar. En peligro, llame al 911.")
    assert messages.is_plain(text)
    assert len(text) <= 320


def test_a_takeover_ends_the_ladder_and_the_owner_hears_who_has_it(on_call, story):
    alarms(story)
    passes(story, 3)
    with story.owner_acts() as (thread, _owner):
        from app.conversations import human
        from app.extensions import db

        human.take_over(thread, db.session.scalar(select(User).where(User.display_name == "Ann")))
    passes(story, 30)
    assert rang(story) == ["15:02 owner"]
    assert story.ladder().acknowledged_by == "Ann"
    assert story.alerts()[-1].startswith("Ann has it")
    assert told(story, "couldn't reach anyone") == []


def test_the_list_of_the_settings_goes_before_the_order_of_the_people(story):
    story.opens(dispatcher=PATIENT)
    staff(story, "Ann", ONE, 2)
    bob = staff(story, "Bob", TWO)
    story.factories.set(story.tenant_id, escalation={"on_call": [str(bob), "ann@example.com", "gone@example.com"]})
    at_three(story)
    alarms(story)
    passes(story, 8)
    assert rang(story) == ["15:02 owner", "15:04 owner", "15:06 Bob", "15:08 Ann"]


def test_the_highest_level_of_the_settings_is_respected(story):
    at_three(story.opens(escalation={"max_level": 2}, dispatcher=PATIENT))
    alarms(story)
    passes(story, 30)
    assert rang(story) == []
    assert (story.ladder().state, story.local(story.ladder().closed_at)) == ("exhausted", "Tue 15:15")


def test_a_person_is_called_six_times_an_hour_at_most(story):
    """2.11: three ladders within the hour; the seventh call is a text."""
    at_three(story.opens(dispatcher=PATIENT))
    for number, phone in enumerate((CUSTOMER, "+13105550143", "+13105550144")):
        if number:
            story.misses(phone)
        story.says(SEWAGE, phone)
        passes(story, 16)
    assert len(rang(story)) == 6
    assert sum("was called 6 times within the hour" in line for line in lines(story)) == 3
    assert len([rung for rung in story.all(Rung, action="sms", level=3) if rung.state == "done"]) == 2


def test_our_own_numbers_are_never_called(story):
    """2.11: somebody on call gave a number of ours as his phone."""
    story.opens()
    story.factories.business(F2)
    staff(story, "Ann", F2.number, 2)
    at_three(story)
    alarms(story)
    passes(story, 20)
    assert {line[6:] for line in rang(story)} == {"owner"}
    assert story.rung(F2.number) == []
    assert story.heard(F2.number) == []


def test_on_vacation_the_owners_phone_stays_silent(on_call, story):
    """SC36 c: emergencies go to who is on call; the owner is texted, not called."""
    story.factories.owner(story.tenant_id, presence=Presence.vacation)
    alarms(story)
    passes(story, 4)
    assert rang(story) == ["15:02 Ann", "15:04 Bob"]
    assert story.rung(OWNER) == []
    assert any("Reply 1 to take it" in text for text in story.alerts())


def test_nine_and_three_stop_the_calls(on_call, story):
    """interfaces.md: 9, then 3; from then on the owner is texted instead."""
    story.carrier.handset(OWNER, "presses_1", digits="9")
    alarms(story)
    passes(story, 2)
    call = story.rung()[0]
    assert "Press 3 to stop calls about alerts" in " ".join(call.said)
    owner = next(one for one in story.all(User) if one.role == "owner")
    assert owner.alerts_by_voice  # a 9 that is not confirmed with 3 changes nothing
    assert "step=silence" in call.documents[-1].url
    rung = next(one for one in story.all(Rung) if one.action == "phone_call" and one.level == 3)
    path = f"https://nmc.example/webhooks/twilio/escalations/{rung.token}/key?step=silence"
    assert "not be called" in story.carrier.post(path, {"CallSid": call.sid, "Digits": "3"}).text
    passes(story, 8)
    assert len(story.rung()) == 1
    assert story.rung(ONE)
    story.contractor_texts("START")
    assert next(one for one in story.all(User) if one.role == "owner").alerts_by_voice


def test_calls_wait_for_the_end_of_the_night(story):
    """2.11: nobody is woken for an offer that may be refused; the ladder goes on where it stood in the morning."""
    story.opens(F3)
    story.at("22:00")
    story.misses()
    story.says("No heat, my baby is freezing, it is 30 degrees inside. 789 Sunset Blvd 90210")
    assert story.thread().urgency_level == "emergency"
    assert story.alerts()
    story.until("05:59", "2026-09-16")
    assert story.rung() == []
    passes(story, 4)
    assert [clock(story, call) for call in story.rung()] == ["06:02"]


def test_calls_stop_at_nightfall(story):
    """2.11: a call that would be due after 20:00 waits as well."""
    story.opens()
    story.at("19:57")
    story.misses()
    story.says(SEWAGE)
    story.until("19:59")
    assert len(story.rung()) == 1
    story.until("20:01")
    story.until("20:03")
    assert len(story.rung()) == 1


def test_life_safety_rings_outside_phone_hours(story):
    """2.11: only life safety calls when the phone hours are over."""
    story.opens()
    story.at("23:30")
    story.misses()
    story.texts("I smell gas in the kitchen, 12 Elm St 90210")
    story.workers.sweep()
    assert [clock(story, call) for call in story.rung()] == ["23:30"]
    story.until("23:32")
    assert len(story.rung()) == 2


def test_a_dead_worker_loses_a_call_and_never_rings_twice(story):
    """P1: what was done is written before the phone rings; the next rung comes at its time."""
    at_three(story.opens())
    alarms(story)
    story.clock.shift(dt.timedelta(minutes=2))
    with story.factories.changing():
        (lost,) = alert_jobs._climb(story.ladder().id)
    assert lost.to == OWNER  # and here the worker dies
    for _ in range(3):
        story.workers.sweep()
    assert story.rung() == []
    story.later(minutes=2)
    assert rang(story) == ["15:04 owner"]


def test_a_call_that_the_carrier_does_not_take_is_noted_and_not_repeated(story):
    """P1: its answer may have been lost, so the next try is the next rung's."""
    at_three(story.opens())
    alarms(story)
    story.carrier.fault("refuse", 1, status=500, code=20500, path="/Calls")
    story.later(minutes=2)
    for _ in range(3):
        story.workers.sweep()
    assert len(story.all(Rung, action="phone_call", state="done")) == 1
    assert any("could not be rung" in line for line in lines(story))
    story.later(minutes=2)
    assert len(story.all(Rung, action="phone_call", state="done")) == 2


def test_after_a_pause_the_ladder_goes_on_where_it_stood(on_call, story):
    """Nobody looked for half an hour: one call now, the others at their distance, not all at once."""
    alarms(story)
    story.later(minutes=30)
    assert rang(story) == ["15:30 owner"]
    passes(story, 4)
    assert rang(story) == ["15:30 owner", "15:32 owner", "15:34 Ann"]


def test_a_colleague_who_was_not_told_has_nothing_to_take(on_call, story):
    """8.6: 1 takes the newest alert that this person was told of."""
    alarms(story)
    story.texts("1", ONE)
    assert story.ladder().state == "open"
    passes(story, 6)
    story.texts("1", ONE)
    assert (story.ladder().state, story.ladder().acknowledged_by) == ("acknowledged", "Ann")


def test_the_text_1_counts_for_half_an_hour(story):
    at_three(story.opens(escalation={"emergency_step_minutes": 10}))
    alarms(story)
    notice = next(one for one in story.all(Notification) if "Reply 1" in one.body)
    assert story.local(notice.created_at) == "Tue 15:00"
    assert "You have it" in story.contractor_texts("1")


def asks_for_a_person(story):
    """The owner has not answered within his minute; the customer wants somebody to talk to."""
    at_three(story)
    story.says("Can I talk to a real person please? It is about a bathroom faucet at 789 Sunset Blvd 90210")
    assert (story.thread().mode, story.ladder().is_emergency) == ("escalated", False)
    return story.local(story.ladder().created_at)[4:]


def test_who_asks_for_a_person_is_not_forgotten(story):
    """C15, 2.11: no emergency, so text at once, the phone after an hour, the next on call, then everybody."""
    story.opens()
    staff(story, "Ann", ONE, 2)
    assert asks_for_a_person(story) == "15:01"
    assert sum("Reply 1 to take it" in text for text in story.alerts()) == 1
    passes(story, 130, each=2)
    assert rang(story) == ["16:01 owner", "16:31 Ann", "17:01 owner", "17:03 Ann"]
    assert (story.ladder().state, story.local(story.ladder().closed_at)) == ("exhausted", "Tue 17:05")
    assert len(told(story, "couldn't reach anyone")) == 1
    assert story.thread().mode == "ai_active"
    assert story.one(SupportTask).kind == "escalation"


def test_a_reply_of_the_owner_ends_it(story):
    """2.11: an answer is an acknowledgement."""
    story.opens()
    asks_for_a_person(story)
    story.owner_replies("Hi, this is Joe.")
    passes(story, 180, each=30)
    assert (story.ladder().state, story.rung()) == ("acknowledged", [])
    assert story.heard()[-1] == "Hi, this is Joe."


def test_a_message_for_the_day_of_return_calls_nobody(story):
    """SC36 c: taken and told, but no ladder."""
    at_three(story.opens(general={"out_of_office": {"enabled": True}}))
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210")
    assert story.thread().mode == "escalated"
    assert story.all(Rung) == []
    told = ["Missed call: (310) 555-0142", *["Text from (310) 555-0142"] * 2]  # the text, and that a person is needed
    assert [one.title for one in story.all(Notification)] == told
