"""Telling the contractor: one notice, a delivery per channel, the next channel when one fails (behaviour.md 2.10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import events, usage, watching
from app.clock import now
from app.errors import NotFound
from app.extensions import db, uuid7
from app.notifications import digest, throttle
from app.notifications.plan import Step, Wish, quiet_until, steps
from app.notifications.rows import RETRIES, Delivery, Notification
from app.notifications.words import QUIET, THROTTLED, Category, Channel, DeliveryStatus
from app.queue import Job, ring
from app.usage import UsageType
from app.users import User

__all__ = ["Category", "Channel", "Delivery", "DeliveryStatus", "Notification", "quiet_until"]

RETRY_SECONDS = (30, 120, 600)
WAITING = (DeliveryStatus.queued, DeliveryStatus.deferred, DeliveryStatus.retrying)
UNDONE = (*WAITING, DeliveryStatus.sending)


@dataclass(frozen=True)
class Extras:
    """What few notices have: their thread, data for the pages, how stubbornly they are delivered."""

    conversation_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    max_retries: int = RETRIES


def tell(
    user: User,
    *,
    title: str,
    body: str,
    category: Category,
    channels: Sequence[Channel],
    dedupe_key: str,
    urgency: str = "medium",
    action_path: str | None = None,
    wish: Wish | None = None,
    extras: Extras = Extras(),
) -> Notification | None:
    """Tell a person something once per `dedupe_key`; None when it was told before.

    Every channel asked for is tried, each under the order of decision of behaviour.md 2.10 (`plan`).
    """
    made = insert(Notification).values(
        id=uuid7(),
        tenant_id=user.tenant_id,
        user_id=user.id,
        dedupe_key=dedupe_key,
        title=title[:120],
        body=body[:1000],
        category=category,
        urgency=urgency,
        action_path=action_path,
        payload=dict(extras.payload),
        conversation_id=extras.conversation_id,
        max_retries=extras.max_retries,
        created_at=now(),
    )
    free_at = throttle.free_at(user, extras.conversation_id) if category == Category.new_message else throttle.never
    notice = db.session.scalar(made.on_conflict_do_nothing().returning(Notification))
    if notice is None:
        return None
    planned = steps(user, channels, wish or Wish(category, urgency), now(), free_at=free_at)
    for position, step in enumerate(planned):
        if step.why == THROTTLED:
            throttle.merge(user, extras.conversation_id, step.channel)
        db.session.add(_delivery(user, notice.id, position, step))
    ring(Job.drain_alerts)
    _announce(notice, is_pushed=False)
    return notice


def _announce(notice: Notification, *, is_pushed: bool) -> None:
    told = {"id": notice.id, "status": "accepted", "title": notice.title, "category": notice.category}
    told |= {"urgency": notice.urgency, "to_user_id": notice.user_id, "pushed": is_pushed}
    events.publish(notice.tenant_id, "notification.created", told)


def show(delivery: Delivery) -> None:
    """Push a notice to the open pages of its person; without one this channel has failed."""
    if watching.is_watching(delivery.notification.user_id):
        _announce(delivery.notification, is_pushed=True)
        delivered(delivery, "page", is_final=True)
    else:
        failed(delivery, "no page is open", is_permanent=True)


def _delivery(user: User, notification_id: UUID, position: int, step: Step) -> Delivery:
    return Delivery(
        tenant_id=user.tenant_id,
        notification_id=notification_id,
        position=position,
        channel=step.channel,
        status=step.status,
        why=step.why,
        due_at=step.due_at,
        expires_at=step.expires_at,
    )


def claim(limit: int, lease_seconds: int = 60) -> list[UUID]:
    """Take due deliveries under a lease; an expired lease of `sending` is taken again only for e-mail."""
    due = (
        select(Delivery)
        .where(Delivery.status.in_(UNDONE), Delivery.due_at <= now())
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    taken = []
    for delivery in db.session.scalars(due).all():
        if delivery.told_with_id is not None:
            continue
        if delivery.status == DeliveryStatus.sending and delivery.channel == Channel.sms:
            # The answer was lost with its worker: the token's callback will tell, a second text may not.
            delivery.status = DeliveryStatus.unknown
            continue
        if delivery.expires_at <= now():
            delivery.why = "too late to be of use"
            give_up(delivery)
            continue
        digest.gather(delivery)
        delivery.status, delivery.attempts, delivery.sent_at = DeliveryStatus.sending, delivery.attempts + 1, now()
        delivery.due_at = now() + timedelta(seconds=lease_seconds)
        taken.append(delivery.id)
    return taken


def delivered(delivery: Delivery, provider_id: str, *, is_final: bool, cost: float = 0.0) -> None:
    """The provider took it; `is_final` when no receipt is to come."""
    delivery.provider_id = provider_id
    delivery.status = DeliveryStatus.delivered if is_final else DeliveryStatus.accepted
    delivery.delivered_at = now() if is_final else None
    details = {"channel": delivery.channel, "cost": cost}
    key = f"{delivery.id}:{delivery.attempts}"
    usage.report(delivery.tenant_id, "notification-service", key, UsageType.notification_sent, details=details)


def failed(delivery: Delivery, why: str, *, is_permanent: bool) -> None:
    """The provider refused or did not answer: again later, or never on this channel."""
    delivery.why = why[:500]
    again_at = now() + timedelta(seconds=RETRY_SECONDS[min(delivery.attempts, len(RETRY_SECONDS)) - 1])
    is_last = delivery.attempts > delivery.notification.max_retries or again_at >= delivery.expires_at
    if is_permanent or is_last:
        give_up(delivery)
        return
    delivery.status, delivery.due_at = DeliveryStatus.retrying, again_at


def give_up(delivery: Delivery) -> None:
    """This channel failed for good: the next of the list that still waits leaves at once, except in quiet hours."""
    delivery.status = DeliveryStatus.failed
    following = (
        select(Delivery.id)
        .where(
            Delivery.notification_id == delivery.notification_id,
            Delivery.position > delivery.position,
            Delivery.status.in_(WAITING),
            func.coalesce(Delivery.why, "") != QUIET,
        )
        .order_by(Delivery.position)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    values = {"status": DeliveryStatus.queued, "due_at": now(), "why": f"{delivery.channel} failed"}
    moved = db.session.execute(update(Delivery).where(Delivery.id == following).values(**values))
    if moved.rowcount:  # type: ignore[attr-defined]
        ring(Job.drain_alerts)


def told_to(user: User, *, is_unread: bool | None = None) -> Select[Notification]:
    """What a person was told."""
    rows = select(Notification).where(Notification.tenant_id == user.tenant_id, Notification.user_id == user.id)
    if is_unread is None:
        return rows
    return rows.where(Notification.read_at.is_(None) if is_unread else Notification.read_at.is_not(None))


def of(user: User, notification_id: UUID) -> Notification:
    """A notice of that person; a stranger's id is not found."""
    found = db.session.scalar(told_to(user).where(Notification.id == notification_id))
    if found is None:
        raise NotFound("There is no such notification.")
    return found


