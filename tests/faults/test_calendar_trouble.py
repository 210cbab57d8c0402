"""Google answers badly, late or not at all, and workers die in between: one visit is one event all the same."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select, update

from app import tenancy
from app.calendars import Connection, outbox
from app.calendars.pushes import CalendarEvent
from app.extensions import db
from app.queue import QUEUES, Job
from app.users import User
from jobs import calendars as jobs
from sandbox.supervision import family
from tests.blueprints.conftest import Callers
from tests.conftest import SEAL
from tests.factories import F1
from tests.linked import ACCOUNT, TEN, Contractor


@pytest.fixture
def owner(factories, browser, google, workers):
    """A contractor with a linked calendar; he acts through a key, which does not expire when the clock jumps.

    Name `clock` before him in a test, so that he links at its time.
    """
    tenant_id = factories.business()
    google.account(ACCOUNT)
    with factories.rows() as rows:
        user_id = str(rows.scalar(select(User.id).where(User.email == F1.owner_email)))
    scopes = "universal-calendar:read", "universal-calendar:write"
    contractor = Contractor(Callers(browser, factories).program(*scopes, tenant_id=tenant_id), browser, google, user_id)
    contractor.link()
    workers()
    google.world.requests.clear()
    return contractor


def the_event(factories):
    with factories.rows() as rows:
        row = rows.scalar(select(CalendarEvent))
        rows.expunge_all()
        return row


def count(google, method, part):
    return sum(one == method and part in path for one, path in google.requests)


@pytest.mark.parametrize("kind", ["close", "lose"])
def test_an_event_that_was_taken_although_the_answer_was_lost_is_one(clock, owner, factories, workers, kind):
    google = owner.google
    google.fault(kind, 1, method="POST", path="/events", seconds=4)
    owner.asks_for_event()
    workers()
    row = the_event(factories)
    assert (row.state, row.attempts, len(owner.events())) == ("pending", 1, 1)
    clock.shift(dt.timedelta(minutes=1))
    workers.sweep()
    row = the_event(factories)
    assert (row.state, row.etag) == ("synced", owner.events()[0]["etag"])
    assert len(owner.events()) == 1
    assert (count(google, "POST", "/events"), count(google, "PATCH", "/events")) == (2, 0)


def test_a_change_that_was_taken_although_the_answer_was_lost_is_not_a_conflict(clock, owner, factories, workers):
    made = owner.asks_for_event().json
    workers()
    owner.google.fault("close", 1, method="PATCH")
    owner.patch(f"/calendar/events/{made['id']}", start=TEN, end="2026-09-16T18:00:00Z")
    workers()
    clock.shift(dt.timedelta(minutes=1))
    workers.sweep()
    [event] = owner.events()
    row = the_event(factories)
    assert (row.state, row.etag) == ("synced", event["etag"])
    assert event["start"]["dateTime"] == "2026-09-16T10:00:00-07:00"


def test_a_visit_moved_while_its_insert_was_lost_ends_at_the_new_time(clock, owner, factories, workers):
    """What stands there is our own older version, not the contractor's hand."""
    owner.google.fault("close", 1, method="POST", path="/events")
    made = owner.asks_for_event().json
    workers()
    owner.patch(f"/calendar/events/{made['id']}", start=TEN, end="2026-09-16T18:00:00Z")
    workers()
    [event] = owner.events()
    assert event["start"]["dateTime"] == "2026-09-16T10:00:00-07:00"
    assert the_event(factories).state == "synced"


def test_a_visit_called_off_while_its_insert_was_lost_is_gone(owner, factories, workers):
    owner.google.fault("close", 1, method="POST", path="/events")
    made = owner.asks_for_event().json
    workers()
    assert len(owner.events()) == 1
    owner.delete(f"/calendar/events/{made['id']}")
    workers()
    assert owner.events() == []
    assert the_event(factories).state == "synced"


def test_a_deletion_whose_answer_was_lost_is_done(clock, owner, factories, workers):
    made = owner.asks_for_event().json
    workers()
    owner.google.fault("close", 1, method="DELETE")
    owner.delete(f"/calendar/events/{made['id']}")
    workers()
    clock.shift(dt.timedelta(minutes=1))
    workers.sweep()
    assert owner.events() == []
    assert the_event(factories).state == "synced"


