"""Visits stand in the contractor's calendar and never wait for it (SEED-1, SC01, SC22, SC26, SC27; behaviour.md 2.6)"""

import datetime as dt

from app.calendars.pushes import CalendarEvent
from app.events import Event
from app.leads import Lead
from app.messages import Message
from app.notifications import Notification
from app.scheduling.appointments import Appointment
from app.tasks import Task
from tests.blueprints.conftest import Callers, sign_in
from tests.factories import F1, F4, F5
from tests.flows.story import CUSTOMER
from tests.flows.test_booking import a_visit_tomorrow
from tests.flows.test_night_visits import accepted_tonight
from tests.linked import ACCOUNT, error_of

FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210, can you do tomorrow 10 AM?"
INSERT = ("POST", "/events")


def asked(google, method, part):
    """How often something was asked of Google."""
    return sum(one == method and part in path for one, path in google.requests)


def when(event):
    """The local time of an event at Google."""
    start, end = (dt.datetime.fromisoformat(event[name]["dateTime"]) for name in ("start", "end"))
    return f"{start:%a %H:%M}-{end:%H:%M}"


def shown(owner, visit):
    """A visit as the service shows it."""
    return owner.get(f"/appointments/{visit.id}").json["appointment"]


def test_a_booking_from_the_lead_stands_in_the_calendar(story, contractor):
    """SEED-1 step 8: confirmed, 09:00-10:30, the event is made, sync_state synced, lead and stream follow."""
    story.opens().at("10:00")
    owner = contractor()
    story.misses()
    story.says("Faucet dripping, 789 Sunset Blvd 90210. What would it cost?")
    story.says("ok, let me think about it")
    lead = story.one(Lead)
    body = {
        "lead_id": str(lead.id), "customer_phone": CUSTOMER, "job_type": "faucet_repair",
        "start": "2026-09-16T16:00:00Z",
    }  # fmt: skip
    answer = owner.post("/appointments", json=body, headers={"Idempotency-Key": "book"}, status=201)
    booked = answer.json["appointment"]
    assert (booked["status"], booked["end"], booked["sync_state"]) == ("confirmed", "2026-09-16T17:30:00Z", "pending")
    story.workers()
    visit = story.one(Appointment)
    assert story.block(visit) == "Wed 09:00-10:30"
    assert shown(owner, visit)["sync_state"] == "synced"
    [event] = owner.events()
    assert (when(event), event["status"]) == ("Wed 09:00-10:30", "confirmed")
    assert event["summary"] == "Faucet repair - (310) 555-0142"
    assert "(310) 555-0142" in event["description"]
    assert visit.job_number in event["description"]
    row = story.one(CalendarEvent)
    assert (event["id"], row.provider) == (f"nmc{visit.id.hex}g1", "google")
    told = owner.asks_for_event(
        appointment_id=str(visit.id), title=event["summary"], description=event["description"],
        start="2026-09-16T16:00:00Z", end="2026-09-16T17:30:00Z",
    ).json  # fmt: skip
    assert (told["id"], told["external_event_id"], told["provider"]) == (str(row.id), event["id"], "google")
    story.workers()
    assert len(owner.events()) == 1
    assert story.one(Lead).status == "appointment_scheduled"
    assert len(story.all(Event, name="appointment.confirmed")) == 1


def test_an_emergency_of_tonight_stands_in_the_calendar(story, contractor):
    """SC01: calendar event at the booked block."""
    story.opens().at("14:15")
    owner = contractor()
    story.busy("15:30", "17:00", address={"postal_code": "90210"})
    story.misses()
    story.at("14:16")
    story.says("Water heater burst in basement! 789 Sunset Blvd, 90210")
    story.says("1")
    [event] = owner.events()
    assert (when(event), event["status"]) == ("Tue 17:30-19:30", "confirmed")
    assert "789 Sunset Blvd" in event["location"]


