"""Google Calendar v3 over requests: tokens, calendars, events; its errors sorted by what follows (calendar.md 4, 5).

Nothing is repeated here and no redirect is followed; every address is a setting, so that a sandbox can stand in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import requests
from flask import current_app

from config import Settings

RATE_LIMITED = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}
DEAD = "invalid_grant"
LONGEST_LIST = 250
MOST_PAGES = 20
SHORTEST_WAIT = 0.1


class GoogleError(Exception):
    """Google did not do it."""


class Later(GoogleError):
    """Not now, or nobody knows whether it was done: ask again."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeadToken(GoogleError):
    """The permission is gone for good; only the contractor can give a new one."""


class TokenExpired(GoogleError):
    """The access token is not accepted (any more); a fresh one may be."""


class Refused(GoogleError):
    """For good: the same request would be refused again."""


class Duplicate(GoogleError):
    """The event's id is taken, by us or by somebody."""


class Changed(GoogleError):
    """The event is not the one that our etag is of."""


class Gone(GoogleError):
    """There is no such event (any more)."""


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gave; without a new refresh token the old one stays good."""

    access_token: str
    seconds: int
    refresh_token: str | None
    scopes: str


@dataclass(frozen=True)
class Found:
    """One calendar of an account."""

    external_id: str
    name: str
    timezone: str | None
    access_role: str
    is_primary: bool


@dataclass(frozen=True)
class Remote:
    """An event as Google has it; times are None when it lasts whole days."""

    id: str
    etag: str
    status: str
    start: datetime | None
    end: datetime | None
    private: Mapping[str, str] = field(default_factory=dict)


def consent_url(*, redirect_uri: str, state: str, challenge: str, scopes: str) -> str:
    """Where the contractor says yes; without `prompt=consent` somebody who comes back yields no refresh token."""
    settings = _settings()
    asked = {
        "client_id": settings.google_client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": scopes,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{settings.google_auth_url}?{urlencode(asked)}"


def exchange(*, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Turn a code into tokens, once; raises DeadToken when the code is not good, and Later."""
    return _tokens({
        "grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri,
    })  # fmt: skip


def refresh(refresh_token: str) -> Tokens:
    """A new access token; raises DeadToken when the permission is gone, and Later."""
    return _tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})


def revoke(refresh_token: str) -> None:
    """Give the permission back; a token that is dead already is fine. Raises Later."""
    answer = _send("POST", _settings().google_revoke_url, data={"token": refresh_token})
    if answer.status_code >= 500:
        raise Later(f"revoke answered {answer.status_code}")


def calendars(access_token: str) -> list[Found]:
    """Every calendar of the account, the primary one among them, whose id is the account's address."""
    found: list[Found] = []
    page: str | None = None
    for _ in range(MOST_PAGES):
        asked = {"maxResults": LONGEST_LIST} | ({"pageToken": page} if page else {})
        told = call("GET", "/users/me/calendarList", access_token, params=asked)
        found += [_found(one) for one in told.get("items", [])]
        page = told.get("nextPageToken")
        if page is None:
            break
    return found


def create_calendar(access_token: str, name: str, timezone: str) -> Found:
    """A secondary calendar of our own in the account."""
    return _found(call("POST", "/calendars", access_token, json={"summary": name, "timeZone": timezone}))


def insert(access_token: str, calendar_id: str, event: Mapping[str, Any]) -> Remote:
    """Put an event with our own id there; raises Duplicate when the id is taken."""
    return _remote(call("POST", events_path(calendar_id), access_token, json=event, params={"sendUpdates": "none"}))


def fetch(access_token: str, calendar_id: str, event_id: str) -> Remote:
    """The event as it is now; raises Gone."""
    return _remote(call("GET", events_path(calendar_id, event_id), access_token))


def patch(access_token: str, calendar_id: str, event_id: str, event: Mapping[str, Any], etag: str) -> Remote:
    """Change the fields that are named, if the event is the one of that etag; raises Changed and Gone."""
    path, quiet = events_path(calendar_id, event_id), {"sendUpdates": "none"}
    return _remote(call("PATCH", path, access_token, json=event, params=quiet, headers={"If-Match": etag}))


