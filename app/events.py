"""What happened, told once: a row in the transaction of the fact, relayed to consumers and to the tenant's live stream.

At least once, per-conversation order kept, consumers idempotent by the event's id (interfaces.md 1.7 and 1.8).
"""

import enum
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from redis import RedisError
from sqlalchemy import ForeignKey, Index, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app import queue, tracing
from app.clock import now
from app.errors import Conflict
from app.extensions import db, uuid7
from app.queue import Job, ring

log = logging.getLogger(__name__)

KEEP_ENTRIES = 2_000
KEEP_SECONDS = 24 * 3600
MAX_ATTEMPTS = 6
BACKOFF_SECONDS = (5, 30, 120, 600, 3600)


class EventStatus(enum.StrEnum):
    waiting = enum.auto()
    relayed = enum.auto()
    failed = enum.auto()


class Event(db.Model):
    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_todo", "due_at", "id", postgresql_where="status = 'waiting'"),
        Index("ix_event_failed", "id", postgresql_where="status = 'failed'"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), index=True)
    name: Mapped[str]
    payload: Mapped[dict] = mapped_column(JSONB)
    status: Mapped[EventStatus] = mapped_column(default=EventStatus.waiting)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str | None]
    correlation_id: Mapped[str | None]
    request_id: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(default=now)


class NotRetryable(Conflict):
    code = "EVENT_NOT_RETRYABLE"


Consumer = Callable[[Event], None]
_consumers: dict[str, list[Consumer]] = {}

LIVE = {
    "call.incoming",
    "call.missed",
    "conversation.created",
    "conversation.updated",
    "message.created",
    "message.status",
    "lead.updated",
    "appointment.confirmed",
    "appointment.updated",
    "task.updated",
    "escalation.updated",
    "notification.created",
    "subscription.updated",
    "registration.updated",
    "settings.updated",
    "calendar.updated",
}
"""The events that pages hear of; the rest stays between the services."""


def consumes(name: str) -> Callable[[Consumer], Consumer]:
    """Register a function that is called for each event of that name, at least once."""

    def register(consumer: Consumer) -> Consumer:
        _consumers.setdefault(name, []).append(consumer)
        return consumer

    return register


def row(tenant_id: UUID, name: str, payload: Mapping[str, Any], correlation_id: str | None = None) -> dict[str, Any]:
    """The values of one event row, for bulk inserts."""
    moment = now()
    return {
        "id": uuid7(),
        "tenant_id": tenant_id,
        "name": name,
        "payload": json.loads(json.dumps(payload, default=str)),
        "status": EventStatus.waiting,
        "attempts": 0,
        "due_at": moment,
        "occurred_at": moment,
        "correlation_id": correlation_id,
        "request_id": tracing.request_id(),
    }


def publish(tenant_id: UUID, name: str, payload: Mapping[str, Any], correlation_id: str | None = None) -> None:
    """Tell everybody whom it concerns, once this transaction commits."""
    db.session.add(Event(**row(tenant_id, name, payload, correlation_id)))
    ring(Job.drain_events)


def claim(limit: int) -> Sequence[Event]:
    """Lock waiting events until the end of this transaction, oldest first."""
    waiting = (
        select(Event)
        .where(Event.status == EventStatus.waiting, Event.due_at <= now())
        .order_by(Event.due_at, Event.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(waiting).all()


def consume(event: Event) -> None:
    """Run the consumers of one event under a savepoint of the caller's transaction; most events have none."""
    if (concerned := _consumers.get(event.name)) is None:
        return
    with db.session.begin_nested():
        for consumer in concerned:
            consumer(event)


def finish(events: Sequence[Event]) -> None:
    """Write down that these were relayed."""
    db.session.execute(
        update(Event).where(Event.id.in_([event.id for event in events])).values(status=EventStatus.relayed),
        execution_options={"synchronize_session": False},
    )


def postpone(event_id: UUID, error: str) -> None:
    """Try again later; after six tries the event stays as an error row that support can read."""
    event = db.session.get(Event, event_id, with_for_update=True)
    if event is None:
        return
    event.attempts += 1
    event.error = error[:2000]
    if event.attempts >= MAX_ATTEMPTS:
        event.status = EventStatus.failed
        return
    event.due_at = now() + timedelta(seconds=BACKOFF_SECONDS[event.attempts - 1])


def retry(event: Event) -> None:
    """Relay a failed event once more; raises NotRetryable for any other."""
    if event.status != EventStatus.failed:
        raise NotRetryable("Only a failed event can be relayed again.")
    event.status, event.attempts, event.due_at = EventStatus.waiting, MAX_ATTEMPTS - 1, now()
    ring(Job.drain_events)


def stream_key(tenant_id: UUID | str) -> str:
    """The Redis stream of a tenant."""
    return queue.key("ev", str(tenant_id))


def stream(events: Sequence[Event]) -> None:
    """Append events to the live streams of their tenants; without Redis the pages poll instead."""
    live = [event for event in events if event.name in LIVE]
    if not live:
        return
    oldest = int((now().timestamp() - KEEP_SECONDS) * 1000)
    pipe = queue.redis().pipeline(transaction=False)
    for event in live:
        name = stream_key(event.tenant_id)
        fields: dict[Any, Any] = {"type": event.name, "data": json.dumps({"event_id": str(event.id), **event.payload})}
        if to_user := event.payload.get("to_user_id"):
            fields["user"] = to_user
        pipe.xadd(name, fields, maxlen=KEEP_ENTRIES, approximate=True)
    for name in {stream_key(event.tenant_id) for event in live}:
        pipe.xtrim(name, minid=oldest, approximate=True)
        pipe.expire(name, 2 * KEEP_SECONDS)
    try:
        pipe.execute()
    except RedisError:
        log.warning("redis is away: live pages poll", extra={"events": len(live)})


def last_id(tenant_id: UUID) -> str:
    """The newest id in a tenant's stream, for a page to connect with."""
    try:
        entries: Any = queue.redis().xrevrange(stream_key(tenant_id), count=1)
    except RedisError:
        return "0-0"
    return entries[0][0].decode() if entries else "0-0"


def overdue() -> bool:
    """Whether an event waits that a drain should have relayed."""
    waits = select(Event.id).where(Event.status == EventStatus.waiting, Event.due_at <= now()).limit(1)
    return db.session.scalar(waits) is not None