def garage_door(story, contractor):
    """SC22: Monday 15:00, free only Tue 10-12 and Wed 13-15, the calendar linked and empty."""
    story.opens(F5).at("15:00", "2026-09-14")
    owner = contractor(F5)
    for date, start, end in (
        ("2026-09-14", "15:00", "18:00"),
        ("2026-09-15", "08:00", "09:30"),
        ("2026-09-15", "12:30", "18:00"),
        ("2026-09-16", "08:00", "12:30"),
        ("2026-09-16", "15:30", "18:00"),
    ):
        story.busy(start, end, date, kind="block")
    return owner


def booked_on_tuesday(story, google):
    """The customer chooses Tuesday while Google answers 500; the visit."""
    google.fault("refuse", 1_000, path="/events", status=500)
    story.misses()
    story.says("Garage door tune-up this week, 456 Oak Ave 90210")
    story.says("Tuesday")
    return story.one(Appointment, kind="booking")


def test_a_calendar_that_is_down_holds_nothing_up(story, contractor, google):
    """SC22: booked and told at once while Google answers 500; tried at once and after 1, 5, 30 min and 2 h, no more."""
    owner = garage_door(story, contractor)
    visit = booked_on_tuesday(story, google)
    assert (story.block(visit), visit.price_low_cents) == ("Tue 10:00-12:00", 9_500)
    assert story.heard()[-1].startswith("Booked for ")
    assert story.sent()[-1].status == "delivered"
    assert (asked(google, *INSERT), shown(owner, visit)["sync_state"]) == (1, "pending")
    for tries, minutes in enumerate((1, 5, 30, 120), 1):
        story.later(minutes=minutes, seconds=-1)
        assert (asked(google, *INSERT), shown(owner, visit)["sync_state"]) == (tries, "pending")
        assert story.all(Notification, category="system_announcement") == []
        story.later(seconds=1)
        assert asked(google, *INSERT) == tries + 1
    assert (asked(google, *INSERT), shown(owner, visit)["sync_state"]) == (5, "failed")
    after = story.one(Appointment, id=visit.id)
    assert (after.start_at, after.version) == (visit.start_at, visit.version)


def test_the_owner_is_told_once_and_a_calendar_that_comes_back_has_one_event(story, contractor, google, mailbox):
    """SC22: then O is told; Google back: synced, exactly one event."""
    owner = garage_door(story, contractor)
    visit = booked_on_tuesday(story, google)
    for minutes in (1, 5, 30, 120, 60, 60):
        story.later(minutes=minutes)
    assert owner.connection()["status"] == "error"
    assert len(story.all(Notification, category="system_announcement")) == 1
    assert len([mail for mail in mailbox.to(F5.owner_email) if "out of date" in mail.subject]) == 1
    task = story.one(Task, kind="calendar_conflict")
    assert (task.state, task.appointment_id) == ("open", visit.id)
    google.world.faults.clear()
    story.later(hours=1)
    assert shown(owner, visit)["sync_state"] == "synced"
    assert [when(event) for event in owner.events()] == ["Tue 10:00-12:00"]
    assert owner.connection()["status"] == "active"
    assert story.one(Task, kind="calendar_conflict").state == "done"
    story.later(hours=3)
    assert len(owner.events()) == 1
    assert len(story.all(Notification, category="system_announcement")) == 1


def test_two_visits_in_one_trouble_are_one_notice_and_come_back_together(story, contractor, google, mailbox):
    story.opens().at("10:00")
    owner = contractor()
    google.fault("refuse", 1_000, path="/events", status=503)
    for number, clock in enumerate(("16:00", "20:00")):
        body = {"kind": "block", "title": "Van", "start": f"2026-09-16T{clock}:00Z", "duration_minutes": 60}
        owner.post("/appointments", json=body, headers={"Idempotency-Key": str(number)}, status=201)
    story.workers()
    for minutes in (1, 5, 30, 120):
        story.later(minutes=minutes)
    assert asked(google, "POST", "/token") == 1
    assert [row.state for row in story.all(CalendarEvent)] == ["failed", "failed"]
    assert len([mail for mail in mailbox.to(F1.owner_email) if "out of date" in mail.subject]) == 1
    assert len(story.all(Task, kind="calendar_conflict", state="open")) == 2
    google.world.faults.clear()
    story.later(hours=1)
    assert [row.state for row in story.all(CalendarEvent)] == ["synced", "synced"]
    assert len(owner.events()) == 2
    assert story.all(Task, kind="calendar_conflict", state="open") == []


