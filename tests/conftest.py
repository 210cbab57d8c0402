"""The stage: embedded servers, the sandbox's outside world, the web application, a frozen clock, workers."""

import datetime as dt
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from rq import SimpleWorker
from sqlalchemy import Engine, create_engine, text
from webtest import TestApp

from app import tenancy, users
from app.extensions import db
from app.queue import Job, ring_now
from config import Settings
from sandbox import carrier as carrier_sandbox
from sandbox import embedded, mail
from sandbox import google as google_sandbox
from sandbox import llm as llm_sandbox
from tests.factories import Factories
from tests.language_model import LanguageModel

ACCOUNT = "AC" + "1" * 32
SEAL = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
"""A Fernet key of the sandbox."""
TOKEN = "a-token-of-the-sandbox"
WEBHOOK_SECRET, FORMER_WEBHOOK_SECRET = "what-services-share", "what-they-shared-before"
PUBLIC = "https://nmc.example"
MONDAY_10 = dt.datetime(2026, 9, 14, 17, 0, tzinfo=dt.UTC)
TUESDAY_10 = dt.datetime(2026, 9, 15, 17, 0, tzinfo=dt.UTC)
"""Tuesday 2026-09-15 10:00 in Los Angeles, the day of the spec's scenarios."""


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """No test reaches beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests do not talk to {host}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Argon2 with its smallest cost: every test makes people, and none is about how long hashing takes."""
    users._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    """PostgreSQL and Valkey for this run."""
    with embedded.passing_servers() as running:
        running.create_database("nmc_test")
        yield running


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Any]:
    """A mail server that keeps everything."""
    box = mail.start()
    yield box
    box.stop()


@pytest.fixture(scope="session")
def _google() -> Iterator[google_sandbox.Google]:
    """Google, for the whole run."""
    running = google_sandbox.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chosen(servers: embedded.Servers, mailbox: Any, _google: google_sandbox.Google) -> Settings:
    """The settings of the application under test; the carrier's address follows when it runs."""
    environment = servers.environment("nmc_test")
    return Settings(
        _env_file=None,
        env="test",
        secret_key="only-for-tests-" + "x" * 32,
        database_url=environment["DATABASE_URL"],
        migration_database_url=environment["MIGRATION_DATABASE_URL"],
        redis_url=environment["REDIS_URL"],
        public_base_url=PUBLIC,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        webhook_secret=WEBHOOK_SECRET,
        webhook_previous_secret=FORMER_WEBHOOK_SECRET,
        smtp_url=mailbox.smtp_url,
        log_level="WARNING",
        drain_linger_seconds=0,
        twilio_timeout_seconds=2,
        encryption_keys=SEAL,
        provider_connect_seconds=0.5,
        provider_total_seconds=1.5,
        **_google.settings,
    )


@pytest.fixture(scope="session")
def _network(chosen: Settings) -> Iterator[tuple[Flask, carrier_sandbox.Carrier]]:
    """The application and its carrier, each knowing the other."""
    from flask_migrate import upgrade

    from jobs.commands import create_command_app
    from wsgi import create_web_app

    holder: dict[str, Flask] = {}

    def product(environ: Any, start_response: Any) -> Any:
        return holder["web"](environ, start_response)

    carrier = carrier_sandbox.start(PUBLIC, PUBLIC, ACCOUNT, TOKEN, product_app=product, background=False)
    web = create_web_app(chosen.model_copy(update={"twilio_api_routes": carrier.routes}))
    holder["web"] = web
    web.testing = True
    web.config["PROPAGATE_EXCEPTIONS"] = False
    with create_command_app(chosen).app_context():
        upgrade(directory="migrations")
        db.engine.dispose()
    yield web, carrier
    carrier.stop()


@pytest.fixture(scope="session")
def web(_network: tuple[Flask, carrier_sandbox.Carrier]) -> Flask:
    """The web application."""
    return _network[0]


@pytest.fixture
def carrier(_network: tuple[Flask, carrier_sandbox.Carrier], clean: None) -> Iterator[carrier_sandbox.Carrier]:
    """The phone network, empty; wrong requests to it fail the test."""
    network = _network[1]
    network.reset()
    yield network
    assert network.complaints == []


