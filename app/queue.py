"""The door to RQ: every job by name, enqueued after the commit, and one waiting wake-up per queue.

PostgreSQL is the queue of record. What travels through Redis is only "look, there is work": a lost wake-up costs a few
seconds until the clock rings again, never a text (performance.md 3 and 4).
"""

import enum
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import rq
from flask import Flask, current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.registry import FailedJobRegistry
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.errors import NotFound
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
        pipe = redis().pipeline(transaction=False)
        pipe.set(key("bell", job.name), 1, nx=True, px=WAKE_UP_MS)
        pipe.exists(key("awake", job.name))
        is_first, is_awake = pipe.execute()
        if is_first and not is_awake:
            _enqueue(job)
    except RedisError:
        log.warning("redis is away: the sweep will find the work", extra={"job": job.name})
        return False
    return bool(is_first)


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


@dataclass(frozen=True)
class Line:
    """One queue as it stands; the counts are jobs."""

    name: str
    waiting: int
    oldest_at: datetime | None
    started: int
    deferred: int
    scheduled: int
    failed: int


@dataclass(frozen=True)
class Hand:
    """One worker and what it does now."""

    name: str
    queues: tuple[str, ...]
    state: str
    job: str | None
    seen_at: datetime | None


@dataclass(frozen=True)
class Failure:
    """One job that raised, with everything a person needs to judge it."""

    id: str
    queue: str
    name: str
    arguments: str
    failed_at: datetime | None
    traceback: str


class NotFailed(NotFound):
    code = "JOB_NOT_FAILED"


def lines() -> list[Line]:
    """Every queue; raises RedisError."""
    return [_line(one) for _, one in sorted(_queues().items())]


def _line(one: Queue) -> Line:
    first = one.get_jobs(0, 1)
    return Line(
        name=one.name,
        waiting=len(one),
        oldest_at=_utc(first[0].enqueued_at) if first else None,
        started=one.started_job_registry.get_job_count(cleanup=False),
        deferred=one.deferred_job_registry.get_job_count(cleanup=False),
        scheduled=one.scheduled_job_registry.get_job_count(cleanup=False),
        failed=one.failed_job_registry.get_job_count(cleanup=False),
    )


def hands() -> list[Hand]:
    """Every worker that gave a sign of life lately; raises RedisError."""
    found = Worker.all(connection=redis(), serializer="json")
    return sorted((_hand(worker) for worker in found), key=lambda hand: (hand.queues, hand.name))


def _hand(worker: Worker) -> Hand:
    job_id = worker.get_current_job_id()
    job = rq.job.Job.fetch_many([job_id], connection=redis(), serializer="json")[0] if job_id else None
    name = job.func_name if job else None
    return Hand(worker.name, tuple(worker.queue_names()), worker.get_state(), name, _utc(worker.last_heartbeat))


def failures(limit: int = 50) -> list[Failure]:
    """The newest jobs that raised; raises RedisError."""
    found = []
    for one in _queues().values():
        ids = one.failed_job_registry.get_job_ids(0, limit - 1, desc=True, cleanup=False)
        jobs = rq.job.Job.fetch_many(ids, connection=redis(), serializer="json")
        found += [_failure(job) for job in jobs if job is not None]
    return sorted(found, key=lambda failure: str(failure.failed_at), reverse=True)[:limit]


def _failure(job: rq.job.Job) -> Failure:
    result = job.latest_result()
    trace = (result.exc_string if result else None) or "The job left no traceback: its process was killed."
    arguments = ", ".join([*(repr(one) for one in job.args), *(f"{name}={one!r}" for name, one in job.kwargs.items())])
    return Failure(job.id, job.origin, job.func_name, arguments, _utc(job.ended_at), trace)


def count_failures() -> int:
    """How many jobs raised and wait for a person; raises RedisError."""
    return sum(one.failed_job_registry.get_job_count(cleanup=False) for one in _queues().values())


def requeue(job_id: str) -> str:
    """Run a failed job once more, and return its name; raises NotFailed when it does not wait among them any more."""
    job, failed = _failed(job_id)
    try:
        failed.requeue(job)
    except InvalidJobOperation as error:
        raise NotFailed("This job does not wait among the failed ones any more.") from error
    return str(job.func_name)


def discard(job_id: str) -> str:
    """Throw a failed job away, and return its name; raises NotFailed."""
    job, _ = _failed(job_id)
    name = str(job.func_name)
    job.delete()
    return name


def _failed(job_id: str) -> tuple[rq.job.Job, FailedJobRegistry]:
    try:
        job = rq.job.Job.fetch(job_id, connection=redis(), serializer="json")
    except NoSuchJobError as error:
        raise NotFailed("There is no such job any more.") from error
    failed = _queues()[job.origin].failed_job_registry
    if job_id not in failed:
        raise NotFailed("This job does not wait among the failed ones any more.")
    return job, failed


def last_tick() -> datetime | None:
    """When the clock last ticked, as far as Redis remembers (two minutes); raises RedisError."""
    tick = redis().get(key("clock", "tick"))
    return datetime.fromtimestamp(int(tick), UTC) if tick else None  # type: ignore[arg-type]


def _queues() -> dict[str, Queue]:
    return current_app.extensions["queues"]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
