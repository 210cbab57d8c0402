"""Reminders of a visit: when they leave, what they say, when they do not (behaviour.md 8.3, 9; SC48, SC54, SC64)."""

import datetime as dt

import pytest

from app.consent import OptOut
from app.customers import Customer
from app.messages import Message
from app.scheduling.appointments import Appointment
from app.scheduling.reminders import Reminder
from app.tasks import Task
from tests.factories import F1
from tests.flows.story import CUSTOMER, LOS_ANGELES
from tests.flows.test_booking import a_held_offer

HOME = {"street_address": "789 Sunset Blvd", "city": "Los Angeles", "state": "CA", "postal_code": "90210"}
MONDAY = "2026-09-14"


def a_visit(story, start, date, *, address=HOME, status="confirmed", **facts):
    """A customer who called on Monday has a visit; the reminders are planned with it."""
    story.opens(**facts.pop("settings", {})).at("09:00", MONDAY)
    story.misses()
    customer = story.one(Customer, phone=CUSTOMER)
    length = dt.timedelta(minutes=90)
    end = (dt.datetime.fromisoformat(f"{date}T{start}") + length).strftime("%H:%M")
    facts = {"job_types": ["faucet_repair"], "job_number": "NMC-22222"} | facts
    with story.factories.changing() as session:
        from app.scheduling import appointments

        visit_id = story.busy(
            start, end, date, address=address, customer_id=customer.id, conversation_id=story.thread().id,
            status=status, **facts,
        )  # fmt: skip
        appointments.tell(session.get(Appointment, visit_id), change="booked")
    return visit_id


def due(story, **facts):
    """What is planned: kind -> (local time, status)."""
    return {
        row.kind.value: (row.due_at.astimezone(LOS_ANGELES).strftime("%a %H:%M"), row.status.value)
        for row in story.all(Reminder, **facts)
    }


def unasked(story):
    """The texts that we started ourselves."""
    rows = [row for row in story.sent() if row.purpose in ("reminder", "eta")]
    return [row.body for row in rows]


def test_a_booking_of_tomorrow_plans_all_three(story):
    """SEED-1 step 9: two reminder rows and the ETA row stand with the booking."""
    a_visit(story, "10:00", "2026-09-16")
    assert due(story) == {
        "day_before": ("Tue 10:00", "waiting"),
        "two_hours": ("Wed 09:00", "waiting"),
        "eta": ("Wed 09:30", "waiting"),
    }


def test_a_visit_of_today_keeps_the_promise_of_its_booking_text(story):
    """ "We'll text about 30 minutes before arrival": the ETA leaves half an hour before, once."""
    a_held_offer(story)
    assert "We'll text about 30 minutes before arrival" in story.says("YES")
    planned = {row.kind.value: (row.status.value, row.why) for row in story.all(Reminder)}
    assert planned["eta"] == ("waiting", None)
    assert planned["day_before"] == ("dropped", "booked too late for it")
    story.until("13:29")
    assert unasked(story) == []
    story.until("13:30")
    assert unasked(story) == ["Prime Plumbing is about 30 minutes away."]
    story.until("13:31").until("14:05")
    assert len(unasked(story)) == 1


def test_each_says_what_the_row_says(story):
    visit_id = a_visit(story, "10:00", "2026-09-16")
    link = f"https://nmc.example/a/{story.one(Appointment, id=visit_id).link_token}"
    story.until("10:00")
    assert unasked(story) == [
        f"Reminder: Prime Plumbing comes tomorrow 10-11:30 AM, 789 Sunset Blvd. Need a change? {link}"
    ]
    story.until("09:00", "2026-09-16")
    assert unasked(story)[1:] == [
        f"Reminder: Prime Plumbing comes today 10-11:30 AM, 789 Sunset Blvd. Need a change? {link}"
    ]
    story.until("09:30", "2026-09-16")
    assert unasked(story)[2:] == ["Prime Plumbing is about 30 minutes away."]
    assert {row.status.value for row in story.all(Reminder)} == {"sent"}


