"""What the contractor does elsewhere is not offered, and a calendar that cannot be read promises nothing (SC49)."""

import datetime as dt

import pytest

from app.calendars import Calendar
from app.calendars.mirror import ExternalEvent
from app.events import Event
from app.notifications import Notification
from app.scheduling.appointments import Appointment
from app.tasks import Task
from tests.factories import F1
from tests.flows.story import LOS_ANGELES
from tests.linked import ACCOUNT

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"
WEDNESDAY = "2026-09-16"


def local(clock, date=WEDNESDAY):
    return dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=LOS_ANGELES)


def free(owner, date=WEDNESDAY):
    """What universal-calendar offers for an hour of that day."""
    answer = owner.get(f"/calendar/availability?user_id={owner.user_id}&date={date}&duration=60").json
    return [slot["local_label"].split(" ", 1)[1] for slot in answer["available_slots"]], answer


def lists(google):
    return sum(method == "GET" and path.endswith("/events") for method, path in google.requests)


def a_day_out(story, contractor, google, start="08:00", end="16:00", **fields):
    story.opens().at("10:00")
    owner = contractor()
    event_id = google.add_by_hand(ACCOUNT, local(start), local(end), **fields)
    story.later(minutes=15)
    return owner, event_id


def test_a_dentist_is_not_offered_to_customers(story, contractor, google):
    owner, event_id = a_day_out(story, contractor, google)
    slots, answer = free(owner)
    assert (slots[0], answer["stale"]) == ("4:30 PM", False)
    cached = owner.get(f"/availability/cached/{story.tenant_id}").json
    assert cached["stale"] is False
    first = next(one for one in cached["free_ranges"] if one["kind"] == "regular" and one["start"] > WEDNESDAY + "T07")
    assert first["start"] == "2026-09-16T23:00:00Z"
    listed = owner.get(f"/calendar/events?user_id={owner.user_id}&from=2026-09-16T00:00:00Z&to=2026-09-17T00:00:00Z")
    [busy] = listed.json["items"]
    assert (busy["title"], busy["start"], busy["own_appointment_id"]) == ("Busy", "2026-09-16T15:00:00Z", None)
    story.misses()
    assert "tomorrow 8" not in story.says(f"{FAUCET}, tomorrow morning?")
    google.delete_by_hand(event_id)
    story.later(minutes=15)
    assert free(owner)[0][0] == "8:00 AM"


def test_only_what_has_changed_is_read(story, contractor, google):
    """One full list, then a token every fifteen minutes; a full list again after a day."""
    owner, event_id = a_day_out(story, contractor, google)
    google.move_by_hand(event_id, local("08:00", "2026-09-17"), local("16:00", "2026-09-17"))
    asked = lists(google)
    story.later(minutes=14, seconds=59)
    assert lists(google) == asked
    story.later(seconds=1)
    assert lists(google) == asked + 1
    assert (free(owner)[0][0], free(owner, "2026-09-17")[0][0]) == ("8:00 AM", "4:30 PM")
    assert len(story.all(ExternalEvent)) == 1
    told = story.all(Event, name="availability.changed")[-1].payload
    assert (told["reason"], told["dates"]) == ("sync", ["2026-09-17"])
    first = story.one(Calendar, name=ACCOUNT).listed_at
    story.later(hours=24)
    assert story.one(Calendar, name=ACCOUNT).listed_at > first


def test_a_lost_cursor_is_a_full_list_and_the_same_picture(story, contractor, google):
    """410: everything is read again, and what was deleted meanwhile is gone (calendar.md 5)."""
    owner, event_id = a_day_out(story, contractor, google)
    google.delete_by_hand(event_id)
    google.add_by_hand(ACCOUNT, local("08:00"), local("12:00"))
    google.lose_cursors(ACCOUNT)
    story.later(minutes=15)
    assert [story.local(row.start_at) for row in story.all(ExternalEvent)] == ["Wed 08:00"]
    assert free(owner)[0][0] == "12:30 PM"


@pytest.mark.parametrize(
    "fields",
    [
        {"transparency": "transparent"},
        {"attendees": [{"self": True, "responseStatus": "declined"}]},
        {"eventType": "workingLocation"},
        {"eventType": "birthday"},
    ],
)
def test_what_does_not_keep_him_busy_is_offered(story, contractor, google, fields):
    owner, _ = a_day_out(story, contractor, google, **fields)
    assert free(owner)[0][0] == "8:00 AM"
    assert story.all(ExternalEvent) == []


