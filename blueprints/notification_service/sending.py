"""notification-service: other services have a person told something (interfaces.md, POST /notifications/send)."""

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from app import conversations, notifications, users
from app.clock import now
from app.conversations import Conversation
from app.errors import Invalid, NotFound
from app.extensions import db, uuid7
from app.notifications import Delivery, DeliveryStatus, Extras, Notification
from app.notifications.plan import HIGH, Wish
from app.notifications.words import Category
from app.users import User
from blueprints import guards, limits
from blueprints.notification_service import UserNotFound, bp
from blueprints.reading import read
from blueprints.repeating import once
from blueprints.schemas.notification_service import Send
from blueprints.shapes import moment


class NoChannels(Invalid):
    code = "NO_CHANNELS"


class ScheduleInPast(Invalid):
    code = "SCHEDULE_IN_PAST"


@bp.post("/notifications/send")
@guards.only_for("notify")
@once
def send() -> ResponseReturnValue:
    """Tell a person something on some channels, once for each dedupe_key."""
    body = read(Send)
    guards.same_tenant(body.tenant_id)
    is_emergency = body.notification.urgency == HIGH and body.notification.category == Category.missed_call
    if not is_emergency:
        limits.spend(limits.NOTIFY, "notify", str(body.tenant_id))
    user = _receiver(body)
    key = f"api:{user.id}:{body.dedupe_key or uuid7()}"
    notice = _tell(user, body, key) or notifications.by_key(user, key)
    db.session.commit()
    if notice is None:
        raise NotFound("There is no such notification.")
    return jsonify(plan_json(notice, ignored=_ignored(body))), 202


def _receiver(body: Send) -> User:
    if not body.channels:
        raise NoChannels("Name one channel at least.")
    if body.delivery_options.schedule_for is not None and body.delivery_options.schedule_for <= now():
        raise ScheduleInPast("That time is over.")
    user = users.of(body.tenant_id, body.user_id)
    if user is None or not user.is_active:
        raise UserNotFound("There is no such user.")
    return user


def _tell(user: User, body: Send, key: str) -> Notification | None:
    told, options = body.notification, body.delivery_options
    thread = _thread(user, told.data)
    return notifications.tell(
        user,
        title=told.title,
        body=told.body,
        category=told.category,
        channels=list(dict.fromkeys(body.channels)),
        dedupe_key=key,
        urgency=told.urgency,
        action_path=told.action_url,
        wish=Wish(
            told.category,
            told.urgency,
            respects_quiet_hours=options.respect_quiet_hours,
            schedule_for=options.schedule_for,
            ttl_minutes=body.ttl_minutes,
        ),
        extras=Extras(
            conversation_id=thread.id if thread else None,
            payload=told.data,
            max_retries=0 if options.retry_on_failure is False else options.max_retries,
        ),
    )


def _thread(user: User, data: dict[str, Any]) -> Conversation | None:
    """The thread that the data name, if it is one of this business."""
    try:
        thread_id = UUID(str(data.get("conversation_id")))
        return conversations.of(user.tenant_id, thread_id)
    except (ValueError, NotFound):
        return None


def _ignored(body: Send) -> list[str]:
    is_asked = body.delivery_options.respect_quiet_hours is False
    return ["respect_quiet_hours"] if is_asked and body.notification.urgency != HIGH else []


def plan_json(notice: Notification, *, ignored: list[str]) -> dict[str, Any]:
    channels = [step_json(delivery) for delivery in notice.deliveries]
    return {"notification_id": str(notice.id), "status": "accepted", "channels": channels, "ignored": ignored}


def step_json(delivery: Delivery) -> dict[str, Any]:
    step: dict[str, Any] = {"channel": delivery.channel, "plan": delivery.status}
    if delivery.status == DeliveryStatus.deferred:
        step["until"] = moment(delivery.due_at)
    return step | ({"why": delivery.why} if delivery.why else {})
