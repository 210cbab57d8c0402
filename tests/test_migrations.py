"""The migrations: one line of them, from nothing to the models and back."""

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from app import create_app
from app.extensions import db


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
    app = create_app(chosen.model_copy(update=urls))
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
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == scripts[0].revision
