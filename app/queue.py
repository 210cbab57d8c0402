"""The door to RQ: every job by name, enqueued after the commit, and one waiting wake-up per queue.

PostgreSQL is the queue of record. What travels through Redis is only "look, there is work": a lost wake-up costs a few
seconds until the clock rings again, never a text (performance.md 3 and 4).
"""

import enum
import logging

from flask import Flask, current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.extensions import db

log = logging.getLogger(__name__)

WAKE_UP_MS = 30_000


class Job(enum.StrEnum):
    """Each job there is; the value is the function that a worker runs."""

    drain_inbox = "jobs.webhooks.drain"
    drain_outbox = "jobs.messages.drain"
    drain_events = "jobs.events.drain"
    drain_alerts = "jobs.notifications.drain"
    drain_turns = "jobs.conversations.drain"
    drain_bulk = "jobs.bulk.drain"
    sweep = "jobs.sweeps.sweep"


QUEUES = {
    Job.drain_inbox: "inbox",
    Job.drain_outbox: "outbox",
    Job.drain_events: "bulk",
    Job.drain_alerts: "bulk",
    Job.drain_turns: "turns",
    Job.drain_bulk: "bulk",
    Job.sweep: "turns",
}


def init_app(app: Flask, url: str, prefix: str) -> None:
    """Connect without a retry and with short waits: a webhook never waits for Redis."""
    redis = Redis.from_url(
        url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0), health_check_interval=0
    )
    app.extensions["redis"] = redis
    app.extensions["redis_prefix"] = prefix
    app.extensions["queues"] = {
        name: Queue(name, connection=redis, serializer="json") for name in set(QUEUES.values())
    }


def redis() -> Redis:
    """The fail-fast Redis client of this process."""
    return current_app.extensions["redis"]


def key(*parts: str) -> str:
    """A Redis key of ours."""
    return ":".join((current_app.extensions["redis_prefix"], *parts))


def ring(job: Job) -> None:
    """Wake the drain of `job` once the current transaction commits, and never if it rolls back."""
    db.session.info.setdefault("bells", set()).add(job)


def ring_now(job: Job) -> bool:
    """Leave at most one wake-up waiting; False when one waits already or Redis is away."""
    try:
        if not redis().set(key("bell", job.name), 1, nx=True, px=WAKE_UP_MS):
            return False
        current_app.extensions["queues"][QUEUES[job]].enqueue(str(job), result_ttl=0, failure_ttl=7 * 86_400)
    except RedisError:
        log.warning("redis is away: the sweep will find the work", extra={"job": job.name})
        return False
    return True


def answer(job: Job) -> None:
    """Take the wake-up away before looking for work, so that whatever is committed from now on rings again."""
    try:
        redis().delete(key("bell", job.name))
    except RedisError:
        log.warning("redis is away: the bell of %s stays", job.name)


@event.listens_for(Session, "after_commit")
def _ring_all(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for job in session.info.pop("bells", ()):
        ring_now(job)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("bells", None)
