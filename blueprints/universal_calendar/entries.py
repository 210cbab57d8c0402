"""universal-calendar: the events of ours in a person's calendar; the provider follows, and never holds anything up."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app.calendars import ConnectionStatus, entries, mirror, pushes
from app.calendars.entries import Entry
from app.calendars.mirror import ExternalEvent
from app.calendars.pushes import CalendarEvent, SyncState, Wish
from app.errors import Conflict, DomainError, Invalid, NotFound, ProviderTrouble, Unavailable
from app.extensions import db
from app.scheduling import appointments
from app.scheduling.appointments import Appointment, AppointmentStatus, TransitionRefused
from app.users import Role
from blueprints import errors, guards
from blueprints.reading import query, read
from blueprints.repeating import once
from blueprints.schemas.universal_calendar import ChangeEvent, CreateEvent, Events
from blueprints.shapes import moment
from blueprints.universal_calendar import bp, members

LONGEST = timedelta(days=31)
LATER_SECONDS = 300


class EndBeforeStart(Invalid):
    code = "END_BEFORE_START"


class RangeTooLong(Invalid):
    code = "RANGE_TOO_LONG"


class NeedsReauth(Conflict):
    code = "CONNECTION_NEEDS_REAUTH"


class ExternalChanged(Conflict):
    code = "EXTERNAL_CHANGED"


@bp.post("/calendar/events")
@guards.also_for("calendar")
@once
def create_event() -> ResponseReturnValue:
    """Put an event into a person's calendar; the one of a visit exists once, however often it is asked for."""
    body = read(CreateEvent)
    guards.require(Role.operator)
    tenant_id = guards.current_tenant_id()
    user = members.of(tenant_id, body.user_id)
    _check(body.start, body.end)
    if body.appointment_id is not None:
        _check_visit(appointments.of(tenant_id, body.appointment_id))
    entry = Entry(body.title, body.start, body.end, body.description, body.location)
    row = pushes.want(tenant_id, Wish(user.id, entry, body.appointment_id))
    told, trouble = event_json(row), _trouble(row)
    db.session.commit()
    if trouble is not None:
        # Kept all the same: it is written as soon as the calendar is there again.
        status = errors.status_of(trouble)
        return errors.body(trouble.name, str(trouble), trouble.details | {"event": told}), status
    return jsonify(told), 201


def _check(start: Any, end: Any) -> None:
    if end <= start:
        raise EndBeforeStart("The end must be after the start.")


def _check_visit(visit: Appointment) -> None:
    if visit.status == AppointmentStatus.cancelled:
        raise TransitionRefused("This visit was called off.")


def _trouble(row: CalendarEvent) -> DomainError | None:
    """Why the provider has not got it, as far as that is known: the event itself waits in its row."""
    connection = row.calendar.connection if row.calendar is not None else None
    if connection is not None and connection.status == ConnectionStatus.needs_reauth:
        return NeedsReauth("The calendar must be connected again. The event waits for that.")
    if row.state != SyncState.failed:
        return None
    if row.due_at is None:
        return ProviderTrouble("The provider refuses this event.")
    return Unavailable(
        "The provider does not answer. The event is tried again.", details={"retry_after": LATER_SECONDS}
    )


@bp.patch("/calendar/events/<uuid:event_id>")
@guards.also_for("calendar")
def change_event(event_id: UUID) -> ResponseReturnValue:
    """Give an event other words or another time."""
    body = read(ChangeEvent)
    guards.require(Role.operator)
    row = _standing(event_id)
    former = entries.said_by(row)
    entry = Entry(**(vars(former) | body.given()))
    _check(entry.start, entry.end)
    pushes.change(row, entry)
    db.session.commit()
    return jsonify(event_json(row))


@bp.delete("/calendar/events/<uuid:event_id>")
@guards.also_for("calendar")
def delete_event(event_id: UUID) -> ResponseReturnValue:
    """Take an event out of the calendar; one that is out already stays out."""
    guards.require(Role.operator)
    pushes.remove(pushes.of(guards.current_tenant_id(), event_id))
    db.session.commit()
    return jsonify(deleted=True)


def _standing(event_id: UUID) -> CalendarEvent:
    row = pushes.of(guards.current_tenant_id(), event_id)
    if not row.is_wanted:
        raise NotFound("There is no such event.")
    if row.state == SyncState.conflict:
        raise ExternalChanged("The event was changed or deleted in the calendar itself.")
    return row


@bp.get("/calendar/events")
@guards.also_for("calendar")
def list_events() -> ResponseReturnValue:
    """A person's events between two moments, in order, 31 days at most; of what is not ours only when it is."""
    wanted = query(Events)
    user = members.of(guards.current_tenant_id(), wanted.user_id)
    _check(wanted.since, wanted.until)
    if wanted.until - wanted.since > LONGEST:
        raise RangeTooLong("Ask for 31 days at most.")
    ours = [listed_json(row) for row in pushes.between(user.id, wanted.since, wanted.until)]
    theirs = [busy_json(row) for row in mirror.between(user.id, wanted.since, wanted.until)]
    return jsonify(items=sorted(ours + theirs, key=lambda one: (one["start"], one["id"])))


def event_json(row: CalendarEvent) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "external_event_id": row.external_event_id,
        "provider": row.provider,
        "title": row.title,
        "start": moment(row.start_at),
        "end": moment(row.end_at),
        "sync_state": row.state,
    }


def listed_json(row: CalendarEvent) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "title": row.title,
        "start": moment(row.start_at),
        "end": moment(row.end_at),
        "all_day": False,
        "own_appointment_id": str(row.appointment_id) if row.appointment_id else None,
    }


def busy_json(row: ExternalEvent) -> dict[str, Any]:
    """The words of what is not ours are never read, so that nobody else can see them."""
    return {
        "id": str(row.id),
        "title": "Busy",
        "start": moment(row.start_at),
        "end": moment(row.end_at),
        "all_day": False,
        "own_appointment_id": None,
    }
