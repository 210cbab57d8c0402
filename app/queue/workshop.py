"""A look into the workshop: queues, workers and the jobs that failed, for the support team's panel."""

from dataclasses import dataclass
from datetime import UTC, datetime

import rq
from flask import current_app
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.registry import FailedJobRegistry
from rq.worker import BaseWorker

from app.errors import NotFound
from app.queue import key, redis


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


def _hand(worker: BaseWorker) -> Hand:
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
    return Failure(job.id, job.origin, job.func_name or "", arguments, _utc(job.ended_at), trace)


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
    return datetime.fromtimestamp(int(tick), UTC) if tick else None


def _queues() -> dict[str, Queue]:
    return current_app.extensions["queues"]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
