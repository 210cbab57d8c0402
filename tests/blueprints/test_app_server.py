"""app-server over HTTP: presence, leads, the price book, visits by hand, tasks, quotes."""

import pytest
from sqlalchemy import select

from app.audit import Audit
from app.conversations import Conversation, Mode
from app.events import Event
from app.leads import Lead
from app.scheduling.appointments import Appointment
from app.scheduling.reminders import Reminder
from app.tasks import Task
from app.users import Presence, Role, User
from tests.factories import CUSTOMER, F1

WEDNESDAY_9 = "2026-09-16T16:00:00Z"
WEDNESDAY_11 = "2026-09-16T18:00:00Z"
VISIT = {
    "customer_phone": "(310) 555-0142",
    "customer_name": "Dana Reed",
    "job_type": "faucet_repair",
    "start": WEDNESDAY_9,
}


def key(number="k1"):
    return {"Idempotency-Key": number}


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


@pytest.fixture
def thread(factories, carrier, workers, owner):
    """A conversation that a missed call has opened; the greeting is delivered."""
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    with factories.rows() as rows:
        return rows.scalar(select(Conversation.id))


def book(owner, status=201, number="k1", **changes):
    return owner.post("/appointments", json=VISIT | changes, headers=key(number), status=status).json


def names(rows, name):
    return [event.payload for event in rows.scalars(select(Event).where(Event.name == name).order_by(Event.id))]


# Presence


def test_somebody_on_vacation_is_back_when_it_is_over(owner, clock):
    answer = owner.put(
        "/users/status", current_status="vacation", until="2026-09-28T15:00:00Z", status_message="Fishing"
    ).json
    assert answer["current_status"] == "vacation"
    assert owner.get("/users/status").json == answer
    clock.move_to("2026-09-28T15:00:01Z")
    callers_token_is_old = owner.get("/users/status", status=401)
    assert callers_token_is_old.json["error"]["code"] == "AUTH_TOKEN_EXPIRED"


def test_a_status_that_ends_before_now_is_refused(owner):
    error = owner.put("/users/status", current_status="busy", until="2026-09-15T16:00:00Z", status=422).json["error"]
    assert error["code"] == "UNTIL_IN_PAST"


def test_going_offline_ends_the_window_that_waits(owner, factories, thread, carrier, workers):
    carrier.text(CUSTOMER, F1.number, "My faucet drips")
    workers()
    with factories.rows() as rows:
        waiting = rows.scalar(select(Conversation))
        assert waiting.mode == Mode.owner_window
        assert waiting.ai_due_at == waiting.owner_window_expires_at
    owner.put("/users/status", current_status="offline")
    with factories.rows() as rows:
        assert rows.scalar(select(Conversation)).ai_due_at <= rows.scalar(
            select(Event.occurred_at).order_by(Event.id.desc()).limit(1)
        )
        assert names(rows, "user.status_changed")[-1]["current_status"] == Presence.offline


def test_only_the_owner_speaks_for_others(owner, factories, callers):
    boss = owner.get("/users/status").json["user_id"]
    with factories.rows() as rows:
        business = rows.scalar(select(User.tenant_id))
    helper = factories.user(business, role=Role.operator, email="helper@example.com")
    assert owner.put("/users/status", current_status="busy", user_id=str(helper)).json["user_id"] == str(helper)
    callers.person("helper@example.com").put("/users/status", current_status="busy", user_id=boss, status=403)


# Replies


def test_a_reply_takes_over_and_leaves_as_a_text(owner, thread, carrier, workers):
    answer = owner.post(f"/conversations/{thread}/reply", message="On my way", headers=key()).json
    assert answer["conversation"]["mode"] == "human_active"
    assert (answer["message"]["sender"], answer["message"]["status"]) == ("human", "queued")
    again = owner.post(f"/conversations/{thread}/reply", message="On my way", headers=key())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == answer
    workers()
    assert [text.body for text in carrier.texts_to(CUSTOMER)].count("On my way") == 1


def test_the_same_key_for_other_words_is_refused(owner, thread):
    owner.post(f"/conversations/{thread}/reply", message="One", headers=key())
    error = owner.post(f"/conversations/{thread}/reply", message="Two", headers=key(), status=409).json["error"]
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_refused_request_leaves_its_key_free(owner, thread):
    owner.post(f"/conversations/{thread}/reply", message="", headers=key(), status=400)
    owner.post(f"/conversations/{thread}/reply", message="Now", headers=key())


def test_a_customer_who_opted_out_is_not_written_to(owner, thread):
    owner.post("/opt-outs", customer_phone=CUSTOMER, source="phone_request", note="Asked on the phone", status=201)
    error = owner.post(f"/conversations/{thread}/reply", message="Hello", status=409).json["error"]
    assert error["code"] == "OPTED_OUT"


