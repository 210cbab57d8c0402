"""Calendar v3: the list of calendars, a new one, and events with etags, deletions and sync tokens.

Choices that no source settles: a change to a deleted event without an etag is 403, a calendar that the scopes do not
reach is 403 as well, and a token of another account finds nothing (404).
"""

import re
import secrets
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.google.wire import Refused, answer_json, instant, point
from sandbox.google.world import Access, Calendar, Grant, World

BASE = "https://www.googleapis.com/auth/"
IDS = re.compile(r"^[a-v0-9]{5,1024}$")
LISTS = {"calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly"}
MAKES = {"calendar", "calendar.calendars", "calendar.app.created"}
WRITES = {"calendar", "calendar.events", "calendar.events.owned"}
READS = WRITES | {"calendar.readonly", "calendar.events.readonly"}
NOT_WITH_CURSOR = {
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax", "updatedMin",
}  # fmt: skip


def signed_in(world: World, request: Request) -> Access:
    """Whose access token came with the request; refuses with 401."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    access = world.access.get(token)
    if access is None or not access.is_good:
        raise Refused(401, "authError", "Invalid Credentials")
    return access


def _need(grant: Grant, *enough: str) -> None:
    if not {scope.removeprefix(BASE) for scope in grant.scopes} & set(enough):
        raise Refused(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


def list_calendars(world: World, request: Request) -> Response:
    """Every calendar of the account, a page at a time."""
    grant = signed_in(world, request).grant
    _need(grant, *LISTS)
    items = [_entry(one) for one in grant.account.calendars.values()]
    return answer_json({"kind": "calendar#calendarList", **_page(items, request)})


def _entry(one: Calendar) -> dict[str, Any]:
    told = {
        "kind": "calendar#calendarListEntry",
        "id": one.id,
        "summary": one.summary,
        "timeZone": one.timezone,
        "accessRole": one.access_role,
        "selected": True,
    }
    return told | ({"primary": True} if one.is_primary else {})


def create_calendar(world: World, request: Request) -> Response:
    """A secondary calendar."""
    grant = signed_in(world, request).grant
    _need(grant, *MAKES)
    body = _body(request)
    if not body.get("summary"):
        raise Refused(400, "required", "Missing title.")
    calendar_id = f"{secrets.token_hex(16)}@group.calendar.google.com"
    zone = body.get("timeZone") or "UTC"
    made = Calendar(calendar_id, body["summary"], zone, is_app_made=True)
    grant.account.calendars[calendar_id] = made
    told = {"kind": "calendar#calendar", "id": made.id, "summary": made.summary, "timeZone": made.timezone}
    return answer_json(told)


def _calendar(world: World, request: Request, calendar_id: str, enough: set[str]) -> Calendar:
    grant = signed_in(world, request).grant
    wanted = grant.account.email if calendar_id == "primary" else calendar_id
    found = grant.account.calendars.get(wanted)
    if found is None:
        raise Refused(404, "notFound", "Not Found")
    _need(grant, *enough, *(["calendar.app.created"] if found.is_app_made else []))
    return found


def insert(world: World, request: Request, calendar_id: str) -> Response:
    """A new event, with the client's own id if it sends one; a deleted id stays taken."""
    calendar, body = _calendar(world, request, calendar_id, WRITES), _body(request)
    event_id = body.get("id") or secrets.token_hex(13)
    if not IDS.match(event_id):
        world.complain(f"insert: the id {event_id!r} is not of a-v and 0-9")
        raise Refused(400, "invalid", "Invalid resource id value.")
    if event_id in calendar.events:
        raise Refused(409, "duplicate", "The requested identifier already exists.")
    event = {"kind": "calendar#event", "status": "confirmed", "eventType": "default", "sequence": 0} | body
    event |= {"id": event_id, "iCalUID": f"{event_id}@google.com"}
    return answer_json(calendar.store(_checked(event, calendar)))


def _checked(event: dict[str, Any], calendar: Calendar) -> dict[str, Any]:
    event["start"], event["end"] = (point(event.get(name), calendar.timezone) for name in ("start", "end"))
    if instant(event["end"], calendar.timezone) < instant(event["start"], calendar.timezone):
        raise Refused(400, "timeRangeEmpty", "The specified time range is empty.")
    return event


