"""Whatever is posted to us gets a clear answer, changes nothing it must not change, and never costs a text."""

import pytest
from sqlalchemy import func, select

from app.calls import Call
from app.inbox import Webhook
from app.messages import Message
from app.tasks import SupportTask
from app.users import Presence
from tests.conftest import ACCOUNT, PUBLIC
from tests.factories import CUSTOMER, F1

BUSINESS = F1.number
HOOKS = (
    "/webhooks/twilio/call",
    "/webhooks/twilio/call/whisper",
    "/webhooks/twilio/call/whisper-key",
    "/webhooks/twilio/call/status/CA1",
    "/webhooks/twilio/call/ended",
    "/webhooks/twilio/voicemail/CA1/recording",
    "/webhooks/twilio/sms",
    "/webhooks/twilio/sms-status/abc",
    "/webhooks/twilio/voice-fallback",
    "/webhooks/twilio/sms-fallback",
)


def count(rows, table):
    return rows.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize("path", HOOKS)
def test_an_unsigned_webhook_is_refused_and_leaves_no_row(factories, browser, path):
    factories.business()
    answer = browser.post(path, {"CallSid": "CA1", "From": CUSTOMER, "To": BUSINESS, "AccountSid": ACCOUNT}, status=401)
    assert answer.json["error"]["code"] == "WEBHOOK_SIGNATURE_INVALID"
    assert answer.json["error"]["request_id"] == answer.headers["X-Request-ID"]
    with factories.rows() as rows:
        assert count(rows, Webhook) == count(rows, Call) == count(rows, Message) == 0


def test_a_tampered_text_is_refused(factories, carrier):
    factories.business()
    carrier.text(CUSTOMER, BUSINESS, "hello", tamper=True)
    with factories.rows() as rows:
        assert count(rows, Message) == 0


def test_a_signature_for_another_account_is_refused(factories, carrier, browser):
    factories.business()
    forged = {"X-Twilio-Signature": "AAAA"}
    form = {"AccountSid": "AC" + "9" * 32, "MessageSid": "SM1"}
    browser.post("/webhooks/twilio/sms", form, headers=forged, status=401)


def test_an_unknown_number_is_answered_and_told_to_support(factories, carrier, workers):
    factories.business()
    stranger = "+12135550177"
    form = {"MessageSid": "SM" + "1" * 32, "From": CUSTOMER, "To": stranger, "Body": "hi"}
    assert carrier.post(f"{PUBLIC}/webhooks/twilio/sms", form).status == 200
    workers()
    with factories.rows() as rows:
        assert count(rows, Message) == 0
        assert stranger in rows.scalar(select(SupportTask)).why


BODIES = ("a\x00b leak", "\U0001f4a7\U0001f527 sink leaks", "x" * 1600, "\u202e right to left", "\x07\x1b[31mred")


@pytest.mark.parametrize("body", BODIES)
def test_any_body_is_kept_and_answered(factories, carrier, clock, workers, body):
    tenant = factories.business()
    factories.owner(tenant, presence=Presence.offline)
    carrier.text(CUSTOMER, BUSINESS, body)
    workers()
    clock.shift(6)
    workers.sweep()
    with factories.rows() as rows:
        kept = rows.scalar(select(Message).where(Message.direction == "inbound"))
        assert kept.body
        assert "\x00" not in kept.body
        assert kept.status in ("answered", "no_answer_needed")


def test_an_oversized_form_is_refused(factories, carrier, browser):
    factories.business()
    answer = browser.post("/webhooks/twilio/sms", {"Body": "x" * 70_000}, status=413)
    assert answer.json["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize("path", HOOKS[:4] + HOOKS[6:8])
def test_a_signed_webhook_without_its_fields_is_no_server_error(factories, carrier, path):
    factories.business()
    assert carrier.post(PUBLIC + path, {"Nothing": "1"}).status in (200, 204)


def test_an_unknown_path_has_the_one_error_body(browser):
    error = browser.get("/nothing/here", status=404).json["error"]
    assert error["code"] == "RESOURCE_NOT_FOUND"
    assert set(error) == {"code", "message", "request_id", "timestamp", "details"}


def test_a_wrong_method_has_the_one_error_body(browser):
    assert browser.get("/webhooks/twilio/sms", status=405).json["error"]["code"] == "METHOD_NOT_ALLOWED"