def test_whole_days_are_days_of_the_calendars_zone(story, contractor, google):
    """The end is the day after the last; the zone is the calendar's, not UTC."""
    owner, event_id = a_day_out(story, contractor, google, eventType="outOfOffice")
    google.edit_by_hand(event_id, start={"date": "2026-09-16"}, end={"date": "2026-09-18"})
    story.later(minutes=15)
    assert [len(free(owner, f"2026-09-{day}")[0]) for day in (16, 17)] == [0, 0]
    assert free(owner, "2026-09-18")[0][0] == "8:00 AM"
    [row] = story.all(ExternalEvent)
    assert (story.local(row.start_at), story.local(row.end_at)) == ("Wed 00:00", "Fri 00:00")


def test_our_own_events_are_not_busy_twice(story, contractor, google):
    """In the calendar that is both read and written, a visit that is called off leaves its time free."""
    story.opens().at("10:00")
    owner = contractor(scope_level="full")
    body = {"kind": "block", "title": "Van", "start": "2026-09-16T15:00:00Z", "duration_minutes": 480}
    visit = owner.post("/appointments", json=body, headers={"Idempotency-Key": "v"}, status=201).json["appointment"]
    story.workers()
    story.later(minutes=15)
    assert (len(owner.events()), story.all(ExternalEvent)) == (1, [])
    google.fault("refuse", 100, method="DELETE", status=500)
    owner.post(f"/appointments/{visit['id']}/cancel", reason="business_cancellation")
    story.later(minutes=15)
    assert free(owner)[0][0] == "8:00 AM"


def test_something_else_over_a_visit_is_asked_about_once(story, contractor, google):
    """behaviour.md 2.6: foreign busy over a booking is a task; both stay."""
    story.opens().at("10:00")
    contractor()
    story.misses()
    story.says("Bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?")
    story.says("yes")
    google.add_by_hand(ACCOUNT, local("11:00"), local("12:00"))
    for _ in range(3):
        story.later(minutes=15)
    task = story.one(Task, kind="calendar_conflict")
    assert (task.state, task.appointment_id) == ("open", story.one(Appointment).id)
    assert story.one(Appointment).status == "pending"


def test_another_role_forgets_and_reads_anew(story, contractor, google):
    owner, _ = a_day_out(story, contractor, google)
    calendar = next(one for one in owner.connection()["calendars"] if one["name"] == ACCOUNT)
    owner.patch(f"/calendar/calendars/{calendar['id']}", role="ignore")
    assert (free(owner)[0][0], story.all(ExternalEvent)) == ("8:00 AM", [])
    owner.patch(f"/calendar/calendars/{calendar['id']}", role="busy")
    story.workers()
    assert free(owner)[0][0] == "4:30 PM"
    owner.delete(f"/calendar/connections/{owner.connection()['id']}")
    assert (free(owner)[0][0], story.all(ExternalEvent)) == ("8:00 AM", [])


def test_a_calendar_that_was_not_read_for_an_hour_is_stale(story, contractor, google):
    owner, _ = a_day_out(story, contractor, google)
    synced_at = free(owner)[1]["synced_at"]
    google.fault("refuse", 1_000, path="/events", status=500)
    for _ in range(11):
        story.later(minutes=5)
    slots, answer = free(owner)
    assert (slots[0], answer["stale"], answer["synced_at"]) == ("4:30 PM", False, synced_at)
    story.later(minutes=5)
    slots, answer = free(owner)
    assert (slots[0], answer["stale"], answer["synced_at"]) == ("4:30 PM", True, synced_at)
    google.world.faults.clear()
    story.later(minutes=5)
    assert free(owner)[1]["stale"] is False


def test_a_stale_calendar_promises_nothing(story, contractor, google, mailbox):
    """SC49: dead token, last sync hours ago; options, then "Requested"; pending, a task; his yes sends "Booked"."""
    story.opens().at("09:00")
    owner = contractor()
    google.revoke(ACCOUNT)
    for _ in range(12):
        story.later(minutes=15)
    tokens = [path for _, path in google.requests].count("/token")
    assert free(owner)[1]["stale"] is True
    assert owner.get(f"/availability/cached/{story.tenant_id}").json["stale"] is True
    story.misses()
    assert "$150-$200" in story.says(f"{FAUCET}, can you do tomorrow 10 AM?")
    answer = story.says("yes")
    assert "equested" in answer
    assert "The team will confirm" in answer
    assert "Booked" not in " ".join(story.heard())
    visit = story.one(Appointment)
    assert (visit.status, visit.confirm_at) == ("pending", None)
    [task] = story.all(Task, kind="calendar_conflict")
    assert (task.appointment_id, task.state) == (visit.id, "open")
    story.until("19:30")
    assert story.one(Appointment).status == "pending"
    assert len([mail for mail in mailbox.to(F1.owner_email) if "Reconnect" in mail.subject]) == 1
    assert len(story.all(Notification, category="system_announcement")) == 1
    assert [path for _, path in google.requests].count("/token") == tokens == 1
    owner.patch(f"/appointments/{visit.id}", json={"status": "confirmed"})
    story.workers()
    assert story.heard()[-1].startswith("Booked: Prime Plumbing")
