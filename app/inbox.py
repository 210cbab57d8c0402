"""Webhooks as they came: stored once before they are believed, handled by a drain, swept when forgotten, replayable."""

import enum
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import tracing
from app.clock import now
from app.errors import Conflict
from app.extensions import db, uuid7
from app.queue import Job, ring

MAX_ATTEMPTS = 6
BACKOFF_SECONDS = (1, 5, 30, 120, 600)


class WebhookStatus(enum.StrEnum):
    received = enum.auto()
    handled = enum.auto()
    ignored = enum.auto()
    """Ours to answer, not ours to act on: unknown number, foreign account."""
    failed = enum.auto()


class Webhook(db.Model):
    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("kind", "event_id"),
        Index("ix_webhook_todo", "due_at", postgresql_where="status = 'received'"),
        Index("ix_webhook_failed", "id", postgresql_where="status = 'failed'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    event_id: Mapped[str]
    payload: Mapped[dict] = mapped_column(JSONB)
    status: Mapped[WebhookStatus] = mapped_column(default=WebhookStatus.received)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None]
    request_id: Mapped[str | None] = mapped_column(index=True)
    replays: Mapped[int] = mapped_column(default=0)
    recovered: Mapped[bool] = mapped_column(default=False)
    """Found by reconciliation: the provider knew of it, no webhook ever came."""
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    handled_at: Mapped[datetime | None]


class NotReplayable(Conflict):
    code = "WEBHOOK_NOT_REPLAYABLE"


def receive(kind: str, event_id: str, payload: Mapping[str, Any], *, recovered: bool = False) -> UUID | None:
    """Store one webhook and wake its drain; None when the same event came before."""
    row = {
        "id": uuid7(),
        "kind": kind,
        "event_id": event_id,
        "payload": json.dumps(clean(payload)),
        "recovered": recovered,
        "moment": now(),
        "request_id": tracing.request_id(),
    }
    webhook_id = db.session.connection().execute(STORE, row).scalar()
    if webhook_id is not None:
        ring(Job.drain_inbox)
    return webhook_id


# Written out because it runs for every webhook: building it anew costs more than running it.
STORE = text("""
INSERT INTO webhook (id, kind, event_id, payload, status, attempts, replays, recovered, due_at, received_at, request_id)
VALUES (:id, :kind, :event_id, CAST(:payload AS jsonb), 'received', 0, 0, :recovered, :moment, :moment, :request_id)
ON CONFLICT DO NOTHING RETURNING id
""")


def clean(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without NUL, which PostgreSQL refuses in text (twilio.md A10)."""
    return {key: value.replace("\x00", "") if isinstance(value, str) else value for key, value in payload.items()}


def claim(limit: int) -> Sequence[Webhook]:
    """Lock due webhooks until the end of this transaction, oldest first; other drains pass over them."""
    due = (
        select(Webhook)
        .where(Webhook.status == WebhookStatus.received, Webhook.due_at <= now())
        .order_by(Webhook.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(due).all()


def finish(webhooks: Sequence[Webhook], status: WebhookStatus = WebhookStatus.handled) -> None:
    """Write down that these are done."""
    ids = [webhook.id for webhook in webhooks]
    db.session.execute(
        update(Webhook)
        .where(Webhook.id.in_(ids))
        .values(status=status, handled_at=now(), attempts=Webhook.attempts + 1),
        execution_options={"synchronize_session": False},
    )


def finish_now(kind: str, event_id: str) -> None:
    """Write down that a webhook of this transaction needs no job."""
    db.session.execute(
        update(Webhook)
        .where(Webhook.kind == kind, Webhook.event_id == event_id)
        .values(status=WebhookStatus.handled, handled_at=now())
    )


def postpone(webhook_id: UUID, error: str) -> None:
    """Write down a failure: try again later, and after six tries leave it to people."""
    webhook = db.session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None:
        return
    webhook.attempts += 1
    webhook.error = error[:2000]
    if webhook.attempts >= MAX_ATTEMPTS:
        webhook.status = WebhookStatus.failed
        return
    webhook.due_at = now() + timedelta(seconds=BACKOFF_SECONDS[webhook.attempts - 1])


def replay(webhook: Webhook) -> None:
    """Give a failed webhook one more attempt, with its original time and its de-duplication."""
    if webhook.status != WebhookStatus.failed:
        raise NotReplayable("Only a failed webhook can be replayed.")
    webhook.status = WebhookStatus.received
    webhook.replays += 1
    webhook.attempts = MAX_ATTEMPTS - 1
    webhook.due_at = now()
    ring(Job.drain_inbox)


def overdue() -> bool:
    """Whether a webhook waits that a drain should have taken."""
    waits = select(Webhook.id).where(Webhook.status == WebhookStatus.received, Webhook.due_at <= now()).limit(1)
    return db.session.scalar(waits) is not None


def count(*statuses: WebhookStatus) -> int:
    """How many webhooks are in one of these states."""
    wanted = or_(*(Webhook.status == status for status in statuses))
    return db.session.scalar(select(func.count()).select_from(Webhook).where(wanted)) or 0
