"""Webhooks between services: signed, each event once, older versions dropped, and what follows from each."""

import datetime as dt
import hashlib
import hmac
import json

import pytest
from sqlalchemy import select

from app.conversations import Conversation, Mode
from app.events import Event
from app.heard import HeardVersion
from app.inbox import Webhook
from app.notifications import Notification
from app.scheduling.offered import OfferedSlot
from app.tasks import SupportTask
from app.tenants import Tenant
from app.users import User
from tests.conftest import FORMER_WEBHOOK_SECRET, WEBHOOK_SECRET
from tests.factories import CUSTOMER, F1

STRANGER = "0192f000-0000-7000-8000-000000000001"
SETTINGS, SYNC = "/webhooks/settings-updated", "/webhooks/settings-sync"
ESTIMATES, STATUS = "/webhooks/job-estimates-updated", "/webhooks/user-status-changed"
TIMES = "/webhooks/calendar/availability-changed"
PATHS = [SETTINGS, SYNC, ESTIMATES, STATUS, TIMES]


@pytest.fixture
def tenant_id(factories, clock):
    return factories.business()


@pytest.fixture
def user_id(tenant_id, factories):
    with factories.rows() as rows:
        return rows.scalar(select(User.id))


@pytest.fixture
def body(tenant_id, user_id):
    """What each webhook brings, with changes."""

    def made(path, **changes):
        both = {"event_id": "e1", "tenant_id": str(tenant_id), "version": 1}
        told = {
            SETTINGS: {"changed": ["business_hours"], "settings": {}},
            SYNC: {"changed": ["business_hours"], "settings": {}},
            ESTIMATES: {"user_id": str(user_id), "estimates": []},
            STATUS: {"user_id": str(user_id), "current_status": "vacation"},
            TIMES: {"user_id": str(user_id), "dates": ["2026-09-16"], "reason": "sync"},
        }[path]
        return both | told | changes

    return made


def signature(raw, secret=WEBHOOK_SECRET, at=None):
    at = int(dt.datetime.now(dt.UTC).timestamp()) if at is None else at
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + raw, hashlib.sha256).hexdigest()}"


@pytest.fixture
def post(browser, clock):
    def sent(path, told, status=200, signed=None, **headers):
        raw = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        if signed != "":
            headers["X-NMC-Signature"] = signed or signature(raw)
        answer = browser.post(path, raw, headers=headers, status=status)
        return answer.json if status < 400 else answer.json["error"]

    return sent


def heard(factories):
    with factories.rows() as rows:
        return sorted((one.kind, one.version) for one in rows.scalars(select(HeardVersion)))


# the signature


@pytest.mark.parametrize("path", PATHS)
def test_what_is_signed_is_received_once(post, body, factories, path):
    told = body(path)
    applied = {"applied": True} if path in (SETTINGS, SYNC) else {}
    assert post(path, told) == {"received": True} | applied
    assert post(path, told) == {"received": True} | ({"applied": False} if applied else {})
    with factories.rows() as rows:
        kept = rows.scalars(select(Webhook)).one()
        assert (kept.kind, kept.status, kept.payload) == (f"nmc.{path.rpartition('/')[2]}", "handled", told)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "signed",
    [
        "",
        "nonsense",
        "t=,v1=",
        "t=x,v1=00",
        "t=²,v1=00",
        f"t={10**11},v1=00",
        lambda raw: signature(raw, secret="another"),
        lambda raw: signature(raw + b" "),
        lambda raw: signature(raw).replace("t=", "t=1"),
        lambda raw: signature(raw).replace("v1=", "v0="),
        lambda raw: "t=1," + signature(raw),
        lambda raw: signature(raw, secret=""),
    ],
)
def test_what_is_not_signed_leaves_nothing(post, body, factories, path, signed):
    told = body(path)
    if callable(signed):
        signed = signed(json.dumps(told).encode())
    sent = signed.encode().decode("latin-1")
    assert post(path, told, status=401, signed=sent)["code"] == "WEBHOOK_SIGNATURE_INVALID"
    with factories.rows() as rows:
        assert rows.scalars(select(Webhook)).all() == []
    assert heard(factories) == []


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
def test_a_signature_holds_five_minutes_both_ways(post, body, seconds, status):
    told = body(SYNC)
    at = int(dt.datetime.now(dt.UTC).timestamp()) + seconds
    post(SYNC, told, status=status, signed=signature(json.dumps(told).encode(), at=at))


