"""What stands in a Google calendar, or has changed there since a sync token, and what of it keeps a person busy."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.providers import google

PAGE = 2500
MOST_PAGES = 200
FREE_KINDS = {"workingLocation", "birthday"}


@dataclass(frozen=True)
class Foreign:
    """One event as far as it matters to us; no times: it keeps nobody busy (any more)."""

    id: str
    start: datetime | None = None
    end: datetime | None = None
    is_ours: bool = False


@dataclass(frozen=True)
class Changes:
    """The events, and the token to ask with next time; `is_full` when they are all that there are."""

    events: list[Foreign]
    cursor: str
    is_full: bool


def since(access_token: str, calendar_id: str, cursor: str, zone: str) -> Changes:
    """What has changed since a token; raises Gone when Google does not know the token any more."""
    return _listed(access_token, calendar_id, {"syncToken": cursor}, zone, is_full=False)


def within(access_token: str, calendar_id: str, start: datetime, end: datetime, *, zone: str) -> Changes:
    """Every event that touches a stretch of time, series as their single occurrences."""
    span = {"timeMin": start.astimezone(UTC).isoformat(), "timeMax": end.astimezone(UTC).isoformat()}
    return _listed(access_token, calendar_id, span, zone, is_full=True)


def _listed(access_token: str, calendar_id: str, asked: dict[str, str], zone: str, *, is_full: bool) -> Changes:
    found: list[Foreign] = []
    # The same in every call, as a sync token demands (calendar.md 5).
    asked = asked | {"singleEvents": "true", "maxResults": str(PAGE)}
    for _ in range(MOST_PAGES):
        told = google.call("GET", google.events_path(calendar_id), access_token, params=asked)
        found += [_foreign(one, told.get("timeZone") or zone) for one in told.get("items", [])]
        if "nextPageToken" not in told:
            # Only the last page has a token.
            return Changes(found, str(told.get("nextSyncToken", "")), is_full)
        asked = asked | {"pageToken": told["nextPageToken"]}
    raise google.Refused("the calendar has too many events")


def _foreign(told: dict[str, Any], zone: str) -> Foreign:
    event_id = str(told["id"])
    if "nmc_event" in told.get("extendedProperties", {}).get("private", {}):
        return Foreign(event_id, is_ours=True)
    if not _is_busy(told) or not {"start", "end"} <= set(told):
        return Foreign(event_id)
    return Foreign(event_id, _at(told["start"], zone), _at(told["end"], zone))


def _is_busy(told: dict[str, Any]) -> bool:
    if told.get("status") == "cancelled" or told.get("transparency") == "transparent":
        return False
    if told.get("eventType") in FREE_KINDS:
        return False
    mine = [one for one in told.get("attendees", []) if one.get("self")]
    return not any(one.get("responseStatus") == "declined" for one in mine)


def _at(told: dict[str, str], zone: str) -> datetime:
    """The instant; a whole day begins at its midnight in the calendar's zone, and the end is the day after the last."""
    if "dateTime" in told:
        return datetime.fromisoformat(told["dateTime"]).astimezone(UTC)
    return datetime.combine(date.fromisoformat(told["date"]), time(), ZoneInfo(zone)).astimezone(UTC)
