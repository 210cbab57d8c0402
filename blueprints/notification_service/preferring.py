"""notification-service: how a person wants to be told (interfaces.md, GET and PUT /notification-preferences)."""

from typing import Any
from uuid import UUID

from flask import g, jsonify
from flask.typing import ResponseReturnValue

from app import audit, users
from app.errors import Forbidden
from app.extensions import db
from app.notifications import preferences
from app.users import Role, User
from blueprints import guards
from blueprints.notification_service import UserNotFound, bp
from blueprints.reading import query, read_any, version_wanted
from blueprints.schemas.notification_service import Whose


@bp.get("/notification-preferences")
@guards.also_for("notify")
def show_preferences() -> ResponseReturnValue:
    """What this person wants to hear, and how."""
    return jsonify(preferences_json(_whose(query(Whose).user_id)))


@bp.put("/notification-preferences")
@guards.also_for("notify")
def change_preferences() -> ResponseReturnValue:
    """Change some preferences; missing keys stay, unknown ones are refused."""
    user, changes = _whose(query(Whose).user_id), read_any()
    locked = db.session.get_one(User, user.id, with_for_update=True, populate_existing=True)
    before = {name: locked.preferences.get(name) for name in changes}
    preferences.change(locked, changes, version=version_wanted())
    audit.record(
        "preferences.update", str(locked.id), actor=guards.actor(), tenant_id=locked.tenant_id,
        before=before, after={name: locked.preferences.get(name) for name in changes},
    )  # fmt: skip
    db.session.commit()
    return jsonify(preferences_json(locked))


def _whose(user_id: UUID | None) -> User:
    """One's own; a program says whose, the owner's unless it does."""
    me = guards.require(Role.viewer)
    if user_id is None or user_id == me.id:
        return me
    if g.get("service_key") is None:
        raise Forbidden("Everybody has his own preferences.")
    found = users.of(me.tenant_id, user_id)
    if found is None:
        raise UserNotFound("There is no such user.")
    return found


def preferences_json(user: User) -> dict[str, Any]:
    told = preferences.of(user).model_dump(mode="json")
    zone = told["quiet_hours"]["timezone"] or user.tenant.timezone
    return told | {"quiet_hours": told["quiet_hours"] | {"timezone": zone}, "version": user.preferences_version}
