"""Numbers, services, accounts, lookups and registrations, asked for by the official client."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.phone_lab import ACCOUNT, BUSINESS, CUSTOMER, HOOKS, PUBLIC, SERVICE, client_of, lab

TEXT = "Messages about the repair that the customer asked for. " * 2
SAMPLES = ["Prime Plumbing: we are on our way. Reply STOP to opt out.", "Prime Plumbing: see you at 9. Reply STOP."]
VERIFICATION = {
    "business_name": "Prime Plumbing",
    "business_website": "https://prime.example",
    "notification_email": "owner@prime.example",
    "use_case_categories": ["CUSTOMER_CARE"],
    "use_case_summary": TEXT,
    "production_message_sample": SAMPLES[0],
    "opt_in_image_urls": ["https://prime.example/opt-in.png"],
    "opt_in_type": "VERBAL",
    "message_volume": "1,000",
}


@pytest.fixture
def town():
    with lab() as town:
        yield town
        assert town.carrier.complaints == []


def buy(town, phone="+12135550123", **fields):
    return town.client.incoming_phone_numbers.create(phone_number=phone, friendly_name="nmc:1", **fields)


def refused(use):
    with pytest.raises(TwilioRestException) as refusal:
        use()
    return refusal.value.code


def test_a_number_is_found_bought_changed_and_given_back(town):
    numbers = town.client.incoming_phone_numbers
    offers = town.client.available_phone_numbers("US").local.list(area_code=213, sms_enabled=True, limit=5)
    assert len(offers) == 5
    assert BUSINESS not in [offer.phone_number for offer in offers]
    bought = buy(town, offers[0].phone_number, voice_url=f"{PUBLIC}{HOOKS}/call", sms_url=f"{PUBLIC}{HOOKS}/sms")
    assert [found.sid for found in numbers.list(friendly_name="nmc:1")] == [bought.sid]
    assert numbers(bought.sid).update(voice_url="").voice_url is None
    assert numbers(bought.sid).fetch().sms_url == f"{PUBLIC}{HOOKS}/sms"
    assert numbers(bought.sid).delete()
    assert refused(numbers(bought.sid).fetch) == 20404


@pytest.mark.parametrize(("phone", "code"), [("+15005550000", 21422), ("+15005550001", 21421), (BUSINESS, 21422)])
def test_numbers_that_cannot_be_bought(town, phone, code):
    assert refused(lambda: buy(town, phone)) == code


def test_an_area_without_numbers(town):
    assert refused(lambda: town.client.incoming_phone_numbers.create(area_code="533")) == 21452
    assert town.client.available_phone_numbers("US").local.list(area_code=533) == []
    assert town.client.available_phone_numbers("US").toll_free.list(limit=1)[0].phone_number.startswith("+1833")


def test_of_many_buyers_one_gets_the_number(town):
    def attempt(_):
        try:
            return buy(town).sid
        except TwilioRestException as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as buyers:
        results = list(buyers.map(attempt, range(6)))
    assert sorted(map(str, results))[:5] == ["21422"] * 5


def test_a_number_is_in_one_service_only(town):
    services, number = town.client.messaging.v1.services, buy(town)
    service = services.create(friendly_name="Prime", inbound_request_url=f"{PUBLIC}{HOOKS}/sms", sticky_sender=True)
    joined = services(service.sid).phone_numbers.create(phone_number_sid=number.sid)
    assert (joined.phone_number, joined.service_sid) == (number.phone_number, service.sid)
    assert refused(lambda: services(SERVICE).phone_numbers.create(phone_number_sid=number.sid)) == 21712
    assert [one.sid for one in services(service.sid).phone_numbers.list()] == [number.sid]
    assert services(service.sid).phone_numbers(number.sid).delete()
    assert services(service.sid).phone_numbers.list() == []
    assert services(service.sid).update(validity_period=900).validity_period == 900
    assert (
        refused(lambda: town.client.messages.create(to=CUSTOMER, messaging_service_sid=service.sid, body="x")) == 21703
    )


def test_service_lists_are_paged_by_absolute_links(town):
    made = [town.client.messaging.v1.services.create(friendly_name=f"S{count}").sid for count in range(4)]
    assert {one.sid for one in town.client.messaging.v1.services.list(page_size=2)} == {*made, SERVICE}


def test_a_subaccount_keeps_to_itself(town):
    made = town.client.api.v2010.accounts.create(friendly_name="tenant 1")
    key = town.client.api.v2010.accounts(made.sid).new_keys.create(friendly_name="worker")
    own = client_of(town.carrier, account=key.sid, token=key.secret, account_sid=made.sid)
    assert own.incoming_phone_numbers.create(phone_number="+12135550124").account_sid == made.sid
    parent = client_of(town.carrier, account_sid=made.sid)
    assert len(parent.incoming_phone_numbers.list()) == 1
    assert [one.phone_number for one in town.client.incoming_phone_numbers.list()] == [BUSINESS]
    stranger = client_of(town.carrier, account=made.sid, token=made.auth_token, account_sid=ACCOUNT)
    with pytest.raises(Exception, match=r"20003|Authenticate"):
        stranger.incoming_phone_numbers.list()


@pytest.mark.parametrize(("kind", "phone"), [("mobile", CUSTOMER), ("landline", "+12135550150")])
def test_lookup_tells_the_line_type(town, kind, phone):
    town.carrier.line_type(phone, kind)
    found = town.client.lookups.v2.phone_numbers(phone).fetch(fields="line_type_intelligence")
    assert (found.valid, found.line_type_intelligence["type"]) == (True, kind)


def test_lookup_of_something_that_is_no_number(town):
    assert town.client.lookups.v2.phone_numbers("+1213555").fetch().valid is False


def subscribe(town, kind):
    sink = town.client.events.v1.sinks.create(
        description="compliance",
        sink_type="webhook",
        sink_configuration={"destination": f"{PUBLIC}{HOOKS}/compliance", "method": "POST"},
    )
    town.client.events.v1.subscriptions.create(
        description="compliance",
        sink_sid=sink.sid,
        types=[{"type": f"com.twilio.messaging.compliance.{kind}", "schema_version": 1}],
    )


def test_a_toll_free_verification_is_rejected_edited_and_approved(town):
    number = buy(town, "+18335550101")
    town.carrier.world.numbers["+18335550101"].registered = False
    subscribe(town, "toll-free-verification.approved")
    made = town.client.messaging.v1.tollfree_verifications.create(tollfree_phone_number_sid=number.sid, **VERIFICATION)
    assert made.status == "PENDING_REVIEW"
    assert town.carrier.decide(made.sid, "TWILIO_REJECTED", rejection_reason="Opt-in", edit_allowed=True) == []
    one = town.client.messaging.v1.tollfree_verifications(made.sid)
    assert (one.fetch().rejection_reason, one.fetch().edit_allowed) == ("Opt-in", True)
    assert one.update(edit_reason="Opt-in shown").status == "IN_REVIEW"
    assert [hook.status for hook in town.carrier.decide(made.sid, "TWILIO_APPROVED", as_string=True)] == [204]
    ((event,),) = town.product.heard[f"{HOOKS}/compliance"]
    assert json.loads(event["data"])["verificationstatus"] == "approved"
    assert town.carrier.world.numbers["+18335550101"].registered


def test_an_expired_edit_is_refused(town):
    number = buy(town, "+18335550101")
    made = town.client.messaging.v1.tollfree_verifications.create(tollfree_phone_number_sid=number.sid, **VERIFICATION)
    town.carrier.decide(made.sid, "TWILIO_REJECTED", edit_allowed=False)
    one = town.client.messaging.v1.tollfree_verifications(made.sid)
    assert refused(lambda: one.update(edit_reason="late")) == 30824


def test_brand_and_campaign_open_the_network_for_the_service(town):
    trust = town.client.trusthub.v1
    profile = trust.customer_profiles.create(friendly_name="P", email="o@prime.example", policy_sid="RN" + "c" * 32)
    trust.customer_profiles(profile.sid).update(status="pending-review")
    town.carrier.decide(profile.sid, "twilio-approved")
    assert trust.customer_profiles(profile.sid).fetch().status == "twilio-approved"
    product = trust.trust_products.create(friendly_name="A2P", email="o@prime.example", policy_sid="RN" + "d" * 32)
    brand = town.client.messaging.v1.brand_registrations.create(
        customer_profile_bundle_sid=profile.sid, a2p_profile_bundle_sid=product.sid, brand_type="STANDARD"
    )
    campaigns = town.client.messaging.v1.services(SERVICE).us_app_to_person
    facts = {
        "brand_registration_sid": brand.sid,
        "description": TEXT,
        "message_flow": TEXT,
        "message_samples": SAMPLES,
        "us_app_to_person_usecase": "CUSTOMER_CARE",
        "has_embedded_links": True,
        "has_embedded_phone": False,
    }
    assert refused(lambda: campaigns.create(**facts)) == 21717
    town.carrier.decide(brand.sid, "APPROVED")
    subscribe(town, "campaign-registration.campaign-approved")
    campaign = campaigns.create(**facts)
    town.carrier.world.numbers[BUSINESS].registered = False
    town.carrier.decide(campaign.sid, "FAILED", errors=[{"error_code": 30893}], lost=True)
    assert campaigns(campaign.sid).fetch().errors[0]["error_code"] == 30893
    town.carrier.decide(campaign.sid, "VERIFIED", errors=[])
    ((event,),) = town.product.heard[f"{HOOKS}/compliance"]
    assert event["data"]["messagingservicesid"] == SERVICE
    assert [one.campaign_status for one in campaigns.list()] == ["VERIFIED"]
    assert town.carrier.world.numbers[BUSINESS].registered


def test_a_json_webhook_with_another_body_is_not_believed(town):
    hook = town.carrier.post_json(f"{PUBLIC}{HOOKS}/compliance", [{"id": "1"}], tamper=True)
    assert hook.status == 401
