"""The authorities decide: registrations move on, numbers may text, events tell the product."""

import json
import time
from typing import Any

from sandbox.carrier.rest.compliance import CAMPAIGN_STATUS
from sandbox.carrier.webhooks import Webhook
from sandbox.carrier.wire import iso, new_sid, now
from sandbox.carrier.world import World

PREFIX = "com.twilio.messaging.compliance."
BRAND_EVENTS = {
    "APPROVED": "brand-registration.brand-registered",
    "FAILED": "brand-registration.brand-failure",
    "VERIFIED": "brand-registration.brand-verified",
    "VETTED_VERIFIED": "brand-registration.brand-vetted-verified",
    "UNVERIFIED": "brand-registration.brand-unverified",
}
CAMPAIGN_EVENTS = {
    "VERIFIED": "campaign-registration.campaign-approved",
    "FAILED": "campaign-registration.campaign-failure",
    "IN_PROGRESS": "campaign-registration.campaign-submitted",
}


def decide(
    world: World, sid: str, status: str, *, lost: bool = False, as_string: bool = False, **facts: Any
) -> list[Webhook]:
    """Move a registration to a status and tell the account's sinks, unless the event gets `lost`.

    `as_string` sends the event's data as a JSON string, as some accounts see it. `facts` are further fields of the
    resource, e.g. rejection_reason, edit_allowed, errors.
    """
    body = world.resources[sid]
    with world.lock:
        body |= {**facts, _status_field(body, status): status, "date_updated": iso(now())}
    _let_text(world, body)
    event = _event(body, status)
    if event is None or lost:
        return []
    name, data = event
    cloud_event = {
        "specversion": "1.0",
        "type": PREFIX + name,
        "source": f"/v1/{sid}",
        "id": new_sid("EZ"),
        "dataschema": f"https://events-schemas.twilio.com/{name}/1",
        "datacontenttype": "application/json",
        "time": iso(now()),
        "data": json.dumps(data) if as_string else data,
    }
    return [
        world.webhooks.post_json(body["account_sid"], str(url), [cloud_event])
        for url in _sinks(world, body["account_sid"], PREFIX + name)
    ]


def _status_field(body: dict[str, Any], status: str) -> str:
    if body["_kind"] == "campaign":
        return CAMPAIGN_STATUS
    is_identity = body["_kind"] == "brand" and status in ("VERIFIED", "UNVERIFIED", "VETTED_VERIFIED", "SELF_DECLARED")
    return "identity_status" if is_identity else "status"


def _let_text(world: World, body: dict[str, Any]) -> None:
    """An approval opens the network to the numbers concerned; anything else closes it."""
    if body["_kind"] == "toll_free":
        for number in world.numbers.values():
            if number.sid == body.get("tollfree_phone_number_sid"):
                number.registered = body["status"] == "TWILIO_APPROVED"
    if body["_kind"] == "campaign":
        for number in world.service_numbers(body["messaging_service_sid"]):
            number.registered = body[CAMPAIGN_STATUS] == "VERIFIED"


def _event(body: dict[str, Any], status: str) -> tuple[str, dict[str, Any]] | None:
    """Name and data of the event; keys are lower case as Twilio writes them."""
    common = {"accountsid": body["account_sid"], "processeddate": int(time.time() * 1000)}
    if body["_kind"] == "toll_free":
        told = {
            "tollfreeverificationsid": body["sid"],
            "phonenumbersid": body.get("tollfree_phone_number_sid"),
            "customerprofilesid": body.get("customer_profile_sid"),
            "verificationstatus": status.removeprefix("TWILIO_").lower(),
        }
        return f"toll-free-verification.{told['verificationstatus'].replace('_', '-')}", common | told
    if body["_kind"] == "brand" and status in BRAND_EVENTS:
        told = {"brandsid": body["sid"], "brandstatus": body["status"], "identitystatus": body["identity_status"]}
        return BRAND_EVENTS[status], common | told | {"brandregistrationerrors": body["errors"]}
    if body["_kind"] == "campaign" and status in CAMPAIGN_EVENTS:
        told = {
            "campaignsid": body.setdefault("_campaign", new_sid("CM")),
            "messagingservicesid": body["messaging_service_sid"],
            "brandsid": body.get("brand_registration_sid"),
            "campaignregistrationstatus": status,
        }
        return CAMPAIGN_EVENTS[status], common | told | {"campaignregistrationerrors": body["errors"]}
    return None


def _sinks(world: World, account_sid: str, kind: str) -> list[str]:
    """Destinations of the subscriptions of an account to an event type."""
    found = []
    for one in list(world.resources.values()):
        if one["_kind"] != "subscription" or one["account_sid"] != account_sid:
            continue
        sink = world.resources.get(one.get("sink_sid", ""))
        if sink and any(json.loads(wanted)["type"] == kind for wanted in one.get("types", ())):
            found.append(sink["sink_configuration"]["destination"])
    return found