@pytest.fixture
def google(_google: google_sandbox.Google) -> Iterator[google_sandbox.Google]:
    """Google, where nobody has an account yet; wrong requests to it fail the test."""
    _google.reset()
    yield _google
    assert _google.complaints == []


@pytest.fixture(scope="session")
def _model() -> Iterator[llm_sandbox.ModelServer]:
    """A language model, for the whole run."""
    running = llm_sandbox.start()
    yield running
    running.stop()


@pytest.fixture
def model(web: Flask, _model: llm_sandbox.ModelServer) -> Iterator[LanguageModel]:
    """The language model, which the product knows only where a test says so; wrong requests to it fail the test."""
    _model.reset()
    told = LanguageModel(web, _model)
    yield told
    told.off()
    assert _model.complaints == []


@pytest.fixture(scope="session")
def tables_owner(chosen: Settings) -> Iterator[Engine]:
    """The database as the owner of its tables."""
    url = chosen.migration_database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def clean(web: Flask, mailbox: Any, tables_owner: Engine) -> None:
    """Empty tables, an empty Valkey, an empty mailbox."""
    with web.app_context(), tenancy.scope(tenancy.SYSTEM):
        db.session.remove()
        with tables_owner.begin() as connection:
            # Deleting the few rows of a test is ten times as fast as TRUNCATE, which makes new files for all tables.
            tables = [f'DELETE FROM "{table.name}"' for table in reversed(db.metadata.sorted_tables)]
            # As staff, who alone may remove the words that are for everybody.
            connection.execute(text("; ".join(["SET LOCAL app.scope = 'staff'", *tables])))
        web.extensions["redis"].flushdb()
    mailbox.clear()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands at Tuesday 10:00 in Los Angeles until it is moved."""
    with time_machine.travel(TUESDAY_10, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(web: Flask) -> TestApp:
    """Somebody who asks over HTTP."""
    return TestApp(
        web, extra_environ={"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "https", "HTTP_HOST": "nmc.example"}
    )


@pytest.fixture
def factories(web: Flask, clean: None, carrier: carrier_sandbox.Carrier) -> Factories:
    """Makes businesses and people, and puts their numbers into the phone network."""
    return Factories(web, carrier, PUBLIC, ACCOUNT)


class DeafWorker(SimpleWorker):
    """A worker that takes no commands over pub/sub: nobody gives any here, and hanging up takes a third of a second."""

    def subscribe(self) -> None:
        pass

    def unsubscribe(self) -> None:
        pass


class Workers:
    """Workers on call: they run what was rung for, and raise the first error that a job raised."""

    def __init__(self, web: Flask, carrier: carrier_sandbox.Carrier) -> None:
        self.web, self.carrier = web, carrier

    def __call__(self, rounds: int = 12) -> None:
        """Run queued jobs and post the carrier's callbacks until nothing is left."""
        for _ in range(rounds):
            self.carrier.settle()
            if not self.burst():
                return
        raise AssertionError("the workers never came to rest")

    def burst(self) -> int:
        """Run what waits in the queues now; how many jobs that were."""
        raised: list[BaseException] = []
        queues = list(self.web.extensions["queues"].values())
        count = sum(len(queue) for queue in queues)
        worker = DeafWorker(
            queues,
            connection=queues[0].connection,
            serializer="json",
            exception_handlers=[lambda _job, _kind, error, _trace: raised.append(error)],
        )
        with self.web.app_context():
            worker.work(burst=True, logging_level="ERROR")
            db.session.remove()
        tenancy._scope.set(tenancy.NOBODY)
        if raised:
            raise raised[0]
        return count

    def sweep(self) -> None:
        """Let the clock tick once, then run what it rang for."""
        with self.web.app_context():
            ring_now(Job.drain_bulk)
            from jobs import sweeps

            sweeps.sweep()
            db.session.remove()
        tenancy._scope.set(tenancy.NOBODY)
        self()


@pytest.fixture
def workers(web: Flask, carrier: carrier_sandbox.Carrier) -> Workers:
    """The workers of this test."""
    return Workers(web, carrier)
