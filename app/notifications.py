"""Telling the contractor: one notice, a delivery per channel, the next channel when one fails (behaviour.md 2.10)."""

import enum
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import events, messages, usage
from app.clock import now
from app.errors import NotFound
from app.extensions import db, uuid7
from app.queue import Job, ring
from app.usage import UsageType
from app.users import User

RETRY_SECONDS = (30, 120, 600)
EXPIRES = {"high": timedelta(minutes=10)}
DEFAULT_EXPIRY = timedelta(hours=24)


class Category(enum.StrEnum):
    missed_call = enum.auto()
    new_message = enum.auto()
    appointment_reminder = enum.auto()
    billing_alert = enum.auto()
    compliance_update = enum.auto()
    system_announcement = enum.auto()


class Channel(enum.StrEnum):
    push = enum.auto()
    sms = enum.auto()
    email = enum.auto()


class DeliveryStatus(enum.StrEnum):
    queued = enum.auto()
    deferred = enum.auto()
    sending = enum.auto()
    accepted = enum.auto()
    delivered = enum.auto()
    retrying = enum.auto()
    failed = enum.auto()
    unknown = enum.auto()
    suppressed = enum.auto()


class Notification(db.Model):
    __tablename__ = "notification"
    __table_args__ = (UniqueConstraint("tenant_id", "dedupe_key"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), index=True)
    dedupe_key: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    category: Mapped[Category]
    urgency: Mapped[str] = mapped_column(default="medium")
    action_path: Mapped[str | None]
    payload: Mapped[dict] = mapped_column(JSONB, default=dict)
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deliveries: Mapped[list["Delivery"]] = relationship(back_populates="notification", order_by="Delivery.position")


class Delivery(db.Model):
    """One channel's try to reach a person; the first that works is enough when the list is a fallback."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_todo", "due_at", postgresql_where="status IN ('queued', 'deferred', 'retrying', 'sending')"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"), index=True)
    position: Mapped[int]
    channel: Mapped[Channel]
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.queued)
    why: Mapped[str | None]
    token: Mapped[str] = mapped_column(unique=True, default=messages.new_token)
    provider_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    notification: Mapped[Notification] = relationship(back_populates="deliveries")


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
) -> Notification | None:
    """Tell a person something once per `dedupe_key`; None when it was told before.

    Every channel asked for is tried, each under the preferences of behaviour.md 2.10; high urgency passes quiet hours.
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
        payload={},
        created_at=now(),
    )
    notification_id = db.session.scalar(made.on_conflict_do_nothing().returning(Notification.id))
    if notification_id is None:
        return None
    for position, channel in enumerate(channels):
        db.session.add(_delivery(user, notification_id, position, channel, urgency))
    ring(Job.drain_alerts)
    told = {"id": notification_id, "status": "accepted", "title": title[:120], "category": category, "urgency": urgency}
    told["to_user_id"] = user.id
    events.publish(user.tenant_id, "notification.created", told)
    return db.session.get(Notification, notification_id)


def _delivery(user: User, notification_id: UUID, position: int, channel: Channel, urgency: str) -> Delivery:
    moment = now()
    why = _suppressed(user, channel)
    opens = None if urgency == "high" or channel == Channel.email else quiet_until(user, moment)
    status = DeliveryStatus.suppressed if why else DeliveryStatus.deferred if opens else DeliveryStatus.queued
    due = opens or moment
    return Delivery(
        tenant_id=user.tenant_id,
        notification_id=notification_id,
        position=position,
        channel=channel,
        status=status,
        why=why,
        due_at=due,
        expires_at=due + EXPIRES.get(urgency, DEFAULT_EXPIRY),
    )


def _suppressed(user: User, channel: Channel) -> str | None:
    if channel == Channel.sms and not user.verified_phone:
        return "phone not verified"
    if channel == Channel.sms and not user.alerts_by_text:
        return "alert texts are switched off"
    if channel == Channel.push:
        return "no device is registered for push; the open pages were told"
    return None


def quiet_until(user: User, moment: datetime) -> datetime | None:
    """When the person's quiet hours end, if they are on now; None otherwise (default 22:00-07:00)."""
    quiet = {"enabled": True, "start": "22:00", "end": "07:00"} | user.preferences.get("quiet_hours", {})
    if not quiet["enabled"]:
        return None
    local = moment.astimezone(ZoneInfo(user.tenant.timezone))
    start, end, clock = quiet["start"], quiet["end"], local.strftime("%H:%M")
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return None
    opens = local.replace(hour=int(end[:2]), minute=int(end[3:]), second=0, microsecond=0)
    return (
        opens
        if opens > local
        else datetime.combine(local.date() + timedelta(days=1), time.fromisoformat(end), local.tzinfo)
    )


def claim(limit: int, lease_seconds: int = 60) -> list[UUID]:
    """Take due deliveries under a lease; an expired lease of `sending` is taken again only for e-mail."""
    due = (
        select(Delivery)
        .where(
            Delivery.status.in_(
                (DeliveryStatus.queued, DeliveryStatus.deferred, DeliveryStatus.retrying, DeliveryStatus.sending)
            ),
            Delivery.due_at <= now(),
        )
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    taken = []
    for delivery in db.session.scalars(due):
        if delivery.status == DeliveryStatus.sending and delivery.channel == Channel.sms:
            # The answer was lost with its worker: the token's callback will tell, a second text may not.
            delivery.status = DeliveryStatus.unknown
            continue
        if delivery.expires_at <= now():
            delivery.status, delivery.why = DeliveryStatus.failed, "too late to be of use"
            continue
        delivery.status, delivery.attempts = DeliveryStatus.sending, delivery.attempts + 1
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
    if is_permanent or delivery.attempts > len(RETRY_SECONDS):
        delivery.status = DeliveryStatus.failed
        return
    delivery.status = DeliveryStatus.retrying
    delivery.due_at = now() + timedelta(seconds=RETRY_SECONDS[delivery.attempts - 1])


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


def mark_read(notification: Notification) -> None:
    """The person has seen it: deliveries that have not left yet are not needed any more."""
    if notification.read_at is not None:
        return
    notification.read_at = now()
    for delivery in notification.deliveries:
        if delivery.status in (DeliveryStatus.queued, DeliveryStatus.deferred, DeliveryStatus.retrying):
            delivery.status, delivery.why = DeliveryStatus.suppressed, "read on a page"


def by_token(token: str) -> Delivery | None:
    """The alert text with that token in its status callback."""
    return db.session.scalar(select(Delivery).where(Delivery.token == token))


def overdue() -> bool:
    """Whether a delivery waits that a drain should have taken."""
    waits = select(Delivery.id).where(
        Delivery.status.in_(
            (DeliveryStatus.queued, DeliveryStatus.deferred, DeliveryStatus.retrying, DeliveryStatus.sending)
        ),
        Delivery.due_at <= now(),
    )
    return db.session.scalar(waits.limit(1)) is not None