def get(world: World, request: Request, calendar_id: str, event_id: str) -> Response:
    """One event; a deleted one is shown as cancelled."""
    return answer_json(_event(_calendar(world, request, calendar_id, READS), event_id))


def _event(calendar: Calendar, event_id: str) -> dict[str, Any]:
    found = calendar.events.get(event_id)
    if found is None:
        raise Refused(404, "notFound", "Not Found")
    return found


def patch(world: World, request: Request, calendar_id: str, event_id: str) -> Response:
    """Change the fields that are sent, if the event is the one of the etag."""
    calendar = _calendar(world, request, calendar_id, WRITES)
    event = _event(calendar, event_id)
    _match(request, event)
    if event["status"] == "cancelled":
        raise Refused(403, "forbidden", "Forbidden")
    changed = _merged(event, _body(request)) | {"sequence": event["sequence"] + 1}
    return answer_json(calendar.store(_checked(changed, calendar)))


def _merged(event: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = event | changes
    if "extendedProperties" in changes:
        before = event.get("extendedProperties", {}).get("private", {})
        after = changes["extendedProperties"].get("private", {})
        merged["extendedProperties"] = {"private": before | after}
    return merged


def delete(world: World, request: Request, calendar_id: str, event_id: str) -> Response:
    """Take an event away; a second time is 410."""
    calendar = _calendar(world, request, calendar_id, WRITES)
    event = _event(calendar, event_id)
    if event["status"] == "cancelled":
        raise Refused(410, "deleted", "Resource has been deleted")
    _match(request, event)
    calendar.store(event | {"status": "cancelled"})
    return Response(status=204)


def _match(request: Request, event: dict[str, Any]) -> None:
    expected = request.headers.get("If-Match")
    if expected is not None and expected not in ("*", event["etag"]):
        raise Refused(412, "conditionNotMet", "Precondition Failed")


def list_events(world: World, request: Request, calendar_id: str) -> Response:
    """All events, or those that changed since a sync token; the next token stands on the last page only."""
    calendar = _calendar(world, request, calendar_id, READS | {"calendar.events.freebusy"})
    cursor, asked = request.args.get("syncToken"), request.args
    if cursor is not None and (wrong := NOT_WITH_CURSOR & set(asked)):
        raise Refused(400, "badRequest", f"Sync token cannot be used with {', '.join(sorted(wrong))}.")
    items = _since(calendar, cursor) if cursor is not None else _within(calendar, request)
    told = {"kind": "calendar#events", "summary": calendar.summary, "timeZone": calendar.timezone}
    page = _page(items, request)
    if "nextPageToken" not in page:
        page["nextSyncToken"] = f"st{len(calendar.changes)}"
    return answer_json(told | page)


def _since(calendar: Calendar, cursor: str) -> list[dict[str, Any]]:
    number = int(cursor[2:]) if re.fullmatch(r"st\d+", cursor) else -1
    if not calendar.first_good_cursor <= number <= len(calendar.changes):
        raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    return [calendar.events[event_id] for event_id in dict.fromkeys(calendar.changes[number:])]


def _within(calendar: Calendar, request: Request) -> list[dict[str, Any]]:
    zone, asked = calendar.timezone, request.args
    found = [event for event in calendar.events.values() if event["status"] != "cancelled"]
    if "timeMin" in asked:
        first = instant({"dateTime": asked["timeMin"]}, zone)
        found = [event for event in found if instant(event["end"], zone) > first]
    if "timeMax" in asked:
        last = instant({"dateTime": asked["timeMax"]}, zone)
        found = [event for event in found if instant(event["start"], zone) < last]
    return found


def _page(items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    size, start = int(request.args.get("maxResults", 250)), int(request.args.get("pageToken", 0))
    told: dict[str, Any] = {"items": items[start : start + size]}
    return told | ({"nextPageToken": str(start + size)} if start + size < len(items) else {})


def _body(request: Request) -> dict[str, Any]:
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise Refused(400, "parseError", "Parse Error")
    return told
