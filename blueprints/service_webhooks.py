"""Webhooks between services, for those that run outside this application (interfaces.md 1.9)."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import between, inbox, tenancy, tenants
from app.errors import Malformed, NotFound
from app.extensions import db
from app.tenants import Tenant
from app.users import User
from blueprints.reading import read, read_any
from blueprints.schemas.service_webhooks import (
    AvailabilityChanged,
    EstimatesUpdated,
    SettingsUpdated,
    Told,
    UserStatusChanged,
)

bp = Blueprint("service_webhooks", __name__)

EVENT_ID = "X-NMC-Event-Id"


@bp.post("/webhooks/settings-updated")
def settings_updated() -> ResponseReturnValue:
    """app-server: a business changed its settings."""
    told = read(SettingsUpdated)
    applied = _once(told, told.tenant_id, lambda tenant, event_id: between.settings_updated(
        tenant, event_id, told.version, told.changed
    ))  # fmt: skip
    return jsonify(received=True, applied=applied)


@bp.post("/webhooks/settings-sync")
def settings_synced() -> ResponseReturnValue:
    """twilio-server: the settings that the next turn works by."""
    told = read(SettingsUpdated)
    applied = _once(told, told.tenant_id, lambda tenant, event_id: between.settings_synced(
        tenant, event_id, told.version
    ))  # fmt: skip
    return jsonify(received=True, applied=applied)


@bp.post("/webhooks/job-estimates-updated")
def estimates_updated() -> ResponseReturnValue:
    """twilio-server: the price book that the dispatcher quotes from."""
    told = read(EstimatesUpdated)
    lines = [line.plain() for line in told.estimates]
    _once(told, told.tenant_id or _tenant_of(told.user_id), lambda tenant, event_id: between.estimates_updated(
        tenant, event_id, told.version, lines
    ))  # fmt: skip
    return jsonify(received=True)


@bp.post("/webhooks/user-status-changed")
def user_status_changed() -> ResponseReturnValue:
    """twilio-server: somebody is there, or is not."""
    told = read(UserStatusChanged)
    _once(told, told.tenant_id, lambda tenant, event_id: between.user_status_changed(
        tenant, event_id, told.user_id, told.version, status=told.current_status, until=told.until
    ))  # fmt: skip
    return jsonify(received=True)


@bp.post("/webhooks/calendar/availability-changed")
def availability_changed() -> ResponseReturnValue:
    """app-server: somebody's free time changed on these days."""
    told = read(AvailabilityChanged)
    _once(told, told.tenant_id, lambda tenant, event_id: between.availability_changed(
        tenant, event_id, told.user_id, told.dates, told.version
    ))  # fmt: skip
    return jsonify(received=True)


def _once(told: Told, tenant_id: UUID, do: Callable[[Tenant, str], bool]) -> bool:
    """Keep the webhook and do what follows from it, in one transaction and once; False when nothing followed."""
    event_id = _event_id(told)
    tenant = tenants.by_id(tenant_id)
    if tenant is None:
        raise NotFound("There is no such business.")
    tenancy.enter_tenant(tenant_id)
    kind, key = f"nmc.{request.path.rpartition('/')[2]}", f"{tenant_id}:{event_id}"
    if inbox.receive(kind, key, read_any()) is None:
        db.session.rollback()
        return False
    applied = do(tenant, event_id)
    inbox.finish_now(kind, key)
    db.session.commit()
    return applied


def _event_id(told: Told) -> str:
    named = request.headers.get(EVENT_ID, "")[:200]
    if told.event_id is None and not named:
        raise Malformed("The event has no id.", code="REQUIRED_FIELD_MISSING")
    if told.event_id is not None and named and told.event_id != named:
        raise Malformed(f"{EVENT_ID} names another event than the body.", code="INVALID_FORMAT")
    return told.event_id or named


def _tenant_of(user_id: UUID) -> UUID:
    tenant_id = db.session.scalar(select(User.tenant_id).where(User.id == user_id))
    if tenant_id is None:
        raise NotFound("There is no such user.", code="USER_NOT_FOUND")
    return tenant_id