def test_a_viewer_may_look_and_not_write(owner, thread, factories, callers):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    factories.user(tenant_id, role=Role.viewer, email="viewer@example.com")
    viewer = callers.person("viewer@example.com")
    viewer.get(f"/conversations/{thread}")
    viewer.post(f"/conversations/{thread}/reply", message="Hello", status=403)
    viewer.post("/appointments", json=VISIT, headers=key(), status=403)


# Leads


def test_a_lead_is_corrected_moved_along_and_audited(owner, thread, factories, workers):
    owner.post(f"/conversations/{thread}/takeover")
    workers()
    (lead,) = owner.get("/leads").json["items"]
    changed = owner.patch(
        f"/leads/{lead['id']}",
        json={"customer_name": "Dana Reed", "job_type": "faucet_repair", "estimated_value_min": 150.5},
        headers={"If-Match": str(lead["version"])},
    ).json["lead"]  # fmt: skip
    assert (changed["customer_name"], changed["estimated_value_min"]) == ("Dana Reed", 150.5)
    stale = owner.patch(
        f"/leads/{lead['id']}", json={"notes": "x"}, headers={"If-Match": str(lead["version"])}, status=409
    )
    assert stale.json["error"]["code"] == "VERSION_CONFLICT"
    lost = owner.patch(f"/leads/{lead['id']}", json={"status": "lost"}, status=422)
    assert lost.json["error"]["code"] == "LOST_REASON_REQUIRED"
    owner.patch(f"/leads/{lead['id']}", json={"status": "lost", "lost_reason": "declined"})
    error = owner.patch(f"/leads/{lead['id']}", json={"status": "new"}, status=409).json["error"]
    assert error["code"] == "LEAD_TRANSITION_INVALID"
    with factories.rows() as rows:
        deeds = rows.scalars(select(Audit).where(Audit.action == "lead.update").order_by(Audit.at, Audit.id)).all()
        assert deeds[0].after["customer_name"] == "Dana Reed"
        assert deeds[-1].after["status"] == "lost"


def test_a_lead_of_an_unknown_job_is_refused(owner, thread, workers):
    owner.post(f"/conversations/{thread}/takeover")
    workers()
    (lead,) = owner.get("/leads").json["items"]
    error = owner.patch(f"/leads/{lead['id']}", json={"job_type": "moon_landing"}, status=422).json["error"]
    assert error["code"] == "JOB_TYPE_UNKNOWN"


def test_leads_are_found_by_phone_in_any_spelling_and_told_with_their_story(owner, thread, workers):
    owner.post(f"/conversations/{thread}/takeover")
    workers()
    assert len(owner.get("/leads?q=310.555.0142&status=new").json["items"]) == 1
    assert owner.get("/leads?q=9999").json["items"] == []
    (lead,) = owner.get("/leads?q=5550142").json["items"]
    story = owner.get(f"/leads/{lead['id']}").json
    assert {"call", "decision"} <= {entry["kind"] for entry in story["timeline"]}
    assert lead["call_id"] is not None


