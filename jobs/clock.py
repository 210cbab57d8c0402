"""The one APScheduler process: `python -m jobs.clock`. It only rings; an advisory lock lets a second one stand by."""

import logging
import signal
import sys
import time
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from app import create_app, queue
from app.extensions import db
from app.queue import Job
from config import settings
from jobs import sweeps

log = logging.getLogger(__name__)

CLOCK_LOCK = 20_102
TICK_KEY_SECONDS = 120


def main() -> None:
    """Wait until no other clock runs, then tick until told to stop."""
    app = create_app(settings())
    signal.signal(signal.SIGTERM, _stop)
    with app.app_context():
        leader = _take_the_lead()
        clock = BlockingScheduler(timezone="UTC")
        clock.add_job(tick, "interval", seconds=1, args=[app], id="deadlines", coalesce=True, max_instances=1)
        clock.add_job(tick_slow, "interval", seconds=5, args=[app], id="sweeps", coalesce=True, max_instances=1)
        clock.add_job(_keep_the_lead, "interval", seconds=10, args=[leader, clock], id="lead", coalesce=True)
        log.info("the clock ticks")
        clock.start()


def _take_the_lead() -> Connection:
    """Hold the advisory lock on a connection of its own for as long as this process lives."""
    while True:
        try:
            connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.scalar(select(func.pg_try_advisory_lock(CLOCK_LOCK))):
                return connection
            connection.close()
            log.info("another clock runs: standing by")
        except OperationalError:
            log.warning("the database is not there yet")
        time.sleep(2)


def _keep_the_lead(leader: Connection, clock: BlockingScheduler) -> None:
    """Stop ticking when the connection that holds the lock is gone; the supervisor starts a new clock."""
    try:
        leader.scalar(select(1))
    except OperationalError:
        log.exception("the clock lost its lock")
        clock.shutdown(wait=False)


def tick(app: Flask) -> None:
    """Ring for what is due this second."""
    with app.app_context():
        try:
            sweeps.sweep()
            queue.redis().set(queue.key("clock", "tick"), int(time.time()), ex=TICK_KEY_SECONDS)
        except Exception:
            log.exception("a tick failed")


def tick_slow(app: Flask) -> None:
    """Ring for the slower work."""
    with app.app_context():
        queue.ring_now(Job.drain_bulk)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