def test_quiet_hours_move_the_first_and_drop_the_second(story):
    """SC64: visit Wed 08:00: the day's reminder Tue 09:00, the two hours' one dropped, ETA 07:30 sent."""
    a_visit(story, "08:00", "2026-09-16")
    assert due(story)["day_before"] == ("Tue 09:00", "waiting")
    assert due(story)["eta"] == ("Wed 07:30", "waiting")
    dropped = story.one(Reminder, kind="two_hours")
    assert (dropped.status, dropped.why) == ("dropped", "no hour to text before the visit")
    story.until("08:59")
    assert unasked(story) == []
    story.until("09:00")
    assert len(unasked(story)) == 1
    story.until("07:30", "2026-09-16")
    assert unasked(story)[1:] == ["Prime Plumbing is about 30 minutes away."]


def test_new_york_is_not_texted_after_five_in_california(story):
    """SC64: the customer's ZIP decides: 09:00-20:00 Eastern."""
    a_visit(story, "17:30", "2026-09-16", address=HOME | {"postal_code": "10001"})
    assert due(story)["day_before"] == ("Wed 06:00", "waiting")
    assert due(story)["two_hours"] == ("Wed 15:30", "waiting")


def test_a_moved_visit_is_reminded_of_once_at_its_new_time(story, browser):
    """SC48: Wed 10:00 moves to Fri 14:00 by hand: one reminder of the day before, for Friday."""
    visit_id = a_visit(story, "10:00", "2026-09-16")
    token = login(browser, story)
    answer = browser.patch_json(
        f"/appointments/{visit_id}", {"start": "2026-09-18T21:00:00Z", "notify_customer": False}, headers=token
    )
    assert answer.json["appointment"]["start"] == "2026-09-18T21:00:00Z"
    story.workers()
    old = [row for row in story.all(Reminder) if row.version == 1]
    assert {(row.status.value, row.why) for row in old} == {("dropped", "the visit was moved")}
    story.until("10:00")
    story.until("09:30", "2026-09-16")
    assert unasked(story) == []
    story.until("14:00", "2026-09-17")
    assert len(unasked(story)) == 1
    assert "comes tomorrow 2-3:30 PM" in unasked(story)[0]
    story.until("14:30", "2026-09-17")
    assert len(unasked(story)) == 1


def test_a_cancelled_visit_is_not_reminded_of(story, browser):
    """SC48: none for a cancelled visit."""
    visit_id = a_visit(story, "10:00", "2026-09-16")
    body = {"reason": "business_cancellation", "notify_customer": False}
    browser.post_json(f"/appointments/{visit_id}/cancel", body, headers=login(browser, story))
    assert {row.why for row in story.all(Reminder)} == {"the visit is cancelled"}
    story.until("10:00").until("09:30", "2026-09-16")
    assert unasked(story) == []


def test_a_visit_that_has_begun_needs_no_eta(story):
    a_visit(story, "10:00", "2026-09-16")
    story.until("10:00")
    story.at("09:10", "2026-09-16")
    with story.factories.changing() as session:
        from app.scheduling import appointments

        appointments.change(session.get(Appointment, story.one(Appointment).id), "in_progress")
    story.until("09:30", "2026-09-16")
    assert [row for row in unasked(story) if "minutes away" in row] == []
    assert story.one(Reminder, kind="eta").why == "the visit is in progress"


def test_a_tentative_visit_is_not_called_firm(story):
    """SC48: what is not confirmed is not announced as if it were; the last two texts wait for the confirmation."""
    a_visit(story, "10:00", "2026-09-16", status="pending")
    story.until("10:00")
    assert len(unasked(story)) == 1
    assert unasked(story)[0].startswith("Reminder: Prime Plumbing plans to come tomorrow 10-11:30 AM")
    assert "We'll confirm the time by text" in unasked(story)[0]
    story.until("09:30", "2026-09-16")
    assert len(unasked(story)) == 1
    assert story.one(Reminder, kind="eta").why == "the visit is not confirmed"


