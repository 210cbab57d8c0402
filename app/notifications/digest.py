"""What waited through quiet hours is told in one text when they end, if the person wants it so (behaviour.md 2.10)."""

from sqlalchemy import select, update

from app.clock import now
from app.extensions import db
from app.notifications import preferences
from app.notifications.rows import Delivery, Notification
from app.notifications.words import QUIET, TOGETHER, DeliveryStatus
from app.users import User

MOST = 480


def gather(delivery: Delivery) -> None:
    """Let a text that is about to leave after quiet hours tell what else waited for the same person and channel."""
    user = db.session.get_one(User, delivery.notification.user_id)
    if delivery.status != DeliveryStatus.deferred or delivery.why != QUIET:
        return
    if preferences.of(user).quiet_hours.mode != "digest":
        return
    others = (
        select(Delivery.id)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(
            Notification.user_id == user.id,
            Delivery.channel == delivery.channel,
            Delivery.status == DeliveryStatus.deferred,
            Delivery.why == QUIET,
            Delivery.due_at <= now(),
            Delivery.id != delivery.id,
        )
        .with_for_update(skip_locked=True, of=Delivery)
    )
    told = {"status": DeliveryStatus.suppressed, "why": TOGETHER, "told_with_id": delivery.id}
    ids = list(db.session.scalars(others))
    db.session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(**told))


def words(delivery: Delivery) -> str:
    """The text of a delivery, with what it tells for others."""
    titles = (
        select(Notification.title)
        .join(Delivery, Delivery.notification_id == Notification.id)
        .where(Delivery.told_with_id == delivery.id)
        .order_by(Notification.created_at)
    )
    others = list(db.session.scalars(titles))
    if not others:
        return delivery.notification.body
    told = "; ".join([delivery.notification.title, *others])
    return f"{len(others) + 1} notices: {told}"[:MOST]
