"""universal-calendar over HTTP: accounts are linked, events asked for, anything else refused with its reason."""

import datetime as dt
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.calendars import Connection, vault
from app.calendars.consent import OAuthState
from app.calendars.pushes import CalendarEvent
from app.tenants import Tenant
from app.users import Role, User
from tests.factories import F1
from tests.linked import ACCOUNT, CALLBACK, NINE, OWN, TEN, Contractor, error_of


@pytest.fixture
def owner(factories, callers, clock, google):
    factories.business()
    google.account(ACCOUNT)
    with factories.rows() as rows:
        user_id = str(rows.scalar(select(User.id).where(User.email == F1.owner_email)))
    return Contractor(callers.person(), callers.browser, google, user_id)


@pytest.fixture
def tenant_id(owner, factories):
    with factories.rows() as rows:
        return rows.scalar(select(Tenant.id))


# linking


def test_an_account_is_linked_with_a_calendar_of_our_own(owner, google):
    answer = owner.start()
    assert set(answer.json) == {"auth_url", "state", "provider"}
    asked = parse_qs(urlsplit(answer.json["auth_url"]).query)
    assert (asked["access_type"], asked["prompt"], asked["code_challenge_method"]) == (
        ["offline"],
        ["consent"],
        ["S256"],
    )
    assert asked["state"] == [answer.json["state"]]
    ended = owner.come_back(google.consent(answer.json["auth_url"], ACCOUNT)).headers["Location"]
    assert ended.endswith("/app/account?result=connected")
    connection = owner.connection()
    assert (connection["user_id"], connection["provider"], connection["account_email"]) == (
        owner.user_id,
        "google",
        ACCOUNT,
    )
    assert (connection["status"], connection["last_error"]) == ("active", None)
    assert {one["name"]: one["role"] for one in connection["calendars"]} == {ACCOUNT: "busy", OWN: "write"}
    assert set(google.world.accounts[ACCOUNT].calendars) >= {ACCOUNT}


def test_with_all_rights_visits_go_into_the_calendar_that_he_has(owner):
    owner.link(scope_level="full")
    connection = owner.connection()
    assert [(one["name"], one["role"]) for one in connection["calendars"]] == [(ACCOUNT, "both")]


def test_linking_again_keeps_one_connection_and_one_calendar_of_our_own(owner, google):
    for _ in range(2):
        owner.link()
    connection = owner.connection()
    assert [one["role"] for one in connection["calendars"]] == ["busy", "write"]
    assert len(google.world.accounts[ACCOUNT].calendars) == 2


def test_tokens_are_sealed_and_belong_to_their_row(owner, google, factories):
    owner.link()
    google.account("other@prime.example")
    owner.link(email="other@prime.example")
    secrets = [token for grant in google.world.grants for token in (grant.refresh_token,)] + list(google.world.access)
    with factories.rows() as rows:
        one, other = rows.scalars(select(Connection).order_by(Connection.created_at)).all()
        assert not any(secret.encode() in one.token_blob for secret in secrets)
        assert vault.unseal(one.token_blob, one.id, one.tenant_id)["refresh"] in secrets
        with pytest.raises(vault.SealBroken):
            vault.unseal(one.token_blob, other.id, other.tenant_id)
        state = rows.scalars(select(OAuthState)).first()
        assert len(state.state_hash) == 64


def test_a_state_is_good_once(owner, google):
    location = google.consent(owner.start().json["auth_url"], ACCOUNT)
    owner.come_back(location)
    assert error_of(owner.come_back(location, status=400)) == "STATE_INVALID"
    assert len(owner.get("/calendar/connections").json["items"]) == 1


def test_a_state_ends_after_ten_minutes(owner, google, clock):
    location = google.consent(owner.start().json["auth_url"], ACCOUNT)
    clock.shift(dt.timedelta(minutes=10))
    assert error_of(owner.come_back(location, status=400)) == "STATE_INVALID"
    assert owner.get("/calendar/connections").json["items"] == []


@pytest.mark.parametrize("query", ["", "state=guessed&code=4/x", "code=4/x"])
def test_a_state_that_is_not_ours_is_refused(owner, query):
    assert error_of(owner.browser.get(f"/calendar/oauth/callback?{query}", status=400)) == "STATE_INVALID"


