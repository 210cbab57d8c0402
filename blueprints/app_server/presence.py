"""app-server: whether somebody is there, and what he writes to a customer himself."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import audit, conversations, events, users
from app.clock import now
from app.conversations import human, presence
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.users import Role, User
from blueprints import guards
from blueprints.app_server import bp
from blueprints.reading import query, read
from blueprints.repeating import once
from blueprints.schemas import Query
from blueprints.schemas.app_server import ChangeStatus, Reply
from blueprints.shapes import moment
from blueprints.twilio_conversations.shapes import conversation_json, message_json


class UntilInPast(Invalid):
    code = "UNTIL_IN_PAST"


class Whose(Query):
    user_id: UUID | None = None


@bp.get("/users/status")
def show_status() -> ResponseReturnValue:
    """Whether this person, or for the owner somebody else, is there."""
    return jsonify(status_json(_whose(query(Whose).user_id)))


@bp.put("/users/status")
def change_status() -> ResponseReturnValue:
    """Say whether somebody is there; an owner who leaves is not waited for any longer."""
    body = read(ChangeStatus)
    user = _whose(body.user_id)
    if body.until is not None and body.until <= now():
        raise UntilInPast("That time is over.")
    before = user.presence_at(now())
    presence.change(user, body.current_status, body.until)
    user.preferences = user.preferences | {"status_message": body.status_message, "status_changed_at": moment(now())}
    told = {"user_id": user.id, "current_status": user.presence, "until": moment(body.until)}
    told["version"] = round(now().timestamp() * 1000)
    events.publish(user.tenant_id, "user.status_changed", told)
    audit.record(
        "user.status", str(user.id), actor=guards.actor(), tenant_id=user.tenant_id,
        before={"current_status": before}, after={"current_status": user.presence},
    )  # fmt: skip
    db.session.commit()
    return jsonify(status_json(user))


def _whose(user_id: UUID | None) -> User:
    user = guards.require(Role.operator)
    if user_id is None or user_id == user.id:
        return user
    if not user.may(Role.owner):
        raise Forbidden("Only the owner may speak for others.")
    found = users.of(user.tenant_id, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


@bp.post("/conversations/<uuid:conversation_id>/reply")
@once
def reply(conversation_id: UUID) -> ResponseReturnValue:
    """Write to the customer; writing is taking over."""
    body, user = read(Reply), guards.require(Role.operator)
    thread = conversations.of(user.tenant_id, conversation_id, lock=True)
    sent = human.reply(thread, user, body.message)
    audit.record("conversation.reply", str(thread.id), actor=guards.actor(), tenant_id=user.tenant_id)
    db.session.commit()
    return jsonify(message=message_json(sent), conversation=conversation_json(thread))


def status_json(user: User) -> dict[str, Any]:
    is_over = user.presence_at(now()) != user.presence
    return {
        "user_id": str(user.id),
        "current_status": user.presence_at(now()),
        "until": None if is_over else moment(user.presence_until),
        "status_message": "" if is_over else user.preferences.get("status_message", ""),
        "changed_at": user.preferences.get("status_changed_at"),
    }