def test_a_visit_that_is_over_is_not_probed_for(story, contractor, google):
    story.opens().at("10:00")
    owner = contractor()
    google.fault("refuse", 1_000, path="/events", status=500)
    body = {"kind": "block", "title": "Van", "start": "2026-09-15T19:00:00Z", "duration_minutes": 60}
    owner.post("/appointments", json=body, headers={"Idempotency-Key": "v"}, status=201)
    story.workers()
    for minutes in (1, 5, 30, 120):
        story.later(minutes=minutes)
    tries = asked(google, *INSERT)
    assert (tries, story.one(CalendarEvent).state) == (5, "failed")
    for _hour in range(3):
        story.later(hours=1)
    assert asked(google, *INSERT) == tries


def test_a_visit_that_is_called_off_leaves_the_calendar(story, contractor, google):
    """SC26: after the customer's YES the event is gone, and asked to go once."""
    story.opens().at("14:00")
    owner = contractor()
    story.misses()
    story.says(FAUCET)
    story.says("yes")
    assert [when(event) for event in owner.events()] == ["Wed 10:00-11:30"]
    story.at("15:00")
    story.says("need to cancel tomorrow's visit")
    assert len(owner.events()) == 1
    assert "Cancelled" in story.says("YES")
    visit = story.one(Appointment)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "customer_cancellation")
    assert owner.events() == []
    assert shown(owner, visit)["sync_state"] == "synced"
    story.later(hours=2)
    assert asked(google, "DELETE", "/events/") == 1


def test_a_visit_that_is_moved_takes_its_event_along(story, contractor, google):
    """SC27: one event before and after, the same one, with what the contractor wrote into it."""
    story.opens().at("14:00")
    owner = contractor()
    story.misses()
    story.says(FAUCET)
    story.says("yes")
    [before] = owner.events()
    google.edit_by_hand(before["id"], description="Gate code 1234", colorId="5")
    story.says("I need to reschedule my visit to Thursday")
    story.says("1")
    new = next(visit for visit in story.all(Appointment) if visit.status == "pending")
    [after] = owner.events()
    assert after["id"] == before["id"]
    assert when(after) == f"{story.block(new)}"
    assert when(after).startswith("Thu")
    assert (after["description"], after["colorId"]) == ("Gate code 1234", "5")
    assert asked(google, "DELETE", "/events/") == 0
    assert {shown(owner, visit)["sync_state"] for visit in story.all(Appointment)} == {"synced"}
    story.says("I need to cancel my visit")
    story.says("YES")
    assert owner.events() == []


def test_a_visit_moved_by_hand_takes_its_event_along(story, contractor):
    """PATCH /appointments: the same event at the new time, once more at the one after it."""
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    visit = story.one(Appointment)
    [before] = owner.events()
    for start, local in (("2026-09-17T17:00:00Z", "Thu 10:00-11:30"), ("2026-09-18T16:00:00Z", "Fri 09:00-10:30")):
        answer = owner.patch(f"/appointments/{visit.id}", start=start)
        assert answer.json["appointment"]["sync_state"] == "pending"
        story.workers()
        [event] = owner.events()
        assert (event["id"], when(event)) == (before["id"], local)
    assert shown(owner, visit)["sync_state"] == "synced"


