"""notification-service: notices, emergencies that climb until somebody takes them, tickets for the event stream."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from app import audit, conversations, escalations, notifications, tickets, users
from app.clock import now
from app.conversations import command
from app.errors import Conflict, Invalid, NotFound
from app.escalations import Escalation, EscalationState
from app.extensions import db
from app.notifications import Delivery, Notification
from app.users import Role
from blueprints import guards
from blueprints.paging import listed
from blueprints.reading import query, read
from blueprints.repeating import once
from blueprints.schemas.notification_service import Acknowledge, Escalate, Notices, StreamTicket
from blueprints.shapes import moment

bp = Blueprint("notification_service", __name__)


class EscalationClosed(Conflict):
    code = "ESCALATION_CLOSED"


class NoReachableContact(Invalid):
    code = "NO_REACHABLE_CONTACT"


class UserNotFound(NotFound):
    code = "USER_NOT_FOUND"


@bp.post("/events/ticket")
def issue_ticket() -> ResponseReturnValue:
    """A name with which a page opens the event stream within a minute."""
    body, user = read(StreamTicket), guards.require(Role.viewer)
    ticket = tickets.issue(
        user.id, user.tenant_id, session_id=g.get("session_id"), event_types=tuple(sorted(set(body.event_types)))
    )
    return jsonify(ticket=ticket, connect_within=tickets.CONNECT_WITHIN), 201


@bp.get("/notifications")
def list_notices() -> ResponseReturnValue:
    """What this person was told, newest first."""
    wanted, user = query(Notices), guards.require(Role.viewer)
    rows = notifications.told_to(user, is_unread=wanted.unread)
    return jsonify(listed(rows, wanted, by=Notification.created_at, key=Notification.id, shape=notification_json))


@bp.get("/notifications/<uuid:notification_id>")
def show_notice(notification_id: UUID) -> ResponseReturnValue:
    """One notice with its deliveries."""
    return jsonify(notification_json(notifications.of(guards.require(Role.viewer), notification_id)))


@bp.post("/notifications/<uuid:notification_id>/read")
def mark_read(notification_id: UUID) -> ResponseReturnValue:
    """The person has seen it, so that channels which have not been tried yet are spared."""
    notice = notifications.of(guards.require(Role.viewer), notification_id)
    notifications.mark_read(notice)
    db.session.commit()
    return jsonify(notification_json(notice))


@bp.post("/notifications/escalate")
@guards.also_for("notify")
@once
def escalate() -> ResponseReturnValue:
    """Start the ladder of a conversation, or raise the one that runs."""
    body, by = read(Escalate), guards.require(Role.operator)
    if body.tenant_id is not None:
        guards.same_tenant(body.tenant_id)
    tenant = guards.current_tenant()
    if body.user_id is not None and users.of(tenant.id, body.user_id) is None:
        raise UserNotFound("There is no such user.")
    thread = conversations.of(tenant.id, body.conversation_id, lock=True)
    ladder = escalations.open_for(
        tenant,
        thread,
        level=body.escalation_level,
        summary=body.summary or thread.last_message,
        waits_for_acceptance=body.hold_calls_until_accepted,
    )
    if ladder is None:
        raise NoReachableContact("Nobody of this business can be reached.")
    audit.record("escalation.open", str(ladder.id), actor=guards.actor(), tenant_id=tenant.id, reason=f"asked by {by}")
    db.session.commit()
    return jsonify(escalation_json(ladder) | {"plan": plan_json(ladder)}), 202


@bp.get("/notifications/escalations/<uuid:escalation_id>")
def show_escalation(escalation_id: UUID) -> ResponseReturnValue:
    """How an emergency stands."""
    return jsonify(escalation_json(escalations.of(guards.current_tenant_id(), escalation_id)))


@bp.post("/notifications/escalations/<uuid:escalation_id>/ack")
def acknowledge(escalation_id: UUID) -> ResponseReturnValue:
    """Take it, or let the next rung come at once."""
    body, user = read(Acknowledge), guards.require(Role.operator)
    found = escalations.of(user.tenant_id, escalation_id)
    thread = conversations.of(user.tenant_id, found.conversation_id, lock=True)
    ladder = escalations.of(user.tenant_id, escalation_id, lock=True)
    if ladder.state != EscalationState.open:
        told = {"state": ladder.state, "acknowledged_by": ladder.acknowledged_by, "at": moment(ladder.closed_at)}
        raise EscalationClosed("This alert is closed already.", details=told)
    if body.action == "accept":
        command.acknowledged(ladder, thread, by=str(user), via="web")
    else:
        escalations.pass_on(ladder)
    db.session.commit()
    return jsonify(escalation_json(ladder))


def notification_json(notice: Notification) -> dict[str, Any]:
    return {
        "id": str(notice.id),
        "title": notice.title,
        "body": notice.body,
        "category": notice.category,
        "urgency": notice.urgency,
        "action_url": notice.action_path,
        "created_at": moment(notice.created_at),
        "read_at": moment(notice.read_at),
        "deliveries": [delivery_json(delivery) for delivery in notice.deliveries],
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": delivery.channel,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "why": delivery.why,
        "delivered_at": moment(delivery.delivered_at),
    }


def escalation_json(ladder: Escalation) -> dict[str, Any]:
    return {
        "escalation_id": str(ladder.id),
        "conversation_id": str(ladder.conversation_id),
        "state": ladder.state,
        "level": ladder.level,
        "summary": ladder.summary,
        "next_step_at": moment(ladder.next_step_at),
        "acknowledged_by": ladder.acknowledged_by,
        "via": ladder.acknowledged_via,
    }


def plan_json(ladder: Escalation) -> list[dict[str, Any]]:
    """The rungs that are to come: the calls, as far as they are not held back."""
    if ladder.waits_for_acceptance or ladder.next_step_at is None:
        return []
    minutes = guards.current_tenant().settings.escalation.emergency_step_minutes
    left = max(0, escalations.CALL_TRIES - ladder.calls_made)
    first = max(ladder.next_step_at, now())
    return [
        {"level": 3, "action": "phone_call", "due_at": moment(first + timedelta(minutes=minutes * number))}
        for number in range(left)
    ]


from blueprints.notification_service import preferring, sending  # noqa: E402 - they hang their views on the blueprint

__all__ = ["bp", "preferring", "sending"]
