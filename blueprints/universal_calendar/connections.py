"""universal-calendar: the accounts that are linked, and what each of their calendars is for."""

import logging
from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import audit, calendars
from app.calendars import Calendar, Connection, ConnectionStatus, linking, mirror
from app.extensions import db
from app.providers import google
from app.users import Role
from blueprints import guards
from blueprints.reading import read
from blueprints.schemas.universal_calendar import UseCalendar
from blueprints.shapes import moment
from blueprints.universal_calendar import bp, members

log = logging.getLogger(__name__)


@bp.get("/calendar/connections")
def list_connections() -> ResponseReturnValue:
    """The linked accounts of the business, with their calendars."""
    rows = calendars.linked(guards.current_tenant_id())
    return jsonify(items=[connection_json(one) for one in rows])


@bp.patch("/calendar/calendars/<uuid:calendar_id>")
def use_calendar(calendar_id: UUID) -> ResponseReturnValue:
    """Say what a calendar is for: busy times, our visits, both, or nothing."""
    body = read(UseCalendar)
    guards.require(Role.operator)
    found = calendars.calendar_of(guards.current_tenant_id(), calendar_id)
    members.require_own(found.connection.user_id)
    before = found.role
    calendars.use(found, body.role)
    if found.role != before:
        mirror.follow(found)
    audit.record(
        "calendar.use", str(found.id), actor=guards.actor(), tenant_id=found.tenant_id,
        before={"role": before}, after={"role": found.role},
    )  # fmt: skip
    db.session.commit()
    return jsonify(calendar=calendar_json(found))


@bp.delete("/calendar/connections/<uuid:connection_id>")
def disconnect(connection_id: UUID) -> ResponseReturnValue:
    """Let go of an account: the token is given back and wiped, our events stay in it."""
    guards.require(Role.operator)
    found = calendars.connection_of(guards.current_tenant_id(), connection_id)
    members.require_own(found.user_id)
    token = None
    if found.status != ConnectionStatus.revoked:
        token = linking.disconnect(found)
        audit.record("calendar.disconnect", str(found.id), actor=guards.actor(), tenant_id=found.tenant_id)
    db.session.commit()
    if token is not None:
        _give_back(connection_id, token)
    return jsonify(deleted=True)


def _give_back(connection_id: UUID, token: str) -> None:
    """Wiped first, whatever the provider says: a token that nobody has is as good as one that was given back."""
    try:
        google.revoke(token)
    except google.GoogleError as error:
        log.warning("a token could not be given back: %s", error, extra={"connection_id": str(connection_id)})


def connection_json(one: Connection) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "user_id": str(one.user_id),
        "provider": one.provider,
        "account_email": one.account_email,
        "status": one.status,
        "last_error": one.last_error,
        "synced_at": moment(one.synced_at),
        "calendars": [calendar_json(calendar) for calendar in one.calendars],
    }


def calendar_json(one: Calendar) -> dict[str, Any]:
    return {"id": str(one.id), "name": one.name, "role": one.role}