def by_key(user: User, dedupe_key: str) -> Notification | None:
    """What the person was told under that key."""
    return db.session.scalar(told_to(user).where(Notification.dedupe_key == dedupe_key))


def opened(user: User, conversation_id: UUID) -> bool:
    """The person looks at a thread: what was to be told about it is seen; False when there was nothing."""
    about = told_to(user, is_unread=True).where(Notification.conversation_id == conversation_id)
    unread = db.session.scalars(about).all()
    for notification in unread:
        mark_read(notification)
    return bool(unread)


def mark_read(notification: Notification) -> None:
    """The person has seen it: deliveries that have not left yet are not needed any more."""
    if notification.read_at is not None:
        return
    notification.read_at = now()
    for delivery in notification.deliveries:
        if delivery.status in WAITING:
            delivery.status, delivery.why = DeliveryStatus.suppressed, "read on a page"


def by_token(token: str) -> Delivery | None:
    """The alert text with that token in its status callback."""
    return db.session.scalar(select(Delivery).where(Delivery.token == token))


def overdue() -> bool:
    """Whether a delivery waits that a drain should have taken."""
    waits = select(Delivery.id).where(Delivery.status.in_(UNDONE), Delivery.due_at <= now())
    return db.session.scalar(waits.limit(1)) is not None
