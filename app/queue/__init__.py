"""The door to RQ: every job by name, enqueued after the commit, and one waiting wake-up per queue.

PostgreSQL is the queue of record. What travels through Redis is only "look, there is work": a lost wake-up costs a few
seconds until the clock rings again, never a text (performance.md 3 and 4).
"""

import enum
import logging
import time
from contextlib import suppress

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
AWAKE_MS = 5_000
POLL_SECONDS = 0.01
LONGEST_DRAIN_SECONDS = 60
JOB_SECONDS = 180


class Job(enum.StrEnum):
    """Each job there is; the value is the function that a worker runs. A queue has one, for all of its work."""

    drain_inbox = "jobs.drains.inbox"
    drain_events = "jobs.drains.inbox"
    drain_outbox = "jobs.drains.outbox"
    drain_turns = "jobs.drains.turns"
    drain_bulk = "jobs.drains.bulk"
    drain_alerts = "jobs.drains.bulk"


QUEUES = {Job.drain_inbox: "inbox", Job.drain_outbox: "outbox", Job.drain_turns: "turns", Job.drain_bulk: "bulk"}


def init_app(app: Flask, url: str, prefix: str) -> None:
    """Connect without a retry and with short waits: a webhook never waits for Redis."""
    redis = Redis.from_url(
        url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0), health_check_interval=0
    )
    app.extensions["redis"] = redis
    app.extensions["redis_prefix"] = prefix
    app.extensions["queues"] = {name: Queue(name, connection=redis, serializer="json") for name in set(QUEUES.values())}


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
    """Leave at most one wake-up waiting; False when one waits already or Redis is away.

    A drain that is still awake hears the bell by itself; only a sleeping one needs a job of RQ.
    """
    try:
        if not redis().set(key("bell", job.name), 1, nx=True, px=WAKE_UP_MS):
            return False
        if not redis().exists(key("awake", job.name)):
            _enqueue(job)
    except RedisError:
        log.warning("redis is away: the sweep will find the work", extra={"job": job.name})
        return False
    return True


def ring_again(job: Job) -> bool:
    """Wake a drain whose wake-up was lost: the bell has rung, but nobody is awake and no job waits."""
    try:
        if redis().exists(key("awake", job.name)) or len(current_app.extensions["queues"][QUEUES[job]]):
            return False
        _enqueue(job)
    except RedisError:
        return False
    return True


def _enqueue(job: Job) -> None:
    waiting = current_app.extensions["queues"][QUEUES[job]]
    waiting.enqueue(str(job), job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=7 * 86_400)


class Attendance:
    """A drain at its post: it takes the bell away before it looks for work, and stays awake a little after.

    Staying saves a fork per wake-up under load. A row that is committed before the drain falls asleep is either seen
    by its last look at the bell or rings for a new job: first `awake` goes, then the bell is looked at once more.
    """

    def __init__(self, job: Job) -> None:
        self.bell, self.awake, self.job = key("bell", job.name), key("awake", job.name), job
        self.linger = current_app.extensions["settings"].drain_linger_seconds
        self.until = time.monotonic() + LONGEST_DRAIN_SECONDS
        self._answer()

    def _answer(self) -> None:
        with suppress(RedisError):
            pipe = redis().pipeline(transaction=False)
            pipe.set(self.awake, 1, px=AWAKE_MS)
            pipe.delete(self.bell)
            pipe.execute()

    def goes_on(self) -> bool:
        """After all work is done: wait for the bell; False when it is time to sleep."""
        try:
            if time.monotonic() > self.until:
                redis().delete(self.awake)
                _enqueue(self.job)
                return False
            return self._hears_bell()
        except RedisError:
            return False

    def _hears_bell(self) -> bool:
        quiet_until = time.monotonic() + self.linger
        while time.monotonic() < quiet_until:
            if redis().exists(self.bell):
                self._answer()
                return True
            time.sleep(POLL_SECONDS)
        redis().delete(self.awake)
        if not redis().exists(self.bell):
            return False
        self._answer()
        return True


@event.listens_for(Session, "after_commit")
def _ring_all(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for job in session.info.pop("bells", ()):
        ring_now(job)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("bells", None)
