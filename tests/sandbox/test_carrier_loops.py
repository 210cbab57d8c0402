"""What goes in circles on a network: forwarding telephones, numbers that reach each other, retries."""

import pytest

from tests.sandbox.phone_lab import BUSINESS, CONTRACTOR, CUSTOMER, HOOKS, PUBLIC, SERVICE, lab

OTHER = "+13235550120"


@pytest.fixture
def town():
    with lab() as town:
        yield town


def test_a_phone_that_forwards_to_the_number_that_rings_it_is_stopped(town):
    town.carrier.handset(CONTRACTOR, "declines", forwards_to=BUSINESS)
    town.carrier.call(CUSTOMER, BUSINESS)
    told = town.told("/call")
    assert [fields.get("ForwardedFrom") for fields in told] == [None] + [CONTRACTOR] * 5
    assert "forwarding loop" in str(town.carrier.complaints)


def test_a_text_to_another_number_of_the_network_comes_in_there(town):
    town.carrier.add_number(OTHER, sms_url=f"{PUBLIC}{HOOKS}/other/sms")
    town.client.messages.create(to=OTHER, from_=BUSINESS, body="Hello neighbour")
    (fields,) = town.told("/other/sms")
    assert (fields["From"], fields["To"], fields["Body"]) == (BUSINESS, OTHER, "Hello neighbour")
    assert town.carrier.complaints == []


def test_two_numbers_that_answer_each_other_are_stopped(town):
    town.carrier.add_number(OTHER, sms_url=f"{PUBLIC}{HOOKS}/other/sms")
    reply = town.client.messages.create

    def echo(at, fields):
        if at.endswith("/sms"):
            reply(to=fields["From"], from_=fields["To"], body="I am away")

    town.product.heed = echo
    reply(to=OTHER, from_=BUSINESS, body="Hello")
    assert town.carrier.settle(30)
    assert "without end" in str(town.carrier.complaints)
    assert len(town.told("/other/sms")) == 30


def test_a_call_dialled_to_another_number_of_the_network_comes_in_there(town):
    town.carrier.add_number(OTHER, voice_url=f"{PUBLIC}{HOOKS}/other/call")
    town.product.documents |= {
        f"{HOOKS}/call": f'<Dial action="{HOOKS}/call/status">{OTHER}</Dial>',
        f"{HOOKS}/other/call": "<Say>Hello.</Say>",
    }
    town.carrier.call(CUSTOMER, BUSINESS)
    assert town.told("/other/call")[0]["From"] == CUSTOMER
    assert town.told("/call/status")[0]["DialBridged"] == "true"


def test_a_status_callback_is_tried_again_when_its_url_asks_for_it(town):
    town.product.statuses[f"{HOOKS}/sms-status/t"] = 503
    town.carrier.delivery(statuses=["delivered"])
    for fragment, attempts in (("", 1), ("#rc=2&rp=4xx", 1), ("#rc=2&rp=5xx", 3), ("#rc=9&rp=all", 6)):
        town.carrier.world.webhooks.log.clear()
        town.client.messages.create(
            to=CUSTOMER,
            messaging_service_sid=SERVICE,
            body="x",
            status_callback=f"{PUBLIC}{HOOKS}/sms-status/t{fragment}",
        )
        assert town.carrier.settle()
        assert len(town.carrier.webhooks) == attempts
        assert len({hook.token for hook in town.carrier.webhooks}) == 1


def test_an_inbound_text_goes_to_the_fallback_url_after_a_failure(town):
    service = town.carrier.world.services[SERVICE]
    service.fallback_url = f"{PUBLIC}{HOOKS}/sms-fallback"
    town.product.statuses[f"{HOOKS}/sms"] = 500
    assert town.carrier.text(CUSTOMER, BUSINESS, "hi").statuses == [500, 204]
    assert town.told("/sms-fallback")[0]["ErrorCode"] == "11200"


def test_duplicates_can_arrive_at_once(town):
    result = town.carrier.text(CUSTOMER, BUSINESS, "hi", times=5, at_once=True)
    assert result.statuses == [200] * 5
    assert {fields["MessageSid"] for fields in town.told("/sms")} == {result.sid}
