"""An account is linked, linked again or let go of, and the visits to come are written into it (calendar.md 4, 9)."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from app import calendars
from app.calendars import (
    WRITTEN,
    Calendar,
    CalendarRole,
    Connection,
    ConnectionStatus,
    Provider,
    access,
    entries,
    mirror,
    pushes,
    telling,
)
from app.calendars.consent import Errand
from app.calendars.pushes import CalendarEvent, SyncState
from app.clock import now
from app.extensions import db
from app.providers.google import Found, Tokens
from app.scheduling import technicians
from app.scheduling.appointments import OCCUPYING, Appointment, Kind

OWN_CALENDAR = "NeverMissCall jobs"
OWNED = ("owner", "writer")


def primary(found: Iterable[Found]) -> Found | None:
    """The calendar that is named like the account."""
    return next((one for one in found if one.is_primary), None)


def own(found: Iterable[Found]) -> Found | None:
    """The calendar that we made for the visits, when there is one already."""
    return next((one for one in found if one.name == OWN_CALENDAR and one.access_role == "owner"), None)


def connect(errand: Errand, tokens: Tokens, found: Sequence[Found], *, target: Found) -> Connection:
    """Link an account, or link it again: its calendars, one of them to write into, and what is due to be written."""
    account = (primary(found) or target).external_id
    connection = _connection(errand, account)
    connection.scopes = " ".join(sorted(errand.scopes))
    access.keep(connection, tokens)
    telling.connected(connection)
    connection.status, connection.last_error, connection.trouble_at = ConnectionStatus.active, None, None
    connection.refreshing_until = None
    for one in {one.external_id: one for one in (*found, target)}.values():
        _calendar(connection, one, target)
    db.session.flush()
    calendars.tell(connection)
    calendars.availability_changed(connection, "connection")
    for calendar in connection.calendars:
        mirror.follow(calendar)
    catch_up(connection)
    return connection


def _connection(errand: Errand, account: str) -> Connection:
    wanted = select(Connection).where(
        Connection.tenant_id == errand.tenant_id,
        Connection.user_id == errand.user_id,
        Connection.provider == errand.provider,
        Connection.account_email == account,
    )
    known = db.session.scalar(wanted.with_for_update(of=Connection))
    if known is not None:
        return known
    made = Connection(
        tenant_id=errand.tenant_id, user_id=errand.user_id, provider=Provider(errand.provider), account_email=account
    )
    db.session.add(made)
    db.session.flush()
    return made


def _calendar(connection: Connection, one: Found, target: Found) -> None:
    known = next((calendar for calendar in connection.calendars if calendar.external_id == one.external_id), None)
    if known is not None:
        known.name, known.timezone = one.name, one.timezone
        return
    connection.calendars.append(
        Calendar(
            tenant_id=connection.tenant_id,
            external_id=one.external_id,
            name=one.name,
            timezone=one.timezone,
            role=_role(connection, one, target),
        )
    )


def _role(connection: Connection, one: Found, target: Found) -> CalendarRole:
    """Visits go into the target unless they go somewhere already; the rest of what is his own keeps him busy."""
    is_target = one.external_id == target.external_id
    if is_target and calendars.written_by(connection.user_id) is None and not _writes(connection):
        return CalendarRole.both if one.is_primary else CalendarRole.write
    if is_target or one.access_role in OWNED:
        return CalendarRole.busy
    return CalendarRole.ignore


def _writes(connection: Connection) -> bool:
    return any(calendar.role in WRITTEN for calendar in connection.calendars)


def catch_up(connection: Connection) -> None:
    """Write what the account has not: what waited for it, and the visits to come; never what is over."""
    moment = now()
    ours = select(Calendar.id).where(Calendar.connection_id == connection.id)
    waiting = select(CalendarEvent).where(
        CalendarEvent.calendar_id.in_(ours),
        CalendarEvent.pushed_version < CalendarEvent.version,
        CalendarEvent.state != SyncState.conflict,
        CalendarEvent.end_at > moment,
    )
    for row in db.session.scalars(waiting.with_for_update(of=CalendarEvent)):
        pushes.set_out(row)
    for visit in _to_come(connection):
        pushes.mark(visit)
    loose = select(CalendarEvent).where(
        CalendarEvent.user_id == connection.user_id,
        CalendarEvent.calendar_id.is_(None),
        CalendarEvent.is_wanted,
        CalendarEvent.end_at > moment,
    )
    for row in db.session.scalars(loose.with_for_update(of=CalendarEvent)):
        pushes.change(row, entries.said_by(row))


def _to_come(connection: Connection) -> list[Appointment]:
    people = [person.id for person in technicians.active(connection.tenant_id) if _is_for(person, connection)]
    visits = select(Appointment).where(
        Appointment.tenant_id == connection.tenant_id,
        Appointment.technician_id.in_(people),
        Appointment.kind != Kind.external,
        Appointment.status.in_(OCCUPYING),
        Appointment.end_at > now(),
    )
    # Locked like everywhere before their events are, so that a booking at the same moment waits its turn.
    return list(db.session.scalars(visits.order_by(Appointment.start_at).with_for_update(of=Appointment)))


def _is_for(person: technicians.Technician, connection: Connection) -> bool:
    return pushes.whose(connection.tenant_id, person.id) == connection.user_id


def disconnect(connection: Connection) -> str | None:
    """Let go of an account: its tokens are wiped, our events stay there; the token to give back at the provider."""
    token = access.refresh_token_of(connection)
    connection.status, connection.token_blob, connection.token_expires_at = ConnectionStatus.revoked, None, None
    connection.last_error = connection.trouble_at = connection.refreshing_until = None
    mirror.forget(connection.calendars)
    for row in _unsettled(connection.id):
        row.state, row.due_at = SyncState.synced, None
    calendars.tell(connection)
    calendars.availability_changed(connection, "connection")
    return token


def _unsettled(connection_id: UUID) -> list[CalendarEvent]:
    ours = select(Calendar.id).where(Calendar.connection_id == connection_id)
    rows = select(CalendarEvent).where(
        CalendarEvent.calendar_id.in_(ours), CalendarEvent.state.in_((SyncState.pending, SyncState.failed))
    )
    return list(db.session.scalars(rows.with_for_update(of=CalendarEvent)))