def test_several_moves_before_the_calendar_hears_of_them_are_one_change(story, contractor, google):
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    visit = story.one(Appointment)
    for start in ("2026-09-17T17:00:00Z", "2026-09-18T16:00:00Z", "2026-09-18T17:00:00Z"):
        owner.patch(f"/appointments/{visit.id}", start=start)
    story.workers()
    assert [when(event) for event in owner.events()] == ["Fri 10:00-11:30"]
    assert asked(google, "PATCH", "/events/") == 1


def test_a_visit_called_off_by_hand_says_whether_its_event_is_gone(story, contractor):
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    path = f"/appointments/{story.one(Appointment).id}/cancel"
    first = owner.post(path, reason="business_cancellation").json
    assert (first["calendar_event_deleted"], first["appointment"]["sync_state"]) == (False, "pending")
    story.workers()
    again = owner.post(path, reason="business_cancellation").json
    assert (again["calendar_event_deleted"], again["appointment"]["sync_state"]) == (True, "synced")
    assert owner.events() == []


def test_without_a_linked_calendar_a_visit_is_in_step(story, browser, google):
    a_visit_tomorrow(story)
    row = story.one(CalendarEvent)
    assert (row.provider, row.state, row.calendar_id) == ("local", "synced", None)
    api = Callers(browser, story.factories).program("app-server:read", "app-server:write", tenant_id=story.tenant_id)
    visit = story.one(Appointment)
    assert shown(api, visit)["sync_state"] == "synced"
    called_off = api.post(f"/appointments/{visit.id}/cancel", reason="business_cancellation").json
    assert called_off["calendar_event_deleted"] is True
    assert google.requests == []


def test_a_tentative_visit_is_tentative_in_the_calendar_until_the_evening(story, contractor):
    story.opens().at("14:00")
    owner = contractor()
    story.misses()
    story.says(FAUCET)
    story.says("yes")
    [event] = owner.events()
    assert event["status"] == "tentative"
    story.until("19:00")
    [event] = owner.events()
    assert (event["status"], when(event)) == ("confirmed", "Wed 10:00-11:30")


def test_a_night_visit_that_falls_through_leaves_the_calendar(story, contractor):
    """SC04, variant: in the calendar while it waits for the technician, out of it when nobody took it."""
    accepted_tonight(story)
    owner = contractor(F4)
    story.says("tonight")
    [event] = owner.events()
    assert (event["status"], when(event)[:9]) == ("tentative", "Tue 23:30")
    for _minute in range(11):
        story.later(minutes=1)
    assert story.one(Appointment).status == "cancelled"
    assert owner.events() == []


def test_the_buttons_of_the_calendar_page_reach_the_calendar(story, contractor, browser):
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    sign_in(browser)
    token = browser.get("/app/account").forms[0]["csrf_token"].value
    page = f"/app/appointments/{story.one(Appointment).id}"
    headers = {"Referer": "https://nmc.example/"}
    browser.post(f"{page}/confirm", {"csrf_token": token}, headers=headers)
    story.workers()
    assert [event["status"] for event in owner.events()] == ["confirmed"]
    browser.post(f"{page}/cancel", {"csrf_token": token}, headers=headers)
    story.workers()
    assert owner.events() == []


def test_linking_writes_the_visits_to_come_and_none_that_is_over(story, contractor):
    """calendar.md 9, first link: never push past appointments."""
    a_visit_tomorrow(story)
    over = story.busy("08:00", "09:00")
    story.busy("08:00", "09:00", "2026-09-17")
    owner = contractor()
    story.workers()
    assert sorted(when(event) for event in owner.events()) == ["Thu 08:00-09:00", "Wed 10:00-11:30"]
    assert story.all(CalendarEvent, appointment_id=over) == []


