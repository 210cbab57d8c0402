"""Redis goes, workers die: the rows know what is to be done."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from redis import ConnectionPool
from sqlalchemy import func, select, update

from app.calls import Call
from app.conversations import Conversation
from app.messages import Message
from app.queue import QUEUES, Job
from sandbox.supervision import family
from tests.factories import CUSTOMER, F1

BUSINESS = F1.number


@contextmanager
def redis_gone(web):
    """Every connection to Redis is refused meanwhile."""
    client = web.extensions["redis"]
    kept, client.connection_pool = client.connection_pool, ConnectionPool(port=1, socket_connect_timeout=0.25)
    try:
        yield
    finally:
        client.connection_pool = kept


def test_a_call_that_comes_in_while_redis_is_gone_is_texted_by_the_sweep(factories, carrier, web, clock, workers):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    with redis_gone(web):
        call = carrier.call(CUSTOMER, BUSINESS)
        assert "text this number" in " ".join(call.said)
        carrier.settle()
    workers()
    assert carrier.texts_to(CUSTOMER) == []
    clock.shift(dt.timedelta(seconds=5))
    workers.sweep()
    workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1


def test_a_flushed_redis_loses_nothing(factories, carrier, web, clock, workers):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, BUSINESS)
    web.extensions["redis"].flushdb()
    for _ in range(3):
        clock.shift(dt.timedelta(seconds=5))
        workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1


def test_a_drain_that_runs_twice_does_nothing_twice(factories, carrier, web, clock, workers):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, BUSINESS)
    workers()
    for job in Job:
        for _ in range(2):
            web.extensions["queues"][QUEUES[job]].enqueue(str(job))
    workers()
    assert len(carrier.texts_to(CUSTOMER)) == 1
    with factories.rows() as rows:
        assert rows.scalar(select(func.count()).select_from(Conversation)) == 1
        assert rows.scalar(select(func.count()).select_from(Call)) == 1


@pytest.mark.timeout(90)
def test_a_worker_killed_between_the_carrier_and_its_commit_texts_once(factories, carrier, web, workers):
    factories.business()
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.delivery(CUSTOMER, "delivered", held=True)
    carrier.call(CUSTOMER, BUSINESS)
    drain_inbox_only(web)
    carrier.fault("lose", 1, seconds=20)
    worker = start_worker(web, "outbox")
    until = time.monotonic() + 30
    while not carrier.texts_to(CUSTOMER) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(carrier.texts_to(CUSTOMER)) == 1
    for pid in family(worker.pid):  # the forked half too, which RQ puts into a process group of its own
        os.kill(pid, signal.SIGKILL)
    worker.wait()
    with factories.changing() as rows:
        text = rows.scalar(select(Message).where(Message.direction == "outbound"))
        assert text.status == "sending"
        rows.execute(update(Message).values(due_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    web.extensions["redis"].flushdb()
    workers.sweep()
    assert len(carrier.texts_to(CUSTOMER)) == 1
    with factories.rows() as rows:
        text = rows.scalar(select(Message).where(Message.direction == "outbound"))
        assert text.provider_sid == carrier.texts_to(CUSTOMER)[0].sid
        assert text.status == "accepted"


def drain_inbox_only(web):
    from app import tenancy
    from app.extensions import db
    from jobs import webhooks

    with web.app_context():
        tenancy.enter(tenancy.SYSTEM)
        while webhooks.drain_once():
            pass
        db.session.remove()
    tenancy._scope.set(tenancy.NOBODY)


def start_worker(web, queue):
    settings = web.extensions["settings"]
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PUBLIC_BASE_URL": settings.public_base_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "TWILIO_API_ROUTES": settings.twilio_api_routes,
        "TWILIO_TIMEOUT_SECONDS": "30",
    }
    command = [sys.executable, "-m", "jobs.worker", queue]
    return subprocess.Popen(command, env=environment, start_new_session=True)
