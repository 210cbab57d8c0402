"""Settings, plans, usage, numbers, registration and free times over HTTP; and what every interface has in common."""

import pytest
from sqlalchemy import select

from app.audit import Audit
from app.events import Event
from app.tenants import Tenant
from app.usage import UsageType
from app.users import User
from tests.factories import F1


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


@pytest.fixture
def tenant_id(owner, factories):
    with factories.rows() as rows:
        return rows.scalar(select(Tenant.id))


# tenant-service


def test_the_business_is_shown_with_its_people(owner, tenant_id):
    told = owner.get(f"/tenants/{tenant_id}").json
    assert (told["business_name"], told["phone_number"], told["status"]) == ("Prime Plumbing", F1.number, "active")
    assert [user["email"] for user in told["users"]] == [F1.owner_email]
    assert told["service_area"]["radius_miles"] == 25
    assert told["business_address"]["postal_code"] == "90012"


def test_settings_change_in_part_with_version_event_and_audit(owner, tenant_id, factories):
    before = owner.get(f"/tenants/{tenant_id}/settings").json
    changes = {"operational_limits": {"max_jobs_per_day": 5}}
    after = owner.put(f"/tenants/{tenant_id}/settings", json=changes, headers={"If-Match": str(before["version"])}).json
    assert after["operational_limits"]["max_jobs_per_day"] == 5
    assert (
        after["operational_limits"]["min_buffer_between_jobs"]
        == before["operational_limits"]["min_buffer_between_jobs"]
    )
    assert after["version"] == before["version"] + 1
    stale = owner.put(
        f"/tenants/{tenant_id}/settings", json=changes, headers={"If-Match": str(before["version"])}, status=409
    )
    assert stale.json["error"]["code"] == "VERSION_CONFLICT"
    with factories.rows() as rows:
        told = rows.scalar(select(Event).where(Event.name == "settings.updated")).payload
        assert (told["version"], told["changed"]) == (after["version"], ["operational_limits"])
        deed = rows.scalar(select(Audit).where(Audit.action == "settings.update"))
        assert deed.before == {"operational_limits": {"max_jobs_per_day": 6}}
        assert deed.after == {"operational_limits": {"max_jobs_per_day": 5}}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"operational_limits": {"max_jobs_per_day": 0}}, "operational_limits.max_jobs_per_day", "OUT_OF_RANGE"),
        ({"operational_limits": {"max_jobs_a_day": 3}}, "operational_limits.max_jobs_a_day", "UNKNOWN_FIELD"),
        ({"colour": "blue"}, "colour", "UNKNOWN_FIELD"),
        ({"business_hours": {"monday": {"start": "18:00", "end": "08:00"}}}, "business_hours.monday", "INVALID_FORMAT"),
    ],
)
def test_a_wrong_setting_changes_nothing_and_is_named(owner, tenant_id, changes, field, code):
    error = owner.put(f"/tenants/{tenant_id}/settings", json=changes, status=400).json["error"]
    assert [(one["field"], one["code"]) for one in error["details"]["validation_errors"]] == [(field, code)]
    assert owner.get(f"/tenants/{tenant_id}/settings").json["version"] == 1


# billing-service


def test_plans_are_public(callers, factories):
    plans = callers.nobody().get("/plans").json
    assert [(plan["code"], plan["price_cents"]) for plan in plans["items"]] == [
        ("starter", 4900), ("professional", 9900), ("enterprise", 24900),
    ]  # fmt: skip


def test_the_subscription_shows_what_is_used(owner, tenant_id, factories):
    from app import usage

    with factories.changing():
        usage.report(tenant_id, "test", "1", UsageType.sms_sent, 1010)
        usage.report(tenant_id, "test", "2", UsageType.ai_turn, 3)
    told = owner.get(f"/subscriptions/{tenant_id}").json
    assert (told["plan"], told["status"], told["access"]) == ("professional", "active", "full")
    assert told["usage_limits"] == {"sms_segments": 1000, "ai_turns": 800, "phone_numbers": 3, "users": 5}
    assert told["current_usage"] == {"sms_segments": 1010, "ai_turns": 3, "phone_numbers": 1, "users": 1}
    assert told["overage_spend_cents"] == 30
    summary = owner.get("/usage/summary?period=2026-09").json
    meter = summary["meters"][0]
    assert (meter["meter"], meter["used"], meter["overage"]) == ("sms_segments", 1010, 10)
    assert meter["by_day"] == [{"date": "2026-09-15", "quantity": 1010}]
    assert owner.get("/usage/summary?period=2026-08").json["meters"][0]["used"] == 0
    owner.get("/usage/summary?period=yesterday", status=400)


# phone-number-service


def test_a_number_says_whether_it_may_text(owner, tenant_id, factories):
    (number,) = owner.get("/phone-numbers").json["items"]
    assert (number["e164"], number["type"], number["texting"]) == (
        F1.number,
        "local",
        {"allowed": True, "why_not": None},
    )
    assert owner.get("/compliance/status").json["texting_allowed"] is True
    from app import registrations

    with factories.changing():
        registrations.suspend(tenant_id, "Spam complaints")
    assert owner.get(f"/phone-numbers/{number['id']}").json["texting"]["allowed"] is False
    told = owner.get("/compliance/status").json
    assert (told["texting_allowed"], told["rejection"]) == (False, {"reason": "Spam complaints"})


