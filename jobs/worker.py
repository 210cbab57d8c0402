"""The RQ workers: `python -m jobs.worker inbox outbox turns bulk`, one process per queue, forked from one parent.

The application is imported before the fork, so the workers share its memory; each serves one queue, because only then
RQ takes a job in a way that survives a crash (performance.md 4).
"""

import argparse
import ctypes
import gc
import logging
import os
import signal
import sys
import time
from types import FrameType
from typing import Any

import rq
from redis import Redis
from rq import Queue

from app import create_app, tenancy, tracing, warm
from app.extensions import db
from app.providers import llm
from app.queue import QUEUES, Job
from config import settings

log = logging.getLogger(__name__)

app = create_app(settings())
PR_SET_PDEATHSIG = 1
NAMES = tuple(sorted(set(QUEUES.values())))


class Worker(rq.Worker):
    """Gives every job an application context of its own."""

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        """Run one job inside the application."""
        with app.app_context():
            tracing.begin()
            tenancy.enter(tenancy.NOBODY)
            try:
                return bool(super().perform_job(*args, **kwargs))
            finally:
                db.session.remove()


def serve(name: str) -> None:
    """Work on one queue until told to stop."""
    if name == QUEUES[Job.drain_turns]:
        with app.app_context():
            llm.warm()  # every drain is a fork of this process; none of them shall load it again
    connection = Redis.from_url(settings().redis_url)
    worker = Worker(
        [Queue(name, connection=connection, serializer="json")],
        connection=connection,
        serializer="json",
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="WARNING")


def main() -> None:
    """Fork one worker per queue, start those that die again, stop all of them together."""
    parser = argparse.ArgumentParser(description="Run the workers of some queues.")
    parser.add_argument("queues", nargs="*", help=f"of {', '.join(NAMES)}; all by default")
    chosen = parser.parse_args().queues or list(NAMES)
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"there is no queue called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    warm()
    gc.collect()
    gc.freeze()  # the collector's marks would copy the memory that the forked children share
    if len(chosen) == 1:
        serve(chosen[0])
        return
    _supervise(chosen)


def _supervise(chosen: list[str]) -> None:
    children = {_fork(name): name for name in chosen}
    stopping = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            os.kill(child, number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while children:
        try:
            child, _ = os.wait()
        except InterruptedError:
            continue
        except ChildProcessError:
            return
        name = children.pop(child, "")
        if name and not stopping:
            log.error("the worker of %s died: starting it again", name)
            time.sleep(1)
            children[_fork(name)] = name


def _end_with_parent() -> None:
    """On Linux: be told to stop when the parent is killed, so that no worker is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _fork(name: str) -> int:
    child = os.fork()
    if child == 0:
        _end_with_parent()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        serve(name)
        sys.exit(0)
    return child


if __name__ == "__main__":
    main()
