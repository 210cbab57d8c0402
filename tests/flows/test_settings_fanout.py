"""SEED-2: settings are saved once, told from service to service, used by the next turn and confirmed once."""

import datetime as dt
import json

import pytest
from webtest import TestApp

from app.audit import Audit
from app.conversations import Mode, context
from app.conversations import of as thread_of
from app.events import Event
from app.extensions import db
from app.heard import HeardVersion
from app.notifications import Notification
from app.scheduling.appointments import Appointment
from app.scheduling.offered import OfferedSlot
from app.tenants import Tenant
from app.users import Presence
from tests.blueprints.conftest import Callers
from tests.flows.story import OTHER

SHORTER = {"business_hours": {"tuesday": {"start": "09:00", "end": "17:00"}}}
FAUCET = "Bathroom faucet dripping, 789 Sunset Blvd 90210"


@pytest.fixture
def save(web, factories, story):
    """The owner saves settings that he read in some version."""
    story.opens()
    environ = {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "https", "HTTP_HOST": "nmc.example"}
    callers = Callers(TestApp(web, extra_environ=environ), factories)

    def put(changes, version, status=200):
        owner, path = callers.person(), f"/tenants/{story.tenant_id}/settings"
        return owner.put(path, json=changes, headers={"If-Match": str(version)}, status=status).json

    return put


def live(web, tenant_id):
    """What the pages of the business have heard, by type."""
    entries = web.extensions["redis"].xrange(f"nmc:ev:{tenant_id}")
    return [(fields[b"type"].decode(), json.loads(fields[b"data"])) for _, fields in entries]


def test_saved_told_synced_and_confirmed(story, save, web):
    story.misses()
    assert story.thread().mode == Mode.waiting_customer
    before = story.one(Tenant).settings_version

    saved = save(SHORTER, before)
    assert (saved["version"], saved["business_hours"]["tuesday"]) == (before + 1, SHORTER["business_hours"]["tuesday"])
    assert save({"business_hours": {"tuesday": None}}, before, status=409)["error"]["code"] == "VERSION_CONFLICT"
    assert story.one(Tenant).settings_version == before + 1
    deed = story.one(Audit, action="settings.update")
    assert (deed.before["business_hours"]["tuesday"], deed.after["business_hours"]["tuesday"]) == (
        {"start": "08:00", "end": "18:00"},
        {"start": "09:00", "end": "17:00"},
    )

    story.workers()
    heard = {one.kind: one for one in story.all(HeardVersion)}
    event = story.one(Event, name="settings.updated")
    assert {kind: one.version for kind, one in heard.items()} == {
        "settings-updated": before + 1, "settings-sync": before + 1,
    }  # fmt: skip
    assert {one.event_id for one in heard.values()} == {str(event.id)}
    notice = story.one(Notification, title="Settings saved")
    assert (notice.category, notice.urgency) == ("system_announcement", "low")
    updates = [data for kind, data in live(web, story.tenant_id) if kind == "settings.updated"]
    assert [(one["version"], one["changed"]) for one in updates] == [(before + 1, ["business_hours"])]

    with web.app_context(), story.factories.rows():
        known = context.full(thread_of(story.tenant_id, story.thread().id))
        assert known.business_hours["tuesday"] == ("09:00", "17:00")
        db.session.rollback()


def test_told_twice_it_is_confirmed_once(story, save):
    save(SHORTER, 1)
    story.workers()
    with story.factories.changing() as session:
        session.query(Event).filter_by(name="settings.updated").update({"status": "waiting"})
    story.later(seconds=1)
    story.one(Notification, title="Settings saved")


def test_no_offer_ends_after_the_new_closing_time(story, save):
    story.factories.owner(story.tenant_id, presence=Presence.offline)
    story.at("14:00").misses()
    story.says(FAUCET)
    offers = {one.number: (story.local(one.end_at), one.status) for one in story.all(OfferedSlot)}
    assert any(end > "Tue 17:00" for end, _ in offers.values() if end.startswith("Tue")), offers
    save(SHORTER, 1)
    story.workers()
    after = {one.number: (story.local(one.end_at), one.status) for one in story.all(OfferedSlot)}
    assert after == {
        number: (end, "stale" if end.startswith("Tue") and end > "Tue 17:00" else "open")
        for number, (end, _) in offers.items()
    }
    story.misses(OTHER)
    story.says(FAUCET, OTHER)
    ends = [story.local(one.end_at) for one in story.all(OfferedSlot, status="open")]
    assert ends
    assert [end for end in ends if end.startswith("Tue") and end > "Tue 17:00"] == []


def test_a_window_that_runs_and_a_visit_that_stands_stay(story, save):
    visit = story.busy("17:00", "18:00")
    story.misses()
    story.texts(FAUCET)
    running = story.thread()
    assert running.mode == Mode.owner_window
    save(SHORTER | {"dispatcher": {"owner_window_seconds": 300}}, 1)
    story.workers()
    assert story.thread().owner_window_expires_at == running.owner_window_expires_at
    assert story.thread().mode == Mode.owner_window
    kept = story.one(Appointment, id=visit)
    assert (kept.status, story.block(kept)) == ("confirmed", "Tue 17:00-18:00")
    assert running.owner_window_expires_at - dt.datetime.now(dt.UTC) == dt.timedelta(seconds=60)
