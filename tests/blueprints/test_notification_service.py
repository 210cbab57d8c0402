"""notification-service over HTTP: notices, and alerts that are taken by page, link or phone and by nothing else."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from app.conversations import Conversation
from app.escalations import Rung
from app.messages import Message
from app.notifications import Delivery, DeliveryStatus
from app.tasks import SupportTask
from app.users import User
from tests.conftest import ACCOUNT, PUBLIC, TOKEN
from tests.factories import CUSTOMER, F1

COLLEAGUE = "+12135550191"


@pytest.fixture
def owner(factories, callers, clock):
    factories.business()
    return callers.person()


@pytest.fixture
def thread(factories, carrier, workers, owner):
    carrier.handset(F1.owner_phone, "no_answer")
    carrier.call(CUSTOMER, F1.number)
    workers()
    with factories.rows() as rows:
        return str(rows.scalar(select(Conversation.id)))


@pytest.fixture
def colleague(owner, factories):
    """An operator who is on call."""
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    facts = {"role": "operator", "email": "op@example.com", "phone_number": COLLEAGUE, "on_call_order": 2}
    return factories.user(tenant_id, phone_verified_at=dt.datetime.now(dt.UTC), **facts)


@pytest.fixture
def alert(owner, thread):
    body = {
        "conversation_id": thread,
        "escalation_level": 2,
        "channels": ["sms", "phone_call"],
        "summary": "Burst pipe",
    }
    return owner.post("/notifications/escalate", json=body, status=202).json


@pytest.fixture
def token(alert, factories):
    with factories.rows() as rows:
        return rows.scalar(select(Rung.token).where(Rung.action == "sms", Rung.state == "done"))


@pytest.fixture
def twilio(browser):
    """Twilio calling back, with its signature."""

    def post(path, status=200, **form):
        form = {"AccountSid": ACCOUNT, "CallSid": "CA" + "9" * 32} | form
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC + path, form)
        return browser.post(path, form, headers={"X-Twilio-Signature": signature}, status=status)

    return post


def test_an_alert_texts_the_owner_and_plans_the_calls(owner, alert, carrier, workers, token):
    assert (alert["state"], alert["level"]) == ("open", 2)
    assert [(step["level"], step["action"], step["due_at"][14:19]) for step in alert["plan"]] == [
        (3, "phone_call", "02:00"),
        (3, "phone_call", "04:00"),
        (5, "email", "06:00"),
        (5, "support", "06:00"),
        (5, "push", "06:00"),
        (5, "sms", "06:00"),
        (5, "phone_call", "06:00"),
    ]
    assert alert["next_step_at"] == "2026-09-15T17:02:00Z"
    workers()
    assert any(token in text.body for text in carrier.texts_to(F1.owner_phone))
    thread = alert["conversation_id"]
    raised = owner.post("/notifications/escalate", conversation_id=thread, escalation_level=3, status=202).json
    assert raised["escalation_id"] == alert["escalation_id"]
    assert (raised["level"], raised["next_step_at"]) == (3, "2026-09-15T17:00:00Z")
    assert [step["due_at"][14:19] for step in raised["plan"] if step["action"] == "phone_call"] == [
        "00:00",
        "02:00",
        "04:00",
    ]


def test_an_alert_is_taken_once(owner, alert):
    path = f"/notifications/escalations/{alert['escalation_id']}"
    taken = owner.post(f"{path}/ack", action="accept").json
    assert (taken["state"], taken["via"]) == ("acknowledged", "web")
    error = owner.post(f"{path}/ack", action="accept", status=409).json["error"]
    assert (error["code"], error["details"]["acknowledged_by"]) == ("ESCALATION_CLOSED", taken["acknowledged_by"])
    assert owner.get(path).json["next_step_at"] is None


def test_passing_on_rings_the_next_phone_at_once(owner, colleague, alert, carrier, workers):
    path = f"/notifications/escalations/{alert['escalation_id']}"
    for _ in range(2):  # saying so twice passes it on once
        passed = owner.post(f"{path}/ack", action="pass_on").json
        assert (passed["state"], passed["next_step_at"]) == ("open", "2026-09-15T17:00:00Z")
    workers()
    assert [call.to for call in carrier.calls if call.direction == "outbound-api"] == [COLLEAGUE]
    assert owner.get(path).json["level"] == 4


def test_when_everybody_passes_it_on_the_ladder_is_at_its_end(owner, alert, workers, factories):
    """C16, and 2.11: support is asked, the customer is told."""
    owner.post(f"/notifications/escalations/{alert['escalation_id']}/ack", action="pass_on")
    workers()
    assert owner.get(f"/notifications/escalations/{alert['escalation_id']}").json["state"] == "exhausted"
    with factories.rows() as rows:
        assert rows.scalar(select(SupportTask.kind)) == "escalation"
        assert rows.scalar(select(func.count()).where(Message.template == "nobody_reached")) == 1


def test_an_alert_names_people_and_threads_of_its_own_business(owner, thread, factories):
    stranger = str(
        factories.business(
            name="Theirs", number="+12135550177", owner_email="t@example.com", owner_phone="+12135550178"
        )
    )
    with factories.rows() as rows:
        other = str(rows.scalar(select(User.id).where(User.email == "t@example.com")))
    body = {"conversation_id": thread, "escalation_level": 2}
    assert (
        owner.post("/notifications/escalate", json=body | {"user_id": other}, status=404).json["error"]["code"]
        == "USER_NOT_FOUND"
    )
    assert owner.post("/notifications/escalate", json=body | {"tenant_id": stranger}, status=403)
    owner.post("/notifications/escalate", json=body | {"escalation_level": 6}, status=400)


def test_looking_at_the_link_takes_nothing_and_pressing_the_button_does(browser, owner, alert, token):
    page = browser.get(f"/k/{token}", headers={"Accept": "text/html"})
    assert "Burst pipe" in page.text
    path = f"/notifications/escalations/{alert['escalation_id']}"
    assert owner.get(path).json["state"] == "open"
    taken = page.forms[0].submit()
    assert "has it" in taken.text
    assert owner.get(path).json["via"] == "link"
    browser.get(f"/k/{token}", status=404)


def test_a_link_ends_after_an_hour(browser, alert, token, clock):
    clock.shift(dt.timedelta(minutes=60))
    browser.get(f"/k/{token}", status=404)
    browser.get("/k/unknown", status=404)


def test_the_button_needs_the_form_it_came_with(browser, alert, token):
    browser.post(f"/k/{token}", {}, status=400)


def test_key_one_takes_the_alert_and_silence_does_not(twilio, owner, alert, token):
    path = f"/webhooks/twilio/escalations/{token}"
    assert "Press 1" in twilio(path).text
    twilio(f"{path}/key")
    twilio(f"{path}/key", Digits="7")
    assert "Press 1" in twilio(f"{path}/key", Digits="3").text
    assert owner.get(f"/notifications/escalations/{alert['escalation_id']}").json["state"] == "open"
    assert "You have it" in twilio(f"{path}/key", Digits="1").text
    taken = owner.get(f"/notifications/escalations/{alert['escalation_id']}").json
    assert (taken["state"], taken["via"]) == ("acknowledged", "phone")
    assert "taken already" in twilio(f"{path}/key", Digits="1").text
    assert "taken already" in twilio(path).text
    twilio(f"{path}/status", status=204, CallStatus="completed")


def test_key_two_passes_it_on(twilio, owner, colleague, alert, token):
    assert "Passed on" in twilio(f"/webhooks/twilio/escalations/{token}/key", Digits="2").text
    shown = owner.get(f"/notifications/escalations/{alert['escalation_id']}").json
    assert (shown["state"], shown["next_step_at"]) == ("open", "2026-09-15T17:00:00Z")


def test_unsigned_calls_and_unknown_alerts_do_nothing(browser, twilio, owner, alert, token):
    browser.post(f"/webhooks/twilio/escalations/{token}/key", {"AccountSid": ACCOUNT, "Digits": "1"}, status=401)
    assert "not known" in twilio("/webhooks/twilio/escalations/unknown/key", Digits="1").text
    assert owner.get(f"/notifications/escalations/{alert['escalation_id']}").json["state"] == "open"


def test_a_notice_that_was_read_spares_the_channels_that_wait(owner, alert, factories):
    (notice,) = [one for one in owner.get("/notifications?unread=true").json["items"] if one["urgency"] == "high"]
    read = owner.post(f"/notifications/{notice['id']}/read").json
    assert read["read_at"] == "2026-09-15T17:00:00Z"
    assert owner.get(f"/notifications/{notice['id']}").json == read
    with factories.rows() as rows:
        mine = rows.scalars(select(Delivery).where(Delivery.notification_id == notice["id"])).all()
        assert {one.status for one in mine} == {DeliveryStatus.suppressed}
    assert notice["id"] not in [one["id"] for one in owner.get("/notifications?unread=true").json["items"]]


def test_a_program_may_raise_an_alarm_with_its_scope(callers, owner, thread, factories):
    with factories.rows() as rows:
        tenant_id = rows.scalar(select(User.tenant_id))
    body = {"conversation_id": thread, "escalation_level": 3}
    callers.program("notify", tenant_id=tenant_id).post("/notifications/escalate", json=body, status=202)
    callers.program("usage", tenant_id=tenant_id).post("/notifications/escalate", json=body, status=403)


def calls_planned(answer):
    return [(step["level"], step["action"], step["due_at"][11:16]) for step in answer["plan"]]


def test_what_is_no_emergency_climbs_in_half_hours(owner, colleague, thread):
    body = {"conversation_id": thread, "escalation_level": 1, "emergency": False, "max_level": 4, "summary": "A bill"}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert (answer["level"], answer["next_step_at"]) == (1, "2026-09-15T17:30:00Z")
    assert calls_planned(answer) == [
        (2, "sms", "17:30"),
        (3, "phone_call", "18:00"),
        (4, "phone_call", "18:30"),
    ]
    assert answer["plan"][-1]["user_id"] == str(colleague)


def test_only_the_channels_that_were_asked_for_are_used(owner, colleague, thread):
    body = {"conversation_id": thread, "escalation_level": 2, "channels": ["sms"], "max_level": 4}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert calls_planned(answer) == [(3, "sms", "17:02"), (3, "sms", "17:04"), (4, "sms", "17:06")]


def test_the_highest_level_bounds_the_plan(owner, thread):
    body = {"conversation_id": thread, "escalation_level": 3, "max_level": 3}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert calls_planned(answer) == [(3, "phone_call", "17:00"), (3, "phone_call", "17:02")]
    error = owner.post("/notifications/escalate", json=body | {"max_level": 2}, status=400).json["error"]
    assert error["code"] == "VALIDATION_FAILED"


def test_calls_wait_for_the_customers_yes(owner, thread, workers, carrier, clock):
    body = {"conversation_id": thread, "escalation_level": 2, "hold_calls_until_accepted": True, "max_level": 4}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert [(step["action"], step["due_at"]) for step in answer["plan"]] == [("phone_call", None), ("phone_call", None)]
    assert answer["next_step_at"] is None
    clock.shift(dt.timedelta(minutes=14))
    workers.sweep()
    assert [call for call in carrier.calls if call.direction == "outbound-api"] == []
    owner.post("/notifications/escalate", json={"escalation_level": 2, "hold_calls_until_accepted": True}, status=400)


def test_an_alert_may_be_about_no_conversation(owner, callers, workers, carrier, clock):
    """interfaces.md: `conversation_id?`; it is texted, rung, taken and ended like any other."""
    body = {"escalation_level": 2, "channels": ["sms", "phone_call"], "summary": "The van was stolen"}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert answer["conversation_id"] is None
    workers()
    text = carrier.texts_to(F1.owner_phone)[-1].body
    assert text.startswith("The van was stolen Reply 1 to take it.")
    clock.shift(dt.timedelta(minutes=2))
    workers.sweep()
    assert [call.to for call in carrier.calls if call.direction == "outbound-api"] == [F1.owner_phone]
    path = f"/notifications/escalations/{answer['escalation_id']}"
    assert owner.post(f"{path}/ack", action="accept").json["state"] == "acknowledged"
    other = owner.post("/notifications/escalate", json=body, status=202).json
    assert other["escalation_id"] != answer["escalation_id"]
    for _ in range(16):
        clock.shift(dt.timedelta(minutes=1))
        workers.sweep()
    assert callers.person().get(f"/notifications/escalations/{other['escalation_id']}").json["state"] == "exhausted"


def test_the_named_person_is_told_first(owner, colleague, thread, workers, carrier):
    body = {"conversation_id": thread, "user_id": str(colleague), "escalation_level": 3, "summary": "Burst pipe"}
    answer = owner.post("/notifications/escalate", json=body, status=202).json
    assert [step["user_id"] for step in answer["plan"] if step["level"] == 3] == [str(colleague)] * 2
    workers()
    assert [call.to for call in carrier.calls if call.direction == "outbound-api"] == [COLLEAGUE]
    assert any("Burst pipe" in text.body for text in carrier.texts_to(COLLEAGUE))


def test_nobody_can_be_reached(owner, thread, factories):
    """422, and the support team has its task all the same."""
    with factories.changing() as session:
        session.scalar(select(User)).phone_verified_at = None
    body = {"conversation_id": thread, "escalation_level": 2, "summary": "Burst pipe"}
    for _ in range(2):
        error = owner.post("/notifications/escalate", json=body, status=422).json["error"]
        assert error["code"] == "NO_REACHABLE_CONTACT"
    with factories.rows() as rows:
        (task,) = rows.scalars(select(SupportTask)).all()
        assert (task.kind, "Burst pipe" in task.why) == ("escalation", True)
        assert rows.scalar(select(func.count()).select_from(Rung)) == 0