def test_both_secrets_hold_while_they_are_exchanged(post, body):
    told = body(SYNC)
    raw = json.dumps(told).encode()
    assert post(SYNC, told, signed=signature(raw, FORMER_WEBHOOK_SECRET))["applied"] is True
    two = signature(raw, "of a third") + ",v1=" + signature(raw).rpartition("=")[2]
    assert post(SYNC, told, signed=two)["received"] is True


def test_the_signature_comes_before_the_form(post):
    assert post(SYNC, b"{not json", status=401, signed="t=1,v1=00")["code"] == "WEBHOOK_SIGNATURE_INVALID"
    assert post(SYNC, b"{not json", status=400)["code"] == "MALFORMED_JSON"
    assert post(SYNC, b"[]", status=400)["code"] == "MALFORMED_JSON"
    assert post(SYNC, b'{"x": "' + b"a" * 262_144 + b'"}', status=413)["code"] == "PAYLOAD_TOO_LARGE"


def test_no_other_proof_counts(callers, body):
    callers.person().post(SYNC, json=body(SYNC), status=401)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (SETTINGS, ({"tenant_id": "x"}, "tenant_id")),
        (SETTINGS, ({"event_id": ""}, "event_id")),
        (SETTINGS, ({"version": "1"}, "version")),
        (SETTINGS, ({"version": -1}, "version")),
        (SETTINGS, ({"changed": "hours"}, "changed")),
        (SETTINGS, ({"settings": []}, "settings")),
        (SYNC, ({"version": None}, "version")),
        (ESTIMATES, ({"user_id": 1}, "user_id")),
        (ESTIMATES, ({"estimates": {}}, "estimates")),
        (ESTIMATES, ({"estimates": [{"job_type": "x", "estimated_cost_max": 1}]}, "estimates.0.estimated_cost_min")),
        (ESTIMATES, ({"version": 1.5}, "version")),
        (STATUS, ({"current_status": "asleep"}, "current_status")),
        (STATUS, ({"until": "later"}, "until")),
        (STATUS, ({"user_id": None}, "user_id")),
        (TIMES, ({"dates": []}, "dates")),
        (TIMES, ({"dates": ["soon"]}, "dates.0")),
        (TIMES, ({"reason": "whim"}, "reason")),
        (TIMES, ({"user_id": "x"}, "user_id")),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_kept(post, body, factories, path, wrong):
    changes, field = wrong
    error = post(path, body(path, **changes), status=400)
    assert [one["field"] for one in error["details"]["validation_errors"]] == [field]
    with factories.rows() as rows:
        assert rows.scalars(select(Webhook)).all() == []


@pytest.mark.parametrize("path", PATHS)
def test_an_event_needs_a_name_and_only_one(post, body, path):
    told = body(path)
    del told["event_id"]
    assert post(path, told, status=400)["code"] == "REQUIRED_FIELD_MISSING"
    assert post(path, body(path), status=400, X_NMC_Event_Id="e2")["code"] == "INVALID_FORMAT"
    assert post(path, told, X_NMC_Event_Id="e1")["received"] is True


@pytest.mark.parametrize("path", PATHS)
def test_a_business_that_nobody_knows_is_not_found(post, body, path):
    assert post(path, body(path, tenant_id=STRANGER), status=404)["code"] == "RESOURCE_NOT_FOUND"