def test_a_verifier_of_another_errand_is_refused_by_google(owner, google):
    """PKCE: somebody else's code under our own state becomes no connection."""
    mine, theirs = owner.start().json, owner.start().json
    code = parse_qs(urlsplit(google.consent(theirs["auth_url"], ACCOUNT)).query)["code"][0]
    answer = owner.browser.get(f"/calendar/oauth/callback?state={mine['state']}&code={code}", status=400)
    assert error_of(answer) == "STATE_INVALID"
    assert owner.get("/calendar/connections").json["items"] == []


def test_a_no_is_a_normal_answer(owner):
    ended = owner.link(deny=True)
    assert ended.endswith("/app/account?result=access_denied")
    assert owner.get("/calendar/connections").json["items"] == []


def test_an_unticked_box_is_noticed(owner, google):
    url = owner.start().json["auth_url"]
    location = google.consent(url, ACCOUNT, without=["calendar.events.freebusy"])
    answer = owner.come_back(location, status=400)
    assert error_of(answer) == "SCOPE_MISSING"
    assert owner.get("/calendar/connections").json["items"] == []


def test_a_google_that_does_not_answer_is_502(owner, google):
    location = google.consent(owner.start().json["auth_url"], ACCOUNT)
    google.fault("refuse", 1, path="/token", status=503)
    assert error_of(owner.come_back(location, status=502)) == "EXTERNAL_API_ERROR"
    assert owner.get("/calendar/connections").json["items"] == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"redirect_uri": CALLBACK + "/"}, 400, "REDIRECT_URI_NOT_ALLOWED"),
        ({"redirect_uri": "https://evil.example/calendar/oauth/callback"}, 400, "REDIRECT_URI_NOT_ALLOWED"),
        ({"provider": "microsoft"}, 422, "PROVIDER_UNKNOWN"),
        ({"provider": "yahoo"}, 422, "PROVIDER_UNKNOWN"),
        ({"user_id": "0192a3b4-0000-7000-8000-000000000000"}, 404, "USER_NOT_FOUND"),
        ({"user_id": "me"}, 400, "VALIDATION_FAILED"),
    ],
)
def test_a_start_that_cannot_be(owner, factories, changes, status, code):
    assert error_of(owner.start(status, **changes)) == code
    with factories.rows() as rows:
        assert rows.scalars(select(OAuthState)).all() == []


def test_without_a_client_at_google_nothing_is_begun(owner, web, monkeypatch):
    bare = web.extensions["settings"].model_copy(update={"google_client_id": ""})
    monkeypatch.setitem(web.extensions, "settings", bare)
    assert error_of(owner.start(503)) == "SERVICE_UNAVAILABLE"


def test_an_account_that_is_let_go_of_while_an_event_travels(owner, workers, factories):
    """Nothing waits for it any more, and nobody is told of a trouble that is none."""
    owner.link()
    owner.asks_for_event()
    owner.google.fault("refuse", 9, method="POST", path="/events", status=500)
    workers()
    owner.delete(f"/calendar/connections/{owner.connection()['id']}")
    with factories.rows() as rows:
        row = rows.scalar(select(CalendarEvent))
        assert (row.state, row.due_at) == ("synced", None)
    workers.sweep()
    assert owner.events() == []


def test_an_operator_links_his_own_and_nobody_elses(owner, callers, factories, tenant_id):
    mine = factories.user(tenant_id, email="op@prime.example", role=Role.operator)
    factories.user(tenant_id, email="viewer@prime.example", role=Role.viewer)
    operator = replace(owner, api=callers.person("op@prime.example"))
    viewer = replace(owner, api=callers.person("viewer@prime.example"))
    assert error_of(operator.start(403)) == "AUTH_INSUFFICIENT_PERMISSIONS"
    operator.start(user_id=str(mine))
    assert error_of(viewer.start(403)) == "AUTH_INSUFFICIENT_PERMISSIONS"
    assert viewer.get("/calendar/connections").json == {"items": []}


# what calendars are for


