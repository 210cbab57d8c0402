"""tenant-service: signing in, businesses, and what they have set (interfaces.md, tenant-service)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import audit, events, numbers, sessions, tenancy, tenants, tokens
from app.clock import now
from app.extensions import db
from app.sessions import Grant, RefreshReused
from app.tenants import Tenant
from app.tokens import TokenInvalid
from app.users import Role, User
from blueprints import guards, limits
from blueprints.reading import read, read_any, version_wanted
from blueprints.schemas.tenant_service import LogIn, LogOut, Refresh, ValidateToken
from blueprints.shapes import moment

bp = Blueprint("tenant_service", __name__)


@bp.post("/auth/login")
@guards.public
def log_in() -> ResponseReturnValue:
    """Exchange e-mail and password for tokens."""
    body = read(LogIn)
    tenancy.enter(tenancy.SYSTEM)
    user = limits.sign_in(User, body.email, body.password)
    device = body.client_info
    grant = sessions.begin(user, device_name=device.device_name, platform=device.platform)
    audit.record("session.begin", str(grant.session.id), actor=user.email, tenant_id=user.tenant_id)
    db.session.commit()
    return grant_json(grant)


@bp.post("/auth/refresh")
@guards.public
def refresh() -> ResponseReturnValue:
    """Exchange a refresh token for new tokens; one that comes twice ends its session."""
    body = read(Refresh)
    tenancy.enter(tenancy.SYSTEM)
    try:
        grant = sessions.refresh(body.refresh_token)
    except RefreshReused:
        db.session.commit()
        raise
    db.session.commit()
    return jsonify(tokens_json(grant))


@bp.post("/auth/validate-token")
@guards.public
def validate_token() -> ResponseReturnValue:
    """Tell whose token that is; the token proves itself."""
    bearer = request.authorization
    token = bearer.token if bearer is not None and bearer.type == guards.BEARER else read(ValidateToken).token
    tenancy.enter(tenancy.SYSTEM)
    claims = tokens.read(token or "")
    try:
        user = sessions.person(claims)
    except guards.Forbidden as error:
        # For whoever validates, a disabled person's token is one that does not hold.
        raise TokenInvalid(str(error)) from error
    return jsonify(
        valid=True,
        user=user_json(user),
        tenant=tenant_head_json(user.tenant),
        role=user.role,
        expires_at=moment(datetime.fromtimestamp(claims.expires, UTC)),
    )


@bp.get("/.well-known/jwks.json")
@guards.public
def jwks() -> ResponseReturnValue:
    """The keys with which anybody can check our access tokens."""
    answer = jsonify(keys=tokens.published())
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@bp.post("/auth/logout")
def log_out() -> ResponseReturnValue:
    """End this session, or all of this person's."""
    body, user = read(LogOut), guards.require(Role.viewer)
    session_id: UUID | None = g.get("session_id")
    if body.all:
        sessions.revoke_all(user, "signed out everywhere")
    elif session_id is not None:
        sessions.revoke(db.session.get_one(sessions.Session, session_id), "signed out")
    audit.record("session.end", str(session_id or "all"), actor=guards.actor(), tenant_id=user.tenant_id)
    db.session.commit()
    return jsonify(ok=True)


@bp.get("/tenants/<uuid:tenant_id>")
@guards.also_for("tenants")
def show_tenant(tenant_id: UUID) -> ResponseReturnValue:
    """The business with its people."""
    guards.same_tenant(tenant_id)
    return jsonify(tenant_json(guards.current_tenant()))


@bp.get("/tenants/<uuid:tenant_id>/settings")
@guards.also_for("tenants")
def show_settings(tenant_id: UUID) -> ResponseReturnValue:
    """Everything the business can set, complete."""
    guards.same_tenant(tenant_id)
    return jsonify(settings_json(guards.current_tenant()))


@bp.put("/tenants/<uuid:tenant_id>/settings")
def change_settings(tenant_id: UUID) -> ResponseReturnValue:
    """Change some settings; missing keys stay, unknown ones are refused."""
    guards.same_tenant(tenant_id)
    guards.require(Role.owner)
    tenant = db.session.get_one(Tenant, tenant_id, with_for_update=True, populate_existing=True)
    changes = read_any()
    before = {group: tenant.setting_changes.get(group) for group in changes}
    chosen = tenants.change_settings(tenant, changes, version=version_wanted())
    told = {"version": tenant.settings_version, "changed": sorted(changes)}
    events.publish(tenant_id, "settings.updated", told | {"settings": chosen.model_dump(mode="json", by_alias=True)})
    audit.record(
        "settings.update",
        ", ".join(sorted(changes)) or "nothing",
        actor=guards.actor(),
        tenant_id=tenant_id,
        before=before,
        after={group: tenant.setting_changes.get(group) for group in changes},
    )
    db.session.commit()
    return jsonify(settings_json(tenant))


def grant_json(grant: Grant) -> dict[str, Any]:
    session = grant.session
    return {
        "user": user_json(grant.user),
        "tenant": tenant_head_json(grant.user.tenant),
        "tokens": tokens_json(grant),
        "session_info": {
            "session_id": str(session.id),
            "created_at": moment(session.created_at),
            "expires_at": moment(session.expires_at),
            "device_name": session.device_name,
        },
    }


def tokens_json(grant: Grant) -> dict[str, Any]:
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "token_type": "Bearer",
        "expires_in": int(tokens.LIFE.total_seconds()),
    }


def user_json(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "email": user.email,
        "display_name": user.display_name,
        "role": user.role,
        "phone_number": user.phone_number,
        "timezone": user.tenant.timezone,
        "is_active": user.is_active,
        "current_status": user.presence_at(now()),
    }


def tenant_head_json(tenant: Tenant) -> dict[str, Any]:
    return {"id": str(tenant.id), "business_name": tenant.business_name, "trade_type": tenant.trade_type}


def tenant_json(tenant: Tenant) -> dict[str, Any]:
    chosen = tenant.settings
    limits_, number = chosen.operational_limits, numbers.primary(tenant.id)
    people = db.session.scalars(select(User).where(User.tenant_id == tenant.id).order_by(User.created_at, User.id))
    return tenant_head_json(tenant) | {
        "email": tenant.email,
        "business_address": address_json(tenant),
        "phone_number": number.e164 if number else None,
        "service_area": {
            "center": {"latitude": tenant.latitude, "longitude": tenant.longitude},
            "radius_miles": limits_.service_radius_miles,
            "emergency_radius_miles": chosen.emergency_service.emergency_radius_miles or limits_.service_radius_miles,
            "zip_include": limits_.zip_include,
            "zip_exclude": limits_.zip_exclude,
        },
        "users": [user_json(user) for user in people],
        "timezone": tenant.timezone,
        "status": tenant.status,
        "onboarding_completed": tenant.onboarding_completed,
        "version": tenant.settings_version,
    }


def address_json(tenant: Tenant) -> dict[str, Any]:
    return {
        "street_address": tenant.street_address,
        "unit": None,
        "city": tenant.city,
        "state": tenant.state,
        "postal_code": tenant.postal_code,
        "country": "US",
        "latitude": tenant.latitude,
        "longitude": tenant.longitude,
    }


def settings_json(tenant: Tenant) -> dict[str, Any]:
    told = tenant.settings.model_dump(mode="json", by_alias=True)
    return {"tenant_id": str(tenant.id), "version": tenant.settings_version} | told
