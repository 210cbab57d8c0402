"""Texts through the sandbox's network, sent by the official client and told by signed webhooks."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from tests.sandbox.phone_lab import BUSINESS, CUSTOMER, HOOKS, PUBLIC, SERVICE, client_of, lab

CALLBACK = f"{PUBLIC}{HOOKS}/sms-status/token#rc=3&rp=all"


@pytest.fixture
def town():
    with lab() as town:
        yield town
        assert town.carrier.complaints == []


def send(town, **fields):
    fields = {"to": CUSTOMER, "messaging_service_sid": SERVICE, "from_": BUSINESS, "body": "Hello", **fields}
    return town.client.messages.create(status_callback=CALLBACK, message_intent="customercare", **fields)


def told(town):
    return [fields["MessageStatus"] for fields in town.told("/sms-status/token")]


def test_a_service_accepts_first_and_delivers_later(town):
    message = send(town, from_=None)
    assert (message.status, message.num_segments, message.from_, message.price) == ("accepted", "0", None, None)
    assert told(town) == ["queued", "sent", "delivered"]
    now = town.client.messages(message.sid).fetch()
    assert (now.status, now.num_segments, now.from_, now.price) == ("delivered", "1", BUSINESS, "-0.00830")


def test_segments_are_counted_as_the_network_bills_them(town):
    message = send(town, messaging_service_sid=None, body="\u20ac" * 81)
    assert message.num_segments == "2"


@pytest.mark.parametrize(("final", "code"), [("undelivered", 30006), ("failed", 30007), ("undelivered", 30034)])
def test_what_does_not_arrive_carries_its_code(town, final, code):
    town.carrier.delivery(CUSTOMER, final, error=code)
    message = send(town)
    last = town.told("/sms-status/token")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == (final, str(code))
    assert town.client.messages(message.sid).fetch().error_code == code


def test_callbacks_may_come_in_any_order_and_again(town):
    town.carrier.delivery(statuses=["delivered", "sent", "queued"], repeat=2)
    send(town)
    assert told(town) == ["delivered", "delivered", "sent", "sent", "queued", "queued"]


def test_callbacks_may_come_before_the_answer(town):
    town.carrier.delivery(CUSTOMER, early=True)
    message = send(town)
    assert message.status == "accepted"
    assert [fields["MessageStatus"] for fields in town.product.heard[f"{HOOKS}/sms-status/token"]][-1] == "delivered"


def test_held_texts_are_reported_when_the_test_says_so(town):
    town.carrier.delivery(held=True)
    message = send(town)
    assert told(town) == []
    town.carrier.deliver(message.sid, "undelivered", error=30003)
    assert told(town)[-1] == "undelivered"


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
        (BUSINESS, 21266),
    ],
)
def test_numbers_that_cannot_be_texted(town, to, code):
    with pytest.raises(TwilioRestException) as refusal:
        send(town, to=to)
    assert (refusal.value.status, refusal.value.code) == (400, code)


@pytest.mark.parametrize(
    ("sender", "code"), [("+12135559999", 21606), ("+15005550001", 21212), ("+15005550008", 21611)]
)
def test_senders_that_are_not_ours(town, sender, code):
    with pytest.raises(TwilioRestException) as refusal:
        send(town, from_=sender, messaging_service_sid=None)
    assert refusal.value.code == code


def test_wrong_credentials(town):
    with pytest.raises(TwilioException) as refusal:
        client_of(town.carrier, token="wrong").messages.create(to=CUSTOMER, from_=BUSINESS, body="x")
    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_stop_blocks_until_start(town):
    town.carrier.text(CUSTOMER, BUSINESS, " Stop ")
    assert town.told("/sms")[0]["OptOutType"] == "STOP"
    with pytest.raises(TwilioRestException) as refusal:
        send(town)
    assert refusal.value.code == 21610
    town.carrier.text(CUSTOMER, BUSINESS, "START")
    assert send(town).status == "accepted"
    assert [one.is_automatic for one in town.carrier.texts_to(CUSTOMER, automatic=True)] == [True, True, False]


def test_without_advanced_opt_out_the_kind_is_not_told(town):
    town.carrier.world.services[SERVICE].advanced_opt_out = False
    town.carrier.text(CUSTOMER, BUSINESS, "STOP")
    assert "OptOutType" not in town.told("/sms")[0]


def test_an_inbound_text_may_come_again_under_the_same_sid(town):
    result = town.carrier.text(CUSTOMER, BUSINESS, "My sink leaks", times=5)
    assert result.statuses == [200] * 5
    assert {fields["MessageSid"] for fields in town.told("/sms")} == {result.sid}
    assert town.told("/sms")[0]["MessagingServiceSid"] == SERVICE


def test_a_forged_text_is_not_believed(town):
    assert town.carrier.text(CUSTOMER, BUSINESS, "hi", tamper=True).statuses == [401]
    assert town.product.forged == 1


def test_a_service_without_an_inbound_url_swallows_texts(town):
    town.carrier.world.services[SERVICE].inbound_request_url = None
    assert town.carrier.text(CUSTOMER, BUSINESS, "anybody?").statuses == []


def test_a_picture_is_fetched_with_credentials_that_do_not_travel(town):
    town.carrier.text(CUSTOMER, BUSINESS, "", media=[("image/png", b"\x89PNG")])
    (fields,) = town.told("/sms")
    assert (fields["NumMedia"], fields["MediaContentType0"]) == ("1", "image/png")
    there = fields["MediaUrl0"].replace("https://", f"{town.carrier.url}/")
    assert requests.get(there, timeout=5).status_code == 401
    picture = requests.get(there, auth=town.client.auth, timeout=5)
    assert picture.content == b"\x89PNG"
    assert picture.history[0].status_code == 307


def test_too_many_requests(town):
    town.carrier.fault(times=2, status=429, code=20429)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refusal:
            send(town)
        assert (refusal.value.status, refusal.value.code) == (429, 20429)
    assert send(town).sid


@pytest.mark.parametrize("kind", ["lose", "close"])
def test_a_text_is_accepted_but_the_answer_is_lost(town, kind):
    town.carrier.fault(kind, path="/Messages", seconds=2)
    client = client_of(town.carrier, timeout=0.3)
    with pytest.raises(requests.exceptions.RequestException):
        client.messages.create(to=CUSTOMER, from_=BUSINESS, body="x", status_callback=CALLBACK)
    (message,) = town.carrier.texts_to(CUSTOMER)
    (found,) = town.client.messages.list(to=CUSTOMER, date_sent_after=datetime.now(UTC) - timedelta(minutes=1))
    assert found.sid == message.sid


def test_a_slow_answer_arrives(town):
    town.carrier.fault("slow", seconds=0.2)
    began = time.monotonic()
    assert send(town).sid
    assert time.monotonic() - began >= 0.2


def test_lists_are_paged_newest_first(town):
    sent = [send(town, body=str(count)).sid for count in range(7)]
    found = town.client.messages.list(to=CUSTOMER, page_size=3)
    assert [message.sid for message in found] == sent[::-1]
    assert town.client.messages.list(to="+12135550177") == []


def test_a_body_is_redacted_and_a_scheduled_text_cancelled(town):
    message = send(town, schedule_type="fixed", send_at=datetime.now(UTC) + timedelta(hours=1))
    assert message.status == "scheduled"
    assert town.client.messages(message.sid).update(status="canceled").status == "canceled"
    assert town.client.messages(message.sid).update(body="").body == ""
    assert told(town) == []


@pytest.mark.parametrize(("phone", "code"), [("+12135550101", "30034"), ("+18335550101", "30032")])
def test_an_unregistered_number_reaches_nobody(town, phone, code):
    town.carrier.add_number(phone, registered=False)
    send(town, from_=phone, messaging_service_sid=None)
    assert town.told("/sms-status/token")[-1]["ErrorCode"] == code