def test_two_businesses_may_use_the_same_event_id(post, body, factories):
    other = factories.business(name="Other", number="+12135550177", owner_email="o@example.com")
    assert post(SYNC, body(SYNC))["applied"] is True
    assert post(SYNC, body(SYNC, tenant_id=str(other)))["applied"] is True


# settings


def test_an_older_version_is_dropped_and_a_future_one_is_not_believed(post, body, factories, tenant_id):
    with factories.changing() as session:
        session.get(Tenant, tenant_id).settings_version = 5
    assert post(SETTINGS, body(SETTINGS, event_id="a", version=4))["applied"] is True
    assert post(SETTINGS, body(SETTINGS, event_id="b", version=3))["applied"] is False
    assert post(SETTINGS, body(SETTINGS, event_id="c", version=4))["applied"] is False
    assert post(SETTINGS, body(SETTINGS, event_id="d", version=6))["applied"] is False
    assert post(SETTINGS, body(SETTINGS, event_id="e", version=5))["applied"] is True
    assert heard(factories) == [("settings-sync", 5), ("settings-updated", 5)]


def test_new_settings_are_confirmed_to_the_owner_once(post, body, factories, workers, mailbox):
    post(SETTINGS, body(SETTINGS, changed=["operational_limits", "business_hours"]))
    post(SETTINGS, body(SETTINGS))
    post(SETTINGS, body(SETTINGS, event_id="e2"))
    workers()
    with factories.rows() as rows:
        notice = rows.scalars(select(Notification)).one()
        assert (notice.category, notice.urgency, notice.title) == ("system_announcement", "low", "Settings saved")
        assert notice.body.startswith("Changed: business hours, operational limits.")
    assert [mail.subject for mail in mailbox.to(F1.owner_email)] == ["Settings saved"]


# the price book


def test_the_shape_of_the_parent_document_names_the_person_alone(post, body, factories, user_id):
    told = {"user_id": str(user_id), "estimates": []}
    assert post(ESTIMATES, told, X_NMC_Event_Id="e1") == {"received": True}
    unknown = told | {"user_id": STRANGER}
    assert post(ESTIMATES, unknown, status=404, X_NMC_Event_Id="e2")["code"] == "USER_NOT_FOUND"


def test_a_price_book_that_differs_from_what_is_quoted_is_a_matter_for_support(post, body, callers, factories):
    line = {"job_type": "gutter_repair", "description": "Gutter", "estimated_hours": 1}
    callers.person().post("/job-estimates", json=line | {"estimated_cost_min": 1, "estimated_cost_max": 2}, status=201)
    with factories.rows() as rows:
        told = rows.scalars(select(Event.payload).where(Event.name == "job_estimates.updated")).one()

    def asked():
        with factories.rows() as rows:
            return [task.kind for task in rows.scalars(select(SupportTask))]

    same = {name: told[name] for name in ("estimates", "version")}
    other = [one | {"estimated_cost_max": 9_999} for one in same["estimates"]]
    post(ESTIMATES, body(ESTIMATES, event_id="a", version=same["version"] - 1, estimates=other))
    post(ESTIMATES, body(ESTIMATES, event_id="b", **same))
    post(ESTIMATES, body(ESTIMATES, event_id="c", version=same["version"], estimates=other))
    assert asked() == []
    post(ESTIMATES, body(ESTIMATES, event_id="d", version=None, estimates=same["estimates"]))
    assert asked() == []
    post(ESTIMATES, body(ESTIMATES, event_id="e", version=None, estimates=other))
    assert asked() == ["price_book"]


def test_the_version_of_the_price_book_rises_with_every_line(callers, tenant_id, factories, workers):
    owner = callers.person()
    lines = owner.get("/job-estimates").json["items"]
    for line, price in ((lines[0], 900), (lines[1], 901), (lines[0], 902)):
        owner.put(f"/job-estimates/{line['id']}", json={"estimated_cost_max": price})
    workers()
    with factories.rows() as rows:
        told = rows.scalars(select(Event.payload).where(Event.name == "job_estimates.updated").order_by(Event.id))
        versions = [one["version"] for one in told]
        assert versions == [versions[0], versions[0] + 1, versions[0] + 2]
        assert rows.scalars(select(SupportTask)).all() == []
    assert heard(factories) == [("job-estimates-updated", versions[-1])]


