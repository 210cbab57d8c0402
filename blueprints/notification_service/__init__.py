"""notification-service: notices, emergencies that climb until somebody takes them, tickets for the event stream."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from app import audit, conversations, escalations, notifications, tickets, users
from app.conversations import Conversation, command
from app.errors import Conflict, Invalid, NotFound
from app.escalations import Action, Escalation, EscalationState, ladder
from app.escalations.ladder import Alarm
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
    first = users.of(tenant.id, body.user_id) if body.user_id is not None else None
    if body.user_id is not None and (first is None or not first.is_active):
        raise UserNotFound("There is no such user.")
    thread = None
    if body.conversation_id is not None:
        thread = conversations.of(tenant.id, body.conversation_id, lock=True)
    alarm = _alarm(body, thread)
    if not ladder.reaches_anybody(tenant, alarm, first):
        db.session.commit()  # the support team's task stands although the caller is refused
        raise NoReachableContact("Nobody of this business can be reached.")
    found = ladder.open_for(tenant, thread, alarm, first=first)
    if found is None:
        raise NoReachableContact("Nobody of this business can be reached.")
    audit.record("escalation.open", str(found.id), actor=guards.actor(), tenant_id=tenant.id, reason=f"asked by {by}")
    db.session.commit()
    return jsonify(escalation_json(found) | {"plan": plan_json(found)}), 202


def _alarm(body: Escalate, thread: Conversation | None) -> Alarm:
    return Alarm(
        level=body.escalation_level,
        summary=body.summary or (thread.last_message if thread is not None else ""),
        max_level=body.max_level,
        is_emergency=body.emergency,
        is_life_safety=body.emergency and thread is not None and bool(thread.dispatch_state.get("hazards")),
        waits_for_acceptance=body.hold_calls_until_accepted,
        channels=body.channels,
    )


@bp.get("/notifications/escalations/<uuid:escalation_id>")
def show_escalation(escalation_id: UUID) -> ResponseReturnValue:
    """How an emergency stands."""
    return jsonify(escalation_json(escalations.of(guards.current_tenant_id(), escalation_id)))


@bp.post("/notifications/escalations/<uuid:escalation_id>/ack")
def acknowledge(escalation_id: UUID) -> ResponseReturnValue:
    """Take it, or let the next rung come at once."""
    body, user = read(Acknowledge), guards.require(Role.operator)
    found = escalations.of(user.tenant_id, escalation_id)
    found, thread = command.lock(found)
    if found.state != EscalationState.open:
        told = {"state": found.state, "acknowledged_by": found.acknowledged_by, "at": moment(found.closed_at)}
        raise EscalationClosed("This alert is closed already.", details=told)
    if body.action == "accept":
        command.acknowledged(found, thread, by=user, via="web")
    else:
        ladder.pass_on(found, user)
    db.session.commit()
    return jsonify(escalation_json(found))


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


def escalation_json(one: Escalation) -> dict[str, Any]:
    return {
        "escalation_id": str(one.id),
        "conversation_id": str(one.conversation_id) if one.conversation_id else None,
        "state": one.state,
        "level": one.level,
        "summary": one.summary,
        "next_step_at": moment(one.next_step_at),
        "acknowledged_by": one.acknowledged_by,
        "via": one.acknowledged_via,
    }


def plan_json(one: Escalation) -> list[dict[str, Any]]:
    """Every rung that is to come, in order; without a time as long as it waits for the customer's yes."""
    coming = [rung for rung in escalations.planned(one) if rung.action != Action.give_up]
    coming.sort(key=lambda rung: (rung.due_at is None, rung.due_at, rung.position))
    return [
        {
            "level": rung.level,
            "action": rung.action,
            "user_id": str(rung.user_id) if rung.user_id else None,
            "due_at": moment(rung.due_at),
        }
        for rung in coming
    ]


from blueprints.notification_service import preferring, sending  # noqa: E402 - they hang their views on the blueprint

__all__ = ["bp", "preferring", "sending"]
