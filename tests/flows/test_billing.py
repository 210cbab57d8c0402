"""SEED-3: a text is sent, reported once, allowed at exactly one hundred percent; the contractor hears of it once."""

import pytest
from webtest import TestApp

from app import usage
from app.conversations import human
from app.notifications import Notification
from app.services import ServiceKey
from app.usage import UsageEvent, UsageType
from tests.blueprints.conftest import Callers

SMS = {"event_type": UsageType.sms_sent}
FULL = "100% of your texts are used"


@pytest.fixture
def callers(web, factories):
    environ = {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "https", "HTTP_HOST": "nmc.example"}
    return Callers(TestApp(web, extra_environ=environ), factories)


@pytest.fixture
def owner(story, callers):
    """The owner of a business with 999 of 1,000 segments used and a spend cap of $50, in a thread with a customer."""
    story.opens().misses()
    entered = sum(row.quantity for row in story.all(UsageEvent, **SMS))
    with story.factories.changing():
        usage.report(story.tenant_id, "before", "until now", UsageType.sms_sent, 999 - entered)
    story.workers()
    return callers.person()


@pytest.fixture
def twilio_server(owner, story, callers):
    service = callers.program("usage", tenant_id=story.tenant_id)
    with story.factories.changing() as session:
        session.query(ServiceKey).one().name = "twilio-server"
    return service


def reply(story, words):
    """The contractor answers; the text leaves and is entered in the ledger."""
    already = {row.id for row in story.all(UsageEvent, **SMS)}
    with story.owner_acts() as (thread, user):
        human.reply(thread, user, words)
    story.workers()
    assert story.heard()[-1] == words
    (row,) = [row for row in story.all(UsageEvent, **SMS) if row.id not in already]
    return row


def reported(story, row):
    facts = {"event_type": "sms_sent", "quantity": 1, "event_id": row.event_id}
    metadata = {"direction": "outbound", "cost": None, "segments": 1}
    return {"tenant_id": str(story.tenant_id), "metadata": metadata} | facts


def test_a_text_is_sent_metered_checked_and_told(story, owner, twilio_server):
    def subscription():
        return owner.get(f"/subscriptions/{story.tenant_id}").json

    assert subscription()["current_usage"]["sms_segments"] == 999
    assert subscription()["spend_cap_cents"] == 5000

    # Steps 1 and 2: a reply of one segment leaves; however often it is reported, it is one row.
    row = reply(story, "I can do it tomorrow.")
    assert (story.sent()[-1].status, story.sent()[-1].segments) == ("delivered", 1)
    again = [twilio_server.post("/usage/events", json=reported(story, row)).json["results"][0] for _ in range(4)]
    assert [(one["status"], one["usage_id"]) for one in again] == [("duplicate", str(row.id))] * 4
    assert subscription()["current_usage"]["sms_segments"] == 1000

    # Step 3: exactly one hundred percent; the next is allowed, because the plan is paid.
    check = {"tenant_id": str(story.tenant_id), "meter": "sms_segments", "quantity": 1, "class": "reply"}
    told = twilio_server.post("/usage/check", json=check).json
    assert (told["allowed"], told["reason"], told["remaining"]) == (True, None, 0)
    notice = story.one(Notification, title=FULL)
    assert (notice.category, notice.body) == ("billing_alert", "1000 of 1000 texts of this period are used.")
    shown = owner.get(f"/notifications/{notice.id}").json["deliveries"]
    assert [one["channel"] for one in shown] == ["email", "push"]

    # Step 4: the next segment is the first that costs extra; nothing is told or counted twice.
    row = reply(story, "At nine.")
    twilio_server.post("/usage/events", json=reported(story, row))
    assert subscription()["current_usage"]["sms_segments"] == 1001
    assert subscription()["overage_spend_cents"] == 3
    meter = owner.get("/usage/summary").json["meters"][0]
    assert (meter["used"], meter["included"], meter["overage"], meter["overage_cents"]) == (1001, 1000, 1, 3)
    story.workers()
    story.one(Notification, title=FULL)
