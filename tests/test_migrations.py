"""The migrations: one line of them, from nothing to the models and back."""

import datetime as dt
from uuid import uuid4

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from app.extensions import db
from blueprints.health import migrate_head
from jobs.commands import create_command_app


@pytest.fixture
def empty(servers, chosen):
    """The application on a database of its own with nothing in it."""
    servers.drop_database("nmc_migrations")
    servers.create_database("nmc_migrations")
    environment = servers.environment("nmc_migrations")
    urls = {
        "database_url": environment["DATABASE_URL"],
        "migration_database_url": environment["MIGRATION_DATABASE_URL"],
    }
    app = create_command_app(chosen.model_copy(update=urls))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    servers.drop_database("nmc_migrations")


def tables(app) -> set[str]:
    url = app.extensions["settings"].migration_database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_there_is_one_head():
    assert len(ScriptDirectory("migrations").get_heads()) == 1


def test_numbers_follow_each_other():
    revisions = [script.revision for script in ScriptDirectory("migrations").walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[-1] == "0001"


def test_from_nothing_to_the_models_and_back(empty):
    upgrade(directory="migrations")
    assert tables(empty) == {table.name for table in db.metadata.sorted_tables}
    check(directory="migrations")
    downgrade(directory="migrations", revision="base")
    assert tables(empty) == set()
    upgrade(directory="migrations")
    check(directory="migrations")


def test_each_step_can_be_taken_back(empty):
    scripts = list(ScriptDirectory("migrations").walk_revisions())
    upgrade(directory="migrations")
    for _script in scripts:
        downgrade(directory="migrations", revision="-1")
        upgrade(directory="migrations", revision="+1")
        downgrade(directory="migrations", revision="-1")
    upgrade(directory="migrations")
    with db.engine.connect() as connection:
        assert (
            connection.scalar(text("SELECT version_num FROM alembic_version")) == scripts[0].revision == migrate_head()
        )


NEEDED = """
SELECT column_name, udt_name FROM information_schema.columns
WHERE table_name = :table AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'
"""
ANYTHING = {
    "bool": False,
    "int4": 0,
    "float8": 0.0,
    "jsonb": "{}",
    "timestamptz": dt.datetime(2026, 9, 15, tzinfo=dt.UTC),
}


def insert(connection, table, **facts):
    """A row with these facts and something in every other column that needs it; its id."""
    for name, kind in connection.execute(text(NEEDED), {"table": table}).all():
        facts.setdefault(name, uuid4() if kind == "uuid" else ANYTHING.get(kind, f"{name} {uuid4()}"[:32]))
    names = ", ".join(facts)
    values = ", ".join(f":{name}" for name in facts)
    return connection.scalar(text(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING id"), facts)


RUNGS = """
SELECT action, rung.state, due_at FROM rung JOIN escalation ON escalation.id = escalation_id
WHERE escalation.state = :state ORDER BY position
"""


def test_ladders_that_are_open_go_on_with_their_rungs(empty):
    """0009: the link in the text that was sent stays good, the call that was still to come has its row."""
    upgrade(directory="migrations", revision="0008")
    url = empty.extensions["settings"].migration_database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine, due = create_engine(url), dt.datetime(2026, 9, 15, 17, 2, tzinfo=dt.UTC)
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.scope', 'system', true)"))
        of = {"tenant_id": insert(connection, "tenant", timezone="UTC", trade_type="plumbing")}
        user = insert(connection, "app_user", **of)
        people = {"customer_id": insert(connection, "customer", **of), "number_id": insert(connection, "number", **of)}
        thread = insert(connection, "conversation", **of, **people)
        facts = {"user_id": user, "conversation_id": thread, "level": 3, "calls_made": 1}
        for state, at in (("open", due), ("acknowledged", None)):
            insert(connection, "escalation", **of, **facts, state=state, token=state, next_step_at=at)
    upgrade(directory="migrations", revision="0009")
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.scope', 'system', true)"))
        told = [tuple(row) for row in connection.execute(text(RUNGS), {"state": "open"})]
        assert [(action, state) for action, state, _ in told] == [
            ("sms", "done"),
            ("phone_call", "planned"),
            ("give_up", "planned"),
        ]
        assert [at for _, _, at in told[1:]] == [due + dt.timedelta(minutes=2), due + dt.timedelta(minutes=15)]
        assert [row.action for row in connection.execute(text(RUNGS), {"state": "acknowledged"})] == ["sms"]
        assert connection.scalar(text("SELECT count(*) FROM rung WHERE token IN ('open', 'acknowledged')")) == 2
    downgrade(directory="migrations", revision="0008")
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('app.scope', 'system', true)"))
        assert connection.scalar(text("SELECT count(DISTINCT token) FROM escalation")) == 2
    engine.dispose()
