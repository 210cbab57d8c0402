"""The stand-in for Google keeps Google's manners, spoken to by plain HTTP as the documents describe it."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import time_machine

from sandbox import google as sandbox

EMAIL = "marco@prime.example"
BACK = "https://nmc.example/back"
BASE = "https://www.googleapis.com/auth/"
ALL = f"{BASE}calendar.events {BASE}calendar.calendarlist.readonly"
VERIFIER = "v" * 50
NINE = {"start": {"dateTime": "2026-12-01T09:00:00-05:00"}, "end": {"dateTime": "2026-12-01T10:00:00-05:00"}}


@pytest.fixture
def google():
    running = sandbox.start()
    running.account(EMAIL)
    yield running
    running.stop()


class Client:
    """A client of the API, signed in."""

    def __init__(self, google, token):
        self.google, self.token = google, token

    def __call__(self, method, path, status=200, **parts):
        headers = {"Authorization": f"Bearer {self.token}"} | parts.pop("headers", {})
        url = f"{self.google.url}/calendar/v3{path}"
        answer = requests.request(method, url, headers=headers, timeout=5, **parts)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


def address(google, **changes):
    asked = {
        "client_id": google.settings["google_client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": ALL,
        "state": "s",
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    } | changes
    return f"{google.settings['google_auth_url']}?{urlencode(asked)}"


def code_of(location):
    return parse_qs(urlsplit(location).query)["code"][0]


def ask_token(google, **form):
    client = {
        "client_id": google.settings["google_client_id"],
        "client_secret": google.settings["google_client_secret"],
    }
    return requests.post(google.settings["google_token_url"], data=client | form, timeout=5)


def redeem(google, code, **changes):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return ask_token(google, **form | changes)


@pytest.fixture
def tokens(google):
    return redeem(google, code_of(google.consent(address(google), EMAIL))).json()


@pytest.fixture
def api(google, tokens):
    return Client(google, tokens["access_token"])


def reason(answer):
    return answer["error"]["errors"][0]["reason"]


# signing in


def test_a_yes_becomes_tokens_once(google):
    location = google.consent(address(google), EMAIL)
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{BACK}?")
    assert query["state"] == ["s"]
    told = redeem(google, code_of(location)).json()
    assert set(told) == {"access_token", "expires_in", "scope", "token_type", "refresh_token"}
    assert set(told["scope"].split()) == set(ALL.split())
    again = redeem(google, code_of(location))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_no_refresh_token_without_offline_and_consent(google):
    for missing in ({"access_type": "online"}, {"prompt": "none"}):
        assert "refresh_token" not in redeem(google, code_of(google.consent(address(google, **missing), EMAIL))).json()


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"redirect_uri": "https://evil.example"}, 400, "redirect_uri_mismatch"),
        ({"client_secret": "guessed"}, 401, "invalid_client"),
    ],
)
def test_what_does_not_fit_is_refused(google, changes, status, error):
    answer = redeem(google, code_of(google.consent(address(google), EMAIL)), **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_no_and_an_unticked_box(google):
    assert "error=access_denied" in google.consent(address(google), EMAIL, deny=True)
    location = google.consent(address(google), EMAIL, without=["calendar.events"])
    assert redeem(google, code_of(location)).json()["scope"] == f"{BASE}calendar.calendarlist.readonly"


def test_a_consent_page_without_pkce_is_no_page(google):
    assert requests.get(address(google, code_challenge=""), timeout=5).status_code == 400
    assert google.complaints == ["consent page: Missing required parameter: code_challenge"]
    assert "checkbox" in requests.get(address(google), timeout=5).text


def test_refreshing_keeps_the_refresh_token_until_it_is_taken_back(google, tokens):
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    told = ask_token(google, **form).json()
    assert "refresh_token" not in told
    assert told["access_token"] != tokens["access_token"]
    revoked = requests.post(google.settings["google_revoke_url"], data={"token": tokens["refresh_token"]}, timeout=5)
    assert revoked.status_code == 200
    dead = ask_token(google, **form)
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    Client(google, told["access_token"])("GET", "/users/me/calendarList", 401)


def test_an_access_token_ends_after_an_hour(google):
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        told = redeem(google, code_of(google.consent(address(google), EMAIL))).json()
        api = Client(google, told["access_token"])
        api("GET", "/users/me/calendarList")
        clock.shift(told["expires_in"])
        assert reason(api("GET", "/users/me/calendarList", 401)) == "authError"


# calendars and events


def test_the_primary_calendar_is_named_like_the_account(api):
    [one] = api("GET", "/users/me/calendarList")["items"]
    assert (one["id"], one["primary"], one["accessRole"]) == (EMAIL, True, "owner")


def test_scopes_are_looked_at(google):
    location = google.consent(address(google, scope=f"{BASE}calendar.app.created"), EMAIL)
    api = Client(google, redeem(google, code_of(location)).json()["access_token"])
    assert reason(api("GET", "/users/me/calendarList", 403)) == "insufficientPermissions"
    assert reason(api("POST", f"/calendars/{EMAIL}/events", 403, json=NINE)) == "insufficientPermissions"
    made = api("POST", "/calendars", json={"summary": "Jobs", "timeZone": "America/New_York"})
    event = api("POST", f"/calendars/{made['id']}/events", json=NINE | {"id": "nmc01"})
    assert event["start"] == {"dateTime": "2026-12-01T09:00:00-05:00", "timeZone": "America/New_York"}


def test_an_id_is_taken_for_good(api):
    path = "/calendars/primary/events"
    api("POST", path, json=NINE | {"id": "nmc01"})
    assert reason(api("POST", path, 409, json=NINE | {"id": "nmc01"})) == "duplicate"
    api("DELETE", f"{path}/nmc01", 204)
    assert reason(api("DELETE", f"{path}/nmc01", 410)) == "deleted"
    assert reason(api("POST", path, 409, json=NINE | {"id": "nmc01"})) == "duplicate"
    assert api("GET", f"{path}/nmc01")["status"] == "cancelled"
    assert reason(api("PATCH", f"{path}/nmc01", 403, json={"summary": "Back"})) == "forbidden"
    assert reason(api("GET", f"{path}/nmc02", 404)) == "notFound"


def test_an_old_etag_is_refused(api):
    path = "/calendars/primary/events/nmc01"
    private = {"extendedProperties": {"private": {"one": "1"}}}
    first = api("POST", "/calendars/primary/events", json=NINE | private | {"id": "nmc01"})
    more = {"summary": "Tap", "extendedProperties": {"private": {"two": "2"}}}
    second = api("PATCH", path, json=more, headers={"If-Match": first["etag"]})
    assert second["etag"] != first["etag"]
    assert second["extendedProperties"]["private"] == {"one": "1", "two": "2"}
    for method in ("PATCH", "DELETE"):
        refused = api(method, path, 412, json={"summary": "Sink"}, headers={"If-Match": first["etag"]})
        assert reason(refused) == "conditionNotMet"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (NINE | {"id": "NMC-1"}, "invalid"),
        ({"start": NINE["start"]}, "required"),
        ({"start": NINE["end"], "end": NINE["start"]}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-12-01T09:00:00"}, "end": NINE["end"]}, "required"),
    ],
)
def test_an_event_that_google_would_not_take(api, event, why):
    assert reason(api("POST", "/calendars/primary/events", 400, json=event)) == why


def test_a_cursor_shows_what_has_changed_since(google, api):
    path = "/calendars/primary/events"
    for number in range(3):
        api("POST", path, json=NINE | {"id": f"nmc0{number}"})
    first = api("GET", path, params={"maxResults": 2})
    assert "nextSyncToken" not in first
    last = api("GET", path, params={"maxResults": 2, "pageToken": first["nextPageToken"]})
    cursor = last["nextSyncToken"]
    assert len(first["items"] + last["items"]) == 3
    api("DELETE", f"{path}/nmc01", 204)
    delta = api("GET", path, params={"syncToken": cursor})
    assert [(event["id"], event["status"]) for event in delta["items"]] == [("nmc01", "cancelled")]
    assert api("GET", path, params={"syncToken": delta["nextSyncToken"]})["items"] == []
    mixed = {"syncToken": cursor, "timeMin": "2026-01-01T00:00:00Z"}
    assert reason(api("GET", path, 400, params=mixed)) == "badRequest"
    google.lose_cursors(EMAIL)
    assert reason(api("GET", path, 410, params={"syncToken": cursor})) == "fullSyncRequired"
    assert len(api("GET", path)["items"]) == 2


# bad days and hands


def test_faults_are_used_up(google, api):
    google.fault("refuse", 2, path="/events", status=503, reason="backendError")
    for status in (503, 503, 200):
        api("GET", "/calendars/primary/events", status)
    google.fault("close", 1, method="POST", path="/events")
    with pytest.raises(requests.ConnectionError):
        api("POST", "/calendars/primary/events", json=NINE | {"id": "nmc01"})
    assert [event["id"] for event in google.events(EMAIL)] == ["nmc01"]


def test_hands_of_the_contractor(google, api):
    from datetime import UTC, datetime, timedelta

    api("POST", "/calendars/primary/events", json=NINE | {"id": "nmc01"})
    start = datetime(2026, 12, 2, 17, tzinfo=UTC)
    google.move_by_hand("nmc01", start, start + timedelta(hours=1))
    other = google.add_by_hand(EMAIL, start, start + timedelta(hours=2))
    times = {event["id"]: event["start"]["dateTime"] for event in google.events(EMAIL)}
    assert times == {"nmc01": "2026-12-02T09:00:00-08:00", other: "2026-12-02T09:00:00-08:00"}
    google.delete_by_hand("nmc01")
    assert [event["id"] for event in google.events(EMAIL)] == [other]


def test_it_forgets_everything_when_it_is_told_to(google, api):
    google.reset()
    assert (google.requests, google.world.accounts) == ([], {})
    api("GET", "/users/me/calendarList", 401)


def test_an_address_that_google_has_not_is_written_down(google, api):
    assert requests.get(f"{google.url}/calendar/v2/nothing", timeout=5).status_code == 404
    assert google.complaints == ["GET /calendar/v2/nothing: 404"]
