"""One event told to Google, so that a repeat, a lost answer or a contractor's hand never makes a second one.

We choose the id of an event and write into it which version of ours it is and which time we gave it: what comes back
says by itself whether it is our own echo or the contractor's change (calendar.md 5 and 9). Needs no transaction.
"""

from datetime import UTC, datetime
from typing import Any

from app.calendars.outbox import Kind, Outcome, Parcel
from app.providers import google
from app.providers.google import Remote


def speak(access_token: str, parcel: Parcel) -> Outcome:
    """Write, change or remove the event; raises TokenExpired, and maps everything else onto an outcome."""
    try:
        return _speak(access_token, parcel)
    except google.TokenExpired:
        raise
    except google.Later as error:
        return Outcome(Kind.later, why=str(error), retry_after=error.retry_after)
    except google.Changed as error:
        return Outcome(Kind.later, why=str(error))  # changed twice within one look: look again
    except google.GoogleError as error:
        return Outcome(Kind.refused, why=str(error))


def _speak(access_token: str, parcel: Parcel) -> Outcome:
    if not parcel.is_wanted:
        # Without an etag: that a visit is off is ours to say, whatever the contractor made of its event.
        google.delete(access_token, parcel.calendar_id, parcel.external_event_id)
        return Outcome(Kind.removed)
    if not parcel.is_known:
        return _insert(access_token, parcel)
    try:
        return _patch(access_token, parcel, parcel.etag or "")
    except google.Gone:
        return Outcome(Kind.deleted)
    except google.Changed:
        return _reconcile(access_token, parcel)


def _insert(access_token: str, parcel: Parcel) -> Outcome:
    event = _fields(parcel) | {"id": parcel.external_event_id}
    try:
        return Outcome(Kind.written, google.insert(access_token, parcel.calendar_id, event).etag)
    except google.Duplicate:
        return _reconcile(access_token, parcel)


def _patch(access_token: str, parcel: Parcel, etag: str) -> Outcome:
    event_id, fields = parcel.external_event_id, _fields(parcel)
    return Outcome(Kind.written, google.patch(access_token, parcel.calendar_id, event_id, fields, etag).etag)


def _reconcile(access_token: str, parcel: Parcel) -> Outcome:
    """The event is there in another shape than we knew: an earlier request of ours, or the contractor's hand."""
    try:
        there = google.fetch(access_token, parcel.calendar_id, parcel.external_event_id)
    except google.Gone:
        return Outcome(Kind.deleted) if parcel.is_known else Outcome(Kind.taken, why="the id is taken")
    if there.private.get("nmc_event") != str(parcel.event_id):
        return Outcome(Kind.taken, why="the id is a stranger's")
    if there.status == "cancelled":
        return Outcome(Kind.deleted)
    if _was_moved(there):
        return Outcome(Kind.moved, there.etag)
    if there.private.get("nmc_rev") == str(parcel.version):
        return Outcome(Kind.written, there.etag)
    return _patch(access_token, parcel, there.etag)


def _was_moved(there: Remote) -> bool:
    if there.start is None or there.end is None:
        return True
    return (_written(there.start), _written(there.end)) != (
        there.private.get("nmc_start"),
        there.private.get("nmc_end"),
    )


def _fields(parcel: Parcel) -> dict[str, Any]:
    """What is ours to say; the description is written once and the contractor's from then on."""
    entry = parcel.entry
    start, end = _written(entry.start), _written(entry.end)
    marks = {"nmc_event": str(parcel.event_id), "nmc_rev": str(parcel.version), "nmc_start": start, "nmc_end": end}
    text = {"description": entry.description} if parcel.owns_text or not parcel.is_known else {}
    return text | {
        "summary": entry.title,
        "location": entry.location,
        "start": {"dateTime": start, "timeZone": "UTC"},
        "end": {"dateTime": end, "timeZone": "UTC"},
        "status": "tentative" if entry.is_tentative else "confirmed",
        "extendedProperties": {"private": marks},
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