def test_pages_follow_each_other_without_gap_or_repeat(owner, factories):
    with factories.changing() as session:
        tenant_id = session.scalar(select(User.tenant_id))
        from app import customers

        for number in range(5):
            customer = customers.of(tenant_id, f"+1310555010{number}")
            session.add(Lead(tenant_id=tenant_id, customer_id=customer.id))
    seen, cursor = [], ""
    while True:
        page = owner.get(f"/leads?limit=2{cursor}").json
        seen += [lead["id"] for lead in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 5
    error = owner.get(f"/leads?limit=2&status=new{cursor}", status=400).json["error"]
    assert error["code"] == "INVALID_CURSOR"
    assert owner.get("/leads?cursor=nonsense", status=400).json["error"]["code"] == "INVALID_CURSOR"
    assert owner.get("/leads?limit=0", status=400).json["error"]["details"]["validation_errors"][0]["field"] == "limit"


# The price book


def test_the_price_book_grows_changes_and_shrinks(owner, factories):
    line = owner.post(
        "/job-estimates", job_type="gutter_repair", description="Gutter", estimated_hours=1.25, estimated_cost_min=99.5,
        estimated_cost_max=180, aliases=["gutter"], status=201,
    ).json  # fmt: skip
    assert (line["estimated_hours"], line["estimated_cost_min"], line["version"]) == (1.25, 99.5, 1)
    taken = owner.post("/job-estimates", json=line | {"description": "again"}, status=409).json["error"]
    assert taken["code"] == "JOB_TYPE_EXISTS"
    changed = owner.put(
        f"/job-estimates/{line['id']}", json={"estimated_cost_max": 200}, headers={"If-Match": "1"}
    ).json
    assert (changed["estimated_cost_max"], changed["description"], changed["version"]) == (200, "Gutter", 2)
    owner.put(f"/job-estimates/{line['id']}", json={"estimated_cost_max": 300}, headers={"If-Match": "1"}, status=409)
    inverted = owner.put(f"/job-estimates/{line['id']}", json={"estimated_cost_max": 1}, status=422).json["error"]
    assert inverted["code"] == "COST_RANGE_INVALID"
    assert owner.delete(f"/job-estimates/{line['id']}").json == {"id": line["id"], "active": False}
    with factories.rows() as rows:
        told = names(rows, "job_estimates.updated")
        assert "gutter_repair" in [one["job_type"] for one in told[0]["estimates"]]
        assert "gutter_repair" not in [one["job_type"] for one in told[-1]["estimates"]]


def test_a_price_depends_on_the_time_and_is_counted_once(owner, factories):
    base = owner.post("/quotes", job_type="water_heater_repair").json
    assert (base["price_min"], base["price_max"], base["multiplier"]) == (150, 400, 1.0)
    night = owner.post(
        "/quotes", job_type="water_heater_repair", urgency_level="emergency", start="2026-09-16T01:30:00Z"
    ).json
    assert (night["band"], night["multiplier"], night["price_min"], night["price_max"]) == ("evening", 2.25, 338, 900)
    assert owner.post("/quotes", job_type="moon_landing", status=404).json["error"]["code"] == "JOB_ESTIMATE_NOT_FOUND"
    owner.post("/quotes", status=400)


# Visits


def test_a_visit_booked_by_hand_is_confirmed_and_the_customer_told(owner, thread, carrier, workers, factories):
    visit = book(owner)["appointment"]
    assert (visit["status"], visit["start"], visit["price_min"]) == ("confirmed", WEDNESDAY_9, 150)
    workers()
    assert visit["job_number"] in carrier.texts_to(CUSTOMER)[-1].body
    with factories.rows() as rows:
        assert names(rows, "appointment.confirmed")[0]["appointment_id"] == visit["id"]


def test_a_visit_without_a_key_is_refused(owner):
    assert owner.post("/appointments", json=VISIT, status=400).json["error"]["code"] == "REQUIRED_FIELD_MISSING"


def test_a_taken_time_is_refused_with_alternatives(owner):
    book(owner)
    error = book(owner, number="k2", customer_phone="+13105550143", start="2026-09-16T16:30:00Z", status=409)["error"]
    assert error["code"] == "SLOT_UNAVAILABLE"
    assert 1 <= len(error["details"]["alternatives"]) <= 3
    free = error["details"]["alternatives"][0]
    again = book(owner, number="k3", customer_phone="+13105550143", start=free["start"])
    assert again["appointment"]["start"] == free["start"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": "2026-09-15T16:00:00Z"}, "START_IN_PAST"),
        ({"start": "2026-09-17T05:00:00Z"}, "OUTSIDE_WORKING_HOURS"),
        ({"start": "2026-11-16T18:00:00Z"}, "BEYOND_HORIZON"),
        (
            {"address": {"street_address": "1 Main St", "city": "San Diego", "postal_code": "92101"}},
            "OUT_OF_SERVICE_AREA",
        ),
    ],
)
def test_a_visit_that_makes_no_sense_is_refused(owner, change, code):
    assert book(owner, status=422, **change)["error"]["code"] == code


def test_the_owner_may_go_beyond_hours_and_area_but_not_over_a_visit(owner):
    late = {"start": "2026-09-17T05:00:00Z", "force": True}
    book(owner, **late)
    assert (
        book(owner, number="k2", customer_phone="+13105550143", status=409, **late)["error"]["code"]
        == "SLOT_UNAVAILABLE"
    )


def test_a_full_day_takes_no_more(owner, factories):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    factories.set(tenant_id, operational_limits={"max_jobs_per_day": 1})
    book(owner)
    error = book(owner, number="k2", start="2026-09-16T22:00:00Z", status=409)["error"]
    assert error["code"] == "CAPACITY_REACHED"


def test_a_blocked_time_is_not_offered(owner, factories):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    block = {"kind": "block", "title": "Dentist", "start": WEDNESDAY_9, "duration_minutes": 120}
    owner.post("/appointments", json=block, headers=key(), status=201)
    free = owner.get(f"/availability/cached/{tenant_id}").json
    assert not any(one["start"] <= WEDNESDAY_9 < one["end"] for one in free["free_ranges"])
    assert [one["booking_type"] for one in free["busy"]] == ["blocked"]
    assert free["jobs_per_day"] == {}


