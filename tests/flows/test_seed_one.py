"""SEED-1, the first end-to-end scenario, in one piece: from the missed call to the visit in three calendars."""

import json

import pytest

import wsgi
from app.calls import Call
from app.customers import Customer
from app.events import Event
from app.leads import Lead
from app.notifications import Delivery, Notification
from app.scheduling.appointments import Appointment
from app.scheduling.reminders import Reminder
from app.usage import UsageEvent
from sandbox.carrier.signing import signature
from tests.blueprints.conftest import Callers
from tests.blueprints.test_event_stream import Listening
from tests.conftest import PUBLIC, TOKEN
from tests.flows.story import CUSTOMER

KEY = {"Idempotency-Key": "seed-one"}


@pytest.fixture
def stream(chosen, story, browser):
    """The owner's page: the event stream, open from now on."""
    process = wsgi.create_stream_app(chosen)
    opened = []

    def open_page():
        token = Callers(browser, story.factories).sign_in()["tokens"]["access_token"]
        path = f"/events/stream/{story.tenant_id}"
        opened.append(Listening(process.test_client().get(path, query_string={"access_token": token})))
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()


def until(page, name, **facts):
    """The next event of that name with these facts; what happens before it is passed over."""
    for _ in range(60):
        frame = page.next()
        told = json.loads(frame["data"])
        if frame["event"] == name and facts.items() <= told.items():
            return told
    raise AssertionError(f"{name} with {facts} did not come")


def statuses(story, notice):
    return {row.channel.value: row.status.value for row in story.all(Delivery, notification_id=notice.id)}


def test_complete_lead_conversion(story, contractor, stream, browser):  # noqa: PLR0915 - one story in its order
    story.opens().at("10:00")
    owner = contractor()
    person = Callers(browser, story.factories).person()
    page = stream()

    # 1 incoming call: one call, one claim, one greeting, the thread on the dashboard
    ring = story.misses()
    for _ in range(2):
        repeat_dial_action(story, browser, ring)
    call = story.one(Call)
    assert (call.status, call.missed_reason) == ("missed", "no_answer")
    [greeting] = story.sent()
    assert "Prime Plumbing" in greeting.body
    assert greeting.body.endswith("Reply STOP to opt out.")
    assert (greeting.accepted_at - call.decided_at).total_seconds() <= 5
    thread = story.thread()
    born = {"conversation_id": str(thread.id), "customer_phone": CUSTOMER, "emergency_detected": False}
    assert born.items() <= until(page, "conversation.created").items()
    assert thread.mode == "waiting_customer"

    # 2 the question: the owner has his minute, then the dispatcher quotes and offers
    story.at("10:01")
    story.texts("Faucet dripping, 789 Sunset Blvd 90210. What would it cost?")
    assert story.thread().mode == "owner_window"
    assert story.local(story.thread().owner_window_expires_at) == "Tue 10:02"
    assert until(page, "conversation.updated", mode="owner_window")["owner_window_expires_at"]
    story.answers()
    quote = story.heard()[-1]
    assert "$150-$200" in quote
    assert "1)" in quote
    assert len(story.all(UsageEvent, event_type="ai_turn")) == 1
    assert [row.details["job_type"] for row in story.all(UsageEvent, event_type="quote_generated")] == ["faucet_repair"]

    # 3 to 6: the thread ends with its quote; one lead, one customer, both channels, the inbox moves
    assert story.all(Lead) == []
    story.says("ok, let me think about it")
    assert (story.thread().status, story.thread().outcome) == ("completed", "quote_provided")
    completed = story.one(Event, name="conversation.completed")
    assert (completed.payload["estimated_value_min"], completed.payload["estimated_value_max"]) == (150.0, 200.0)
    for _ in range(2):
        with story.factories.changing() as session:
            session.get(Event, completed.id).status = "waiting"
        story.workers.sweep()
    lead = story.one(Lead)
    assert (lead.status, lead.estimated_low_cents, lead.estimated_high_cents) == ("qualified", 15_000, 20_000)
    assert "789 Sunset Blvd" in lead.customer_address
    assert story.one(Customer).phone == CUSTOMER
    told = until(page, "lead.updated", lead_id=str(lead.id), status="qualified")
    assert (told["customer_name"], told["urgency_level"]) == (None, "normal")
    [notice] = [one for one in story.all(Notification, category="missed_call") if one.title.startswith("New lead")]
    assert statuses(story, notice) == {"push": "delivered", "sms": "delivered"}
    assert until(page, "notification.created", id=str(notice.id), pushed=True)["title"] == notice.title
    used = [row.details for row in story.all(UsageEvent, event_type="notification_sent")]
    assert {row["channel"] for row in used} == {"push", "sms"}
    assert all("cost" in row for row in used)

    # 7 a reply by hand opens the thread again; nothing automatic for an hour
    person.post(f"/conversations/{thread.id}/reply", message="I can do it tomorrow.", headers=KEY)
    story.workers()
    reply = story.sent()[-1]
    assert (reply.body, reply.sender, reply.status) == ("I can do it tomorrow.", "human", "delivered")
    assert (story.thread().status, story.thread().mode) == ("active", "human_active")
    sent = [row.details for row in story.all(UsageEvent, event_type="sms_sent")][-1]
    assert (sent["direction"], sent["segments"]) == ("outbound", 1)
    said = len(story.heard())
    for _ in range(6):
        story.later(minutes=10)
    assert len(story.heard()) == said

    # 8 and 9: booked from the lead, in the calendar, confirmed to both, reminders planned
    body = {
        "lead_id": str(lead.id), "customer_phone": CUSTOMER, "job_type": "faucet_repair",
        "start": "2026-09-16T16:00:00Z",
    }  # fmt: skip
    person = Callers(browser, story.factories).person()  # the token of an hour ago is over
    booked = person.post("/appointments", 201, KEY, **body).json["appointment"]
    assert (booked["status"], booked["end"]) == ("confirmed", "2026-09-16T17:30:00Z")
    story.workers()
    visit = story.one(Appointment)
    assert person.get(f"/appointments/{visit.id}").json["appointment"]["sync_state"] == "synced"
    assert len(owner.events()) == 1
    assert story.one(Lead).status == "appointment_scheduled"
    confirmed = until(page, "appointment.confirmed")
    assert confirmed["appointment_id"] == str(visit.id)
    [reminder] = story.all(Notification, category="appointment_reminder")
    assert statuses(story, reminder)["sms"] == "delivered"
    assert story.heard()[-1].startswith("Booked: Prime Plumbing, tomorrow 9-10:30 AM, 789 Sunset Blvd")
    assert {row.kind.value for row in story.all(Reminder)} == {"day_before", "two_hours", "eta"}
    assert len([row for row in story.sent() if row.template and row.template.startswith("greeting")]) == 1


def repeat_dial_action(story, browser, ring):
    """Post the Dial action of a call once more, signed."""
    form = {
        "CallSid": ring.sid, "AccountSid": story.factories.account_sid, "From": CUSTOMER, "To": story.business.number,
        "DialCallStatus": "no-answer", "CallStatus": "in-progress",
    }  # fmt: skip
    path = f"/webhooks/twilio/call/status/{ring.sid}"
    headers = {"X-Twilio-Signature": signature(TOKEN, f"{PUBLIC}{path}", form)}
    browser.post(path, form, headers, status=200)
    story.workers()