def test_who_opted_out_is_reminded_by_a_person(story):
    """SC54: no text, also not about a booked visit; the contractor is asked to call, once."""
    a_visit(story, "10:00", "2026-09-16")
    story.texts("STOP")
    told = len(story.heard())
    story.until("10:00").until("09:00", "2026-09-16").until("09:30", "2026-09-16")
    assert len(story.heard()) == told
    assert len(story.all(OptOut)) == 1
    asked = [task for task in story.all(Task) if task.key.startswith("remind:")]
    assert len(asked) == 1
    assert asked[0].why.endswith("by phone.")
    assert {row.why for row in story.all(Reminder)} == {"opted out"}


def test_a_stop_in_the_same_second_discards_the_reminder(story):
    """SC47: a reminder that is already in the outbox does not pass the gate any more, and a person is asked to call."""
    from jobs import bulk

    a_visit(story, "10:00", "2026-09-16")
    story.at("10:00")
    with story.factories.changing():
        bulk.remind()
    story.texts("STOP")
    row = story.one(Message, purpose="reminder")
    assert (row.status, row.discard_reason) == ("discarded", "opted_out")
    assert [task.key for task in story.all(Task) if task.key.startswith("remind:")] != []


def test_a_reminder_written_before_the_move_does_not_leave(story):
    """3.3: the bound row must still say so when the text leaves."""
    from app.scheduling import appointments
    from jobs import bulk

    visit_id = a_visit(story, "10:00", "2026-09-16")
    story.at("10:00")
    with story.factories.changing() as session:
        bulk.remind()
        visit = session.get(Appointment, visit_id)
        visit.window_start_at += dt.timedelta(hours=2)
        visit.version += 1
        appointments.tell(visit, change="moved")
    story.workers.sweep()
    row = story.one(Message, purpose="reminder")
    assert (row.status, row.discard_reason) == ("discarded", "appointment_gone")


@pytest.mark.parametrize(
    ("group", "kind"), [({"day_before": False}, "day_before"), ({"two_hours": False}, "two_hours")]
)
def test_the_business_may_switch_them_off(story, group, kind):
    a_visit(story, "10:00", "2026-09-16", settings={"reminders": group})
    assert kind not in due(story)
    assert len(due(story)) == 2


def test_spanish_customers_are_reminded_in_spanish(story):
    a_visit(story, "10:00", "2026-09-16")
    with story.factories.changing() as session:
        from app.conversations import Conversation

        session.get(Conversation, story.thread().id).language = "es"
    story.until("10:00")
    assert unasked(story)[0].startswith("Recordatorio: Prime Plumbing llega mañana 10-11:30 AM")


def test_a_late_worker_says_the_truth_or_nothing(story):
    """What it says is read from the row when it leaves: ten minutes late is "about 20", after the arrival nothing."""
    a_visit(story, "10:00", "2026-09-16")
    story.until("10:00")
    story.until("09:40", "2026-09-16")
    assert unasked(story)[-1] == "Prime Plumbing is about 20 minutes away."
    assert len(unasked(story)) == 2
    assert story.one(Reminder, kind="two_hours").why == "too late"


def test_after_the_arrival_nothing_is_sent(story):
    a_visit(story, "10:00", "2026-09-16")
    story.until("10:05", "2026-09-16")
    assert unasked(story) == []
    assert {row.why for row in story.all(Reminder)} == {"too late"}


def login(browser, story):
    """The headers of the owner."""
    from tests.factories import PASSWORD

    answer = browser.post_json("/auth/login", {"email": F1.owner_email, "password": PASSWORD, "client_info": {}})
    return {"Authorization": f"Bearer {answer.json['tokens']['access_token']}"}
