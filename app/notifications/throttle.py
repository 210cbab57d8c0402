"""Bursts about one conversation: one at once, then one in five minutes until it is opened (behaviour.md 2.10)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from app.extensions import db
from app.notifications.rows import Delivery, Notification
from app.notifications.words import THROTTLED, Channel, DeliveryStatus
from app.users import User

BETWEEN_NOTICES = timedelta(minutes=5)


def never(_channel: Channel) -> datetime | None:
    """No channel has to wait."""
    return None


def free_at(user: User, conversation_id: UUID | None) -> Callable[[Channel], datetime | None]:
    """Until when each channel has to wait, because a notice about the same thread is younger and still unopened."""
    if conversation_id is None:
        return never
    last = (
        select(Delivery.channel, func.max(func.coalesce(Delivery.sent_at, Delivery.due_at)))
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(
            Notification.conversation_id == conversation_id,
            Notification.user_id == user.id,
            Notification.read_at.is_(None),
            Delivery.status.not_in((DeliveryStatus.suppressed, DeliveryStatus.failed)),
            func.coalesce(Delivery.why, "") != THROTTLED,
        )
        .group_by(Delivery.channel)
    )
    used = {channel: at + BETWEEN_NOTICES for channel, at in db.session.execute(last)}
    return used.get


def merge(user: User, conversation_id: UUID | None, channel: Channel) -> None:
    """The newest of a burst is told; what waited before it is seen in the thread."""
    about = select(Notification.id).where(
        Notification.conversation_id == conversation_id, Notification.user_id == user.id
    )
    waiting = update(Delivery).where(
        Delivery.notification_id.in_(about),
        Delivery.channel == channel,
        Delivery.status == DeliveryStatus.deferred,
        Delivery.why == THROTTLED,
    )
    db.session.execute(waiting.values(status=DeliveryStatus.suppressed, why="a newer notice about the conversation"))
