"""Times that are kept before they are booked: in nobody else's way once over, one for each conversation."""

import datetime as dt
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select

from app.conversations import Conversation
from app.events import Event
from app.scheduling.appointments import Appointment
from app.scheduling.holds import Hold
from app.scheduling.technicians import Technician
from tests.factories import CUSTOMER, F1

WEDNESDAY_9 = "2026-09-16T16:00:00Z"
WEDNESDAY_11 = "2026-09-16T18:00:00Z"
HOLD = {"start": WEDNESDAY_9, "duration_minutes": 90}
VISIT = {"customer_phone": CUSTOMER, "job_type": "faucet_repair", "start": WEDNESDAY_9}


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


@pytest.fixture
def technician(factories, owner):
    with factories.rows() as rows:
        found = rows.scalar(select(Technician))
        return SimpleNamespace(id=found.id, tenant_id=found.tenant_id, user_id=found.user_id)


@pytest.fixture
def thread(factories, carrier, workers, owner):
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    with factories.rows() as rows:
        return str(rows.scalar(select(Conversation.id)))


def key(name="k"):
    return {"Idempotency-Key": name}


def test_a_time_is_kept_for_a_quarter_of_an_hour(owner, technician, factories):
    told = owner.post("/holds", json=HOLD, status=201).json
    assert told == {
        "hold_id": told["hold_id"],
        "technician_id": str(technician.id),
        "conversation_id": None,
        "start": WEDNESDAY_9,
        "end": "2026-09-16T17:30:00Z",
        "expires_at": "2026-09-15T17:15:00Z",
        "status": "active",
    }
    free = owner.get(f"/availability/cached/{technician.tenant_id}").json
    assert not any(one["start"] <= WEDNESDAY_9 < one["end"] for one in free["free_ranges"])
    assert [one["booking_type"] for one in free["busy"]] == ["tentative"]
    with factories.rows() as rows:
        (event,) = rows.scalars(select(Event).where(Event.name == "availability.changed"))
        assert event.payload == {
            "user_id": str(technician.user_id), "dates": ["2026-09-16"], "reason": "booking",
            "version": int(dt.datetime(2026, 9, 15, 17, tzinfo=dt.UTC).timestamp() * 1000),
        }  # fmt: skip


def test_what_is_kept_nobody_else_gets_until_it_is_over(owner, clock, callers):
    owner.post("/holds", json=HOLD, status=201)
    for path in ("/holds", "/appointments"):
        body = HOLD | VISIT | {"start": "2026-09-16T16:30:00Z"}
        error = owner.post(path, json=body, headers=key(path), status=409).json["error"]
        assert error["code"] == "SLOT_UNAVAILABLE"
        assert len(error["details"]["alternatives"]) == 3
    clock.shift(dt.timedelta(minutes=15))
    callers.person().post("/holds", json=HOLD, status=201)


def test_a_booked_time_cannot_be_kept(owner):
    owner.post("/appointments", json=VISIT, headers=key(), status=201)
    assert owner.post("/holds", json=HOLD, status=409).json["error"]["code"] == "SLOT_UNAVAILABLE"


def test_a_conversation_keeps_one_time(owner, thread, factories):
    first = owner.post("/holds", json=HOLD | {"conversation_id": thread}, status=201).json
    later = HOLD | {"conversation_id": thread, "start": WEDNESDAY_11}
    error = owner.post("/holds", json=later | {"replace": False}, status=409).json["error"]
    assert (error["code"], error["details"]) == ("HOLD_LIMIT", {"hold_id": first["hold_id"]})
    second = owner.post("/holds", json=later, status=201).json
    with factories.rows() as rows:
        states = {str(row.id): row.status for row in rows.scalars(select(Hold))}
    assert states == {first["hold_id"]: "released", second["hold_id"]: "active"}


def test_times_without_a_conversation_do_not_replace_each_other(owner):
    first = owner.post("/holds", json=HOLD, status=201).json
    owner.post("/holds", json=HOLD | {"start": WEDNESDAY_11}, status=201)
    assert owner.delete(f"/holds/{first['hold_id']}").json["status"] == "released"


