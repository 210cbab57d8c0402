"""The rows of notices: what somebody was told, and how each channel fared."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import messages
from app.clock import now
from app.extensions import db, uuid7
from app.notifications.words import Category, Channel, DeliveryStatus

RETRIES = 3


class Notification(db.Model):
    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("tenant_id", "dedupe_key"),
        Index("ix_notification_about", "conversation_id", postgresql_where="conversation_id IS NOT NULL"),
    )
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
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    """The thread that it is about: several notices about one are throttled until it is opened."""
    max_retries: Mapped[int] = mapped_column(default=RETRIES)
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
    told_with_id: Mapped[UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    """The delivery whose text tells this as well, after quiet hours."""
    sent_at: Mapped[datetime | None]
    """When it was last handed to the provider."""
    delivered_at: Mapped[datetime | None]
    notification: Mapped[Notification] = relationship(back_populates="deliveries")
