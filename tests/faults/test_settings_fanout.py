"""SC35: a service that is told fails at first; it is told again, and what follows happens once."""

import datetime as dt

import pytest
from sqlalchemy import create_engine, select, text

from app.events import Event
from app.heard import HeardVersion
from app.notifications import Notification
from tests.blueprints.conftest import Callers

STUMBLE = """
CREATE SEQUENCE stumbles;
CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF nextval('stumbles') <= 3 THEN RAISE EXCEPTION 'app-server is down'; END IF; RETURN NEW; END $$;
GRANT ALL ON SEQUENCE stumbles TO PUBLIC;
CREATE TRIGGER stumble BEFORE INSERT ON heard_version FOR EACH ROW EXECUTE FUNCTION stumble();
"""
WALK = "DROP TRIGGER stumble ON heard_version; DROP FUNCTION stumble(); DROP SEQUENCE stumbles;"


@pytest.fixture
def stumbling(chosen, web):
    """The receiver of settings fails three times."""
    engine = create_engine(chosen.migration_database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(STUMBLE))
    yield
    with engine.begin() as connection:
        connection.execute(text(WALK))
    engine.dispose()


def test_settings_are_told_again_until_they_are_heard(browser, factories, clock, workers, stumbling):
    tenant_id = factories.business()
    owner = Callers(browser, factories).person()
    owner.put(
        f"/tenants/{tenant_id}/settings", json={"business_hours": {"tuesday": {"start": "09:00", "end": "17:00"}}}
    )
    workers()
    for seconds in (5, 30, 120):
        with factories.rows() as rows:
            event = rows.scalars(select(Event).where(Event.name == "settings.updated")).one()
            assert event.status == "waiting"
            assert event.due_at == dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
            assert rows.scalars(select(HeardVersion)).all() == []
            assert rows.scalars(select(Notification)).all() == []
        clock.shift(dt.timedelta(seconds=seconds))
        workers.sweep()
    with factories.rows() as rows:
        assert rows.scalars(select(Event.status).where(Event.name == "settings.updated")).one() == "relayed"
        kinds = sorted(rows.scalars(select(HeardVersion.kind)))
        assert kinds == ["settings-sync", "settings-updated"]
        assert rows.scalars(select(Notification.title)).all() == ["Settings saved"]