def test_a_time_is_given_back_once(owner, factories):
    held = owner.post("/holds", json=HOLD, status=201).json
    for _ in range(2):
        assert owner.delete(f"/holds/{held['hold_id']}").json == held | {"status": "released"}
    owner.post("/holds", json=HOLD, status=201)
    with factories.rows() as rows:
        assert len(rows.scalars(select(Event).where(Event.name == "availability.changed")).all()) == 3


def test_the_same_key_keeps_one_time(owner, factories):
    first = owner.post("/holds", json=HOLD, headers=key(), status=201).json
    assert owner.post("/holds", json=HOLD, headers=key(), status=201).json == first
    with factories.rows() as rows:
        assert len(rows.scalars(select(Hold)).all()) == 1


def test_a_kept_time_is_booked_by_its_hold_once(owner, factories):
    held = owner.post("/holds", json=HOLD, status=201).json
    body = VISIT | {"hold_id": held["hold_id"]}
    first = owner.post("/appointments", json=body, headers=key("a"), status=201).json["appointment"]
    assert (first["start"], first["technician_id"]) == (WEDNESDAY_9, held["technician_id"])
    again = owner.post("/appointments", json=body, headers=key("b"), status=201).json["appointment"]
    assert again["id"] == first["id"]
    assert owner.delete(f"/holds/{held['hold_id']}").json["status"] == "consumed"
    with factories.rows() as rows:
        assert len(rows.scalars(select(Appointment)).all()) == 1


def test_a_hold_that_is_over_books_nothing(owner, clock, factories):
    held = owner.post("/holds", json=HOLD | {"ttl_minutes": 5}, status=201).json
    clock.shift(dt.timedelta(minutes=5))
    body = VISIT | {"hold_id": held["hold_id"]}
    assert owner.post("/appointments", json=body, headers=key(), status=409).json["error"]["code"] == "HOLD_EXPIRED"
    unknown = VISIT | {"hold_id": "0192f000-0000-7000-8000-000000000001"}
    owner.post("/appointments", json=unknown, headers=key("k2"), status=404)
    with factories.rows() as rows:
        assert rows.scalars(select(Appointment)).all() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start": "soon"}, "start"),
        ({"start": None}, "start"),
        ({"duration_minutes": 14}, "duration_minutes"),
        ({"duration_minutes": 1441}, "duration_minutes"),
        ({"duration_minutes": None}, "duration_minutes"),
        ({"technician_id": "Bob"}, "technician_id"),
        ({"conversation_id": "x"}, "conversation_id"),
        ({"ttl_minutes": 4}, "ttl_minutes"),
        ({"ttl_minutes": 61}, "ttl_minutes"),
        ({"replace": "perhaps"}, "replace"),
    ],
)
def test_each_wrong_field_of_a_hold_is_named(owner, factories, changes, field):
    error = owner.post("/holds", json=HOLD | changes, status=400).json["error"]
    assert [one["field"] for one in error["details"]["validation_errors"]] == [field]
    with factories.rows() as rows:
        assert rows.scalars(select(Hold)).all() == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"start": "2026-09-15T16:00:00Z"}, 422, "START_IN_PAST"),
        ({"start": "2026-09-17T05:00:00Z"}, 422, "OUTSIDE_WORKING_HOURS"),
        ({"start": "2026-11-16T18:00:00Z"}, 422, "BEYOND_HORIZON"),
        ({"technician_id": "0192f000-0000-7000-8000-000000000001"}, 404, "RESOURCE_NOT_FOUND"),
        ({"conversation_id": "0192f000-0000-7000-8000-000000000001"}, 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_a_time_that_makes_no_sense_is_not_kept(owner, changes, status, code):
    assert owner.post("/holds", json=HOLD | changes, status=status).json["error"]["code"] == code


def test_who_may_keep_times(callers, owner, technician, factories):
    factories.user(technician.tenant_id, role="viewer", email="v@example.com")
    callers.person("v@example.com").post("/holds", json=HOLD, status=403)
    callers.nobody().post("/holds", json=HOLD, status=401)
    callers.program("usage", tenant_id=technician.tenant_id).post("/holds", json=HOLD, status=403)
    service = callers.program("appointments", tenant_id=technician.tenant_id)
    held = service.post("/holds", json=HOLD, status=201).json
    assert service.delete(f"/holds/{held['hold_id']}").json["status"] == "released"
    assert UUID(held["hold_id"])
    service.delete("/holds/0192f000-0000-7000-8000-000000000001", status=404)