def delete(access_token: str, calendar_id: str, event_id: str) -> None:
    """Take an event away; one that is gone already is fine."""
    try:
        call("DELETE", events_path(calendar_id, event_id), access_token, params={"sendUpdates": "none"})
    except Gone:
        return


def events_path(calendar_id: str, event_id: str = "") -> str:
    """Where the events of a calendar are, or one of them."""
    path = f"/calendars/{quote(calendar_id, safe='')}/events"
    return f"{path}/{quote(event_id, safe='')}" if event_id else path


def _settings() -> Settings:
    return current_app.extensions["settings"]


def _tokens(form: dict[str, str]) -> Tokens:
    settings = _settings()
    secret = settings.google_client_secret.get_secret_value()
    client = {"client_id": settings.google_client_id, "client_secret": secret}
    answer = _send("POST", settings.google_token_url, data=form | client)
    told = _object(answer)
    if answer.status_code == 200 and told.get("access_token"):
        life = int(told.get("expires_in") or 0)
        return Tokens(told["access_token"], life, told.get("refresh_token"), str(told.get("scope", "")))
    if answer.status_code in (400, 401) and told.get("error") == DEAD:
        raise DeadToken(DEAD)
    if 400 <= answer.status_code < 500 and answer.status_code != 429:
        raise Refused(f"the token endpoint answered {answer.status_code} {told.get('error', '')}".strip())
    # A server in trouble has not taken the permission back.
    raise Later(f"the token endpoint answered {answer.status_code}", _retry_after(answer))


def call(method: str, path: str, access_token: str, **parts: Any) -> dict[str, Any]:
    """One request to the API; raises what follows of its answer."""
    headers = {"Authorization": f"Bearer {access_token}"} | parts.pop("headers", {})
    answer = _send(method, _settings().google_api_url.rstrip("/") + path, headers=headers, **parts)
    if answer.status_code == 204:
        return {}
    told = _object(answer)
    if 200 <= answer.status_code < 300:
        if not told:
            raise Later("the answer is not readable")
        return told
    raise _sorted(answer, told)


def _send(method: str, url: str, **parts: Any) -> requests.Response:
    settings = _settings()
    # requests has no limit on the whole: what the connection leaves of it is the longest silence of the answer.
    connect, total = settings.provider_connect_seconds, settings.provider_total_seconds
    waits = (connect, max(total - connect, SHORTEST_WAIT))
    try:
        return requests.request(method, url, timeout=waits, allow_redirects=False, **parts)
    except requests.RequestException as error:
        raise Later(type(error).__name__) from error


def _sorted(answer: requests.Response, told: dict[str, Any]) -> GoogleError:
    reason, status = _reason(told), answer.status_code
    what = f"{status} {reason}".strip()
    if status == 401:
        return TokenExpired(what)
    if status == 429 or status >= 500 or (status == 403 and reason in RATE_LIMITED):
        return Later(what, _retry_after(answer))
    kinds: dict[int, type[GoogleError]] = {404: Gone, 409: Duplicate, 410: Gone, 412: Changed}
    return kinds.get(status, Refused)(what)


def _reason(told: dict[str, Any]) -> str:
    error = told.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    return str(errors[0].get("reason", "")) if isinstance(errors, list) and errors else ""


def _retry_after(answer: requests.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else 0.0


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _found(told: dict[str, Any]) -> Found:
    name = str(told.get("summaryOverride") or told.get("summary") or told["id"])
    role = str(told.get("accessRole", "owner"))
    return Found(str(told["id"]), name, told.get("timeZone"), role, bool(told.get("primary")))


def _remote(told: dict[str, Any]) -> Remote:
    private = told.get("extendedProperties", {}).get("private", {})
    return Remote(
        id=str(told["id"]),
        etag=str(told.get("etag", "")),
        status=str(told.get("status", "confirmed")),
        start=_instant(told.get("start")),
        end=_instant(told.get("end")),
        private={str(name): str(value) for name, value in private.items()},
    )


def _instant(told: dict[str, Any] | None) -> datetime | None:
    if not told or "dateTime" not in told:
        return None
    return datetime.fromisoformat(told["dateTime"]).astimezone(UTC)