# presence


@pytest.fixture
def waiting(tenant_id, carrier, workers, factories):
    """A customer has written, and the owner's minute runs."""
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    carrier.text(CUSTOMER, F1.number, "My faucet drips")
    workers()

    def due():
        with factories.rows() as rows:
            thread = rows.scalars(select(Conversation)).one()
            assert thread.mode == Mode.owner_window
            return thread.ai_due_at == thread.owner_window_expires_at

    assert due()
    return due


@pytest.mark.parametrize(
    "case", [("offline", False), ("vacation", False), ("busy", True), ("available", True)], ids=lambda case: case[0]
)
def test_an_owner_who_is_away_is_not_waited_for(post, body, waiting, callers, case):
    status, still_waits = case
    post(STATUS, body(STATUS, current_status=status, until="2026-09-28T15:00:00Z"))
    assert waiting() is still_waits
    told = callers.person().get("/users/status").json
    assert (told["current_status"], told["until"]) == (status, "2026-09-28T15:00:00Z")


def test_an_older_status_comes_too_late(post, body, callers):
    post(STATUS, body(STATUS, event_id="a", version=2, current_status="busy"))
    post(STATUS, body(STATUS, event_id="b", version=1, current_status="vacation"))
    post(STATUS, body(STATUS, event_id="c", version=3, current_status="offline", user_id=STRANGER))
    assert callers.person().get("/users/status").json["current_status"] == "busy"


def test_a_status_that_was_set_here_is_newer_than_an_older_webhook(post, body, callers, workers, clock):
    before = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
    clock.shift(dt.timedelta(seconds=1))
    callers.person().put("/users/status", current_status="busy")
    workers()
    post(STATUS, body(STATUS, version=before))
    assert callers.person().get("/users/status").json["current_status"] == "busy"


# free times


@pytest.fixture
def offers(street, factories):
    """Three times are on the table of a customer; their rows by number."""
    street.away()
    street.miss()
    street.text("Bathroom faucet dripping, 789 Sunset Blvd 90210")

    def shown():
        with factories.rows() as rows:
            found = rows.scalars(select(OfferedSlot).order_by(OfferedSlot.number)).all()
            return {one.number: (one.start_at, one.status) for one in found}

    assert len(shown()) >= 2
    return shown


def test_an_offer_on_a_time_that_is_lost_is_taken_back(post, offers, callers, street):
    start, _ = offers()[2]
    taken = {"kind": "block", "title": "Dentist", "start": start.isoformat(), "duration_minutes": 30, "force": True}
    owner = callers.person()
    owner.post("/appointments", json=taken, headers={"Idempotency-Key": "k"}, status=201)
    told = {"tenant_id": str(street.tenant_id), "user_id": STRANGER}
    day = start.astimezone(dt.timezone(dt.timedelta(hours=-7))).date()
    elsewhere = [(day + dt.timedelta(days=1)).isoformat()]
    base = {"event_id": "a", "version": 1, "reason": "booking"} | told
    post(TIMES, base | {"dates": elsewhere})
    assert [status for _, status in offers().values()] == ["open"] * len(offers())
    post(TIMES, base | {"event_id": "b", "dates": [day.isoformat()]})
    after = {number: status for number, (_, status) in offers().items()}
    assert after[2] == "stale"
    assert set(after.values()) == {"open", "stale"}
    thread = owner.get("/conversations").json["items"][0]["id"]
    notes = json.dumps(owner.get(f"/conversations/{thread}").json)
    assert "Offer 2 was taken back" in notes
    post(TIMES, base | {"event_id": "c", "version": 0, "dates": [day.isoformat()]})
    assert {number: status for number, (_, status) in offers().items()} == after