# universal-calendar


def test_the_free_times_of_a_day_are_local(owner, factories):
    with factories.rows() as rows:
        user_id = rows.scalar(select(User.id))
    told = owner.get(f"/calendar/availability?user_id={user_id}&date=2026-09-16&duration=90").json
    slot = told["available_slots"][0]
    assert (slot["start"], slot["end"]) == ("2026-09-16T08:00:00-07:00", "2026-09-16T09:30:00-07:00")
    assert slot["local_label"] == "Wed 8:00 AM"
    sunday = owner.get(f"/calendar/availability?user_id={user_id}&date=2026-09-20&duration=90").json
    assert sunday["available_slots"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("date=2026-09-16&duration=4", 422, "DURATION_OUT_OF_RANGE"),
        ("date=2026-09-14&duration=60", 422, "DATE_OUT_OF_RANGE"),
        ("date=2026-12-16&duration=60", 422, "DATE_OUT_OF_RANGE"),
        ("date=soon&duration=60", 400, "VALIDATION_FAILED"),
        ("date=2026-09-16", 400, "VALIDATION_FAILED"),
    ],
)
def test_a_day_or_length_that_cannot_be_is_refused(owner, factories, query, status, code):
    with factories.rows() as rows:
        user_id = rows.scalar(select(User.id))
    assert owner.get(f"/calendar/availability?user_id={user_id}&{query}", status=status).json["error"]["code"] == code


def test_free_times_are_of_known_people(owner):
    stranger = "0192f000-0000-7000-8000-000000000001"
    path = f"/calendar/availability?user_id={stranger}&date=2026-09-16&duration=60"
    assert owner.get(path, status=404).json["error"]["code"] == "USER_NOT_FOUND"


# What every interface has in common


def test_what_is_not_json_is_refused_in_its_own_words(browser, owner):
    path, sent = "/quotes", owner.headers

    def error(body, content_type, status):
        answer = browser.post(path, body, headers=sent | {"Content-Type": content_type}, status=status)
        return answer.json["error"]["code"]

    assert error(b"{not json", "application/json", 400) == "MALFORMED_JSON"
    assert error(b"[1, 2]", "application/json", 400) == "MALFORMED_JSON"
    assert error(b'{"job_type": "\xff"}', "application/json", 400) == "MALFORMED_JSON"
    assert error(b'{"job_type": "a\\u0000b"}', "application/json", 400) == "MALFORMED_JSON"
    assert error(b"[" * 100_000, "application/json", 400) == "MALFORMED_JSON"
    assert error(b"job_type=x", "application/x-www-form-urlencoded", 415) == "UNSUPPORTED_MEDIA_TYPE"
    assert error(b'{"x": "' + b"a" * 262_144 + b'"}', "application/json", 413) == "PAYLOAD_TOO_LARGE"


def test_unknown_paths_and_methods_have_the_one_body(callers, factories, owner):
    assert owner.get("/leads/not-an-id", status=404).json["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert owner.get("/nowhere", status=404).json["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert owner.delete("/leads", status=405).json["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_answers_are_neither_kept_nor_guessed_at(owner, callers):
    answer = owner.get("/leads")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["API-Version"] == "1"
    named = owner.get("/leads", headers={"X-Request-ID": "mine-123"})
    assert named.headers["X-Request-ID"] == "mine-123"


def test_a_page_session_may_read_and_writes_only_with_its_token(browser, web, factories, owner):
    from flask import session
    from flask_wtf.csrf import generate_csrf

    from app import tenancy
    from app.extensions import db
    from blueprints import sessions

    with web.test_request_context():
        with tenancy.scope(tenancy.SYSTEM):
            sessions.log_in_user(db.session.query(User).filter_by(email=F1.owner_email).one())
        token = generate_csrf()
        cookie = web.session_interface.get_signing_serializer(web).dumps(dict(session))
    browser.set_cookie("nmc_session", cookie)
    browser.get("/leads")
    browser.post_json("/quotes", {"job_type": "faucet_repair"}, status=400)
    sent = {"X-CSRFToken": token, "Referer": "https://nmc.example/app/home"}
    browser.post_json("/quotes", {"job_type": "faucet_repair"}, headers=sent)


@pytest.mark.parametrize(
    "path", ["/leads", "/calls", "/conversations", "/phone-numbers", "/usage/summary", "/users/status"]
)
def test_nobody_reads_without_proof(callers, factories, path):
    nobody = callers.nobody()
    assert nobody.get(path, status=401).json["error"]["code"] == "AUTH_TOKEN_MISSING"
    basic = nobody.get(path, status=401, headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert basic.json["error"]["code"] == "AUTH_TOKEN_INVALID"


def test_a_business_that_asks_too_often_waits(owner, web):
    from app.errors import LimitReached
    from blueprints import limits

    with web.app_context():
        for _ in range(100):
            limits.spend(limits.DISPATCH, "test", "caller")
        with pytest.raises(LimitReached) as refused:
            limits.spend(limits.DISPATCH, "test", "caller")
    assert 1 <= refused.value.details["retry_after"] <= 60
