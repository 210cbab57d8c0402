"""Answers from several services: GET /users/profile, GET and PUT /api/settings; a part that fails is named."""

from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

from tests.factories import F1

COMPLETE = "/api/settings/complete"
PARTS = {
    "profile", "tenant", "settings", "job_estimates", "notification_preferences", "subscription", "phone_numbers",
    "registration",
}  # fmt: skip


@pytest.fixture
def tenant_id(factories, clock):
    return factories.business()


@pytest.fixture
def owner(callers, tenant_id):
    return callers.person()


@pytest.fixture
def unreadable(chosen):
    """The application may not read some tables for a while."""
    engine = create_engine(chosen.migration_database_url.replace("postgresql://", "postgresql+psycopg://"))
    role = chosen.database_url.partition("://")[2].partition("@")[0].partition(":")[0]

    @contextmanager
    def locked(*tables):
        names = ", ".join(f'"{table}"' for table in tables)
        with engine.begin() as connection:
            connection.execute(text(f'REVOKE SELECT ON {names} FROM "{role}"'))
        try:
            yield
        finally:
            with engine.begin() as connection:
                connection.execute(text(f'GRANT SELECT ON {names} TO "{role}"'))

    yield locked
    engine.dispose()


def test_the_profile_gathers_person_business_preferences_and_plan(owner, tenant_id):
    told = owner.get("/users/profile").json
    assert (told["profile"]["email"], told["profile"]["role"]) == (F1.owner_email, "owner")
    assert told["business"] == {
        "id": str(tenant_id),
        "business_name": "Prime Plumbing",
        "trade_type": "plumbing",
        "business_address": owner.get(f"/tenants/{tenant_id}").json["business_address"],
        "phone_number": F1.number,
    }
    assert told["preferences"] == owner.get("/notification-preferences").json
    assert told["subscription"] == {"plan": "professional", "status": "active"}
    assert told["partial"] == []


def test_a_profile_without_its_plan_is_still_one(owner, unreadable):
    with unreadable("subscription"):
        told = owner.get("/users/profile").json
    assert (told["subscription"], told["partial"]) == (None, ["subscription"])
    assert told["profile"]["email"] == F1.owner_email
    with unreadable("number"):
        assert owner.get("/users/profile", status=502).json["error"]["code"] == "EXTERNAL_SERVICE_UNAVAILABLE"


def test_all_settings_come_in_one_answer(owner, tenant_id):
    told = owner.get(COMPLETE).json
    assert set(told) == PARTS | {"partial", "as_of"}
    assert (told["partial"], told["as_of"]) == ([], "2026-09-15T17:00:00Z")
    assert told["tenant"] == owner.get(f"/tenants/{tenant_id}").json
    assert told["settings"] == owner.get(f"/tenants/{tenant_id}/settings").json
    assert told["subscription"] == owner.get(f"/subscriptions/{tenant_id}").json
    assert told["phone_numbers"] == owner.get("/phone-numbers").json["items"]
    assert told["registration"] == owner.get("/compliance/status").json
    assert told["notification_preferences"] == owner.get("/notification-preferences").json
    assert {line["job_type"] for line in told["job_estimates"]} >= {"faucet_repair", "water_heater_repair"}
    assert told["profile"]["email"] == F1.owner_email


def test_only_what_is_asked_for_comes(owner):
    assert set(owner.get(f"{COMPLETE}?include=profile,%20settings,profile").json) == {
        "profile", "settings", "partial", "as_of",
    }  # fmt: skip
    for wrong in ("weather", "profile,weather", ""):
        error = owner.get(f"{COMPLETE}?include={wrong}", status=400).json["error"]
        assert [one["field"] for one in error["details"]["validation_errors"]] == ["include"]


def test_what_fails_is_named_and_the_rest_is_there(owner, unreadable):
    with unreadable("registration", "estimate"):
        told = owner.get(COMPLETE).json
        assert sorted(told["partial"]) == ["job_estimates", "phone_numbers", "registration"]
        assert [told[name] for name in told["partial"]] == [None, None, None]
        assert told["settings"]["version"] == 1
        assert told["subscription"]["plan"] == "professional"
        only = owner.get(f"{COMPLETE}?include=registration", status=503).json["error"]
        assert only["code"] == "SERVICE_UNAVAILABLE"


def test_a_save_is_one_call_to_the_service_that_owns_the_part(owner, tenant_id):
    hours = {"business_hours": {"tuesday": {"start": "09:00", "end": "17:00"}}}
    saved = owner.put("/api/settings/settings", json=hours, headers={"If-Match": "1"}).json
    assert saved == owner.get(f"/tenants/{tenant_id}/settings").json
    assert (saved["version"], saved["business_hours"]["tuesday"]) == (2, {"start": "09:00", "end": "17:00"})
    assert owner.get(COMPLETE).json["settings"] == saved
    stale = owner.put("/api/settings/settings", json=hours, headers={"If-Match": "1"}, status=409).json["error"]
    assert stale["code"] == "VERSION_CONFLICT"
    wrong = owner.put("/api/settings/settings", json={"colour": "blue"}, status=400).json["error"]
    assert wrong["details"]["validation_errors"][0]["code"] == "UNKNOWN_FIELD"
    assert owner.put("/api/settings/notification_preferences", json={"sounds": False}).json["sounds"] is False
    owner.put("/api/settings/weather", json={}, status=404)


def test_who_may_see_and_save(callers, owner, tenant_id, factories):
    factories.user(tenant_id, role="viewer", email="v@example.com")
    viewer = callers.person("v@example.com")
    assert viewer.get(COMPLETE).json["profile"]["role"] == "viewer"
    viewer.put("/api/settings/settings", json={}, status=403)
    assert viewer.put("/api/settings/notification_preferences", json={"sounds": False}).json["version"] == 2
    assert owner.get("/notification-preferences").json["version"] == 1
    weak = callers.program("usage", tenant_id=tenant_id)
    for path in (COMPLETE, "/users/profile"):
        callers.nobody().get(path, status=401)
        weak.get(path, status=403)
    callers.program("web-ui:read", tenant_id=tenant_id).get(COMPLETE)