def test_an_event_that_he_deleted_before_it_can_be_called_off_is_fine(owner, factories, workers):
    made = owner.asks_for_event().json
    workers()
    owner.google.delete_by_hand(made["external_event_id"])
    owner.delete(f"/calendar/events/{made['id']}")
    workers()
    assert the_event(factories).state == "synced"


def test_too_many_requests_are_waited_out_as_long_as_google_says(clock, owner, factories, workers):
    google = owner.google
    google.fault("refuse", 1, path="/events", status=429, reason="rateLimitExceeded", headers={"Retry-After": "90"})
    owner.asks_for_event()
    workers()
    for seconds, tries in ((89, 1), (1, 2)):
        clock.shift(dt.timedelta(seconds=seconds))
        workers.sweep()
        assert count(google, "POST", "/events") == tries
    assert the_event(factories).state == "synced"


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"])
def test_a_quota_is_no_lost_permission(owner, factories, workers, reason):
    owner.google.fault("refuse", 1, path="/events", status=403, reason=reason)
    owner.asks_for_event()
    workers()
    assert (the_event(factories).state, the_event(factories).attempts) == ("pending", 1)
    assert owner.connection()["status"] == "active"


def test_an_access_token_that_is_not_accepted_is_replaced_once(owner, factories, workers):
    google = owner.google
    google.forget_access()
    owner.asks_for_event()
    workers()
    assert the_event(factories).state == "synced"
    assert (count(google, "POST", "/token"), len(owner.events())) == (1, 1)
    google.fault("refuse", 2, method="PATCH", status=401, reason="authError")
    owner.patch(f"/calendar/events/{the_event(factories).id}", title="Other")
    workers()
    assert (count(google, "POST", "/token"), count(google, "PATCH", "/events")) == (2, 2)
    assert the_event(factories).state == "pending"


def test_a_token_endpoint_in_trouble_is_no_lost_permission(clock, owner, factories, workers):
    google = owner.google
    clock.shift(dt.timedelta(hours=2))
    google.fault("refuse", 1, path="/token", status=503)
    owner.asks_for_event()
    workers()
    assert owner.connection()["status"] == "active"
    clock.shift(dt.timedelta(minutes=1))
    workers.sweep()
    assert the_event(factories).state == "synced"


def test_two_refreshes_at_once_make_one_token_call(clock, owner, web):
    """calendar.md 17, 16: the second waits for the first, and nothing is asked twice."""
    google = owner.google
    for number in range(4):
        owner.asks_for_event(title=f"Visit {number}")
    clock.shift(dt.timedelta(hours=2))
    google.fault("slow", 1, path="/token", seconds=0.5)
    start = threading.Barrier(4)
    with system(web):
        parcels = outbox.claim(4)
        db.session.commit()

    def push(parcel):
        with system(web):
            start.wait(timeout=10)
            jobs.push(parcel)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(push, parcels))
    assert (count(google, "POST", "/token"), len(owner.events())) == (1, 4)


def test_nobody_waits_for_a_refresh_that_takes_too_long(clock, owner, factories, workers):
    """The lease of a worker that died while it got the token: postponed without a try counted, and done after it."""
    owner.asks_for_event()
    clock.shift(dt.timedelta(hours=2))
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    with factories.changing() as rows:
        rows.execute(update(Connection).values(refreshing_until=ends))
    workers()
    row = the_event(factories)
    assert (row.state, row.attempts, row.due_at) == ("pending", 0, ends - dt.timedelta(seconds=28))
    clock.shift(dt.timedelta(seconds=30))
    workers.sweep()
    assert (the_event(factories).state, count(owner.google, "POST", "/token")) == ("synced", 1)


@contextmanager
def system(web):
    with web.app_context(), tenancy.scope(tenancy.SYSTEM):
        yield
        db.session.remove()


def test_a_drain_that_runs_twice_writes_once(owner, web, workers):
    owner.asks_for_event()
    for _ in range(3):
        web.extensions["queues"][QUEUES[Job.drain_bulk]].enqueue(str(Job.drain_bulk))
    workers()
    assert (count(owner.google, "POST", "/events"), len(owner.events())) == (1, 1)


def test_two_workers_do_not_take_the_same_event(owner, web):
    for number in range(6):
        owner.asks_for_event(title=f"Visit {number}")

    def take(_number):
        with system(web):
            taken = [parcel.event_id for parcel in outbox.claim(6)]
            db.session.commit()
            return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [event_id for batch in pool.map(take, range(4)) for event_id in batch]
    assert len(taken) == len(set(taken)) == 6