def test_one_calendar_takes_the_visits(owner):
    owner.link()
    connection = owner.connection()
    busy, write = connection["calendars"]
    refused = owner.patch(f"/calendar/calendars/{busy['id']}", role="both", status=409)
    assert error_of(refused) == "ONE_WRITE_CALENDAR"
    owner.patch(f"/calendar/calendars/{write['id']}", role="ignore")
    changed = owner.patch(f"/calendar/calendars/{busy['id']}", role="both").json["calendar"]
    assert changed == {"id": busy["id"], "name": ACCOUNT, "role": "both"}
    again = owner.patch(f"/calendar/calendars/{busy['id']}", role="both").json["calendar"]
    assert again == changed
    assert error_of(owner.patch(f"/calendar/calendars/{busy['id']}", role="mine", status=400)) == "VALIDATION_FAILED"


def test_letting_go_wipes_the_token_and_gives_it_back(owner, google, factories, workers):
    owner.link()
    made = owner.asks_for_event().json
    workers()
    connection = owner.connection()
    assert owner.delete(f"/calendar/connections/{connection['id']}").json == {"deleted": True}
    assert owner.delete(f"/calendar/connections/{connection['id']}").json == {"deleted": True}
    assert owner.get("/calendar/connections").json["items"] == []
    assert all(grant.is_revoked for grant in google.world.grants)
    assert [path for _, path in google.requests].count("/revoke") == 1
    with factories.rows() as rows:
        row = rows.scalar(select(Connection))
        assert (row.status, row.token_blob) == ("revoked", None)
    assert [event["id"] for event in owner.events()] == [made["external_event_id"]]


# events


def test_without_a_calendar_an_event_is_local(owner, workers, google):
    told = owner.asks_for_event().json
    assert (told["provider"], told["sync_state"]) == ("local", "synced")
    assert {"id", "external_event_id", "provider"} <= set(told)
    workers()
    assert google.requests == []


def test_an_event_is_written_into_the_calendar(owner, google, workers):
    owner.link()
    told = owner.asks_for_event(description="Ring twice").json
    assert (told["provider"], told["sync_state"]) == ("google", "pending")
    assert told["external_event_id"].startswith("nmc")
    workers()
    [event] = owner.events()
    assert (event["id"], event["summary"], event["description"]) == (told["external_event_id"], "Visit", "Ring twice")
    assert event["start"]["dateTime"] == "2026-09-16T09:00:00-07:00"
    assert event["end"]["dateTime"] == "2026-09-16T10:00:00-07:00"
    assert google.calendar(ACCOUNT, OWN).events.keys() == {told["external_event_id"]}


def test_an_event_is_changed_and_taken_away(owner, workers):
    owner.link()
    made = owner.asks_for_event().json
    workers()
    path = f"/calendar/events/{made['id']}"
    changed = owner.patch(path, title="Later", start=TEN, end="2026-09-16T18:30:00Z").json
    assert (changed["id"], changed["external_event_id"]) == (made["id"], made["external_event_id"])
    workers()
    [event] = owner.events()
    assert (event["summary"], event["end"]["dateTime"]) == ("Later", "2026-09-16T11:30:00-07:00")
    for _ in range(2):
        assert owner.delete(path).json == {"deleted": True}
        workers()
    assert owner.events() == []
    assert error_of(owner.patch(path, title="Again", status=404)) == "RESOURCE_NOT_FOUND"


def test_the_same_request_makes_one_event(owner, workers):
    owner.link()
    first, again = (owner.asks_for_event(headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    workers()
    assert len(owner.events()) == 1


def test_events_are_listed_for_a_month_at_most(owner):
    made = owner.asks_for_event().json
    path = f"/calendar/events?user_id={owner.user_id}&from=2026-09-01T00:00:00Z&to="
    [listed] = owner.get(path + "2026-10-02T00:00:00Z").json["items"]
    assert listed == {
        "id": made["id"], "title": "Visit", "start": NINE, "end": TEN, "all_day": False, "own_appointment_id": None,
    }  # fmt: skip
    assert error_of(owner.get(path + "2026-10-02T00:00:01Z", status=422)) == "RANGE_TOO_LONG"
    assert error_of(owner.get(path + "2026-08-02T00:00:00Z", status=422)) == "END_BEFORE_START"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"end": NINE}, 422, "END_BEFORE_START"),
        ({"user_id": "0192a3b4-0000-7000-8000-000000000000"}, 404, "USER_NOT_FOUND"),
        ({"appointment_id": "0192a3b4-0000-7000-8000-000000000000"}, 404, "RESOURCE_NOT_FOUND"),
        ({"title": "x" * 201}, 400, "VALIDATION_FAILED"),
        ({"title": " "}, 400, "VALIDATION_FAILED"),
        ({"description": "x" * 4001}, 400, "VALIDATION_FAILED"),
        ({"start": "2026-09-16T09:00:00"}, 400, "VALIDATION_FAILED"),
    ],
)
def test_an_event_that_cannot_be(owner, factories, changes, status, code):
    assert error_of(owner.asks_for_event(status, **changes)) == code
    with factories.rows() as rows:
        assert rows.scalars(select(CalendarEvent)).all() == []