def test_a_move_gives_the_old_time_free_and_tells_the_customer(owner, thread, carrier, workers):
    visit = book(owner)["appointment"]
    moved = owner.patch(
        f"/appointments/{visit['id']}", json={"start": WEDNESDAY_11}, headers={"If-Match": str(visit["version"])}
    ).json["appointment"]
    assert (moved["start"], moved["end"], moved["id"]) == (WEDNESDAY_11, "2026-09-16T19:30:00Z", visit["id"])
    workers()
    assert [
        text.body for text in carrier.texts_to(CUSTOMER) if text.body.startswith("Moved: Prime Plumbing now comes ")
    ]
    book(owner, number="k2", customer_phone="+13105550143")
    error = owner.patch(f"/appointments/{visit['id']}", json={"start": WEDNESDAY_9}, status=409).json["error"]
    assert error["code"] == "SLOT_UNAVAILABLE"
    error = owner.patch(f"/appointments/{visit['id']}", json={"notes": "x"}, headers={"If-Match": "1"}, status=409)
    assert error.json["error"]["code"] == "VERSION_CONFLICT"


def test_a_cancelled_visit_frees_its_time_once(owner, thread, carrier, workers):
    visit = book(owner)["appointment"]
    path = f"/appointments/{visit['id']}/cancel"
    first = owner.post(path, reason="business_cancellation").json
    assert (first["appointment"]["status"], first["within_cancellation_window"]) == ("cancelled", True)
    assert (
        owner.post(path, reason="business_cancellation").json["appointment"]["version"]
        == first["appointment"]["version"]
    )
    workers()
    assert "cancel" in carrier.texts_to(CUSTOMER)[-1].body
    book(owner, number="k2")
    error = owner.patch(f"/appointments/{visit['id']}", json={"status": "completed"}, status=409).json["error"]
    assert error["code"] == "APPOINTMENT_TRANSITION_INVALID"


def test_the_work_goes_through_its_states(owner):
    visit = book(owner)["appointment"]
    for status in ("in_progress", "completed"):
        changed = owner.patch(f"/appointments/{visit['id']}", json={"status": status}).json["appointment"]
        assert changed["status"] == status
    customer = owner.get(f"/customers/{visit['customer_id']}").json
    assert customer["previous_jobs"][0]["job_type"] == "faucet_repair"
    history = owner.get(f"/appointments/{visit['id']}").json["history"]
    assert history[0]["action"] == "appointment.book"


def test_the_calendar_is_asked_for_in_pieces(owner):
    book(owner)
    found = owner.get("/appointments?from=2026-09-16T00:00:00Z&to=2026-09-17T00:00:00Z").json["items"]
    assert [one["start"] for one in found] == [WEDNESDAY_9]
    owner.get("/appointments", status=400)
    error = owner.get("/appointments?from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z", status=422).json["error"]
    assert error["code"] == "RANGE_TOO_LONG"


# Tasks


def test_a_task_is_closed_once(owner, factories):
    with factories.changing() as session:
        from app import tasks

        tasks.add(
            session.scalar(select(User.tenant_id)), "x", "call_back", "Not texted: landline", customer_phone=CUSTOMER
        )
    (task,) = owner.get("/tasks").json["items"]
    assert task["why"] == "Not texted: landline"
    assert owner.patch(f"/tasks/{task['id']}", json={"state": "done", "note": "Called"}).json["state"] == "done"
    assert (
        owner.patch(f"/tasks/{task['id']}", json={"state": "done"}, status=409).json["error"]["code"] == "TASK_CLOSED"
    )
    assert owner.get("/tasks").json["items"] == []
    assert len(owner.get("/tasks?state=done").json["items"]) == 1
    with factories.rows() as rows:
        assert rows.scalar(select(Task)).note == "Called"
        assert rows.scalar(select(Appointment)) is None


def test_a_visit_booked_by_hand_is_told_to_the_contractor_and_planned(owner, thread, carrier, workers, factories):
    """SEED-1 steps 8 and 9: a notice of category appointment_reminder, one text to the customer, three reminders."""
    made = book(owner)["appointment"]
    workers()
    notices = owner.get("/notifications").json["items"]
    (told,) = [one for one in notices if one["category"] == "appointment_reminder"]
    assert told["title"] == "Visit confirmed: Dana Reed"
    assert made["job_number"] in told["body"]
    assert [one["channel"] for one in told["deliveries"]] == ["push", "sms"]
    assert len([text for text in carrier.texts_to(F1.owner_phone) if made["job_number"] in text.body]) == 1
    assert len([text for text in carrier.texts_to(CUSTOMER) if text.body.startswith("Booked: Prime Plumbing, ")]) == 1
    with factories.rows() as rows:
        assert {row.kind for row in rows.scalars(select(Reminder))} == {"day_before", "two_hours", "eta"}