def test_who_comes_too_late_writes_nothing_down(clock, owner, factories, web):
    """A worker that slept past its lease: what the next one wrote stands."""
    made = owner.asks_for_event().json
    with system(web):
        [early] = outbox.claim(1)
        db.session.commit()
        clock.shift(outbox.LEASE)
        [late] = outbox.claim(1)
        db.session.commit()
        jobs.push(late)
        jobs.push(early)
    row = the_event(factories)
    assert (row.state, str(row.id), len(owner.events())) == ("synced", made["id"], 1)
    assert row.etag == owner.events()[0]["etag"]


def test_a_stranger_under_our_id_gets_another_id(clock, owner, factories, workers):
    """calendar.md 5: Google's ids are unique per calendar; ours carries a generation for this."""
    made = owner.asks_for_event().json
    calendar = owner.google.calendar(ACCOUNT, "NeverMissCall jobs")
    times = {name: {"dateTime": f"2026-09-20T0{hour}:00:00-07:00"} for name, hour in (("start", 1), ("end", 2))}
    calendar.store(
        {"id": made["external_event_id"], "status": "confirmed", "summary": "A stranger", "sequence": 0} | times
    )
    workers()
    clock.shift(dt.timedelta(minutes=1))
    workers.sweep()
    row = the_event(factories)
    assert (row.state, row.generation) == ("synced", 2)
    assert {event["id"] for event in owner.events()} == {
        made["external_event_id"],
        made["external_event_id"][:-1] + "2",
    }


@pytest.mark.timeout(120)
def test_a_worker_killed_between_google_and_its_commit_writes_one_event(owner, factories, web, workers):
    google = owner.google
    google.fault("lose", 1, method="POST", path="/events", seconds=30)
    owner.asks_for_event()
    worker = start_worker(web, "bulk")
    try:
        until = time.monotonic() + 60
        while not owner.events() and time.monotonic() < until:
            time.sleep(0.05)
        assert len(owner.events()) == 1
    finally:
        for pid in family(worker.pid):  # the forked half too, which RQ puts into a process group of its own
            os.kill(pid, signal.SIGKILL)
        worker.wait()
    row = the_event(factories)
    assert (row.state, row.pushed_version) == ("pending", 0)
    assert row.leased_until is not None
    with factories.changing() as rows:
        rows.execute(update(CalendarEvent).values(leased_until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    web.extensions["redis"].flushdb()
    workers.sweep()
    row = the_event(factories)
    assert (row.state, row.etag) == ("synced", owner.events()[0]["etag"])
    assert (len(owner.events()), count(google, "POST", "/events")) == (1, 2)


@pytest.mark.timeout(120)
def test_a_worker_killed_between_the_new_token_and_its_use_has_not_lost_it(owner, factories, web, workers):
    """calendar.md 4: saved before it is used."""
    google = owner.google
    with factories.changing() as rows:
        rows.execute(update(Connection).values(token_expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    google.fault("lose", 1, method="POST", path="/events", seconds=30)
    owner.asks_for_event()
    worker = start_worker(web, "bulk")
    try:
        until = time.monotonic() + 60
        while not owner.events() and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        for pid in family(worker.pid):
            os.kill(pid, signal.SIGKILL)
        worker.wait()
    with factories.changing() as rows:
        rows.execute(update(CalendarEvent).values(leased_until=None))
    web.extensions["redis"].flushdb()
    workers.sweep()
    assert (len(owner.events()), count(google, "POST", "/token")) == (1, 1)
    assert the_event(factories).state == "synced"


def start_worker(web, queue):
    settings = web.extensions["settings"]
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PUBLIC_BASE_URL": settings.public_base_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "TWILIO_API_ROUTES": settings.twilio_api_routes,
        "SMTP_URL": settings.smtp_url,
        "ENCRYPTION_KEYS": SEAL,
        "PROVIDER_TOTAL_SECONDS": "60",
        "GOOGLE_CLIENT_ID": settings.google_client_id,
        "GOOGLE_CLIENT_SECRET": settings.google_client_secret.get_secret_value(),
        "GOOGLE_TOKEN_URL": settings.google_token_url,
        "GOOGLE_API_URL": settings.google_api_url,
    }
    return subprocess.Popen([sys.executable, "-m", "jobs.worker", queue], env=environment, start_new_session=True)