def test_keys_with_the_scope_of_calendars_may_ask_for_events(owner, callers, factories, tenant_id):
    replace(owner, api=callers.program("calendar", tenant_id=tenant_id)).asks_for_event()
    other = replace(owner, api=callers.program("availability", tenant_id=tenant_id))
    assert error_of(other.asks_for_event(403)) == "AUTH_INSUFFICIENT_PERMISSIONS"
    factories.user(tenant_id, email="viewer@prime.example", role=Role.viewer)
    viewer = replace(owner, api=callers.person("viewer@prime.example"))
    assert error_of(viewer.asks_for_event(403)) == "AUTH_INSUFFICIENT_PERMISSIONS"
    assert len(viewer.get(f"/calendar/events?user_id={owner.user_id}&from={NINE}&to={TEN}").json["items"]) == 1


def test_an_account_to_be_connected_again_keeps_the_event(owner, callers, workers, clock):
    """409 CONNECTION_NEEDS_REAUTH, and the job stays queued until he has connected again."""
    owner.link()
    owner.google.revoke(ACCOUNT)
    owner.asks_for_event()
    workers()
    assert owner.connection()["status"] == "needs_reauth"
    refused = owner.asks_for_event(409, headers={"Idempotency-Key": "one"})
    assert error_of(refused) == "CONNECTION_NEEDS_REAUTH"
    asked = len(owner.google.requests)
    clock.shift(dt.timedelta(hours=3))
    workers.sweep()
    assert len(owner.google.requests) == asked
    owner = replace(owner, api=callers.person())
    owner.link()
    workers()
    assert len(owner.events()) == 2
    assert owner.connection()["status"] == "active"


def test_an_event_that_was_given_up_says_so_when_it_is_asked_for_again(owner, callers, workers, clock):
    """503 after all tries, 502 when Google refuses it for good; with the event of a visit asked for again."""
    owner.link()
    visit = {"kind": "block", "title": "Van", "start": NINE, "duration_minutes": 60}
    booked = owner.post("/appointments", json=visit, headers={"Idempotency-Key": "v"}, status=201).json["appointment"]
    workers()
    owner.google.fault("refuse", 1, method="PATCH", status=400, reason="badRequest")
    owner.asks_for_event(title="Other", appointment_id=booked["id"])
    workers()
    assert error_of(owner.asks_for_event(502, title="Other", appointment_id=booked["id"])) == "EXTERNAL_API_ERROR"
    owner.google.fault("refuse", 5, method="PATCH", status=500)
    owner.asks_for_event(title="Third", appointment_id=booked["id"])
    workers()
    for minutes in (1, 5, 30, 120):
        clock.shift(dt.timedelta(minutes=minutes))
        workers.sweep()
    owner = replace(owner, api=callers.person())
    given_up = owner.asks_for_event(503, title="Third", appointment_id=booked["id"])
    assert error_of(given_up) == "SERVICE_UNAVAILABLE"
    assert len(owner.events()) == 1


def test_a_change_over_the_contractors_own_is_refused(owner, google, workers):
    """409 EXTERNAL_CHANGED: he moved the event in his calendar, and says himself which time is right."""
    owner.link()
    made = owner.asks_for_event().json
    workers()
    start = dt.datetime(2026, 9, 18, 16, 0, tzinfo=dt.UTC)
    google.move_by_hand(made["external_event_id"], start, start + dt.timedelta(hours=1))
    owner.patch(f"/calendar/events/{made['id']}", title="Mine")
    workers()
    assert error_of(owner.patch(f"/calendar/events/{made['id']}", title="Mine", status=409)) == "EXTERNAL_CHANGED"
    [event] = owner.events()
    assert (event["summary"], event["start"]["dateTime"]) == ("Visit", "2026-09-18T09:00:00-07:00")