def test_a_dead_token_is_told_once_and_nothing_is_lost(story, contractor, google, mailbox):
    """behaviour.md 2.6: jobs stop, bookings go on, one notice with a link; connected again, all of it is written."""
    story.opens().at("10:00")
    owner = contractor()
    google.revoke(ACCOUNT)
    for number, clock in enumerate(("16:00", "20:00")):
        body = {"kind": "block", "title": "Van", "start": f"2026-09-16T{clock}:00Z", "duration_minutes": 60}
        owner.post("/appointments", json=body, headers={"Idempotency-Key": str(number)}, status=201)
        story.workers()
    assert owner.connection()["status"] == "needs_reauth"
    tries = len(google.requests)
    for _hour in range(4):
        story.later(hours=1)
    assert len(google.requests) == tries
    assert asked(google, "POST", "/token") == 1
    [mail] = mailbox.to(F1.owner_email)
    assert "Reconnect your Google calendar" in mail.subject
    assert "https://nmc.example/app/account" in mail.text
    assert [task.state for task in story.all(Task, kind="reconnect_calendar")] == ["open"]
    assert [shown(owner, visit)["sync_state"] for visit in story.all(Appointment)] == ["pending", "pending"]
    owner.link()
    story.workers()
    assert len(owner.events()) == 2
    assert [shown(owner, visit)["sync_state"] for visit in story.all(Appointment)] == ["synced", "synced"]
    assert [task.state for task in story.all(Task, kind="reconnect_calendar")] == ["done"]
    assert len(mailbox.to(F1.owner_email)) == 1


def test_a_visit_that_he_moved_in_his_calendar_is_not_overwritten(story, contractor, google):
    """behaviour.md 2.6: the provider wins on time; moved on both sides it is a conflict, and he says what is right."""
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    visit, [event] = story.one(Appointment), owner.events()
    start = dt.datetime(2026, 9, 17, 20, 0, tzinfo=dt.UTC)
    google.move_by_hand(event["id"], start, start + dt.timedelta(minutes=90))
    owner.patch(f"/appointments/{visit.id}", start="2026-09-18T17:00:00Z")
    story.workers()
    assert [when(one) for one in owner.events()] == ["Thu 13:00-14:30"]
    assert shown(owner, visit)["sync_state"] == "conflict"
    row = story.one(CalendarEvent)
    assert error_of(owner.patch(f"/calendar/events/{row.id}", title="Mine", status=409)) == "EXTERNAL_CHANGED"
    assert len(story.all(Task, kind="calendar_conflict", state="open")) == 1
    owner.patch(f"/appointments/{visit.id}", start="2026-09-18T18:00:00Z")
    story.workers()
    assert [when(one) for one in owner.events()] == ["Fri 11:00-12:30"]
    assert shown(owner, visit)["sync_state"] == "synced"
    assert story.all(Task, kind="calendar_conflict", state="open") == []


def test_a_visit_that_he_deleted_in_his_calendar_is_asked_about(story, contractor, google):
    """behaviour.md 2.6: never cancelled silently, never put back behind his back."""
    a_visit_tomorrow(story)
    owner = contractor()
    story.workers()
    visit, [event] = story.one(Appointment), owner.events()
    google.delete_by_hand(event["id"])
    owner.patch(f"/appointments/{visit.id}", start="2026-09-18T17:00:00Z")
    story.workers()
    assert owner.events() == []
    assert (story.one(Appointment).status, shown(owner, visit)["sync_state"]) == ("pending", "conflict")
    assert len(story.all(Task, kind="calendar_conflict", state="open")) == 1
    owner.patch(f"/appointments/{visit.id}", start="2026-09-18T18:00:00Z")
    story.workers()
    [again] = owner.events()
    assert (when(again), again["id"]) == ("Fri 11:00-12:30", f"nmc{visit.id.hex}g2")


def test_no_customer_hears_of_the_calendar(story, contractor, google):
    """A trouble of the calendar is the contractor's alone."""
    a_visit_tomorrow(story)
    said = len(story.heard())
    owner = contractor()
    google.revoke(ACCOUNT)
    owner.patch(f"/appointments/{story.one(Appointment).id}", start="2026-09-18T17:00:00Z", notify_customer=False)
    story.workers()
    story.later(hours=1)
    assert len(story.heard()) == said
    assert not [row for row in story.all(Message) if "alendar" in row.body]
